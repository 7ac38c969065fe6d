package core

import (
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestUnseen: what is seen while the app waits for a window to become what it
// wants is no wish of the user.
func TestUnseen(t *testing.T) {
	normal := wire.WindowObserved{Scale: 1, Visible: true, X: 123, Y: 145, Width: 456, Height: 234}
	window := func() *Window {
		_, d := behind(t)
		w := d.webview.Window()
		w.observe(normal)
		return w
	}
	set := func(w *Window, change func(*wire.WindowState)) {
		t.Helper()
		if _, err := w.change(change); err != nil {
			t.Fatal(err)
		}
	}
	maximize := func(w *Window, on bool) { set(w, func(s *wire.WindowState) { s.Maximized = on }) }
	place := func(w *Window) [2]float64 {
		s := w.Current()
		return [2]float64{*s.X, *s.Y}
	}

	w := window()
	maximize(w, true)
	moved := normal
	moved.X, moved.Y = -1, -1
	w.observe(moved) // window managers move first
	moved.Maximized = true
	w.observe(moved)
	if got := place(w); got != [2]float64{123, 145} || !w.Current().Maximized {
		t.Errorf("maximised from %v", got)
	}
	back := normal
	back.X = 50
	w.observe(back) // by the user
	if got := place(w); got != [2]float64{50, 145} || w.Current().Maximized {
		t.Errorf("the user had it at %v", got)
	}

	w = window()
	moved.Maximized = true
	w.observe(moved)
	maximize(w, false)
	set(w, func(s *wire.WindowState) { s.Width = 500 }) // nobody has seen it yet
	if w.Current().Maximized {
		t.Error("what was seen before counts")
	}
	before := w.Current()
	maximize(w, true)
	after := w.Current()
	if len(touched(&before, &after)) != 1 || !after.Maximized {
		t.Errorf("touched: %v", touched(&before, &after))
	}

	// A system that does not do it has had its time.
	w = window()
	maximize(w, true)
	w.unseen.until = time.Now()
	if w.Current().Maximized {
		t.Error("it is not maximised")
	}
}
