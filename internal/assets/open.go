package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

var (
	// errOutOfScope says that the scope does not hold a path.
	errOutOfScope = errors.New("path is not in scope")
	// errNotRegular says that a path is a directory, device, FIFO or socket.
	errNotRegular = errors.New("not a regular file")
	// errMoved says that a path led to another file at the end of an open
	// than at its beginning.
	errMoved = errors.New("file was moved while it was opened")
)

// openRegular opens the regular file at an absolute, cleaned path for reading.
// Allowed has to return nil for the path, before anything is opened, and for
// the real path of the file that was opened. It waits for no FIFO and has no
// effect on devices. See [Files] for what differs by system.
func openRegular(path string, allowed func(path string) error) (*os.File, fs.FileInfo, error) {
	if err := allowed(path); err != nil {
		return nil, nil, err
	}
	return openRegularFile(path, allowed)
}

// openResolved is the portable way: resolve, check, open, and resolve again.
func openResolved(path string, allowed func(path string) error) (*os.File, fs.FileInfo, error) {
	actual, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, nil, err
	}
	if err := allowed(actual); err != nil {
		return nil, nil, err
	}
	// Looked at before it is opened: opening a device may have effects.
	info, err := os.Lstat(actual)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("open %s: %w", path, errNotRegular)
	}
	file, err := os.OpenFile(actual, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = checkOpened(file, actual); err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// checkOpened looks again at a file that was opened at a path without links:
// it has to be regular, and the path still has to lead to it.
func checkOpened(file *os.File, path string) (fs.FileInfo, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: %w", path, errNotRegular)
	}
	if again, err := filepath.EvalSymlinks(path); err != nil || again != path {
		return nil, errMoved
	}
	now, err := os.Lstat(path)
	if err != nil || !os.SameFile(now, info) {
		return nil, errMoved
	}
	return info, nil
}
