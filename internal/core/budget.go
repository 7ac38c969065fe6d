package core

import (
	"context"
	"io"
	"sync"
)

// channelWindow is how many bytes of a document's channel messages may wait
// to be read as streams. The page begins to read each as soon as it hears of
// it, so this also bounds how many are read at once; with more of them small
// calls wait too long.
const channelWindow = 2 << 20

// budget bounds the bytes that are under way. The zero value is ready to use.
type budget struct {
	mu   sync.Mutex
	used int           // guarded by mu
	room chan struct{} // guarded by mu; closed when there may be room, nil if nobody waits
}

// take takes n bytes of limit, and waits for them until ctx is done. More
// than limit is only to be had all alone.
func (b *budget) take(ctx context.Context, n, limit int) error {
	for {
		b.mu.Lock()
		if b.used == 0 || b.used+n <= limit {
			b.used += n
			b.mu.Unlock()
			return nil
		}
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
}

// budgeted gives back what was taken for it when it is closed.
type budgeted struct {
	io.Reader
	once sync.Once
	give func()
}

// Close implements io.Closer.
func (b *budgeted) Close() error {
	b.once.Do(b.give)
	return nil
}
