//go:build unix

package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// oobSize has room for the descriptors of one read: the kernel gives those of
// one sendmsg at a time, and a frame carries one.
var oobSize = unix.CmsgSpace(4 * 4)

// SocketPair returns the Core's end of a new connection and the file to give
// to a host, which hands it to FileConn.
func SocketPair() (*Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("wire: socketpair: %w", err)
	}
	host := os.NewFile(uintptr(fds[1]), "host socket")
	c, err := FileConn(Core, os.NewFile(uintptr(fds[0]), "core socket"))
	if err != nil {
		host.Close()
		return nil, nil, err
	}
	return c, host, nil
}

// setPeer has nothing to do: the kernel carries descriptors over sockets.
func setPeer(*Conn, int) error { return nil }

// isGone reports whether a write failed because there is no other end any
// more.
func isGone(err error) bool { return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) }

// received sorts out what a receiving call has returned.
func received(n int, oob []byte, flags int, err error) (int, []*os.File, error) {
	var files []*os.File
	if len(oob) > 0 {
		files = parseFiles(oob)
	}
	if err != nil {
		return max(n, 0), files, err
	}
	if flags&unix.MSG_CTRUNC != 0 {
		return n, files, violation("too many descriptors at once")
	}
	if n == 0 {
		return 0, files, io.EOF
	}
	return n, files, nil
}

func parseFiles(oob []byte) []*os.File {
	var files []*os.File
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for _, m := range msgs {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files
}

func rights(file *os.File) []byte {
	if file == nil {
		return nil
	}
	return unix.UnixRights(int(file.Fd()))
}

func dupFile(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
