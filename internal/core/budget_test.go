package core

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b budget
		take := func(ctx context.Context, n int) chan error {
			done := make(chan error, 1)
			go func() { done <- b.take(ctx, n, 10) }()
			synctest.Wait()
			return done
		}
		has := func(name string, done chan error, want bool) {
			t.Helper()
			if got := len(done) > 0; got != want {
				t.Fatalf("%s: got its share: %t, want %t", name, got, want)
			}
		}
		has("more than all, alone", take(t.Context(), 20), true)
		waits := take(t.Context(), 4)
		has("behind it", waits, false)
		b.give(20)
		synctest.Wait()
		has("after it", waits, true)
		has("what is left", take(t.Context(), 6), true)
		ctx, cancel := context.WithCancelCause(t.Context())
		left := take(ctx, 1)
		has("too much", left, false)
		why := errors.New("why")
		cancel(why)
		if err := <-left; err != why {
			t.Errorf("got %v, want the cause", err)
		}
		// Closing twice gives back once.
		c := &budgeted{give: func() { b.give(6) }}
		c.Close()
		c.Close()
		if b.used != 4 {
			t.Errorf("%d are used, want 4", b.used)
		}
	})
}
