package desktop

import (
	"os"
	"path/filepath"
	"strings"
)

// DownloadDir returns the user's folder for downloads, which it makes if need
// be: what user-dirs.dirs says on Linux (xdg-user-dirs), else Downloads in the
// home folder.
func DownloadDir() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	dir := folderOf(home, "XDG_DOWNLOAD_DIR", "Downloads")
	return dir, os.MkdirAll(dir, 0o755)
}

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

// UserDir returns a folder of the user by the name of a variable in scopes,
// such as "DOCUMENT". There is none where the user has it switched off, which
// is written as the home folder itself: who may read documents must not come
// to read everything that way.
func UserDir(name string) (dir string, ok bool) {
	d, ok := userDirs[name]
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return "", false
	}
	dir = folderOf(home, d.setting, d.usual)
	return dir, dir != filepath.Clean(home)
}

func folderOf(home, setting, usual string) string {
	if config, err := os.UserConfigDir(); err == nil {
		if b, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs")); err == nil {
			if d := userDir(string(b), setting, home); d != "" {
				return d
			}
		}
	}
	return filepath.Join(home, usual)
}

// userDir reads one line of a user-dirs.dirs: a shell assignment of
// "$HOME/path" or "/path".
func userDir(text, name, home string) string {
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
