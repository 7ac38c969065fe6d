//go:build !unix && !windows

package instance

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

func openLock(string) (*os.File, error) {
	return nil, fmt.Errorf("not on %s yet: %w", runtime.GOOS, errors.ErrUnsupported)
}

func lock(*os.File) (held bool, err error) { return false, errNoLocks }
