package x11

import (
	"fmt"
)

// down reads what the server sends, and passes it on.
func (c *client) down() error {
	for {
		p, err := c.arrives(32)
		if err != nil {
			return err
		}
		size := 32 + packetRest(p)
		var next pending
		var expected bool
		var number uint64
		if p[0]&0x7f != eventKeymapNotify { // which has no number
			c.lastSeq = unwrap(c.lastSeq, order.Uint16(p[2:]))
			next, expected, number = c.settle(p[0] == packetError || p[0] == packetReply)
			order.PutUint16(p[2:], uint16(number))
		}
		var to []byte
		keep := true // what came, as it is or changed in its place
		switch {
		case p[0] > packetReply:
			keep, err = c.event(p, size)
		case expected:
			to, keep, err = c.exchange(next, p, size)
		}
		if err != nil {
			return err
		}
		if to != nil {
			order.PutUint16(to[2:], uint16(number))
			if _, err := c.toHost.Write(to); err != nil {
				return err
			}
		}
		if err := c.deliver(size, keep); err != nil {
			return err
		}
	}
}

// unwrap returns the whole number of a request, of which the server says the
// last 16 bits. It is never below the last one, and never so much above it
// that these do not tell.
func unwrap(last uint64, low uint16) uint64 {
	return last + uint64(low-uint16(last))
}

// arrives returns the next n bytes of the server, without taking them.
func (c *client) arrives(n int) ([]byte, error) {
	if c.fromServer.Buffered() < n && c.toHost.Buffered() > 0 {
		if err := c.toHost.Flush(); err != nil {
			return nil, err
		}
	}
	return c.fromServer.Peek(n)
}

// deliver takes n bytes of the server, and passes them on to the host if it is
// to have them.
func (c *client) deliver(n int, keep bool) error {
	for n > 0 {
		if _, err := c.arrives(1); err != nil {
			return err
		}
		b, _ := c.fromServer.Peek(min(n, c.fromServer.Buffered()))
		if keep {
			if _, err := c.toHost.Write(b); err != nil {
				return err
			}
		}
		n -= len(b)
		_, _ = c.fromServer.Discard(len(b))
	}
	return nil
}

// exchange finds what the client gets in place of a reply or an error. Nil and
// keep let it have what came.
func (c *client) exchange(next pending, p []byte, size int) (to []byte, keep bool, err error) {
	switch {
	case next.mine:
		return nil, false, nil
	case next.reply != nil:
		return next.reply, false, nil
	case p[0] == packetError:
		return nil, true, nil
	case size > maxWhole:
		return nil, false, fmt.Errorf("a reply of %d bytes that has to be looked at", size)
	}
	if p, err = c.arrives(size); err != nil {
		return nil, false, err
	}
	if to = next.edit(p); len(to) < 32 {
		return nil, false, fmt.Errorf("a reply that was cut to %d bytes", len(to))
	}
	return to, false, nil
}
