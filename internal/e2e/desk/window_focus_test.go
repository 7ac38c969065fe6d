package desk_test

import (
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestOpenedInFront: a window that the app opens has the keyboard, also while
// the user types into a window of another process, as after a key that works
// everywhere. One that is to open unfocused leaves it where it is.
func TestOpenedInFront(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	app.Open("typed", func(o *mullion.WindowOptions) { o.Title, o.Isolate = "typed", true }).Must(`return 1`, nil)
	typed, err := app.Window("typed")
	if err != nil {
		t.Fatal(err)
	}
	focused := func(w *mullion.Window, want bool) error {
		return e2e.WaitFor(e2e.Timeout, func() error {
			if g := w.Geometry(); !g.Visible || g.Focused != want {
				return fmt.Errorf("window %q is at %+v", w.Label(), g)
			}
			return nil
		})
	}
	for _, test := range []struct {
		name string
		open func(*mullion.WindowOptions)
		want bool
		show bool
	}{
		{"opened", func(*mullion.WindowOptions) {}, true, false},
		{"unfocused", func(o *mullion.WindowOptions) { o.Unfocused = true }, false, false},
		{"hidden-at-first", func(o *mullion.WindowOptions) { o.Hidden = true }, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := typed.Focus(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := focused(typed, true); err != nil {
				t.Fatal(err)
			}
			e2e.TypeKeys(t, "a", "b")
			o := mullion.WindowOptions{Label: test.name, Title: test.name, URL: "page.html", Width: 200, Height: 100}
			test.open(&o)
			w, err := app.OpenWindow(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { w.Close(); <-w.Done() }()
			app.Page(test.name).Must(`return 1`, nil)
			if test.show {
				if err := w.SetVisible(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}
			if err := focused(w, test.want); err != nil {
				t.Error(err)
			}
			if err := focused(typed, !test.want); err != nil {
				t.Error(err)
			}
		})
	}
}
