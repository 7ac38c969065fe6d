package x11

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Limits of a connection.
const (
	// maxWhole bounds a request of which a rule wants to see all, and a reply
	// that is changed, in bytes.
	maxWhole = 256 << 10
	// maxRequest bounds any request, in bytes: what an Xorg takes.
	maxRequest = 16 << 20
)

// client is a connection of a host, with one of its own to the server. Ids
// belong to a connection: nothing that one makes is of use in another.
type client struct {
	guard      *Guard
	conn       net.Conn // of the host
	server     net.Conn
	fromHost   *bufio.Reader
	toServer   *bufio.Writer
	fromServer *bufio.Reader
	toHost     *bufio.Writer
	base, mask uint32

	// What the goroutine that reads requests has.
	sent   uint64        // the number of the last request to the server
	fenced uint64        // that of the last fence
	cost   int           // of what was asked for since then, in bytes
	large  bool          // BIG-REQUESTS are on
	fences chan struct{} // holds one for each fence that is not answered
	done   chan struct{} // closed when the other goroutine has ended

	// What the goroutine that reads packets has.
	lastSeq  uint64 // the number of the last request that the server spoke of
	inserted uint64 // how many of these were the guard's

	mu      sync.Mutex
	pending []pending // guarded by mu: replies to exchange, in order
	state   state     // guarded by mu
}

// pending is a reply that is not to reach the client as it comes.
type pending struct {
	seq   uint64 // the server's
	reply []byte
	edit  func([]byte) []byte
	mine  bool // the request is the guard's
	fence bool // and is a fence
}

// accept sets up a connection; nil for one that is not served.
func (g *Guard) accept(conn net.Conn) (*client, error) {
	in := bufio.NewReaderSize(conn, maxWhole+8)
	refusal, err := readHello(in)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		_, err := conn.Write(refusal)
		return nil, err
	}
	s, err := g.Dial()
	if err != nil {
		_, _ = conn.Write(failed(nativeOrder(), "the display is gone"))
		return nil, err
	}
	out := bufio.NewReaderSize(s, maxWhole)
	_, err = s.Write(hello(g.Cookie))
	var setup *setup
	if err == nil {
		setup, err = readSetup(out)
	}
	if err != nil {
		s.Close()
		_, _ = conn.Write(failed(nativeOrder(), "the display refuses"))
		return nil, err
	}
	if _, err := conn.Write(setup.raw); err != nil {
		s.Close()
		return nil, err
	}
	return &client{
		guard: g, conn: conn, server: s, base: setup.base, mask: setup.mask,
		fromHost: in, toServer: bufio.NewWriterSize(s, 64<<10), fromServer: out, toHost: bufio.NewWriterSize(conn, 64<<10),
		fences: make(chan struct{}, maxFences), done: make(chan struct{}), state: newState(&g.stock),
	}, nil
}

// run serves until one side goes.
func (c *client) run() error {
	down := make(chan error, 1)
	go func() {
		err := c.down()
		close(c.done)
		c.conn.Close()
		c.server.Close()
		down <- err
	}()
	err := c.up()
	c.conn.Close()
	c.server.Close()
	if other := <-down; err == nil || errors.Is(err, net.ErrClosed) {
		err = other
	}
	return err
}

// errProtocol says that a client is none, or an attack.
var errProtocol = errors.New("a client breaks the protocol")

// up reads requests, judges them, and sends them on.
func (c *client) up() error {
	for {
		if err := c.pace(); err != nil {
			return err
		}
		m, extra, err := c.next()
		if err != nil {
			return err
		}
		v := c.judge(m)
		if v.why != "" {
			c.guard.tell(m.key(), v.why)
		}
		if err := c.act(m, extra, v); err != nil {
			return err
		}
	}
}

// fill returns the next n bytes of the host, without taking them. What waits
// for the server goes there first if that takes time.
func (c *client) fill(n int) ([]byte, error) {
	if c.fromHost.Buffered() < n && c.toServer.Buffered() > 0 {
		if err := c.toServer.Flush(); err != nil {
			return nil, err
		}
	}
	return c.fromHost.Peek(n)
}

// next returns the next request, which is still to be taken out of the buffer.
// extra is 4 for one with the longer length.
func (c *client) next() (m *message, extra int, err error) {
	b, err := c.fill(4)
	if err != nil {
		return nil, 0, err
	}
	m = &message{opcode: b[0], second: b[1], size: 4 * int(order.Uint16(b[2:]))}
	if m.size == 0 {
		if b, err = c.fill(8); err != nil {
			return nil, 0, err
		}
		units := order.Uint32(b[4:])
		if !c.large || units < 2 || units > maxRequest/4 {
			return nil, 0, fmt.Errorf("%w: a request of %d units", errProtocol, units)
		}
		extra, m.size = 4, 4*int(units)-4
	}
	c.name(m)
	n := min(m.size, 4)
	if r := ruleFor(m.extension, m.name); m.name != "" {
		n = min(m.head(r), maxWhole)
	}
	if b, err = c.fill(n + extra); err != nil {
		return nil, 0, err
	}
	m.data = b
	if extra > 0 {
		m.data = append(append(make([]byte, 0, n), b[:4]...), b[8:]...)
	}
	return m, extra, nil
}

// name finds out which request it is.
func (c *client) name(m *message) {
	number := m.opcode
	if m.opcode >= 128 {
		m.extension, number = c.guard.server.byOpcode[m.opcode], m.second
		if m.extension == "" {
			return
		}
	}
	if list := requests[m.extension]; int(number) < len(list) {
		m.request = list[number]
	}
}

// judge decides about a message.
func (c *client) judge(m *message) verdict {
	switch {
	case m.name == "":
		return verdict{reply: newError(m, badRequest, 0), why: fmt.Sprintf("no request %d.%d is known", m.opcode, m.second)}
	case m.size < m.request.size || len(m.data) < m.request.size:
		return verdict{code: badLength, why: "it is too short"}
	case !m.open && m.size > pad(m.request.size):
		// The server would refuse, and the guard think that it had not.
		return verdict{code: badLength, why: "it is longer than such requests are"}
	case m.size > maxWhole && m.needsAll(ruleFor(m.extension, m.name)):
		return verdict{code: badLength, why: "it is too long"}
	}
	return c.check(m)
}

// act does what a verdict says.
func (c *client) act(m *message, extra int, v verdict) error {
	c.sent++
	switch {
	case v.end:
		return fmt.Errorf("%w: %s: %s", errProtocol, m.key(), v.why)
	case v.reply != nil:
		return c.stand(m, extra, v.reply)
	case v.code != 0 && m.reply, v.code == badAlloc:
		return c.stand(m, extra, newError(m, v.code, v.id))
	case v.code != 0:
		v.instead = noOperation
	}
	if v.instead != nil {
		if m.reply {
			c.cost += m.replyCost()
		}
		if _, err := c.toServer.Write(v.instead); err != nil {
			return err
		}
		return c.skip(m.size + extra)
	}
	if m.reply {
		c.cost += m.replyCost()
		if v.edit != nil {
			c.expect(pending{seq: c.sent, edit: v.edit})
		}
	}
	if err := c.forward(m.size + extra); err != nil || v.then == nil {
		return err
	}
	return c.insert(v.then, false)
}

// stand sends GetInputFocus instead of a message, the answer to which is
// exchanged.
func (c *client) stand(m *message, extra int, reply []byte) error {
	c.cost += len(reply)
	c.expect(pending{seq: c.sent, reply: reply})
	if _, err := c.toServer.Write(getInputFocus); err != nil {
		return err
	}
	return c.skip(m.size + extra)
}

// forward sends n bytes of the host to the server, and skip sends them nowhere.
func (c *client) forward(n int) error { return c.take(n, c.toServer) }
func (c *client) skip(n int) error    { return c.take(n, io.Discard) }

func (c *client) take(n int, to io.Writer) error {
	for n > 0 {
		b, err := c.fill(1)
		if err != nil {
			return err
		}
		b, _ = c.fromHost.Peek(min(n, c.fromHost.Buffered()))
		if _, err := to.Write(b); err != nil {
			return err
		}
		n -= len(b)
		_, _ = c.fromHost.Discard(len(b))
	}
	return nil
}
