package websocket

import "sync"

const (
	// pageBudget is how many bytes of messages are kept for a page at one time,
	// until it takes them.
	pageBudget = 64 << 20
	// smallMessage is the length up to which messages do not count, and so do not
	// wait for long ones: with it, 128 connections have 16 MiB.
	smallMessage = 64 << 10
)

// budget is a number of bytes that several connections share. nil is one without
// end.
type budget struct {
	// encoding is held by who makes JSON of a message, which takes more than the
	// message for that moment.
	encoding sync.Mutex

	mu   sync.Mutex
	free int64         // guarded by mu
	more chan struct{} // guarded by mu; closed when some was given back
}

func newBudget() *budget { return &budget{free: pageBudget, more: make(chan struct{})} }

// take waits until there are so many bytes, or done is closed.
func (b *budget) take(n int64, done <-chan struct{}) error {
	if b == nil {
		return nil
	}
	for {
		b.mu.Lock()
		if b.free >= n {
			b.free -= n
			b.mu.Unlock()
			return nil
		}
		more := b.more
		b.mu.Unlock()
		select {
		case <-more:
		case <-done:
			return ErrClosed
		}
	}
}

func (b *budget) give(n int64) {
	if b == nil || n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	close(b.more)
	b.more = make(chan struct{})
}
