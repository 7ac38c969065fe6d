package websocket

import (
	"context"
	"net"
	"testing"
)

// DialShared makes connections as a page does that has so many of them. take
// receives a message and has it sent; free is what is left of the budget.
func DialShared(ctx context.Context, t *testing.T, url string, n int) (conns []*Conn, take func(*Conn), free func() int64) {
	t.Helper()
	b := newBudget()
	for range n {
		c, err := dial(ctx, url, Config{}, b, func(ctx context.Context, _, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		conns = append(conns, c)
	}
	take = func(c *Conn) {
		m, err := c.receive(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		if n, err := encode(m.Message); err != nil || len(n) != encodedLen(m.Message) {
			t.Errorf("%d bytes of JSON instead of %d, %v", len(n), encodedLen(m.Message), err)
		}
		if _, err := m.forPage(c); err != nil {
			t.Error(err)
		}
		b.give(m.taken)
	}
	free = func() int64 {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.free
	}
	return conns, take, free
}
