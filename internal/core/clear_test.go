package core_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// brief is a host that ends at once.
func brief() core.Child {
	coreEnd, end := wire.Pipe()
	end.Close()
	c := &inProcess{conn: coreEnd, kill: func() {}, done: make(chan struct{})}
	close(c.done)
	return c
}

// TestClearLaunch: a host is started for what may be seen through. One that
// has ended so before it was of use is started without, once: if that does not
// help, OpenGL is not why.
func TestClearLaunch(t *testing.T) {
	background := &[4]uint8{1, 2, 3, 128}
	for name, test := range map[string]struct {
		app  bool
		s    wire.WindowState
		away int // so many starts fail before there is a process
		want []bool
	}{
		"opaque":     {false, wire.WindowState{}, 0, []bool{false, false, false}},
		"window":     {false, wire.WindowState{Transparent: true}, 0, []bool{true, false, true}},
		"background": {false, wire.WindowState{Background: background}, 0, []bool{true, false, true}},
		"app":        {true, wire.WindowState{}, 0, []bool{true, false, true}},
		"no process": {true, wire.WindowState{}, 1, []bool{true, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []bool
			c, err := core.New(core.Options{
				ID: "x", Platform: capability.Linux, Log: slog.New(slog.DiscardHandler), Clear: test.app,
				Restarts: supervise.Policy{First: time.Microsecond, Most: time.Millisecond, Useless: 3, Burst: 100, Window: time.Hour},
				Launch: func(_ context.Context, l core.Launch) (core.Child, error) {
					got = append(got, l.Clear)
					if len(got) <= test.away {
						return nil, errors.New("no")
					}
					return brief(), nil
				},
			})
			if err == nil {
				err = c.Resolve()
			}
			if err != nil {
				t.Fatal(err)
			}
			test.s.Label = "main"
			if _, err := c.OpenWindow(t.Context(), core.WindowOptions{State: test.s}); err != nil {
				t.Fatal(err)
			}
			_ = c.Run(t.Context())
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
