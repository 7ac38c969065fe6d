package core_test

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestZoomKeys: presses add up, within bounds that the app's own zoom may be
// beyond, and the next host has the result.
func TestZoomKeys(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	g := p.open("main", "app://localhost/")
	for _, test := range []struct {
		before float64
		key    string
		times  int
		want   float64
	}{
		{1, wire.ZoomIn, 2, 1}, // not switched on yet
		{1, wire.ZoomIn, 2, 1.4},
		{1.5, wire.ZoomIn, 1, 1.7},
		{1, wire.ZoomOut, 3, 0.4},
		{0.3, wire.ZoomOut, 2, 0.2},
		{9.9, wire.ZoomIn, 2, 10},
		{0.05, wire.ZoomOut, 1, 0.05},
		{0.05, wire.ZoomIn, 1, 0.25},
		{20, wire.ZoomIn, 1, 20},
		{20, wire.ZoomOut, 1, 19.8},
		{1, wire.ZoomIn, 1000, 10},
		{3, wire.ZoomReset, 1, 1},
	} {
		if err := g.window.Webview().SetZoom(t.Context(), test.before); err != nil {
			t.Fatal(err)
		}
		for range test.times {
			if err := g.view.Emit(wire.PageEvent{Kind: wire.PageZoom, Detail: test.key}); err != nil {
				t.Fatal(err)
			}
		}
		g.call(`["echo",{}]`) // the presses have arrived
		if err := await.Until(limit, func() error {
			if got := cmp.Or(g.view.State().Zoom, 1); got != test.want {
				return fmt.Errorf("%v, %d times %s: zoom %v, want %v", test.before, test.times, test.key, got, test.want)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := g.window.Webview().Update(t.Context(), func(s *wire.WebviewState) { s.ZoomKeys = true }); err != nil {
			t.Fatal(err)
		}
	}
}
