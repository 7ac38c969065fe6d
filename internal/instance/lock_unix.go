//go:build unix

package instance

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openLock opens the file without following links, which nobody but the user
// could have put there.
func openLock(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
}

// lock locks the open file. The lock is that of the description, which no child
// has: it ends with the process, however that ends.
func lock(f *os.File) (held bool, err error) {
	c, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var failed error
	if err := c.Control(func(fd uintptr) {
		for {
			if failed = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB); failed != syscall.EINTR {
				return
			}
		}
	}); err != nil {
		return false, err
	}
	switch {
	case errors.Is(failed, syscall.EWOULDBLOCK):
		return true, nil
	case errors.Is(failed, syscall.ENOLCK), errors.Is(failed, syscall.ENOSYS), errors.Is(failed, syscall.EOPNOTSUPP), errors.Is(failed, syscall.EINVAL):
		return false, fmt.Errorf("%w (%w)", errNoLocks, failed)
	}
	return false, failed
}
