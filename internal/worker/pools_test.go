package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestPools: a worker has one pool for each set of options. Pools that nobody
// uses make room, those with a call do not, and after the end there are none.
func TestPools(t *testing.T) {
	errNone, errEnd := errors.New("no process here"), errors.New("the end")
	var ps Pools
	made := 0
	call := func(ctx context.Context, key string, launch func(context.Context) (Child, error)) error {
		_, err := ps.Call(ctx, "w", key, func() Options {
			made++
			return Options{Name: "w", Processes: 1, Concurrency: 1, Launch: launch, Log: slog.New(slog.DiscardHandler)}
		}, Data{}, nil)
		return err
	}
	fails := func(context.Context) (Child, error) { return nil, errNone }
	entered := make(chan struct{})
	waits := func(ctx context.Context) (Child, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	busy := make(chan error, 1)
	go func() { busy <- call(context.Background(), "busy", waits) }()
	<-entered
	fail := func(key string) {
		t.Helper()
		if err := call(t.Context(), key, fails); err == nil || !strings.Contains(err.Error(), errNone.Error()) {
			t.Errorf("%s: got %v", key, err)
		}
	}
	for range 2 {
		for n := range maxPools - 1 {
			fail(fmt.Sprint(n))
		}
	}
	if made != maxPools {
		t.Errorf("%d pools were made for %d sets of options", made, maxPools)
	}
	eventually(t, "all but one are idle", func() bool {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		idle := 0
		for _, p := range ps.pools {
			if p.Idle() {
				idle++
			}
		}
		return idle == maxPools-1
	})
	fail("one more")
	fail("0")
	if want := maxPools + 2; made != want {
		t.Errorf("%d pools were made, want %d: the idle ones make room", made, want)
	}
	if p := ps.Processes(); len(p) != 0 {
		t.Errorf("there are processes: %v", p)
	}
	ps.Close(errEnd)
	if err := <-busy; !errors.Is(err, errEnd) {
		t.Errorf("a call at the end: %v", err)
	}
	if err := call(t.Context(), "busy", fails); !errors.Is(err, errEnd) {
		t.Errorf("a call after the end: %v", err)
	}
	ps.Close(errEnd)
}
