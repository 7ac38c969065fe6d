package wayland

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The protocol security-context-v1 (wayland-protocols, staging).
const (
	contextManager = "wp_security_context_manager_v1"

	managerCreateListener = 1

	contextSetEngine   = 1
	contextSetApp      = 2
	contextSetInstance = 3
	contextCommit      = 4
)

// contextTimeout bounds what a compositor may take to answer. One that is busy
// for longer shows no window either.
const contextTimeout = 5 * time.Second

// maxAnswer bounds what it may answer: the globals, and what else it tells a new
// client.
const maxAnswer = 1 << 20

// SecurityContext says of whom clients are, see [NewSecurityContext].
type SecurityContext struct {
	// Engine is what confines them, App what they belong to, as the desktop
	// knows it, and Instance this start of it.
	Engine, App, Instance string
}

// NewSecurityContext has a compositor take for confined all clients that connect
// to a listening socket: it hides from them, by its own rules, what it thinks
// privileged. That lasts until the closer is closed, or this process ends;
// connections that are there then stay. Where the compositor does not offer
// security contexts the error is [errors.ErrUnsupported].
//
// The caller may close the socket at once: the compositor has its own.
func NewSecurityContext(compositor string, socket *os.File, c SecurityContext) (io.Closer, error) {
	end, err := c.make(compositor, socket, contextTimeout)
	if err != nil {
		return nil, fmt.Errorf("security context: %w", err)
	}
	return end, nil
}

func (c SecurityContext) make(compositor string, socket *os.File, limit time.Duration) (*os.File, error) {
	server, err := connect(compositor, limit)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	number, err := server.find(contextManager)
	if err != nil {
		return nil, err
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	if err := server.confine(number, socket, theirs, c); err != nil {
		ours.Close()
		return nil, err
	}
	return ours, nil
}

// Numbers of objects of a connection. Those that come after a callback may not
// have its number, which is free only later.
const (
	registryID = iota + 2
	listedID
	managerID
	contextID
	confinedID
)

// server is the compositor, on a connection of this process's own.
type server struct {
	*net.UnixConn
	buf  []byte
	read int // in all
}

func connect(compositor string, limit time.Duration) (*server, error) {
	c, err := net.DialTimeout("unix", compositor, limit)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(limit)) // fails on a closed one only
	return &server{UnixConn: c.(*net.UnixConn)}, nil
}

// find returns the number of a global.
func (s *server) find(kind string) (number uint32, err error) {
	ask := Append(nil, DisplayID, DisplayGetRegistry, registryID)
	if _, err := s.Write(Append(ask, DisplayID, DisplaySync, listedID)); err != nil {
		return 0, err
	}
	found := false
	err = s.until(listedID, func(m Message) {
		args := m.Args()
		if m.Object == registryID && m.Opcode == RegistryGlobal {
			if n, name := args.Uint(), args.Text(); name == kind {
				number, found = n, true
			}
		}
	})
	if err == nil && !found {
		err = fmt.Errorf("the compositor has no %s: %w", kind, errors.ErrUnsupported)
	}
	return number, err
}

// confine makes the context. Both descriptors go with the first byte.
func (s *server) confine(manager uint32, socket, end *os.File, c SecurityContext) error {
	ask := Append(nil, registryID, RegistryBind, int(manager), contextManager, 1, managerID)
	ask = Append(ask, managerID, managerCreateListener, contextID)
	ask = Append(ask, contextID, contextSetEngine, c.Engine)
	ask = Append(ask, contextID, contextSetApp, c.App)
	ask = Append(ask, contextID, contextSetInstance, c.Instance)
	ask = Append(ask, contextID, contextCommit)
	ask = Append(ask, DisplayID, DisplaySync, confinedID)
	n, _, err := s.WriteMsgUnix(ask, unix.UnixRights(int(socket.Fd()), int(end.Fd())), nil)
	if err != nil {
		return err
	}
	if n < len(ask) {
		if _, err := s.Write(ask[n:]); err != nil {
			return err
		}
	}
	return s.until(confinedID, func(Message) {})
}

// until reads events until a callback is done, or the compositor says what was
// wrong.
func (s *server) until(callback uint32, see func(Message)) error {
	for {
		m, size, err := Parse(s.buf)
		switch {
		case err != nil:
			return err
		case size == 0:
			if err := s.more(); err != nil {
				return err
			}
			continue
		case m.Object == callback:
			s.buf = s.buf[size:]
			return nil
		case m.Object == DisplayID && m.Opcode == DisplayError:
			args := m.Args()
			object, code := args.Uint(), args.Uint()
			return fmt.Errorf("error %d of object %d: %.200q", code, object, args.Text())
		}
		see(m)
		s.buf = s.buf[size:]
	}
}

// more reads what there is. Descriptors are not among what it asks for.
func (s *server) more() error {
	part := make([]byte, 4<<10)
	n, err := s.Read(part)
	if err != nil {
		return err
	}
	if s.read += n; s.read > maxAnswer {
		return errors.New("the compositor does not come to an end")
	}
	s.buf = append(s.buf[:len(s.buf):len(s.buf)], part[:n]...)
	return nil
}
