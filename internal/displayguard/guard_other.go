//go:build !linux

package displayguard

import (
	"errors"
	"fmt"
)

// Run is not supported on this system: hosts have no display to be kept from.
func Run() error { return fmt.Errorf("%w: %w", ErrNotAGuard, errors.ErrUnsupported) }

// RunBus is not supported on this system either.
func RunBus() error { return Run() }
