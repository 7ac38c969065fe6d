package mullion

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/desktop"
)

// folders are the app's own, as absolute paths.
type folders struct {
	data, localData, config, cache, log string
}

// ownFolders returns the app's own folders: those of the system, but for what
// app.appDirectoriesOverride moves; or dataDir with all of them in it.
func ownFolders(dataDir string, c *config.Config) (folders, error) {
	if dataDir != "" {
		return folders{
			data: dataDir, localData: dataDir,
			config: filepath.Join(dataDir, "config"), cache: filepath.Join(dataDir, "cache"), log: filepath.Join(dataDir, "logs"),
		}, nil
	}
	moved := config.DirectoriesOverride{}
	if o := c.App.AppDirectoriesOverride; o != nil {
		moved = *o
	}
	if root := moved.Root; root != "" {
		moved = config.DirectoriesOverride{Config: root, Data: root, LocalData: root, Cache: root + "/caches", Log: root + "/logs"}
	}
	var f folders
	for _, folder := range []struct {
		key   string
		to    *string
		moved string
		usual func() (string, error)
	}{
		{"data", &f.data, moved.Data, func() (string, error) { return desktop.DataDir(c.Identifier) }},
		{"localData", &f.localData, moved.LocalData, func() (string, error) { return systemFolder("LOCALDATA", c.Identifier) }},
		{"config", &f.config, moved.Config, func() (string, error) { return systemFolder("CONFIG", c.Identifier) }},
		{"cache", &f.cache, moved.Cache, func() (string, error) { return desktop.CacheDir(c.Identifier) }},
		{"log", &f.log, moved.Log, func() (string, error) { return desktop.LogDir(c.Identifier) }},
	} {
		var err error
		if folder.moved == "" {
			// A system without a place for one of them is no reason not to
			// start: what needs it says so.
			if *folder.to, err = folder.usual(); err != nil && folder.key == "data" {
				return folders{}, fmt.Errorf("data folder: %w", err)
			}
			continue
		}
		if *folder.to, err = movedFolder(folder.moved); err != nil {
			return folders{}, fmt.Errorf("app.appDirectoriesOverride: %s: %w", folder.key, err)
		}
	}
	if f.cache == "" {
		f.cache = filepath.Join(f.data, "cache")
	}
	return f, nil
}

// systemFolder is the folder of an app below one that the system has for all.
func systemFolder(variable, id string) (string, error) {
	dir, ok := desktop.UserDir(variable)
	if !ok {
		return "", fmt.Errorf("$%s: %w", variable, ErrNoDirectory)
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
			return "", fmt.Errorf("$%s: %w", name, ErrNoDirectory)
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
