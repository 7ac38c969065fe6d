//go:build !linux

package opener

import (
	"os"
	"path/filepath"
)

// openFile opens a file or folder, and returns its path without links.
func openFile(path string) (f *os.File, real string, err error) {
	if err := checkPath(path); err != nil {
		return nil, "", err
	}
	if real, err = filepath.EvalSymlinks(path); err != nil {
		return nil, "", err
	}
	f, err = os.Open(real)
	return f, real, err
}
