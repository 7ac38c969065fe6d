//go:build unix

package sandbox

import (
	"fmt"
	"os"
)

// socketFD is where a child finds its socket.
const socketFD = 3

// controlVariable tells a child that it has a control socket.
const controlVariable = "MULLION_CONTROL"

// controlFD is where a child finds its control socket.
const controlFD = 5

func childSocket() (*os.File, error) {
	keepSocket()
	f := os.NewFile(socketFD, "core")
	// The runtime may have opened something of its own there by now.
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil, fmt.Errorf("descriptor %d is not a socket", socketFD)
	}
	return f, nil
}

func controlSocket() *os.File {
	if os.Getenv(controlVariable) == "" {
		return nil
	}
	f := os.NewFile(controlFD, "control")
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil
	}
	closeOnExec(controlFD)
	return f
}
