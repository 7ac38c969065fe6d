// Package desktop is what the Core itself asks of the desktop, without any
// GUI library: where folders are, and later the tray and notifications.
package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// DataDir returns the folder for the data of the app with that identifier:
// $XDG_DATA_HOME or ~/.local/share on Linux, ~/Library/Application Support on
// macOS, %AppData% on Windows.
func DataDir(id string) (string, error) {
	switch runtime.GOOS {
	case "darwin", "windows":
		return in(os.UserConfigDir())(id)
	}
	return xdg("XDG_DATA_HOME", ".local", "share")(id)
}

// CacheDir returns the folder for what the app can make again.
func CacheDir(id string) (string, error) {
	return in(os.UserCacheDir())(id)
}

func in(dir string, err error) func(string) (string, error) {
	return func(id string) (string, error) {
		if err != nil {
			return "", err
		}
		return filepath.Join(dir, id), nil
	}
}

// xdg follows the XDG Base Directory Specification 0.8, which says that a
// relative path in a variable is to be ignored.
func xdg(variable string, def ...string) func(string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return in(dir, nil)
	}
	home, err := os.UserHomeDir()
	if err == nil && home == "" {
		err = errors.New("no home folder")
	}
	return in(filepath.Join(append([]string{home}, def...)...), err)
}
