package wire

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// NewBody returns a body and the end that is sent along: both belong to the
// caller.
//
// The two are the ends of a stream socket. A socket that is closed with bytes
// in it that nobody has read resets the connection: the other end gets what was
// written and then ECONNRESET (unix(7) does not say so; see unix_release_sock
// in Linux's net/unix/af_unix.c). So one byte is left for the Core's end to
// read, which is what complete does. The other end can write nothing more.
func NewBody() (*Body, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err == nil {
		if _, err = unix.Write(fds[1], []byte{0}); err == nil {
			err = unix.Shutdown(fds[1], unix.SHUT_WR)
		}
		if err == nil {
			return &Body{file: os.NewFile(uintptr(fds[0]), "body")}, os.NewFile(uintptr(fds[1]), "body"), nil
		}
		unix.Close(fds[0])
		unix.Close(fds[1])
	}
	return nil, nil, fmt.Errorf("wire: body: %w", err)
}

func (b *Body) complete() {
	_, _ = b.file.Read(make([]byte, 1))
}

func (b *Body) write(p []byte) (int, error) { return b.file.Write(p) }

func openBody(f *os.File) io.ReadCloser { return f }
