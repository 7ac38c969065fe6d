package transfer

import "os"

// takeLock takes the lock that says that a run of the app goes on: a file that
// is open cannot be removed.
func takeLock(name string) (*os.File, error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
