//go:build unix

package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// oobSize has room for the descriptors of one read: the kernel gives those of
// one sendmsg at a time, and a frame carries one.
var oobSize = unix.CmsgSpace(4 * 4)

type socket struct {
	c   *net.UnixConn
	raw syscall.RawConn
	oob []byte
}

// NewConn makes the given end of a connection of a stream socket, which it
// owns from then on.
func NewConn(role Role, c *net.UnixConn) (*Conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("wire: socket: %w", err)
	}
	return newConn(role, &socket{c: c, raw: raw, oob: make([]byte, oobSize)}), nil
}

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

// FileConn makes a connection of an inherited stream socket, which it owns
// from then on. It fails when f is anything else.
func FileConn(role Role, f *os.File) (*Conn, error) {
	if role == Host {
		return hostConn(f)
	}
	defer f.Close()
	nc, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("wire: not a socket: %w", err)
	}
	uc, ok := nc.(*net.UnixConn)
	if !ok || uc.LocalAddr().Network() != "unix" {
		nc.Close()
		return nil, errors.New("wire: not a Unix stream socket")
	}
	return NewConn(role, uc)
}

func (s *socket) read(p []byte) (int, []*os.File, error) {
	n, oobn, flags, _, err := s.c.ReadMsgUnix(p, s.oob)
	return received(n, s.oob[:oobn], flags, err)
}

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

func (s *socket) tryWrite(p []byte, file *os.File) (n int, err error) {
	oob := rights(file)
	cerr := s.raw.Write(func(fd uintptr) bool {
		for {
			n, err = unix.SendmsgN(int(fd), p, oob, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
			if err != unix.EINTR {
				return true
			}
		}
	})
	if cerr != nil {
		return 0, cerr
	}
	if err == unix.EAGAIN {
		return 0, nil
	}
	return max(n, 0), err
}

func (s *socket) write(p []byte, file *os.File) error {
	if file != nil {
		n, _, err := s.c.WriteMsgUnix(p, rights(file), nil)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	if len(p) == 0 {
		return nil
	}
	_, err := s.c.Write(p)
	return err
}

func (s *socket) close() error { return s.c.Close() }

func dupFile(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
