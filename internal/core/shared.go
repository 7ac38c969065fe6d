package core

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// sharedRest is how long shared memory is kept as it is after a call. Memory that
// was used before need not be found and cleared by the system again.
const sharedRest = 5 * time.Second

// sharedPool is the memory that a host writes the bytes of calls into. There are
// wire.MaxShared of them at most; further calls at the same time have their bytes
// sent in frames.
type sharedPool struct {
	core *Core

	mu   sync.Mutex
	conn *wire.Conn // guarded by mu; the host that knows of it
	all  []*shared  // guarded by mu
}

// shared is one piece of memory. While it is used it belongs to a body.
type shared struct {
	pool   *sharedPool
	number int
	mem    *wire.Shared

	used bool        // guarded by pool.mu
	rest *time.Timer // guarded by pool.mu; gives the memory back to the system
}

// take returns memory that nobody uses, or nil, and the file of it for a host that
// does not have it yet. What another host has written into is never given to
// this one.
func (p *sharedPool) take(conn *wire.Conn) (*shared, *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != conn {
		p.drop()
		p.conn = conn
	}
	for _, s := range p.all {
		if !s.used {
			s.used = true
			s.rest.Stop()
			return s, nil
		}
	}
	if len(p.all) == wire.MaxShared {
		return nil, nil
	}
	mem, err := wire.NewShared(bodyWindow)
	if err != nil {
		p.slow(err)
		return nil, nil
	}
	file, err := mem.File()
	if err != nil {
		mem.Close()
		p.slow(err)
		return nil, nil
	}
	s := &shared{pool: p, number: len(p.all) + 1, mem: mem, used: true}
	s.rest = time.AfterFunc(sharedRest, func() { p.clear(s) })
	s.rest.Stop()
	p.all = append(p.all, s)
	return s, file
}

// slow logs why bytes go in frames.
func (p *sharedPool) slow(err error) {
	if !errors.Is(err, errors.ErrUnsupported) {
		p.core.log.Warn("mullion: bytes of a page go the slow way", "error", err)
	}
}

// give takes memory back that a body has used.
func (p *sharedPool) give(s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.used = false
	if slices.Contains(p.all, s) {
		s.rest.Reset(sharedRest)
	} else {
		s.mem.Close()
	}
}

// clear gives memory back to the system that was not used for a while.
func (p *sharedPool) clear(s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.used && slices.Contains(p.all, s) {
		_ = s.mem.Clear() // else it stays as it is
	}
}

// end drops the memory of a host that is gone.
func (p *sharedPool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// drop is end. p.mu is held.
func (p *sharedPool) drop() {
	for _, s := range p.all {
		s.rest.Stop()
		if !s.used {
			s.mem.Close()
		}
	}
	p.all, p.conn = nil, nil
}
