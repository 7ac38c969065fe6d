//go:build !linux

package shell

import (
	"errors"
	"fmt"
	"runtime"
)

func startDetached(string, string) error {
	return fmt.Errorf("open with a program is not written for %s yet: %w", runtime.GOOS, errors.ErrUnsupported)
}
