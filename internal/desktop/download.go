package desktop

import (
	"errors"
	"os"
	"path/filepath"
)

// DownloadDir returns the user's folder for downloads, which it makes if need
// be: what user-dirs.dirs says on Linux (xdg-user-dirs), else Downloads in the
// home folder.
func DownloadDir() (string, error) {
	dir, ok := userDir("DOWNLOAD")
	if !ok {
		home, err := os.UserHomeDir()
		if err == nil && home == "" {
			err = errors.New("no home folder")
		}
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, "Downloads")
	}
	return dir, os.MkdirAll(dir, 0o755)
}
