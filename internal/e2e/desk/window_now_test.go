package desk_test

import (
	"errors"
	"fmt"
	"image"
	"reflect"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestOptionsOpenAgain: what Window.Options returns opens the window as it was
// left, with what the app and the user have changed.
func TestOptionsOpenAgain(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	app.Open("note", func(o *mullion.WindowOptions) {
		o.Title, o.Width, o.Height, o.Isolate, o.Incognito = "as opened", 300, 200, true, true
		o.AlwaysOnTop, o.BackgroundColor = true, &config.Color{Red: 1, Green: 2, Blue: 3, Alpha: 255}
	}).Must(`return 1`, nil)
	w, err := app.Window("note")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	err = errors.Join(w.SetTitle(ctx, "as left"), w.SetMinSize(ctx, 250, 0), w.SetResizable(ctx, false), w.SetMinimizable(ctx, false),
		w.SetSkipTaskbar(ctx, true), w.SetTheme(ctx, config.ThemeDark), w.Navigate(ctx, "page.html?second"))
	if err != nil {
		t.Fatal(err)
	}
	// As a user would: from outside.
	if seen, err := e2e.Screen(t).Wait("as left"); err != nil || e2e.Screen(t).Move(seen.ID, 120, 90) != nil {
		t.Fatal("it cannot be moved: ", err)
	}
	var left mullion.WindowOptions
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		left = w.Options()
		if left.X == nil || left.URL != "app://localhost/page.html?second" {
			return fmt.Errorf("options %+v", left)
		}
		if g := w.Geometry(); g.X != 120 || g.Y != 90 || g.InnerY <= g.Y || g.OuterHeight <= g.Height {
			return fmt.Errorf("it is at %+v", g)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if left.Title != "as left" || left.Width != 300 || !left.NotResizable || !left.NotMinimizable || !left.SkipTaskbar || !left.AlwaysOnTop ||
		!left.Isolate || !left.Incognito || left.Theme != config.ThemeDark || *left.BackgroundColor != (config.Color{Red: 1, Green: 2, Blue: 3, Alpha: 255}) ||
		left.MinWidth != 250 {
		t.Errorf("options %+v", left)
	}
	w.Close()
	<-w.Done()
	again, err := app.OpenWindow(ctx, left)
	if err != nil {
		t.Fatal(err)
	}
	app.Page("note").Must(`return 1`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if now := again.Options(); !reflect.DeepEqual(now, left) {
			return fmt.Errorf("options\n%+v, want\n%+v", now, left)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestDesktopFromGo: where the mouse is, what monitors there are, and the
// inspector, as the Core is told.
func TestDesktopFromGo(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Config: `{"app": {"windows": [{"label": "main", "url": "page.html", "devtools": true}]}}`})
	app.Main().Must(`return 1`, nil)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := e2e.Screen(t).MoveTo(57, 43); err != nil {
		t.Fatal(err)
	}
	if x, y, err := w.CursorPosition(t.Context()); err != nil || x != 57 || y != 43 {
		t.Errorf("the mouse is at %d, %d: %v", x, y, err)
	}
	monitors, err := w.Monitors(t.Context())
	if err != nil || len(monitors) == 0 {
		t.Fatalf("monitors %+v: %v", monitors, err)
	}
	for _, m := range monitors {
		if all := image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height); m.Work.Empty() || !m.Work.In(all) {
			t.Errorf("monitor %+v", m)
		}
	}
	if err := w.Webview().SetBackgroundColor(t.Context(), &config.Color{Red: 200, Alpha: 255}); err != nil {
		t.Error(err)
	}
	plain := app.Open("plain", func(o *mullion.WindowOptions) { o.Devtools = new(bool) })
	plain.Must(`return 1`, nil)
	v, err := app.Webview("plain")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SetDevtoolsOpen(t.Context(), true); err == nil {
		t.Error("the inspector opens where it is not allowed")
	}
	before := len(e2e.PIDs(app.Processes()["app"], e2e.WebProcess))
	if err := w.Webview().SetDevtoolsOpen(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	// The inspector is a page itself.
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if now := len(e2e.PIDs(app.Processes()["app"], e2e.WebProcess)); now <= before {
			return fmt.Errorf("%d web processes, %d before", now, before)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := w.Webview().SetDevtoolsOpen(t.Context(), false); err != nil {
		t.Error(err)
	}
}
