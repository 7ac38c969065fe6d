package webkitgtk

import (
	"errors"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

var connect = sync.OnceValues(func() (*display.Screen, error) { return display.Connect("") })

// screen is the display of the tests.
func screen(t testing.TB) *display.Screen {
	t.Helper()
	s, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// press has the user press keys, in the window that has the keyboard.
func press(t testing.TB, keys ...string) {
	t.Helper()
	must(t, screen(t).Press(keys...))
}

// openMenu has the user open a menu by a key, and waits until it has the keyboard.
func openMenu(t testing.TB, key string) {
	t.Helper()
	press(t, key)
	poll(t, "a menu", func() bool {
		open, err := screen(t).Menus()
		must(t, err)
		return open > 0
	})
}

// clickAt has the user click at a point of the screen.
func clickAt(t testing.TB, x, y int, button byte) {
	t.Helper()
	must(t, screen(t).MoveTo(x, y), screen(t).Click(button))
}

// place waits until the engine and the server agree where the page of a window
// without a menu bar is. A window that has just come is in no frame yet, as
// far as the engine knows, and a click would go beside it.
func (x *tab) place() (o wire.WindowObserved) {
	x.t.Helper()
	poll(x.t, "its place", func() bool {
		do(func() { o = x.window.Observe() })
		w, err := screen(x.t).Look(o.XID)
		return err == nil && o.Visible && w.X == o.InnerX && w.Y == o.InnerY
	})
	return o
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
