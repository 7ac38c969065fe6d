package wire

import (
	"errors"
	"fmt"
	"os"
)

// SocketPair will hand out the two ends of an overlapped named pipe; Windows
// is not supported yet.
func SocketPair() (*Conn, *os.File, error) {
	return nil, nil, fmt.Errorf("wire: connections on Windows: %w", errors.ErrUnsupported)
}

// FileConn is not supported on Windows yet.
func FileConn(role Role, f *os.File) (*Conn, error) {
	f.Close()
	return nil, fmt.Errorf("wire: connections on Windows: %w", errors.ErrUnsupported)
}

func isGone(error) bool { return false }

func dupFile(f *os.File) (*os.File, error) {
	return nil, fmt.Errorf("wire: descriptors on Windows: %w", errors.ErrUnsupported)
}
