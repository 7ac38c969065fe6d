package core

import (
	"context"
	"sync"
	"sync/atomic"
)

// visit is the time in which a webview shows one page, whether that has a
// bridge or not: a document is part of a visit.
type visit struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	deliveries atomic.Int32 // how often files were brought to the page

	mu      sync.Mutex
	ended   bool            // guarded by mu
	closers []func()        // guarded by mu; run when the page is left
	held    []string        // guarded by mu; files that are dragged over the page
	dropped map[string]bool // guarded by mu; those that it was given
}

// currentVisit returns the visit that goes on.
func (v *Webview) currentVisit() *visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.visit == nil {
		v.visit = &visit{}
		v.visit.ctx, v.visit.cancel = context.WithCancelCause(v.core.ctx)
	}
	return v.visit
}

// endVisit ends the visit that goes on, if anybody has asked for it.
func (v *Webview) endVisit(cause error) {
	v.mu.Lock()
	s := v.visit
	v.visit = nil
	v.mu.Unlock()
	if s == nil {
		return
	}
	s.cancel(cause)
	s.mu.Lock()
	closers := s.closers
	s.ended, s.closers = true, nil
	s.mu.Unlock()
	for _, f := range closers {
		f()
	}
}

// onEnd runs f when the page is left, or at once if it has been.
func (s *visit) onEnd(f func()) {
	s.mu.Lock()
	if !s.ended {
		s.closers = append(s.closers, f)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	f()
}
