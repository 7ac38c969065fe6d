//go:build unix

package sandbox

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
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
	var st unix.Stat_t
	if err := unix.Fstat(controlFD, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return nil
	}
	closeOnExec(controlFD)
	return os.NewFile(controlFD, "control")
}
