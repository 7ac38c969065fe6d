// Package inorder calls functions of the app: in order, one call after the
// other, beside whoever has something to tell. So nobody who must not wait,
// such as the reader of a host's frames, ever waits for the app.
//
// Begin with New, which makes a Queue for one function, and Queue.Put. A
// question to the app, whose answer is waited for, goes through Owner.Call, on
// a goroutine that may wait.
package inorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

var (
	// ErrFull is returned by Put when the function does not keep up.
	ErrFull = errors.New("the function that is told does not keep up")
	// ErrEnded is returned when the queue or its owner has ended.
	ErrEnded = errors.New("nobody is told any more")
)

// Owner is what queues belong to, such as an app. Its queues end with it. It
// is safe for concurrent use.
type Owner struct {
	log *slog.Logger

	mu      sync.Mutex
	running int           // guarded by mu; goroutines of queues
	ended   bool          // guarded by mu
	idle    chan struct{} // guarded by mu; closed once it has ended and nothing runs
}

// NewOwner makes an owner. Panics of functions are logged to log.
func NewOwner(log *slog.Logger) *Owner {
	return &Owner{log: log, idle: make(chan struct{})}
}

// End has the queues accept nothing more. What they have accepted is still
// done.
func (o *Owner) End() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ended {
		o.ended = true
		o.checkIdle()
	}
}

// Wait waits until all that was accepted before End has been done, or ctx is
// done.
func (o *Owner) Wait(ctx context.Context) error {
	select {
	case <-o.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// checkIdle wakes Wait. o.mu is held.
func (o *Owner) checkIdle() {
	if o.ended && o.running == 0 {
		close(o.idle)
	}
}

// begin counts a goroutine, unless the owner has ended.
func (o *Owner) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return false
	}
	o.running++
	return true
}

func (o *Owner) hasEnded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
}

func (o *Owner) done() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running--
	o.checkIdle()
}

// Call calls a function of the app and waits for it. A panic is logged with
// its stack, and Call reports false.
func (o *Owner) Call(name string, f func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			o.log.Error("mullion: panic of the app", "in", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// Options says how much waits in a queue.
type Options[T any] struct {
	// Name is what the log calls the function.
	Name string
	// Most is how many values wait at most, without the one that is being
	// told. It must not be zero.
	Most int
	// Size is how many bytes a value holds, MostBytes how many may wait. A
	// value that is larger is taken while nothing else waits. Nil: no bound
	// but Most.
	Size      func(T) int
	MostBytes int
	// Quiet has Push log nothing of what it drops: the values are such that
	// the newest one makes up for those before it.
	Quiet bool
}

// Queue tells values to one function, in the order in which they were put in.
// It has a goroutine only while there is something to tell. It is safe for
// concurrent use, also by the function itself.
type Queue[T any] struct {
	owner *Owner
	opts  Options[T]
	do    func(T)

	mu       sync.Mutex
	waiting  []T           // guarded by mu
	bytes    int           // guarded by mu; of those
	running  bool          // guarded by mu; the goroutine is there
	ended    bool          // guarded by mu
	dropping bool          // guarded by mu; the log knows that values are dropped
	room     chan struct{} // guarded by mu; closed when there is room; nil: nobody waits
}

// New makes a queue that tells values to do.
func New[T any](owner *Owner, o Options[T], do func(T)) *Queue[T] {
	if o.Most <= 0 {
		panic("inorder: a queue without a bound")
	}
	return &Queue[T]{owner: owner, opts: o, do: do}
}

// Put has a value told. Where as many wait as may, it returns ErrFull.
func (q *Queue[T]) Put(v T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full(v) {
		return ErrFull
	}
	return q.add(v)
}

// Push has a value told, and drops the oldest ones that wait where there are
// too many. The log says so once, until nothing waits.
func (q *Queue[T]) Push(v T) error {
	q.mu.Lock()
	says := false
	for len(q.waiting) > 0 && q.full(v) {
		q.take()
		says = says || !q.dropping && !q.opts.Quiet
		q.dropping = true
	}
	err := q.add(v)
	n := len(q.waiting)
	q.mu.Unlock()
	if says {
		q.owner.log.Warn("mullion: a function of the app does not keep up; it misses the oldest of what it is to be told", "function", q.opts.Name, "waiting", n)
	}
	return err
}

// Add has a value told, however many wait. It is for what something else
// bounds, such as Wait.
func (q *Queue[T]) Add(v T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.add(v)
}

// Wait waits until there is room for v, which somebody else may then take. The
// function that is told must not wait for itself.
func (q *Queue[T]) Wait(ctx context.Context, v T) error {
	for {
		q.mu.Lock()
		if q.ended || !q.full(v) {
			q.mu.Unlock()
			return nil
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// End drops what waits and has nothing more be told. A call that goes on is
// not waited for.
func (q *Queue[T]) End() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.waiting, q.bytes = nil, 0
	q.wake()
}

// full reports whether there is no room for v. q.mu is held.
func (q *Queue[T]) full(v T) bool {
	if len(q.waiting) >= q.opts.Most {
		return true
	}
	return q.opts.Size != nil && len(q.waiting) > 0 && q.bytes+q.opts.Size(v) > q.opts.MostBytes
}

// add puts v behind what waits. q.mu is held.
func (q *Queue[T]) add(v T) error {
	if q.ended || q.running && q.owner.hasEnded() || !q.running && !q.owner.begin() {
		return ErrEnded
	}
	q.waiting = append(q.waiting, v)
	if q.opts.Size != nil {
		q.bytes += q.opts.Size(v)
	}
	if !q.running {
		q.running = true
		go q.run()
	}
	return nil
}

// take takes the first of what waits. q.mu is held.
func (q *Queue[T]) take() T {
	var none T
	v := q.waiting[0]
	q.waiting[0] = none
	q.waiting = q.waiting[1:]
	if q.opts.Size != nil {
		q.bytes -= q.opts.Size(v)
	}
	q.wake()
	return v
}

// wake wakes all who wait for room. q.mu is held.
func (q *Queue[T]) wake() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// run tells what waits until nothing does.
func (q *Queue[T]) run() {
	returned := false
	defer func() {
		if !returned { // the function has called runtime.Goexit
			go q.run()
		}
	}()
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.waiting, q.running, q.dropping = nil, false, false
			q.mu.Unlock()
			break
		}
		v := q.take()
		q.mu.Unlock()
		q.owner.Call(q.opts.Name, func() { q.do(v) })
	}
	returned = true
	q.owner.done()
}
