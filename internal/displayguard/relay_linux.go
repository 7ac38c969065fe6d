package displayguard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// maxRights is how many descriptors the libraries of Wayland send and receive
// with one piece of the stream (MAX_FDS_OUT in connection.c of libwayland 1.21).
// A reader has no room for more, and the kernel would throw the rest away.
const maxRights = 28

// maxHeld bounds descriptors that came before the end of their message. A writer
// whose socket is full ends a piece anywhere.
const maxHeld = 4 * maxRights

// errForbidden is wrapped by what only a client that was taken over does.
var errForbidden = errors.New("the host broke the rules of the display")

// errGone is returned where the other side takes nothing any more.
var errGone = errors.New("the other side is gone")

// relay passes one connection on in both directions, until one side is gone or
// sends what is no message. It closes neither before all is passed on that came
// before its end. keyboard is told whether a window of the client's has it.
func relay(client, server *net.UnixConn, keyboard *focus) error {
	f := newFilter(keyboard)
	defer f.end()
	events := make(chan error, 1)
	go func() {
		events <- pump(server, client, f.event)
		// No event comes any more: the client has its last ones, such as what it
		// is told about its own mistake.
		client.Close()
	}()
	err := pump(client, server, func(m wayland.Message) (bool, error) { return true, f.request(m) })
	switch {
	case errors.Is(err, errGone):
		// The server may have said why. Until the client has read it and leaves,
		// nothing of what it sends is of use.
		_, _ = io.Copy(io.Discard, onlyReader{client})
		err = nil
	case err != nil:
		err = fmt.Errorf("%w: %w", errForbidden, err)
	}
	server.Close()
	client.Close()
	if said := <-events; err == nil && said != nil && !errors.Is(said, errGone) {
		err = fmt.Errorf("the compositor: %w", said)
	}
	return err
}

// onlyReader hides all but Read: io.Copy would move bytes by a system call that
// does not know sockets with descriptors in them.
type onlyReader struct{ io.Reader }

// pump copies messages, with the descriptors that come with them, from one side
// to the other. It waits for the one to write and the other to read, so it holds
// one buffer. judge says whether a message is passed on; its error ends all. At
// the end of the stream, or where it breaks off, pump returns nil, and errGone
// where the reader is gone.
func pump(from, to *net.UnixConn, judge func(wayland.Message) (bool, error)) error {
	var s stream
	defer s.closeRights()
	s.buf = make([]byte, wayland.MaxMessage+1) // room is left behind each part of a message
	oob := make([]byte, unix.CmsgSpace(maxRights*4))
	for {
		n, on, flags, _, err := from.ReadMsgUnix(s.buf[s.have:], oob)
		if err := s.take(oob[:on], flags); err != nil {
			return err
		}
		if err != nil || n == 0 {
			return nil
		}
		s.have += n
		passed, rest, err := s.judge(judge)
		if err != nil {
			return err
		}
		if err := s.send(to, passed); err != nil {
			return errGone
		}
		s.have = copy(s.buf, rest)
	}
}

// stream is what was read from one side and is not passed on yet.
type stream struct {
	buf    []byte
	have   int   // of it
	rights []int // descriptors
}

// take adds the descriptors that came with a piece.
func (s *stream) take(oob []byte, flags int) error {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return fmt.Errorf("%w: %w", wayland.ErrMalformed, err)
	}
	for i := range list {
		if list[i].Header.Level != unix.SOL_SOCKET || list[i].Header.Type != unix.SCM_RIGHTS {
			continue
		}
		fds, err := unix.ParseUnixRights(&list[i])
		if err != nil {
			return fmt.Errorf("%w: %w", wayland.ErrMalformed, err)
		}
		s.rights = append(s.rights, fds...)
	}
	if flags&unix.MSG_CTRUNC != 0 || len(s.rights) > maxHeld {
		return fmt.Errorf("%w: too many descriptors", wayland.ErrMalformed)
	}
	return nil
}

// judge goes through the whole messages in the buffer. It returns those that are
// passed on, which it puts together at the beginning, and the rest behind them.
func (s *stream) judge(judge func(wayland.Message) (bool, error)) (passed, rest []byte, err error) {
	out, at := 0, 0
	for {
		m, size, err := wayland.Parse(s.buf[at:s.have])
		if err != nil {
			return nil, nil, err
		}
		if size == 0 {
			return s.buf[:out], s.buf[at:s.have], nil
		}
		pass, err := judge(m)
		if err != nil {
			return nil, nil, err
		}
		if pass {
			if out != at {
				copy(s.buf[out:], s.buf[at:at+size])
			}
			out += size
		}
		at += size
	}
}

// shortagePause is how long to wait for what other programs of the user have
// used up. The kernel counts descriptors on their way for all of them together,
// so this connection is none the worse for it.
const shortagePause = 10 * time.Millisecond

// writer is a *net.UnixConn.
type writer interface {
	WriteMsgUnix(b, oob []byte, to *net.UnixAddr) (n, oobn int, err error)
}

// send writes messages with the descriptors that are there by now: they may come
// before their message, not after it. Where they are more than one piece can
// carry, a byte of the messages goes with each of the first pieces.
func (s *stream) send(to writer, b []byte) error {
	for len(b) > 0 {
		piece, rights := b, s.rights
		if len(rights) > maxRights {
			piece, rights = b[:1], rights[:maxRights]
		}
		var oob []byte
		if len(rights) > 0 {
			oob = unix.UnixRights(rights...)
		}
		n, _, err := to.WriteMsgUnix(piece, oob, nil)
		if errors.Is(err, unix.ETOOMANYREFS) {
			time.Sleep(shortagePause) // until they are sent, or the connection is closed
			continue
		}
		if err != nil {
			return err
		}
		for _, fd := range rights {
			unix.Close(fd)
		}
		s.rights = s.rights[len(rights):]
		b = b[n:]
	}
	return nil
}

func (s *stream) closeRights() {
	for _, fd := range s.rights {
		unix.Close(fd)
	}
}
