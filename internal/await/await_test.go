package await

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestUntil(t *testing.T) {
	calls := 0
	if err := Until(Limit, func() error {
		if calls++; calls < 3 {
			return errors.New("not yet")
		}
		return nil
	}); err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	never := errors.New("never")
	if err := Until(time.Millisecond, func() error { return never }); !errors.Is(err, never) || !errors.Is(err, ErrHang) {
		t.Errorf("got %v", err)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := Context(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, ErrHang) {
		t.Errorf("got %v", err)
	}
	<-Hang(t.Context(), time.Millisecond)
	ended, end := context.WithCancel(t.Context())
	end()
	<-Hang(ended, Limit)
}

// A budget counts less of the time while the machine is slow.
func TestBudget(t *testing.T) {
	pretend := func(slow float64) {
		measured.mu.Lock()
		defer measured.mu.Unlock()
		measured.at, measured.slow = time.Now().Add(time.Hour), slow
	}
	defer func() {
		measured.mu.Lock()
		defer measured.mu.Unlock()
		measured.at = time.Time{}
	}()
	b := NewBudget(time.Minute)
	pass := func(d time.Duration) { b.last = b.last.Add(-d) }
	pretend(4)
	pass(2 * time.Minute) // counts as half a minute
	if b.Spent() {
		t.Error("spent after two minutes on a machine that is four times as slow")
	}
	pretend(1)
	pass(20 * time.Second)
	if b.Spent() {
		t.Error("spent after 50 of 60 seconds")
	}
	pass(11 * time.Second)
	if !b.Spent() {
		t.Error("not spent after 61 of 60 seconds")
	}
}

func TestSlowness(t *testing.T) {
	if s := Slowness(); s < 1 {
		t.Errorf("got %v", s)
	}
}

func BenchmarkWork(b *testing.B) {
	for b.Loop() {
		work()
	}
}
