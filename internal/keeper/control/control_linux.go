package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNothing is returned by Receive when there is nothing just now.
var ErrNothing = errors.New("control: nothing there")

// Pair returns the keeper's end and that for a host.
func Pair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}

// Send sends a message, with a connection if conn is not nil. It never waits:
// a host that has not read for so long that nothing fits is an error.
func Send(to *os.File, m Message, conn *os.File) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	raw, err := to.SyscallConn()
	if err != nil {
		return err
	}
	send := func(rights []byte) {
		if e := raw.Control(func(fd uintptr) {
			err = unix.Sendmsg(int(fd), b, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		}); e != nil {
			err = e
		}
	}
	if conn == nil {
		send(nil)
		return err
	}
	file, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	if e := file.Control(func(fd uintptr) { send(unix.UnixRights(int(fd))) }); e != nil {
		return e
	}
	return err
}

// Receive takes the next message, and the connection that came with it or nil.
// It never waits. The error is io.EOF when the keeper is gone.
func Receive(from *os.File) (m Message, conn *os.File, err error) {
	raw, err := from.SyscallConn()
	if err != nil {
		return m, nil, err
	}
	b, rights := make([]byte, 64<<10), make([]byte, unix.CmsgSpace(4))
	var n, r int
	e := raw.Control(func(fd uintptr) {
		for err = unix.EINTR; err == unix.EINTR; {
			n, r, _, _, err = unix.Recvmsg(int(fd), b, rights, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		}
	})
	switch {
	case e != nil:
		return m, nil, e
	case err == unix.EAGAIN:
		return m, nil, ErrNothing
	case err != nil:
		return m, nil, err
	case n == 0:
		return m, nil, io.EOF
	}
	if r > 0 {
		conn = received(rights[:r])
	}
	if err := json.Unmarshal(b[:n], &m); err != nil {
		if conn != nil {
			conn.Close()
		}
		return m, nil, fmt.Errorf("control: %w", err)
	}
	return m, conn, nil
}

func received(rights []byte) *os.File {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil
	}
	return os.NewFile(uintptr(fds[0]), "core")
}
