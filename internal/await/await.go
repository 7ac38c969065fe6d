// Package await waits in tests. What it waits for is sure to come, so its
// limits are there to end a hang only. They are told in the time of a machine
// that has nothing else to do: where a known piece of work takes three times as
// long as there, three seconds count as one.
package await

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Limit is how long a test waits for what a user would see at once.
const Limit = 60 * time.Second

// shortest and longest are between two looks at a condition, of which those that
// cost something come less often.
const (
	shortest = 10 * time.Millisecond
	longest  = 100 * time.Millisecond
)

// ErrHang is the cause of the end of a context that Context has made.
var ErrHang = errors.New("it hangs")

// Until calls f until it returns nil. When the limit is spent it returns the
// last error.
func Until(limit time.Duration, f func() error) error {
	b := NewBudget(limit)
	for {
		began := time.Now()
		err := f()
		if err == nil {
			return nil
		}
		if b.Spent() {
			return errors.Join(b.Err(), err)
		}
		time.Sleep(min(max(shortest, 2*time.Since(began)), longest))
	}
}

// Context returns a context that ends when the limit is spent. It has no
// goroutine, which a test for those that are left over would find.
func Context(parent context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	b := NewBudget(limit)
	var look func()
	look = func() {
		switch {
		case ctx.Err() != nil:
		case b.Spent():
			cancel(b.Err())
		default:
			time.AfterFunc(min(limit, time.Second), look)
		}
	}
	time.AfterFunc(min(limit, time.Second), look)
	return ctx, func() { cancel(nil) }
}

// Hang returns a channel that is closed when the limit is spent, or the
// context has ended, which may be that of the test.
func Hang(ctx context.Context, limit time.Duration) <-chan struct{} {
	ctx, cancel := Context(ctx, limit)
	context.AfterFunc(ctx, cancel)
	return ctx.Done()
}

// Budget is time of a machine that has nothing else to do.
type Budget struct {
	limit, used time.Duration
	begun, last time.Time
	slowest     float64
}

// NewBudget returns a budget that has just begun.
func NewBudget(limit time.Duration) *Budget {
	now := time.Now()
	return &Budget{limit: limit, begun: now, last: now, slowest: 1}
}

// interval is how often a wait looks at how slow the machine is.
const interval = 5 * time.Second

// Spent reports whether the limit has passed. It is to be asked often.
func (b *Budget) Spent() bool {
	since := time.Since(b.last)
	if since < interval && b.used+since < b.limit {
		return false
	}
	s := Slowness()
	now := time.Now()
	b.slowest = max(b.slowest, s)
	b.used += time.Duration(float64(now.Sub(b.last)) / s)
	b.last = now
	return b.used >= b.limit
}

// Err says how long it was.
func (b *Budget) Err() error {
	return fmt.Errorf("%w: after %s, on a machine that was up to %.1f times as slow as one at rest", ErrHang, time.Since(b.begun).Round(time.Millisecond), b.slowest)
}
