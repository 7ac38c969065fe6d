package appinfo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/desktop"
	"github.com/mullion-dev/mullion/plugin"
)

// Folders are the app's own, as absolute paths. Data and Cache are always set,
// and those that the system has no place for are empty.
type Folders struct {
	Data, LocalData, Config, Cache, Log string
}

// OwnFolders returns the app's own folders: those of the system, but for what
// app.appDirectoriesOverride moves; or dataDir with all of them in it.
func OwnFolders(dataDir string, c *config.Config) (Folders, error) {
	if dataDir != "" {
		return Folders{
			Data: dataDir, LocalData: dataDir,
			Config: filepath.Join(dataDir, "config"), Cache: filepath.Join(dataDir, "cache"), Log: filepath.Join(dataDir, "logs"),
		}, nil
	}
	moved := config.DirectoriesOverride{}
	if o := c.App.AppDirectoriesOverride; o != nil {
		moved = *o
	}
	if root := moved.Root; root != "" {
		moved = config.DirectoriesOverride{Config: root, Data: root, LocalData: root, Cache: root + "/caches", Log: root + "/logs"}
	}
	var f Folders
	for _, folder := range []struct {
		key   string
		to    *string
		moved string
		usual func() (string, error)
	}{
		{"data", &f.Data, moved.Data, func() (string, error) { return desktop.DataDir(c.Identifier) }},
		{"localData", &f.LocalData, moved.LocalData, func() (string, error) { return systemFolder("LOCALDATA", c.Identifier) }},
		{"config", &f.Config, moved.Config, func() (string, error) { return systemFolder("CONFIG", c.Identifier) }},
		{"cache", &f.Cache, moved.Cache, func() (string, error) { return desktop.CacheDir(c.Identifier) }},
		{"log", &f.Log, moved.Log, func() (string, error) { return desktop.LogDir(c.Identifier) }},
	} {
		var err error
		if folder.moved == "" {
			// A system without a place for one of them is no reason not to
			// start: what needs it says so.
			if *folder.to, err = folder.usual(); err != nil && folder.key == "data" {
				return Folders{}, fmt.Errorf("data folder: %w", err)
			}
			continue
		}
		if *folder.to, err = movedFolder(folder.moved); err != nil {
			return Folders{}, fmt.Errorf("app.appDirectoriesOverride: %s: %w", folder.key, err)
		}
	}
	if f.Cache == "" {
		f.Cache = filepath.Join(f.Data, "cache")
	}
	return f, nil
}

// Variable resolves a variable with which paths may begin, such as APPDATA. app
// is the app's name.
func (f Folders) Variable(name, app string) (string, bool) {
	switch name {
	case "APPDATA":
		return f.Data, true
	case "APPLOCALDATA":
		return f.LocalData, f.LocalData != ""
	case "APPCONFIG":
		return f.Config, f.Config != ""
	case "APPCACHE":
		return f.Cache, true
	case "APPLOG":
		return f.Log, f.Log != ""
	case "DOWNLOAD":
		dir, err := desktop.DownloadDir()
		return dir, err == nil
	case "TEMP":
		return os.TempDir(), true
	case "RESOURCE":
		dir, err := desktop.ResourceDir(app)
		return dir, err == nil
	}
	return desktop.UserDir(name)
}

// MakeHidden makes the folders of the framework in them: profiles of engines,
// states, and files on their way. No grant opens them to a host or a worker.
func (f Folders) MakeHidden() (list []string, err error) {
	for _, h := range []struct{ in, name string }{
		{f.Data, "engine"}, {f.Data, "states"}, {f.Cache, "engine"}, {f.Cache, "host"}, {f.Cache, "files"},
	} {
		dir, err := desktop.MakeOwn(h.in, h.name)
		if err != nil {
			return nil, err
		}
		list = append(list, dir)
	}
	return list, nil
}

// systemFolder is the folder of an app below one that the system has for all.
func systemFolder(variable, id string) (string, error) {
	dir, ok := desktop.UserDir(variable)
	if !ok {
		return "", fmt.Errorf("$%s: %w", variable, plugin.ErrNoDirectory)
	}
	return filepath.Join(dir, id), nil
}

// movedFolder resolves a path of app.appDirectoriesOverride.
func movedFolder(path string) (string, error) {
	if name, ok := strings.CutPrefix(path, "$"); ok {
		name, rest, _ := strings.Cut(filepath.ToSlash(name), "/")
		dir, known := desktop.UserDir(name)
		switch name {
		case "TEMP":
			dir, known = os.TempDir(), true
		case "DOWNLOAD":
			var err error
			if dir, err = desktop.DownloadDir(); err != nil {
				return "", err
			}
			known = true
		}
		if !known {
			return "", fmt.Errorf("$%s: %w", name, plugin.ErrNoDirectory)
		}
		return filepath.Join(dir, filepath.FromSlash(rest)), nil
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	// The executable of an AppImage is in a mount that is gone with the app.
	executable := os.Getenv("APPIMAGE")
	if os.Getenv("APPDIR") == "" || !filepath.IsAbs(executable) {
		var err error
		if executable, err = os.Executable(); err != nil {
			return "", err
		}
	}
	return filepath.Join(filepath.Dir(executable), filepath.FromSlash(path)), nil
}
