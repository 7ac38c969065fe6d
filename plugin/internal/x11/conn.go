// Package x11 is a small client of the X Window System, for plugins that have to
// do with selections and keys. [Open] connects; requests are made by functions
// such as [CreateWindow], and given to [Conn.Send], [Conn.Ask] or [Conn.Check].
//
// The tests of this repository use a library with the whole protocol. It cannot
// serve in an app: its tables of events are package variables, which a connection
// changes while others read them, and that is an error that ends the process; its
// waiting cannot be ended, and it stands still for ever once its queue of events
// is full.
//
// The protocol is that of "X Window System Protocol, X Version 11".
package x11

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// order is how numbers are sent; the client chooses.
var order = binary.LittleEndian

const (
	// patience is how long connecting may take, and a server may leave a request
	// unread, before it is given up.
	patience = 10 * time.Second
	// maxReply bounds an answer, in bytes.
	maxReply = 64 << 20
	// queue is how many events may wait. While that many do, the server waits too.
	queue = 256
	// unanswered is how many requests may be sent without one that is answered:
	// sequence numbers have 16 bits.
	unanswered = 1 << 14
)

// ErrClosed is returned when the connection has ended.
var ErrClosed = errors.New("the connection to the X server has ended")

// Error is what a server says of a request.
type Error struct {
	Code     byte   // such as [BadAccess]
	Resource uint32 // the window, atom or value that it is about
	Opcode   byte   // of the request
}

// Errors of the core protocol.
const (
	BadValue  = 2
	BadWindow = 3
	BadAtom   = 5
	BadMatch  = 8
	BadAccess = 10
)

// Error returns the numbers; the protocol has no texts.
func (e *Error) Error() string {
	return fmt.Sprintf("the X server has refused request %d: error %d, about %#x", e.Opcode, e.Code, e.Resource)
}

// Conn is a connection to a server. It is safe for concurrent use. The events have
// to be read until their channel is closed; whoever reads them must not wait for
// answers.
type Conn struct {
	setup
	net    net.Conn
	events chan any
	done   chan struct{} // closed when the connection has ended

	writing sync.Mutex // held while a request is written; taken before mu
	sent    uint64     // guarded by writing; sequence number of the last request
	asked   uint64     // guarded by writing; of the last one that is answered

	mu      sync.Mutex
	waiting []*call  // guarded by mu; in the order of their numbers
	nextID  uint32   // guarded by mu
	free    []uint32 // guarded by mu
	ended   bool     // guarded by mu

	extensions extensions
}

// call is a request whose outcome somebody waits for.
type call struct {
	number uint64
	void   bool // the server says nothing if it goes well
	result chan result
}

type result struct {
	reply []byte
	err   error
}

// Open connects to a display, such as ":0".
func Open(ctx context.Context, display string) (*Conn, error) {
	a, err := parseDisplay(display)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := a.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("display %q: %w", display, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	s, err := begin(conn, a)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %q: %w", display, err)
	}
	c := &Conn{setup: s, net: conn, events: make(chan any, queue), done: make(chan struct{})}
	go c.read()
	return c, nil
}

// begin says who we are and reads who the server is.
func begin(conn net.Conn, a address) (setup, error) {
	secret := a.cookie(conn)
	name := ""
	if secret != nil {
		name = cookieName
	}
	hello := order.AppendUint16([]byte{'l', 0}, 11)
	hello = order.AppendUint16(hello, 0)
	hello = order.AppendUint16(hello, uint16(len(name)))
	hello = order.AppendUint16(hello, uint16(len(secret)))
	hello = append(hello, 0, 0)
	hello = appendPadded(hello, []byte(name))
	hello = appendPadded(hello, secret)
	if _, err := conn.Write(hello); err != nil {
		return setup{}, err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return setup{}, err
	}
	rest := make([]byte, 4*int(order.Uint16(head[6:])))
	if _, err := io.ReadFull(conn, rest); err != nil {
		return setup{}, err
	}
	switch head[0] {
	case 0:
		return setup{}, fmt.Errorf("the X server refuses the connection: %q", rest[:min(int(head[1]), len(rest))])
	case 1:
		return parseSetup(rest, a.screen)
	}
	return setup{}, errors.New("the X server wants a kind of authentication that is not known")
}

// Root is the root window of the screen.
func (c *Conn) Root() uint32 { return c.root }

// Keys are the lowest and the highest code of a key.
func (c *Conn) Keys() (lowest, highest byte) { return c.minKey, c.maxKey }

// MaxRequest is how long a request may be, in bytes.
func (c *Conn) MaxRequest() int { return c.maxRequest }

// Own reports whether a window is one of this connection.
func (c *Conn) Own(id uint32) bool { return id&^c.idMask == c.idBase }

// Events are what the server tells: the types of events in this package. The
// channel is closed when the connection has ended.
func (c *Conn) Events() <-chan any { return c.events }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close ends the connection, and what the server keeps for it.
func (c *Conn) Close() { c.net.Close() }

// NewID returns a number for a new window.
func (c *Conn) NewID() (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	step := c.idMask & -c.idMask
	if next := c.nextID + step; next <= c.idMask && next > c.nextID {
		c.nextID = next
		return c.idBase | next, nil
	}
	if len(c.free) == 0 {
		return 0, errors.New("there are no more numbers for windows")
	}
	id := c.free[0] // the one that has rested longest
	c.free = c.free[1:]
	return id, nil
}

// maxFree bounds how many numbers are kept to be used again.
const maxFree = 1 << 10

// FreeID says that a window is destroyed, and its number not in use.
func (c *Conn) FreeID(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) < maxFree {
		c.free = append(c.free, id)
	}
}

// Send sends requests. What the server has to say of them is dropped.
func (c *Conn) Send(requests ...[]byte) error {
	for _, r := range requests {
		if _, err := c.send(r, nil); err != nil {
			return err
		}
	}
	return nil
}

// Ask sends a request and waits for its answer.
func (c *Conn) Ask(ctx context.Context, request []byte) ([]byte, error) {
	q := &call{result: make(chan result, 1)}
	if _, err := c.send(request, q); err != nil {
		return nil, err
	}
	return c.wait(ctx, q)
}

// Check sends requests that have no answer, waits until the server has carried
// them out, and returns an error for each, nil where it went well.
func (c *Conn) Check(ctx context.Context, requests ...[]byte) ([]error, error) {
	calls := make([]*call, len(requests))
	for i, r := range requests {
		calls[i] = &call{void: true, result: make(chan result, 1)}
		if _, err := c.send(r, calls[i]); err != nil {
			return nil, err
		}
	}
	if _, err := c.Ask(ctx, getInputFocus()); err != nil {
		return nil, err
	}
	errs := make([]error, len(requests))
	for i, q := range calls {
		_, errs[i] = c.wait(ctx, q)
	}
	return errs, nil
}

func (c *Conn) wait(ctx context.Context, q *call) ([]byte, error) {
	select {
	case r := <-q.result:
		return r.reply, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// send writes a request. q is told of the outcome, if it is not nil.
func (c *Conn) send(request []byte, q *call) (number uint64, err error) {
	if len(request) > c.maxRequest || len(request)%4 != 0 {
		return 0, fmt.Errorf("a request of %d bytes; the X server takes %d", len(request), c.maxRequest)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if (q == nil || q.void) && c.sent-c.asked >= unanswered {
		if err := c.write(getInputFocus(), &call{result: make(chan result, 1)}); err != nil {
			return 0, err
		}
	}
	return c.sent + 1, c.write(request, q)
}

// write needs writing to be held.
func (c *Conn) write(request []byte, q *call) error {
	c.sent++
	if q != nil {
		q.number = c.sent
		if !q.void {
			c.asked = c.sent
		}
		c.mu.Lock()
		if c.ended {
			c.mu.Unlock()
			return ErrClosed
		}
		c.waiting = append(c.waiting, q)
		c.mu.Unlock()
	}
	err := c.net.SetWriteDeadline(time.Now().Add(patience))
	if err == nil {
		_, err = c.net.Write(request)
	}
	if err != nil {
		c.net.Close() // part of a request may have been sent
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

// read takes what the server sends, until the connection ends.
func (c *Conn) read() {
	err := c.readAll()
	c.net.Close()
	c.mu.Lock()
	c.ended = true
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for _, q := range waiting {
		q.result <- result{err: fmt.Errorf("%w: %w", ErrClosed, err)}
	}
	close(c.done)
	close(c.events)
}

func (c *Conn) readAll() error {
	var last uint64 // number of the request that was heard of last
	for {
		head := make([]byte, 32)
		if _, err := io.ReadFull(c.net, head); err != nil {
			return err
		}
		const failed, answered, generic = 0, 1, 35
		kind := head[0]
		if kind == answered || kind&0x7f == generic {
			more := 4 * uint64(order.Uint32(head[4:]))
			if more > maxReply {
				return fmt.Errorf("an answer of %d bytes", more)
			}
			head = append(head, make([]byte, more)...)
			if _, err := io.ReadFull(c.net, head[32:]); err != nil {
				return err
			}
		}
		if kind != failed && kind != answered {
			if e := c.extensions.event(head); e != nil {
				c.events <- e
			}
			continue
		}
		number := last&^0xffff | uint64(order.Uint16(head[2:]))
		if number < last {
			number += 1 << 16
		}
		last = number
		var r result
		if kind == failed {
			r.err = &Error{Code: head[1], Resource: order.Uint32(head[4:]), Opcode: head[10]}
		} else {
			r.reply = head
		}
		c.settle(number, r)
	}
}

// settle tells those who wait for a request, or for one before it.
func (c *Conn) settle(number uint64, r result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) > 0 && c.waiting[0].number <= number {
		q := c.waiting[0]
		c.waiting = c.waiting[1:]
		switch {
		case q.number == number:
			q.result <- r
		case q.void:
			q.result <- result{}
		default:
			q.result <- result{err: errors.New("the X server has not answered a request")}
		}
	}
}
