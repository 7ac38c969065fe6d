package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// openRegularFile pins the file with O_PATH, which has no effect on what is
// opened, asks the kernel for its type and path, and opens that same file for
// reading through /proc (open(2), "O_PATH"; proc_pid_fd(5)).
func openRegularFile(path string, allowed func(path string) error) (*os.File, fs.FileInfo, error) {
	return openPinned("/proc/self/fd", path, allowed)
}

// openPinned is openRegularFile with the place where descriptors are listed.
func openPinned(descriptors, path string, allowed func(path string) error) (*os.File, fs.FileInfo, error) {
	handle, err := os.OpenFile(path, unix.O_PATH, 0)
	if err != nil {
		return nil, nil, err
	}
	defer handle.Close()
	entry := fmt.Sprintf("%s/%d", descriptors, handle.Fd())
	actual, err := os.Readlink(entry)
	if errors.Is(err, fs.ErrNotExist) {
		return openResolved(path, allowed) // no /proc here
	}
	if err != nil {
		return nil, nil, err
	}
	// A socket or a pipe has a name such as "pipe:[1]", a file outside of the
	// root one that starts with "(unreachable)".
	if !filepath.IsAbs(actual) {
		return nil, nil, errOutOfScope
	}
	if err := allowed(actual); err != nil {
		return nil, nil, err
	}
	info, err := handle.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("open %s: %w", path, errNotRegular)
	}
	// The name of an unlinked file ends in " (deleted)", which could also be
	// the true name of another file, one that the scope holds.
	if now, err := os.Lstat(actual); err != nil || !os.SameFile(now, info) {
		return nil, nil, errMoved
	}
	// No O_NONBLOCK: what the handle pins is regular and stays so, and a
	// lease on the file would turn the open into an error instead of a wait.
	file, err := os.OpenFile(entry, os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	return file, info, nil
}
