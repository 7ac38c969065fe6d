package desktop

import (
	"errors"
	"fmt"
	"io/fs"
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
	dir := filepath.Join(home, "Downloads")
	if config, err := os.UserConfigDir(); err == nil {
		if b, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs")); err == nil {
			if d := userDir(string(b), "XDG_DOWNLOAD_DIR", home); d != "" {
				dir = d
			}
		}
	}
	return dir, os.MkdirAll(dir, 0o755)
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

// Reserve makes an empty file of that name in dir, or of a similar name if it
// is taken, and returns its path. Nothing is ever written over.
func Reserve(dir, name string) (string, error) {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := range 1000 {
		candidate := name
		if n > 0 {
			candidate = fmt.Sprintf("%s (%d)%s", stem, n, ext)
		}
		path := filepath.Join(dir, candidate)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			return path, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: too many files of that name", filepath.Join(dir, name))
}
