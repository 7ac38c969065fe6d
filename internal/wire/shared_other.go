//go:build !linux

package wire

import (
	"errors"
	"fmt"
	"os"
)

var errNoShared = fmt.Errorf("wire: shared memory: %w", errors.ErrUnsupported)

// NewShared fails: bytes go in frames.
func NewShared(int) (*Shared, error) { return nil, errNoShared }

// Clear fails: there is no Shared.
func (s *Shared) Clear() error { return errNoShared }

// MapShared fails: there is no Shared.
func MapShared(f *os.File, _ int) ([]byte, error) {
	closeFile(f)
	return nil, errNoShared
}

// UnmapShared fails: there is no Shared.
func UnmapShared([]byte) error { return errNoShared }
