package transfer

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openRegular opens a file for reading if it is a regular one. Nothing else is
// ever opened, for to open a pipe may wait for ever and to open a device may
// do something: the file is looked at before, through a descriptor that
// cannot read.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	seen := os.NewFile(uintptr(fd), path)
	defer seen.Close()
	info, err := seen.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, info, &SpecialFileError{Path: path, Mode: info.Mode()}
	}
	f, err := os.Open(ofDescriptor(seen))
	if err != nil {
		return nil, info, &fs.PathError{Op: "open", Path: path, Err: unwrapPath(err)}
	}
	return f, info, nil
}

// linkTo gives the very file that is open another name. It fails where the
// name is taken, the file is on another file system, or is not the user's own.
func linkTo(f *os.File, info fs.FileInfo, name string) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("link %s: the file belongs to somebody else", f.Name())
	}
	return unix.Linkat(unix.AT_FDCWD, ofDescriptor(f), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
}

// cloneTo makes the bytes of a file those of another, which the two then share
// until one of them is written. Few file systems can.
func cloneTo(to, from *os.File) error {
	return unix.IoctlFileClone(int(to.Fd()), int(from.Fd()))
}

// ofDescriptor is a path to an open file, whatever happens to its name.
func ofDescriptor(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
