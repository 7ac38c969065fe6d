package mullion

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestWindowSet: every method changes what is wanted of the window, and
// nothing else.
func TestWindowSet(t *testing.T) {
	a := newMenuApp(t)
	w, err := a.OpenWindow(t.Context(), a.WindowOptions("main"))
	if err != nil {
		t.Fatal(err)
	}
	number := func(f float64) *float64 { return &f }
	for _, test := range []struct {
		name   string
		do     func(context.Context) error
		change func(*wire.WindowState) // nil where the method refuses
	}{
		{"title", func(ctx context.Context) error { return w.SetTitle(ctx, "x") }, func(s *wire.WindowState) { s.Title = "x" }},
		{"size", func(ctx context.Context) error { return w.SetSize(ctx, 3, 4) }, func(s *wire.WindowState) { s.Width, s.Height = 3, 4 }},
		{"size not a number", func(ctx context.Context) error { return w.SetSize(ctx, math.NaN(), 4) }, nil},
		{"position", func(ctx context.Context) error { return w.SetPosition(ctx, 5, 6) }, func(s *wire.WindowState) { s.X, s.Y = number(5), number(6) }},
		{"position far away", func(ctx context.Context) error { return w.SetPosition(ctx, math.Inf(1), 6) }, nil},
		{"smallest", func(ctx context.Context) error { return w.SetMinSize(ctx, 7, 0) }, func(s *wire.WindowState) { s.MinWidth = number(7) }},
		{"smallest lifted", func(ctx context.Context) error { return w.SetMinSize(ctx, 0, 0) }, func(s *wire.WindowState) { s.MinWidth = nil }},
		{"largest", func(ctx context.Context) error { return w.SetMaxSize(ctx, 800, 900) }, func(s *wire.WindowState) { s.MaxWidth, s.MaxHeight = number(800), number(900) }},
		{"largest not a number", func(ctx context.Context) error { return w.SetMaxSize(ctx, 1, math.NaN()) }, nil},
		{"resizable", func(ctx context.Context) error { return w.SetResizable(ctx, false) }, func(s *wire.WindowState) { s.Resizable = false }},
		{"maximizable", func(ctx context.Context) error { return w.SetMaximizable(ctx, false) }, func(s *wire.WindowState) { s.NoMaximize = true }},
		{"minimizable", func(ctx context.Context) error { return w.SetMinimizable(ctx, false) }, func(s *wire.WindowState) { s.NoMinimize = true }},
		{"closable", func(ctx context.Context) error { return w.SetClosable(ctx, false) }, func(s *wire.WindowState) { s.Closable = false }},
		{"decorations", func(ctx context.Context) error { return w.SetDecorations(ctx, false) }, func(s *wire.WindowState) { s.Decorated = false }},
		{"focusable", func(ctx context.Context) error { return w.SetFocusable(ctx, false) }, func(s *wire.WindowState) { s.Focusable = false }},
		{"enabled", func(ctx context.Context) error { return w.SetEnabled(ctx, false) }, func(s *wire.WindowState) { s.Disabled = true }},
		{"on top", func(ctx context.Context) error { return w.SetAlwaysOnTop(ctx, true) }, func(s *wire.WindowState) { s.AlwaysOnTop = true }},
		{"on bottom", func(ctx context.Context) error { return w.SetAlwaysOnBottom(ctx, true) }, func(s *wire.WindowState) { s.AlwaysOnBottom = true }},
		{"task bar", func(ctx context.Context) error { return w.SetSkipTaskbar(ctx, true) }, func(s *wire.WindowState) { s.SkipTaskbar = true }},
		{"workspaces", func(ctx context.Context) error { return w.SetVisibleOnAllWorkspaces(ctx, true) }, func(s *wire.WindowState) { s.AllWorkspaces = true }},
		{"shadow", func(ctx context.Context) error { return w.SetShadow(ctx, false) }, func(s *wire.WindowState) { s.NoShadow = true }},
		{"effects", func(ctx context.Context) error { return w.SetEffects(ctx, config.EffectMica) }, func(s *wire.WindowState) { s.Effects = []string{"mica"} }},
		{"no effects", func(ctx context.Context) error { return w.SetEffects(ctx) }, func(s *wire.WindowState) { s.Effects = nil }},
		{"captures", func(ctx context.Context) error { return w.SetContentProtected(ctx, true) }, func(s *wire.WindowState) { s.ContentProtected = true }},
		{"background", func(ctx context.Context) error {
			return w.SetBackgroundColor(ctx, &config.Color{Red: 1, Green: 2, Blue: 3, Alpha: 4})
		}, func(s *wire.WindowState) { s.Background = &[4]uint8{1, 2, 3, 4} }},
		{"no background", func(ctx context.Context) error { return w.SetBackgroundColor(ctx, nil) }, func(s *wire.WindowState) { s.Background = nil }},
		{"theme", func(ctx context.Context) error { return w.SetTheme(ctx, config.ThemeDark) }, func(s *wire.WindowState) { s.Theme = "dark" }},
		{"no theme", func(ctx context.Context) error { return w.SetTheme(ctx, "pink") }, nil},
		{"cursor", func(ctx context.Context) error { return w.SetCursorIcon(ctx, "col-resize") }, func(s *wire.WindowState) { s.Cursor = "col-resize" }},
		{"no cursor", func(ctx context.Context) error { return w.SetCursorIcon(ctx, "url(x)") }, nil},
		{"the page's cursor", func(ctx context.Context) error { return w.SetCursorIcon(ctx, "") }, func(s *wire.WindowState) { s.Cursor = "" }},
		{"cursor hidden", func(ctx context.Context) error { return w.SetCursorVisible(ctx, false) }, func(s *wire.WindowState) { s.CursorHidden = true }},
		{"mouse", func(ctx context.Context) error { return w.SetIgnoreCursorEvents(ctx, true) }, func(s *wire.WindowState) { s.IgnoreCursor = true }},
		{"visible", func(ctx context.Context) error { return w.SetVisible(ctx, false) }, func(s *wire.WindowState) { s.Visible = false }},
		{"maximized", func(ctx context.Context) error { return w.SetMaximized(ctx, true) }, func(s *wire.WindowState) { s.Maximized = true }},
		{"not maximized again", func(ctx context.Context) error { return w.ToggleMaximized(ctx) }, func(s *wire.WindowState) { s.Maximized = false }},
		{"maximized again", func(ctx context.Context) error { return w.ToggleMaximized(ctx) }, func(s *wire.WindowState) { s.Maximized = true }},
		{"minimized", func(ctx context.Context) error { return w.SetMinimized(ctx, true) }, func(s *wire.WindowState) { s.Minimized = true }},
		{"fullscreen", func(ctx context.Context) error { return w.SetFullscreen(ctx, true) }, func(s *wire.WindowState) { s.Fullscreen = true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := w.w.State()
			if test.change != nil {
				test.change(&want)
			}
			if err := test.do(t.Context()); (err != nil) != (test.change == nil) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(want, w.w.State()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ExampleWindow_SetMinSize() {
	setUp := func(ctx context.Context, w *Window) error {
		if err := w.SetMinSize(ctx, 400, 300); err != nil {
			return err
		}
		return w.SetTheme(ctx, config.ThemeDark)
	}
	_ = setUp // call it with a window of App.OpenWindow
}
