//go:build unix

package transfer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// takeLock takes the lock that says that a run of the app goes on. The system
// lets go of it however the process ends.
func takeLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return f, nil
}
