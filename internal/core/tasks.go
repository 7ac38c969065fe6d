package core

import "sync"

// tasks counts goroutines. The zero value is ready to use.
//
// A sync.WaitGroup must get no new ones between its last one's end and the
// return of Wait, else that panics. Here goroutines of the app may begin some
// at any time, such as one that sends bytes to a page which is gone.
type tasks struct {
	mu      sync.Mutex
	running int           // guarded by mu
	idle    chan struct{} // guarded by mu; closed when none runs; nil: nobody waits
}

// Go runs f on a goroutine of its own.
func (t *tasks) Go(f func()) {
	t.begin()
	go func() {
		defer t.done()
		f()
	}()
}

// begin counts the goroutine that calls it, until done.
func (t *tasks) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running++
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// Wait waits until none runs.
func (t *tasks) Wait() {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	<-idle
}
