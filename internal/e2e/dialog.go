package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
)

// Dialog waits for the window of that title, which before brings about; it is
// called again when nothing has come of it.
func Dialog(t testing.TB, title string, before func()) (id uint32) {
	t.Helper()
	var called time.Time
	if err := WaitFor(Timeout, func() error {
		if before != nil && time.Since(called) > 3*time.Second {
			before()
			called = time.Now()
		}
		w, err := Screen(t).Find(title)
		id = w.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

// PressIn presses keys in a dialog until it is closed: the list of files of one
// that has just come up takes return before there is anything in it. The
// dialog is open.
func PressIn(t testing.TB, title string, keys ...string) {
	t.Helper()
	again := false
	if err := WaitFor(Timeout, func() error {
		w, err := Screen(t).Find(title)
		if errors.Is(err, display.ErrGone) {
			return nil
		}
		for _, key := range keys {
			if key == "ctrl+a" && !again && title != "Save" {
				continue // there is nothing to be replaced yet
			}
			if err := Screen(t).Activate(w.ID); errors.Is(err, display.ErrGone) {
				return nil
			} else if err != nil {
				return err
			}
			if text, ok := strings.CutPrefix(key, "paste "); ok {
				err = Screen(t).Paste(text)
			} else {
				err = Screen(t).Press(key)
			}
			if err != nil {
				return err
			}
		}
		again = true
		return WaitFor(2*time.Second, func() error {
			if now, err := Screen(t).Find(title); err == nil && now.ID == w.ID {
				return fmt.Errorf("dialog %q does not close", title)
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
}
