package updater

import (
	"context"
	"sync"

	"github.com/mullion-dev/mullion/ipc"
)

// slots bound the checks that run at the same time, those of each page apart from
// others: a page whose proxy never answers keeps nobody else waiting.
type slots struct {
	mu sync.Mutex
	of map[ipc.Page]*slot // guarded by mu; nil is Go. Only those with users
}

type slot struct {
	users int // guarded by slots.mu; that run or wait
	room  chan struct{}
}

// enter waits for room. leave has to be called then.
func (s *slots) enter(ctx context.Context, page ipc.Page) (leave func(), err error) {
	s.mu.Lock()
	own := s.of[page]
	if own == nil {
		own = &slot{room: make(chan struct{}, maxChecks)}
		if page != nil {
			own.room = make(chan struct{}, maxChecksPerPage)
		}
		s.of[page] = own
	}
	own.users++
	s.mu.Unlock()
	gone := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(s.of, page)
		}
	}
	select {
	case own.room <- struct{}{}:
		return func() { <-own.room; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, context.Cause(ctx)
	}
}
