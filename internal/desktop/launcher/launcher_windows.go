package launcher

import (
	"context"
	"sync"
)

// PerWindow says whether each window shows the state on a button of its own, and
// an Entry but keeps it.
const PerWindow = true

// Entry is what the buttons of all windows are to show. It is safe for concurrent
// use.
type Entry struct {
	mu     sync.Mutex
	state  State // guarded by mu
	closed bool  // guarded by mu
}

// New makes one in which nothing is to be shown. Desktop files are Linux's.
func New(string) *Entry { return &Entry{} }

// Change changes the state.
func (e *Entry) Change(_ context.Context, change func(*State)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	change(&e.state)
	return nil
}

// State is what was changed to last.
func (e *Entry) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

// Close has Change fail. The buttons go with their windows.
func (e *Entry) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
}
