package instance

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// openLock opens the file, and no link in its place.
func openLock(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, share, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(h), name)
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is no ordinary file", name))
	}
	return f, nil
}

// lockAt is the byte that is locked. It is far behind all that is written, for
// nobody else may read what is locked.
const lockAt = 1 << 30

// lock locks the open file. The lock is that of the handle, which no child has:
// it ends with the process, however that ends.
func lock(f *os.File) (held bool, err error) {
	c, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var failed error
	if err := c.Control(func(h uintptr) {
		const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
		failed = windows.LockFileEx(windows.Handle(h), how, 0, 1, 0, &windows.Overlapped{Offset: lockAt})
	}); err != nil {
		return false, err
	}
	switch {
	case errors.Is(failed, windows.ERROR_LOCK_VIOLATION), errors.Is(failed, windows.ERROR_IO_PENDING):
		return true, nil
	case errors.Is(failed, windows.ERROR_INVALID_FUNCTION), errors.Is(failed, windows.ERROR_NOT_SUPPORTED):
		return false, fmt.Errorf("%w (%w)", errNoLocks, failed)
	}
	return false, failed
}
