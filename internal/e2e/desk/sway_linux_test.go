package desk_test

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestSway does under sway what weston, without a screen, cannot show: focus,
// dialogs above windows, monitors, scales, and transparent windows.
func TestSway(t *testing.T) {
	bus := session.StartBus(t)
	s := e2e.StartSway(t)
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	open := func(label string, change func(o *mullion.WindowOptions)) *mullion.Window {
		t.Helper()
		app.Open(label, func(o *mullion.WindowOptions) {
			o.Title = label
			if change != nil {
				change(o)
			}
		}).Must("return 1", nil)
		s.Window(label)
		return e2e.Window(t, app, label)
	}
	main := open("main", nil)
	other := open("other", nil)
	until := func(what string, is func() error) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, is); err != nil {
			t.Fatalf("%s: %v\n%+v", what, err, s.Windows())
		}
	}
	sees := func(what string, w *mullion.Window, is func(g mullion.Geometry) bool) {
		t.Helper()
		until(what, func() error {
			if g := w.Geometry(); !is(g) {
				return fmt.Errorf("%+v", g)
			}
			return nil
		})
	}
	focused := func(g mullion.Geometry) bool { return g.Focused }
	ctx := e2e.Context(t)

	t.Run("accessibility bus that begins later", func(t *testing.T) {
		showButton(app.Page("other"), "Before")
		press(t, bus.StartAccessibility().Read(), app.Page("other"), "Before")
	})

	t.Run("focus", func(t *testing.T) {
		sees("the second window has the focus", other, focused)
		// What the user does in it lets the app choose another window.
		app.Page("other").Must(`window.typed = new Promise((r) => addEventListener('keydown', r, { once: true }))`, nil)
		s.Type("a")
		app.Page("other").Must(`await window.typed`, nil)
		if err := main.Focus(ctx); err != nil {
			t.Error("from a window of the same app:", err)
		}
		sees("the focus moves", main, focused)
		if err := main.Focus(ctx); err != nil {
			t.Error("where it is already:", err)
		}
		s.Do("workspace 2")
		sees("nothing has the focus", main, func(g mullion.Geometry) bool { return !g.Focused })
		s.Do("focus_on_window_activation none")
		err := main.Focus(ctx)
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Activate") {
			t.Error("from nowhere:", err)
		}
		// GTK asks by itself, and a compositor may listen to that.
		s.Do("focus_on_window_activation focus")
		if err := main.Focus(ctx); err == nil {
			sees("it has the focus that was answered", main, focused)
		} else if !errors.Is(err, errors.ErrUnsupported) {
			t.Error("from nowhere:", err)
		}
		s.Do("workspace 1")
	})
	t.Run("focus that comes by itself", func(t *testing.T) {
		s.Do("workspace 2")
		sees("nothing has the focus", main, func(g mullion.Geometry) bool { return !g.Focused })
		s.Do("focus_on_window_activation none")
		given := time.AfterFunc(100*time.Millisecond, func() { _ = s.Try(`[title="main"] focus`) })
		defer given.Stop()
		if err := main.Focus(ctx); err != nil {
			t.Error("it is given while it is waited for:", err)
		}
		s.Do("focus_on_window_activation focus")
		s.Do("workspace 1")
	})
	t.Run("behind", func(t *testing.T) {
		s.Do(`no_focus [title="behind"]`)
		behind := open("behind", func(o *mullion.WindowOptions) { o.Unfocused = true })
		s.Do(`[title="main"] focus`)
		sees("the focus", main, focused)
		s.Do("workspace 2")
		s.Do("focus_on_window_activation none")
		sees("nothing has the focus", main, func(g mullion.Geometry) bool { return !g.Focused })
		until("an error", func() error {
			if err := behind.Focus(ctx); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Activate") {
				return fmt.Errorf("never had the focus: %w", err)
			}
			return nil
		})
		if err := behind.RequestAttention(ctx, true); !errors.Is(err, errors.ErrUnsupported) {
			t.Error("attention:", err)
		}
		behind.Close()
		s.Do("focus_on_window_activation focus")
		s.Do("workspace 1")
	})
	t.Run("minimized", func(t *testing.T) {
		// sway minimises nothing: one that has not the focus is believed to be away.
		s.Do(`[title="main"] focus`)
		sees("the focus", main, focused)
		if err := main.SetMinimized(ctx, true); err != nil {
			t.Error(err)
		}
		if err := main.SetMinimized(ctx, false); err != nil {
			t.Error("where it has the focus:", err)
		}
		if err := other.SetMinimized(ctx, true); err != nil {
			t.Error(err)
		}
		sees("it is away", other, func(g mullion.Geometry) bool { return g.Minimized })
		for range 3 {
			if err := other.SetMinimized(ctx, false); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Activate") {
				t.Error("without a token:", err)
			}
		}
		if err := other.SetSize(ctx, 500, 300); err != nil {
			t.Error(err)
		}
		host := app.Processes()["app"]
		e2e.Kill(t, host)
		e2e.Restarted(t, app, host)
		app.Page("other").Must("return 1", nil)
		if o := other.Options(); o.Width != 500 || o.Height != 300 {
			t.Errorf("the size that it was given is lost: %v×%v", o.Width, o.Height)
		}
		s.Do(`[title="other"] focus`)
		sees("it is back", other, func(g mullion.Geometry) bool { return g.Focused && !g.Minimized })
	})
	t.Run("frame", func(t *testing.T) {
		// sway draws it, or the window has asked to draw its own ("csd"), which is
		// empty. What is tiled has sway's in any case.
		s.Do(`[title="main"] floating enable`)
		for _, test := range []struct {
			decorated bool
			border    string
		}{{true, "normal"}, {false, "csd"}, {true, "normal"}} {
			if err := main.SetDecorations(ctx, test.decorated); err != nil {
				t.Fatal(err)
			}
			until("the frame", func() error {
				if w := s.Window("main"); w.Border != test.border {
					return fmt.Errorf("decorated %v: %+v", test.decorated, w)
				}
				return nil
			})
		}
		s.Do(`[title="main"] floating disable`)
	})
	t.Run("menu", func(t *testing.T) {
		s.Do(`[title="main"] focus`)
		sees("the focus", main, focused)
		if err := main.PopupMenu(ctx, mullion.Menu{{Text: "One"}, {Text: "Two"}}, 10, 10); err != nil {
			t.Error(err)
		}
		at := s.Window("main").Rect
		until("its edge", func() error {
			for x := 5; x < 20; x++ {
				if c := s.Color(at.X+x, at.Y+40); c != (color.RGBA{255, 255, 255, 255}) {
					return nil
				}
			}
			return errors.New("there is the page alone")
		})
		s.Type("-k", "Escape")
	})
	t.Run("dialog", func(t *testing.T) {
		// It floats, since it belongs to a window; others are tiled.
		dialog, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			_, err := app.OpenFile(dialog, mullion.FileDialog{Title: "choose", Window: main})
			ended <- err
		}()
		w := s.Window("choose")
		if w.Kind != "floating_con" {
			t.Errorf("it stands beside the windows: %+v", w)
		}
		cancel()
		<-ended
	})
	t.Run("monitors", func(t *testing.T) {
		s.Do("create_output")
		until("two monitors with names", func() error {
			list, err := main.Monitors(ctx)
			if err != nil || len(list) != 2 || list[0].Name != "HEADLESS-1" || list[1].Name != "HEADLESS-2" {
				return fmt.Errorf("%+v, %w", list, err)
			}
			return nil
		})
		s.Do("output HEADLESS-2 disable")
	})
	t.Run("picture", func(t *testing.T) {
		open("clear", func(o *mullion.WindowOptions) {
			o.Transparent, o.Undecorated, o.Width, o.Height = true, true, 200, 100
		})
		s.Do(`[title="clear"] floating enable, move position 300 200`)
		for _, label := range []string{"main", "other"} {
			app.Page(label).Must(`document.body.style.background = '#00c000'`, nil)
		}
		app.Page("clear").Must(`document.body.innerHTML = '<div id=box style="position:absolute;left:0;top:0;width:50px;height:50px;background:#f00"></div>'`, nil)
		colored := func(what string, x, y int, want color.RGBA) {
			t.Helper()
			until(what, func() error {
				if got := s.Color(x, y); got != want {
					return fmt.Errorf("it is %v", got)
				}
				return nil
			})
		}
		red, green := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0xc0, 0, 255}
		colored("what is below it", 490, 290, green)
		colored("what it paints", 340, 240, red)
		app.Page("clear").Must(`document.getElementById('box').style.left = '100px'`, nil)
		colored("what has moved", 440, 240, red)
		colored("where it was", 340, 240, green)
		for _, scale := range []int{2, 1} {
			s.Do("output HEADLESS-1 scale %d", scale)
			what := fmt.Sprintf(" at scale %d", scale)
			colored("the page below"+what, 100, 100, green)
			colored("what is clear"+what, 340, 240, green)
		}
	})
	if app.Log.Contains("Gtk-WARNING") || app.Log.Contains("Gdk-WARNING") {
		t.Error("the toolkit complains")
	}
}

// TestMinimizedWhenShown counts how often a window is minimised by sway, which does
// nothing of it: once for each wish, as soon as there is a window to minimise.
func TestMinimizedWhenShown(t *testing.T) {
	s := e2e.StartSway(t, "WAYLAND_DEBUG=server")
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	for _, label := range []string{"main", "win"} {
		app.Open(label, func(o *mullion.WindowOptions) {
			o.Title, o.Unfocused = label, true
			// It keeps the keyboard while the other's host is started again: sway gives it to the first window in any case, and a
			// window that has it for long is not minimised.
			o.Isolate = label == "main"
		}).Must("return 1", nil)
		s.Window(label)
	}
	s.Do(`[title="main"] focus`)
	s.Do(`no_focus [title="win"]`)
	ctx, w := e2e.Context(t), e2e.Window(t, app, "win")
	is(t, w, "without the focus", func(g mullion.Geometry) bool { return !g.Focused })
	show := func(on bool) error { return w.SetVisible(ctx, on) }
	minimize := func(on bool) error { return w.SetMinimized(ctx, on) }
	for _, step := range []struct {
		what      string
		do        []func() error
		asked     int
		minimized bool
	}{
		{"minimised", []func() error{func() error { return minimize(true) }}, 1, true},
		{"hidden and shown", []func() error{func() error { return show(false) }, func() error { return show(true) }}, 1, false},
		{"undone", []func() error{func() error { return minimize(false) }}, 1, false},
		{"wished and undone while hidden", []func() error{
			func() error { return show(false) }, func() error { return minimize(true) }, func() error { return minimize(false) }, func() error { return show(true) },
		}, 1, false},
		{"wished while hidden", []func() error{func() error { return show(false) }, func() error { return minimize(true) }, func() error { return show(true) }}, 2, true},
		{"in another host", []func() error{func() error {
			host := app.Processes()["app"]
			e2e.Kill(t, host)
			e2e.Restarted(t, app, host)
			return app.Page("win").Run("return 1", nil)
		}}, 3, true},
		{"presented", []func() error{func() error {
			if err := w.Focus(ctx); !errors.Is(err, errors.ErrUnsupported) {
				return fmt.Errorf("focus: %w", err)
			}
			return nil
		}}, 3, true},
	} {
		for _, do := range step.do {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
		}
		is(t, w, step.what, func(g mullion.Geometry) bool {
			return g.Visible && g.Minimized == step.minimized && strings.Count(s.Said.Tail(1<<20), ".set_minimized(") >= step.asked
		})
		if n := strings.Count(s.Said.Tail(1<<20), ".set_minimized("); n != step.asked {
			t.Fatalf("%s: asked for %d times, want %d", step.what, n, step.asked)
		}
	}
}
