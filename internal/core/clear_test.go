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

// TestClearLaunch: a host is started for what may be seen through, and once it could
// not be started so, without.
func TestClearLaunch(t *testing.T) {
	background := &[4]uint8{1, 2, 3, 128}
	for name, test := range map[string]struct {
		app  bool
		s    wire.WindowState
		want []bool
	}{
		"opaque":     {false, wire.WindowState{}, []bool{false, false, false}},
		"window":     {false, wire.WindowState{Transparent: true}, []bool{true, false, false}},
		"background": {false, wire.WindowState{Background: background}, []bool{true, false, false}},
		"app":        {true, wire.WindowState{}, []bool{true, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []bool
			c, err := core.New(core.Options{
				ID: "x", Platform: capability.Linux, Log: slog.New(slog.DiscardHandler), Clear: test.app,
				Restarts: supervise.Policy{First: time.Microsecond, Most: time.Millisecond, Useless: 3, Burst: 100, Window: time.Hour},
				Launch: func(_ context.Context, l core.Launch) (core.Child, error) {
					got = append(got, l.Clear)
					return nil, errors.New("no")
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
