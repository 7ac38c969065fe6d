package desk_test

import (
	"cmp"
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestDragFromGo: the Core lets the user move and resize a window with the
// button that is held down, and closes it as its button does.
func TestDragFromGo(t *testing.T) {
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	app.Open("main", func(o *mullion.WindowOptions) {
		x, y := 200.0, 200.0
		o.Title, o.X, o.Y, o.Width, o.Height, o.Undecorated = "dragged", &x, &y, 300, 200, true
	}).Must(`window.presses = 0; addEventListener('mousedown', () => window.presses++)`, nil)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	// place is where the X server has the window: the window manager tells of
	// moves when they are over.
	place := func() display.Window {
		seen, err := e2e.Screen(t).Find("dragged")
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	// drag begins at a point of the window and goes on by 80 and 60.
	drag := func(x, y int, begin func() error, done func(before, now mullion.Geometry) bool) {
		t.Helper()
		// The window manager gives the mouse back late. Until then it gets the buttons.
		must(e2e.WaitFor(e2e.Timeout, func() error {
			if taken, err := e2e.Screen(t).MouseTaken(); err != nil || taken {
				return cmp.Or(err, errors.New("the window manager still has the mouse"))
			}
			return nil
		}))
		before, was := w.Geometry(), place()
		must(e2e.Screen(t).MoveTo(before.InnerX+x, before.InnerY+y), e2e.Screen(t).Hold(display.Left))
		app.Main().Must(`while (!window.presses) await new Promise((r) => setTimeout(r, 5)); window.presses = 0`, nil)
		err := begin()
		if err == nil {
			err = e2e.WaitFor(e2e.Timeout, func() error {
				// Again and again: the window manager takes the mouse late.
				must(e2e.Screen(t).MoveTo(before.InnerX+x+79, before.InnerY+y+60), e2e.Screen(t).MoveTo(before.InnerX+x+80, before.InnerY+y+60))
				if place() == was {
					return errors.New("it does not move")
				}
				return nil
			})
		}
		must(e2e.Screen(t).Release(display.Left))
		if err != nil {
			t.Error(err)
			return
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if now := w.Geometry(); !done(before, now) {
				return fmt.Errorf("before %+v, now %+v", before, now)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	drag(100, 100, func() error { return w.StartDragging(t.Context()) }, func(before, now mullion.Geometry) bool {
		return now.X > before.X+70 && now.Y > before.Y+50
	})
	drag(298, 198, func() error { return w.StartResizeDragging(t.Context(), mullion.ResizeSouthEast) }, func(before, now mullion.Geometry) bool {
		return now.Width > before.Width+70 && now.Height > before.Height+50
	})
	if err := w.StartResizeDragging(t.Context(), "Up"); err == nil {
		t.Error("there is no edge Up")
	}
	if err := w.SetFullscreenAt(t.Context(), -5000, 0); err == nil {
		t.Error("there is no monitor at -5000")
	}
	if err := w.SetFullscreenAt(t.Context(), 10, 10); err != nil {
		t.Error(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !w.Geometry().Fullscreen {
			return errors.New("not in full screen")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	keep := true
	app.OnCloseRequested(func(*mullion.Window) bool { return keep })
	w.RequestClose()
	if _, err := app.Window("main"); err != nil {
		t.Errorf("it was to be kept: %v", err)
	}
	keep = false
	w.RequestClose()
	<-w.Done()
}

// TestExplainWebview: rights of a webview that was added to a window.
func TestExplainWebview(t *testing.T) {
	caps, err := capability.Parse("capabilities/side.json", []byte(`{"identifier": "side", "webviews": ["side"], "permissions": ["allow-echo"]}`))
	if err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{Capabilities: caps, Setup: func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) }})
	app.Main().Must(`return 1`, nil)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddWebview(t.Context(), mullion.WebviewOptions{Label: "side", URL: "page.html", Bounds: mullion.Rect{Width: 100, Height: 100}}); err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string]bool{"main": false, "side": true} {
		if e, err := app.Explain(label, "app://localhost/page.html", "echo"); err != nil || e.Allowed != want {
			t.Errorf("%s: %v %v", label, e.Allowed, err)
		}
	}
}
