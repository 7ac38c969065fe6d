package displayguard

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// compositor serves any number of clients. Those in a security context are
// offered no less than others, so that it is the guard which is tested.
type compositor struct {
	listener *net.UnixListener
	path     string
	clients  sync.WaitGroup

	mu       sync.Mutex
	bound    []string           // guarded by mu; what any client has got
	contexts []*securityContext // guarded by mu; all that were ever made
}

// securityContext is one that a client has made.
type securityContext struct {
	engine, app, instance string

	listener net.Listener
	ended    bool // guarded by mu of the compositor
	inside   int  // guarded by mu of the compositor; connections that were in it
}

func startCompositor(t *testing.T, path string) *compositor {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	c := &compositor{listener: l, path: path}
	c.clients.Go(func() { c.accept(l, nil) })
	t.Cleanup(func() {
		l.Close()
		c.clients.Wait()
	})
	return c
}

// stop takes no more clients.
func (c *compositor) stop() {
	c.listener.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.contexts {
		s.listener.Close()
	}
}

func (c *compositor) accept(l net.Listener, in *securityContext) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		c.clients.Go(func() { c.serve(conn.(*net.UnixConn), in) })
	}
}

func (c *compositor) has(kind string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.bound, kind)
}

// connection is one of a client, with the descriptors that came over it.
type connection struct {
	*net.UnixConn
	fds []int
}

func (c *connection) Read(b []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(maxRights*4))
	n, on, _, _, err := c.ReadMsgUnix(b, oob)
	list, _ := unix.ParseSocketControlMessage(oob[:on])
	for i := range list {
		fds, _ := unix.ParseUnixRights(&list[i])
		c.fds = append(c.fds, fds...)
	}
	return n, err
}

func (c *compositor) serve(conn *net.UnixConn, in *securityContext) {
	defer conn.Close()
	var bound []string
	s := newServer(func(kind string) { bound = append(bound, kind) })
	from := &connection{UnixConn: conn}
	messages := reader{r: from}
	made := &securityContext{}
	defer func() {
		for _, fd := range from.fds {
			unix.Close(fd)
		}
	}()
	if in != nil {
		c.mu.Lock()
		in.inside++
		c.mu.Unlock()
	}
	for {
		m, err := messages.next()
		if err != nil {
			return
		}
		kind := s.objects[m.Object]
		events, ok := s.handle(m)
		if kind == "wp_security_context_v1" && !c.secure(made, m, from) {
			return
		}
		if kind == "wl_display" && made.listener == nil {
			// Whoever makes a context has bound what is for that, and is the Core.
			c.mu.Lock()
			c.bound, bound = append(c.bound, bound...), nil
			c.mu.Unlock()
		}
		for _, e := range events {
			conn.Write(e)
		}
		if !ok {
			return
		}
	}
}

// secure is what a client says of a context that it makes.
func (c *compositor) secure(s *securityContext, m wayland.Message, from *connection) bool {
	args := m.Args()
	switch m.Opcode {
	case 1:
		s.engine = args.Text()
	case 2:
		s.app = args.Text()
	case 3:
		s.instance = args.Text()
	case 4:
		if len(from.fds) != 2 {
			return false
		}
		f := os.NewFile(uintptr(from.fds[0]), "context")
		end := from.fds[1]
		from.fds = nil
		var err error
		s.listener, err = net.FileListener(f)
		f.Close()
		if err != nil {
			unix.Close(end)
			return false
		}
		c.mu.Lock()
		c.contexts = append(c.contexts, s)
		c.mu.Unlock()
		c.clients.Go(func() { c.accept(s.listener, s) })
		c.clients.Go(func() {
			unix.Poll([]unix.PollFd{{Fd: int32(end)}}, -1)
			unix.Close(end)
			s.listener.Close()
			c.mu.Lock()
			defer c.mu.Unlock()
			s.ended = true
		})
	}
	return true
}

// reader reads messages one by one.
type reader struct {
	r   io.Reader
	buf []byte
}

func (r *reader) next() (wayland.Message, error) {
	for {
		m, size, err := wayland.Parse(r.buf)
		if err != nil {
			return m, err
		}
		if size > 0 {
			r.buf = r.buf[size:]
			return m, nil
		}
		more := make([]byte, 4<<10)
		n, err := r.r.Read(more)
		if n <= 0 { // less where reading failed
			return m, errors.Join(io.EOF, err)
		}
		r.buf = append(r.buf[:len(r.buf):len(r.buf)], more[:n]...)
	}
}

// client is one of a compositor, or of the guard before it.
type client struct {
	*net.UnixConn
	messages reader
}

func dialClient(path string) (*client, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(time.Minute)) // to end a hang
	return &client{conn.(*net.UnixConn), reader{r: conn}}, nil
}

// announced asks for a registry with the number 2 and returns what is in it.
func (c *client) announced() (map[uint32]string, error) {
	if _, err := c.Write(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2)); err != nil {
		return nil, err
	}
	list := map[uint32]string{}
	return list, c.roundtrip(func(m wayland.Message) {
		if m.Object == 2 && m.Opcode == wayland.RegistryGlobal {
			args := m.Args()
			name := args.Uint()
			list[name] = args.Text()
		}
	})
}

// roundtrip returns when the server has done all that was asked before.
func (c *client) roundtrip(see func(wayland.Message)) error {
	const callback = 3
	if _, err := c.Write(packet(wayland.DisplayID, 0, callback)); err != nil {
		return err
	}
	for {
		m, err := c.messages.next()
		if err != nil {
			return err
		}
		if m.Object == callback {
			return nil
		}
		see(m)
	}
}

// bind takes a global, and waits until the server has seen it.
func (c *client) bind(registry int, name uint32, kind string) error {
	// The next number that is free: libwayland takes no other.
	if _, err := c.Write(packet(registry, wayland.RegistryBind, int(name), kind, 1, 4)); err != nil {
		return err
	}
	return c.roundtrip(func(wayland.Message) {})
}

func (c *compositor) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bound = nil
}
