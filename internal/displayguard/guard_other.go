//go:build !linux

package displayguard

import (
	"errors"
	"fmt"
)

// Pointer returns no place: there are no guards here, and hosts know it.
func Pointer() (x, y int, ok bool, err error) { return 0, 0, false, nil }

// Run is not supported on this system: hosts have no display to be kept from.
func Run() error { return fmt.Errorf("%w: %w", ErrNotAGuard, errors.ErrUnsupported) }

// RunBus is not supported on this system either.
func RunBus() error { return Run() }
