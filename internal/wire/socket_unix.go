//go:build unix

package wire

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is one end. It is kept out of the runtime's own poller.
//
// A host's main loop waits for its socket together with the display: the
// poller would wake a thread for each frame only to find nobody waiting.
//
// The Core's reader waits in the system call, on a thread of its own. There a
// frame wakes that thread and no other. The poller would have it look for
// work, then wait for all descriptors, and wake others when it finds some.
type socket struct {
	f   *os.File // in blocking mode, so that the runtime leaves it alone
	raw syscall.RawConn
	oob []byte
	// sendmsg is unix.SendmsgN but in tests.
	sendmsg func(fd int, p, oob []byte, to unix.Sockaddr, flags int) (n int, err error)
}

// FileConn makes a connection of an inherited stream socket, which it owns
// from then on. It fails when f is anything else.
func FileConn(role Role, f *os.File) (*Conn, error) {
	// Fd would do the same, but not for a file that the runtime polls already.
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	f.Close()
	if err != nil {
		return nil, fmt.Errorf("wire: socket: %w", err)
	}
	if err := checkSocket(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	s := &socket{f: os.NewFile(uintptr(fd), f.Name()), oob: make([]byte, oobSize), sendmsg: unix.SendmsgN}
	if s.raw, err = s.f.SyscallConn(); err != nil {
		s.f.Close()
		return nil, fmt.Errorf("wire: socket: %w", err)
	}
	return newConn(role, s), nil
}

func checkSocket(fd int) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return fmt.Errorf("wire: not a socket: %w", err)
	}
	address, err := unix.Getsockname(fd)
	if _, ok := address.(*unix.SockaddrUnix); err != nil || !ok || kind != unix.SOCK_STREAM {
		return errors.New("wire: not a Unix stream socket")
	}
	return unix.SetNonblock(fd, false)
}

func (s *socket) descriptor() (fd int, err error) {
	err = s.raw.Control(func(p uintptr) { fd = int(p) })
	return fd, err
}

func (s *socket) read(p []byte) (int, []*os.File, error) { return s.receive(p, 0) }

func (s *socket) tryRead(p []byte) (int, []*os.File, error) {
	n, files, err := s.receive(p, unix.MSG_DONTWAIT)
	if err == unix.EAGAIN {
		err = errNothing
	}
	return n, files, err
}

func (s *socket) receive(p []byte, how int) (int, []*os.File, error) {
	var n, oobn, flags int
	var err error
	cerr := s.raw.Read(func(fd uintptr) bool {
		err = unix.EINTR
		for err == unix.EINTR {
			n, oobn, flags, _, err = unix.Recvmsg(int(fd), p, s.oob, how)
		}
		return true
	})
	if cerr != nil {
		return 0, nil, cerr
	}
	return received(n, s.oob[:oobn], flags, err)
}

func (s *socket) tryWrite(p []byte, file *os.File) (int, error) {
	n, err := s.send(p, file, unix.MSG_DONTWAIT)
	if err == unix.EAGAIN || isCrowded(err, file) {
		err = nil
	}
	return n, err
}

// isCrowded reports whether a descriptor cannot be sent for now. The kernel
// counts those on their way for each user, so any program of the user may have
// them on their way, and this connection is none the worse for it.
func isCrowded(err error, file *os.File) bool { return err == unix.ETOOMANYREFS && file != nil }

// crowdedPause is how long to wait before a descriptor is sent again.
const crowdedPause = 10 * time.Millisecond

func (s *socket) write(p []byte, file *os.File) error {
	for len(p) > 0 {
		n, err := s.send(p, file, 0)
		if isCrowded(err, file) {
			time.Sleep(crowdedPause) // until it is sent, or the connection closed
			continue
		}
		if err != nil {
			return err
		}
		p = p[n:]
		if n > 0 {
			file = nil // it travels with the first byte
		}
	}
	return nil
}

func (s *socket) send(p []byte, file *os.File, how int) (n int, err error) {
	oob := rights(file)
	cerr := s.raw.Write(func(fd uintptr) bool {
		err = unix.EINTR
		for err == unix.EINTR {
			n, err = s.sendmsg(int(fd), p, oob, nil, how|unix.MSG_NOSIGNAL)
		}
		return true
	})
	if cerr != nil {
		return 0, cerr
	}
	return max(n, 0), err
}

// close wakes whoever waits in a call first.
func (s *socket) close() error {
	_ = s.raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	return s.f.Close()
}
