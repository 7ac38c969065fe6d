package webkitgtk

import (
	"errors"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
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

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
