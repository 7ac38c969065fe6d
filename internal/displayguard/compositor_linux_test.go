package displayguard

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// compositor serves any number of clients.
type compositor struct {
	listener *net.UnixListener
	path     string

	mu    sync.Mutex
	bound []string // guarded by mu; what any client has got
}

func startCompositor(t *testing.T, path string) *compositor {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	c := &compositor{listener: l, path: path}
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return
			}
			clients.Go(func() { c.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		clients.Wait()
	})
	return c
}

func (c *compositor) has(kind string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bound {
		if b == kind {
			return true
		}
	}
	return false
}

func (c *compositor) serve(conn *net.UnixConn) {
	defer conn.Close()
	s := newServer(func(kind string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.bound = append(c.bound, kind)
	})
	messages := reader{r: conn}
	for {
		m, err := messages.next()
		if err != nil {
			return
		}
		events, ok := s.handle(m)
		for _, e := range events {
			conn.Write(e)
		}
		if !ok {
			return
		}
	}
}

// reader reads messages one by one.
type reader struct {
	r   io.Reader
	buf []byte
}

func (r *reader) next() (message, error) {
	for {
		m, size, err := parse(r.buf)
		if err != nil {
			return m, err
		}
		if size > 0 {
			r.buf = r.buf[size:]
			return m, nil
		}
		more := make([]byte, 4<<10)
		n, err := r.r.Read(more)
		if n == 0 {
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
	if _, err := c.Write(packet(displayID, displayGetRegistry, 2)); err != nil {
		return nil, err
	}
	list := map[uint32]string{}
	return list, c.roundtrip(func(m message) {
		if m.object == 2 && m.opcode == registryGlobal {
			args := body{rest: m.body}
			name := args.uint()
			list[name] = args.text()
		}
	})
}

// roundtrip returns when the server has done all that was asked before.
func (c *client) roundtrip(see func(message)) error {
	const callback = 3
	if _, err := c.Write(packet(displayID, 0, callback)); err != nil {
		return err
	}
	for {
		m, err := c.messages.next()
		if err != nil {
			return err
		}
		if m.object == callback {
			return nil
		}
		see(m)
	}
}

// bind takes a global, and waits until the server has seen it.
func (c *client) bind(registry int, name uint32, kind string) error {
	if _, err := c.Write(packet(registry, registryBind, int(name), kind, 1, 100)); err != nil {
		return err
	}
	return c.roundtrip(func(message) {})
}

func (c *compositor) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bound = nil
}
