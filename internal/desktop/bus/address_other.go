//go:build !linux

package bus

import (
	"errors"
	"fmt"
	"runtime"
)

func sessionAddress() (string, error) {
	return "", fmt.Errorf("%s has no session bus: %w", runtime.GOOS, errors.ErrUnsupported)
}
