package e2e_test

import (
	"strings"
	"sync"
	"testing"
	"time"

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

// windowTitles returns the titles of all windows on the screen.
func windowTitles(t *testing.T) string {
	t.Helper()
	all, err := screen(t).Windows()
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, w := range all {
		titles = append(titles, w.Title)
	}
	return strings.Join(titles, "\n")
}

// typeKeys has the user press keys one after the other, in the window that
// has the keyboard.
func typeKeys(t *testing.T, keys ...string) {
	t.Helper()
	if err := screen(t).Press(keys...); err != nil {
		t.Fatal(err)
	}
}

// pressKeys gives the window of that title the keyboard and presses keys there.
func pressKeys(t *testing.T, title string, keys ...string) {
	t.Helper()
	if _, err := screen(t).Wait(title); err != nil {
		t.Fatal(err)
	}
	if err := tryKeys(title, keys...); err != nil {
		t.Fatal(err)
	}
}

// tryKeys is pressKeys where the window may go at any time.
func tryKeys(title string, keys ...string) error {
	s, err := connect()
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

// clickAt has the user click into the window of that title, if it is there.
func clickAt(title string, x, y int) {
	s, err := connect()
	if err != nil {
		return
	}
	if w, err := s.Find(title); err == nil && s.Activate(w.ID) == nil && s.MoveIn(w.ID, x, y) == nil {
		_ = s.Click(display.Left) // whoever asks for it sees no effect
	}
}

// clickUntil has the user click on the window of that title again and again,
// as someone does who sees no effect.
func clickUntil(ended <-chan struct{}, title string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		clickAt(title, 200, 200)
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}
