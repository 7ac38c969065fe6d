//go:build !linux

package control

import (
	"errors"
	"fmt"
	"os"
)

// ErrNothing is returned by Receive when there is nothing just now.
var ErrNothing = errors.New("control: nothing there")

// Receive is not supported on this system.
func Receive(*os.File) (Message, *os.File, error) {
	return Message{}, nil, fmt.Errorf("control: %w", errors.ErrUnsupported)
}
