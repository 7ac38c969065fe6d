package desk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// TestZoomKeys presses the keys that zoom in two windows, of which one does
// without them. No page has a permission.
func TestZoomKeys(t *testing.T) {
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	open := func(label string, keys bool) *e2e.Page {
		return app.Open(label, func(o *mullion.WindowOptions) {
			o.Title, o.Width, o.Height, o.ZoomHotkeysDisabled = label, 600, 400, !keys
		})
	}
	const watch = `window.pressed = 0; window.addEventListener('keyup', (e) => { if (e.key === 'x') pressed++; }); `
	plain, zooming := open("plain", false), open("zooming", true)
	plain.Must(watch, nil)
	zooming.Must(watch, nil)
	width := func(p *e2e.Page, want int) {
		t.Helper()
		var got int
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if err := p.Run(`return innerWidth`, &got); err != nil || max(got-want, want-got) > 1 { // lengths are rounded
				return fmt.Errorf("the page is %d pixels wide, want %d (%v)", got, want, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	// A key counts once the window has the keyboard, which is tried until it has.
	ready := func(p *e2e.Page, title string) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			e2e.PressKeys(t, title, "x")
			var pressed int
			if err := p.Run(`return pressed`, &pressed); err != nil || pressed == 0 {
				return fmt.Errorf("no key arrived (%v)", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}

	ready(zooming, "zooming")
	e2e.PressKeys(t, "zooming", "ctrl+plus")
	width(zooming, 500)
	for _, next := range []int{429, 375, 333, 300} { // one by one: a busy display loses keys
		e2e.PressKeys(t, "zooming", "ctrl+equal")
		width(zooming, next)
	}
	e2e.PressKeys(t, "zooming", "ctrl+0")
	width(zooming, 600)
	for _, next := range []int{750, 1000} {
		e2e.PressKeys(t, "zooming", "ctrl+minus")
		width(zooming, next)
	}
	// The next page goes on from there.
	zooming.Must(`window.old = true`, nil)
	zooming.Reload()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var old bool
		if err := zooming.Run(`return window.old === true`, &old); err != nil || old {
			return fmt.Errorf("not loaded again: %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	zooming.Must(watch, nil)
	ready(zooming, "zooming")
	e2e.PressKeys(t, "zooming", "ctrl+plus")
	width(zooming, 750)
	// A page may keep a key.
	zooming.Must(`window.kept = 0; addEventListener('keydown', (e) => { if (e.ctrlKey && e.key === '+') { e.preventDefault(); kept++; } })`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		e2e.PressKeys(t, "zooming", "ctrl+plus")
		var kept int
		if err := zooming.Run(`return kept`, &kept); err != nil || kept == 0 {
			return fmt.Errorf("the page did not get the key (%v)", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	e2e.PressKeys(t, "zooming", "ctrl+minus")
	width(zooming, 1000)

	ready(plain, "plain")
	plain.Must(`pressed = 0`, nil)
	e2e.PressKeys(t, "plain", "ctrl+plus", "x")
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var pressed int
		if err := plain.Run(`return pressed`, &pressed); err != nil || pressed == 0 {
			return fmt.Errorf("the key did not arrive (%v)", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	width(plain, 600)
}

// TestDevtoolsKey presses the key for the developer tools.
func TestDevtoolsKey(t *testing.T) {
	asked := make(chan struct{}, 100)
	app := e2e.Start(t, e2e.Options{Dev: true, Setup: func(a *mullion.App) {
		a.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Name == "plugin:webview|internal_toggle_devtools" {
				select {
				case asked <- struct{}{}:
				default:
				}
			}
			return next(ctx, m)
		})
	}})
	app.Main().Must("", nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		e2e.PressKeys(t, "main", "ctrl+shift+i")
		if len(asked) == 0 {
			return errors.New("the page did not ask for the developer tools")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
