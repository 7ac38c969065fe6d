package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
)

var connect = sync.OnceValues(func() (*display.Screen, error) { return display.Connect("") })

// Connect returns the display of the tests, where no test can be ended.
func Connect() (*display.Screen, error) { return connect() }

// Screen is the display of the tests.
func Screen(t testing.TB) *display.Screen {
	t.Helper()
	s, err := Connect()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// WindowTitles returns the titles of all windows on the screen.
func WindowTitles(t testing.TB) string {
	t.Helper()
	all, err := Screen(t).Windows()
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, w := range all {
		titles = append(titles, w.Title)
	}
	return strings.Join(titles, "\n")
}

// TypeKeys has the user press keys one after the other, in the window that
// has the keyboard.
func TypeKeys(t testing.TB, keys ...string) {
	t.Helper()
	if err := Screen(t).Press(keys...); err != nil {
		t.Fatal(err)
	}
}

// PressKeys gives the window of that title the keyboard and presses keys there.
func PressKeys(t testing.TB, title string, keys ...string) {
	t.Helper()
	if _, err := Screen(t).Wait(title); err != nil {
		t.Fatal(err)
	}
	if err := TryKeys(title, keys...); err != nil {
		t.Fatal(err)
	}
}

// TryKeys is PressKeys where the window may go at any time.
func TryKeys(title string, keys ...string) error {
	s, err := Connect()
	if err != nil {
		return err
	}
	w, err := s.Find(title)
	if err == nil {
		err = s.Activate(w.ID)
	}
	if err == nil {
		err = s.Press(keys...)
	}
	return err
}

// ClickAt has the user click into the window of that title, if it is there.
func ClickAt(title string, x, y int) {
	s, err := Connect()
	if err != nil {
		return
	}
	if w, err := s.Find(title); err == nil && s.Activate(w.ID) == nil && s.MoveIn(w.ID, x, y) == nil {
		_ = s.Click(display.Left) // whoever asks for it sees no effect
	}
}

// ClickUntil has the user click on the window of that title again and again,
// as someone does who sees no effect.
func ClickUntil(ended <-chan struct{}, title string) {
	// A page that has heard a click may still be at work on it, and the next
	// one would let it do more.
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		ClickAt(title, 200, 200)
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}
