package core_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestNormalPlace: the place that the user has given a window is that to which it
// goes back from being maximised, also when nobody has asked in between.
func TestNormalPlace(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	w := p.open("main", "app://localhost/")
	see := func(change func(o *wire.WindowObserved)) {
		t.Helper()
		if err := w.fakeWindow().Change(change); err != nil {
			t.Fatal(err)
		}
	}
	see(func(o *wire.WindowObserved) { o.X, o.Y, o.Width, o.Height = 11, 22, 333, 444 })
	see(func(o *wire.WindowObserved) { o.Maximized = true })
	see(func(o *wire.WindowObserved) { o.X, o.Y, o.Width, o.Height = 0, 0, 1000, 800 })
	until(t, "the size of the monitor", func() bool { return w.window.Observed().Width == 1000 })
	s := w.window.Current()
	if !s.Maximized || s.X == nil || *s.X != 11 || *s.Y != 22 || s.Width != 333 || s.Height != 444 {
		t.Errorf("got %+v", s)
	}

	// What the app wants counts where it was not seen before.
	if err := w.window.Update(t.Context(), func(s *wire.WindowState) { s.Width, s.Maximized = 555, false }); err != nil {
		t.Fatal(err)
	}
	if s := w.window.Current(); s.Width != 555 || s.Maximized {
		t.Errorf("got %+v", s)
	}
}
