//go:build !windows && !darwin

package desktop

import (
	"os"
	"path/filepath"
	"strings"
)

// userDirs are the user's folders by the names of variables in scopes: what
// user-dirs.dirs calls them, and where they are if it does not say.
var userDirs = map[string]struct{ setting, usual string }{
	"AUDIO":    {"XDG_MUSIC_DIR", "Music"},
	"DESKTOP":  {"XDG_DESKTOP_DIR", "Desktop"},
	"DOCUMENT": {"XDG_DOCUMENTS_DIR", "Documents"},
	"DOWNLOAD": {"XDG_DOWNLOAD_DIR", "Downloads"},
	"PICTURE":  {"XDG_PICTURES_DIR", "Pictures"},
	"PUBLIC":   {"XDG_PUBLICSHARE_DIR", "Public"},
	"TEMPLATE": {"XDG_TEMPLATES_DIR", "Templates"},
	"VIDEO":    {"XDG_VIDEOS_DIR", "Videos"},
}

// baseDirs are the folders of the XDG Base Directory Specification: the
// variable, where they are without it, and what is below.
var baseDirs = map[string]struct{ variable, usual, below string }{
	"CACHE":     {"XDG_CACHE_HOME", ".cache", ""},
	"CONFIG":    {"XDG_CONFIG_HOME", ".config", ""},
	"DATA":      {"XDG_DATA_HOME", ".local/share", ""},
	"EXE":       {"XDG_BIN_HOME", ".local/bin", ""},
	"FONT":      {"XDG_DATA_HOME", ".local/share", "fonts"},
	"LOCALDATA": {"XDG_DATA_HOME", ".local/share", ""},
}

func userDir(name string) (string, bool) {
	if d, ok := baseDirs[name]; ok {
		dir, err := xdg(d.variable, d.usual)(d.below)
		return dir, err == nil
	}
	if name == "RUNTIME" {
		dir := os.Getenv("XDG_RUNTIME_DIR")
		return dir, filepath.IsAbs(dir)
	}
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return "", false
	}
	if name == "HOME" {
		return home, true
	}
	d, ok := userDirs[name]
	if !ok {
		return "", false
	}
	dir := folderOf(home, d.setting, d.usual)
	// A folder that the user has switched off is written as the home folder:
	// who may read documents must not come to read everything that way.
	return dir, dir != filepath.Clean(home)
}

// LogDir returns the folder for the logs of the app with that identifier.
func LogDir(id string) (string, error) {
	dir, err := DataDir(id)
	return filepath.Join(dir, "logs"), err
}

// resourceDir knows an AppImage and an installed package by the folder "bin"
// that the executable is in.
func resourceDir(executable, name string) string {
	dir := filepath.Dir(executable)
	image := os.Getenv("APPDIR")
	if filepath.IsAbs(image) && strings.HasPrefix(executable, filepath.Clean(image)+"/") {
		return filepath.Join(image, "usr/lib", name)
	}
	if prefix, bin := filepath.Split(dir); bin == "bin" {
		if lib := filepath.Join(prefix, "lib", name); isFolder(lib) {
			return lib
		}
	}
	return dir
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func folderOf(home, setting, usual string) string {
	if config, err := os.UserConfigDir(); err == nil {
		if b, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs")); err == nil {
			if d := readSetting(string(b), setting, home); d != "" {
				return d
			}
		}
	}
	return filepath.Join(home, usual)
}

// readSetting reads one line of a user-dirs.dirs: a shell assignment of
// "$HOME/path" or "/path".
func readSetting(text, name, home string) string {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if rest, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + rest
		}
		if filepath.IsAbs(value) {
			return filepath.Clean(value)
		}
	}
	return ""
}
