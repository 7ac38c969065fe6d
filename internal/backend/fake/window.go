package fake

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

func sortedKeys[V any](m map[uint32]V) []uint32 { return slices.Sorted(maps.Keys(m)) }

// Window is a window in memory.
type Window struct {
	engine *Engine
	id     uint32

	state    wire.WindowState
	observed wire.WindowObserved
	actions  []wire.Action
	closed   bool
}

// apply takes s over and lets the observation follow what is otherwise than in
// old, at a scale of 1 and without a frame. Nil is a window that is made.
func (w *Window) apply(old, s *wire.WindowState) {
	w.state = *s
	o := &w.observed
	o.Scale = 1
	if old == nil || old.Width != s.Width || old.Height != s.Height {
		o.Width, o.Height = int(s.Width), int(s.Height)
		o.OuterWidth, o.OuterHeight = o.Width, o.Height
	}
	if s.X != nil && s.Y != nil && (old == nil || old.X == nil || old.Y == nil || *old.X != *s.X || *old.Y != *s.Y) {
		o.X, o.Y = int(*s.X), int(*s.Y)
		o.InnerX, o.InnerY = o.X, o.Y
	}
	if old == nil || old.Fullscreen != s.Fullscreen {
		o.Fullscreen = s.Fullscreen
	}
	if old == nil || old.Maximized != s.Maximized {
		o.Maximized = s.Maximized
	}
	if old == nil || old.Minimized != s.Minimized {
		o.Minimized = s.Minimized
	}
	o.Visible = s.Visible
	o.Focused = s.Visible && !o.Minimized && (s.Focus || o.Focused)
	o.Theme = cmp.Or(s.Theme, "light")
}

// Apply implements backend.Window.
func (w *Window) Apply(old, s *wire.WindowState) error {
	if w.closed {
		return ErrClosed
	}
	time.Sleep(w.engine.slow)
	before := w.observed
	w.apply(old, s)
	if w.observed != before {
		w.engine.Post(w.report)
	}
	return nil
}

func (w *Window) report() {
	if !w.closed {
		w.engine.handler.Observed(w.id, w.observed)
	}
}

// Do implements backend.Window. It records every action.
func (w *Window) Do(a wire.Action) error {
	if w.closed {
		return ErrClosed
	}
	w.actions = append(w.actions, a)
	if a.Name == wire.ActionFocus && !w.observed.Focused {
		w.observed.Focused = true
		w.engine.Post(w.report)
	}
	return nil
}

// Screen implements backend.Window: two monitors side by side, the window on
// the first.
func (w *Window) Screen() (wire.Screen, error) {
	if w.closed {
		return wire.Screen{}, ErrClosed
	}
	left := wire.Rect{Width: 1000, Height: 800}
	right := wire.Rect{X: 1000, Width: 2000, Height: 1600}
	return wire.Screen{Cursor: &wire.Point{X: 3, Y: 4}, Monitors: []wire.Monitor{
		{Name: "left", Scale: 1, Area: left, Work: wire.Rect{Y: 30, Width: 1000, Height: 770}},
		{Name: "right", Scale: 2, Area: right, Work: right},
	}}, nil
}

// Observe implements backend.Window.
func (w *Window) Observe() wire.WindowObserved { return w.observed }

// Close implements backend.Window.
func (w *Window) Close() {
	if w.closed {
		return
	}
	w.closed = true
	for _, id := range sortedKeys(w.engine.webviews) {
		if v := w.engine.webviews[id]; v.window == w {
			v.Close()
		}
	}
	delete(w.engine.windows, w.id)
}

// ID returns the window's number.
func (w *Window) ID() uint32 { return w.id }

// State returns the state that was applied last.
func (w *Window) State() (s wire.WindowState) {
	w.engine.call(func() { s = w.state })
	return s
}

// Actions returns what the window was told to do.
func (w *Window) Actions() (a []wire.Action) {
	w.engine.call(func() { a = slices.Clone(w.actions) })
	return a
}

// RequestClose acts as the user who wants to close the window.
func (w *Window) RequestClose() error {
	err := ErrClosed
	return w.engine.callErr(&err, func() {
		if !w.closed {
			w.engine.handler.CloseRequested(w.id)
			err = nil
		}
	})
}

// ChooseMenuItem acts as the user who chooses an item of a menu.
func (w *Window) ChooseMenuItem(number uint32) error {
	err := ErrClosed
	return w.engine.callErr(&err, func() {
		if !w.closed {
			w.engine.handler.MenuChosen(w.id, number)
			err = nil
		}
	})
}

// Change acts as the user who moves, resizes or minimizes the window.
func (w *Window) Change(change func(*wire.WindowObserved)) error {
	err := ErrClosed
	return w.engine.callErr(&err, func() {
		if !w.closed {
			change(&w.observed)
			w.report()
			err = nil
		}
	})
}

// callErr is call for an f that sets err.
func (e *Engine) callErr(err *error, f func()) error {
	if quit := e.call(f); quit != nil {
		return quit
	}
	return *err
}
