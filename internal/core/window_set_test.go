package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// setters grants what the tests of windows call.
const setters = `{"identifier": "all", "windows": ["main"], "permissions": ["core:default",
	"core:window:allow-set-size", "core:window:allow-set-min-size", "core:window:allow-set-max-size",
	"core:window:allow-set-size-constraints", "core:window:allow-set-position", "core:window:allow-set-background-color",
	"core:window:allow-set-theme", "core:window:allow-set-enabled", "core:window:allow-set-cursor-icon",
	"core:window:allow-set-cursor-position", "core:window:allow-start-resize-dragging", "core:window:allow-center",
	"core:window:allow-request-user-attention", "core:window:allow-set-shadow", "core:window:allow-set-effects",
	"core:window:allow-set-badge-count", "core:window:allow-set-fullscreen-on-monitor", "core:window:allow-set-maximizable", "core:window:allow-set-minimizable"]}`

func TestWindowSetters(t *testing.T) {
	p := newPair(t, setters, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	number := func(f float64) *float64 { return &f }
	for _, test := range []struct {
		name, args, want string
		change           func(*wire.WindowState) // nil where nothing changes
	}{
		{"set_size", `{"value":{"Logical":{"width":320,"height":240}}}`, "onull", func(s *wire.WindowState) { s.Width, s.Height = 320, 240 }},
		{"set_size", `{"value":{"Physical":{"width":300,"height":200}}}`, "onull", func(s *wire.WindowState) { s.Width, s.Height = 300, 200 }},
		{"set_size", `{"value":{"width":300,"height":200}}`, `e"`, nil},
		{"set_size", `{"value":{}}`, `e"size: want`, nil},
		{"set_size", `{"value":null}`, `e"set_size: value is missing`, nil},
		{"set_size", `{"value":{"Logical":{"width":-1,"height":2}}}`, `e"size -1`, nil},
		{"set_size", `{"value":{"Logical":{"width":1e300,"height":2}}}`, `e"width 1e+300: want`, nil},
		{"set_min_size", `{"value":{"Logical":{"width":100,"height":90}}}`, "onull", func(s *wire.WindowState) { s.MinWidth, s.MinHeight = number(100), number(90) }},
		{"set_min_size", `{"value":null}`, "onull", func(s *wire.WindowState) { s.MinWidth, s.MinHeight = nil, nil }},
		{"set_max_size", `{"value":{"Physical":{"width":900,"height":800}}}`, "onull", func(s *wire.WindowState) { s.MaxWidth, s.MaxHeight = number(900), number(800) }},
		{"set_size_constraints", `{"value":{"minWidth":{"Logical":10},"maxHeight":null}}`, "onull", func(s *wire.WindowState) { s.MinWidth, s.MaxWidth, s.MaxHeight = number(10), nil, nil }},
		{"set_size_constraints", `{"value":{"minWidth":{"Logical":-10}}}`, `e"length -10`, nil},
		{"set_position", `{"value":{"Logical":{"x":20,"y":30}}}`, "onull", func(s *wire.WindowState) { s.X, s.Y = number(20), number(30) }},
		{"set_position", `{"value":{"Logical":{"x":20,"y":30},"Physical":{"x":1,"y":1}}}`, `e"position: want`, nil},
		{"set_background_color", `{"value":"#f00"}`, "onull", func(s *wire.WindowState) { s.Background = &[4]uint8{255, 0, 0, 255} }},
		{"set_background_color", `{"value":[1,2,3,4]}`, "onull", func(s *wire.WindowState) { s.Background = &[4]uint8{1, 2, 3, 4} }},
		{"set_background_color", `{"value":{"red":9,"green":8,"blue":7}}`, "onull", func(s *wire.WindowState) { s.Background = &[4]uint8{9, 8, 7, 255} }},
		{"set_background_color", `{"value":"#ff00"}`, "onull", func(s *wire.WindowState) { s.Background = &[4]uint8{255, 255, 0, 0} }},
		{"set_background_color", `{"value":"red"}`, `e"`, nil},
		{"set_background_color", `{"value":[1,2,300]}`, `e"`, nil},
		{"set_background_color", `{"value":null}`, "onull", func(s *wire.WindowState) { s.Background = nil }},
		{"set_theme", `{"value":"dark"}`, "onull", func(s *wire.WindowState) { s.Theme = "dark" }},
		{"set_theme", `{"value":"pink"}`, `e"theme \"pink\"`, nil},
		{"set_theme", `{"value":null}`, "onull", func(s *wire.WindowState) { s.Theme = "" }},
		{"set_enabled", `{"value":false}`, "onull", func(s *wire.WindowState) { s.Disabled = true }},
		{"set_cursor_icon", `{"value":"colResize"}`, "onull", func(s *wire.WindowState) { s.Cursor = "col-resize" }},
		{"set_cursor_icon", `{"value":"url(http://x)"}`, "onull", func(s *wire.WindowState) { s.Cursor = "default" }},
		{"set_shadow", `{"value":true}`, "onull", nil},
		{"set_shadow", `{"value":false}`, `e"set_shadow: shadows are drawn by nobody`, nil},
		{"set_maximizable", `{"value":false}`, "onull", func(s *wire.WindowState) { s.NoMaximize = true }},
		{"internal_toggle_maximize", `{}`, "onull", nil},
		{"set_minimizable", `{"value":false}`, "onull", func(s *wire.WindowState) { s.NoMinimize = true }},
		{"set_effects", `{"value":{"effects":["mica"]}}`, "onull", func(s *wire.WindowState) { s.Effects = []string{"mica"} }},
		{"set_effects", `{"value":{"effects":["` + strings.Repeat("x", 65) + `"]}}`, `e"set_effects: want at most`, nil},
		{"set_effects", `{"value":null}`, "onull", func(s *wire.WindowState) { s.Effects = nil }},
		{"set_badge_count", `{}`, "onull", nil},
		{"start_resize_dragging", `{"value":"Up"}`, `e"direction`, nil},
		{"set_cursor_position", `{"value":{"Physical":{"x":1e9,"y":0}}}`, `e"x 1e+09`, nil},
	} {
		t.Run(test.name+test.args, func(t *testing.T) {
			want := main.window.State()
			if test.change != nil {
				test.change(&want)
			}
			got := main.call(`["plugin:window|` + test.name + `",` + test.args + `]`)
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			state := main.window.State()
			// What the window was seen to be becomes what is wanted.
			state.Focus, want.Focus = false, false
			if diff := cmp.Diff(want, state); diff != "" {
				t.Errorf("state: %s", diff)
			}
		})
	}
}

func TestThemeChanged(t *testing.T) {
	p := newPair(t, setters, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	if got, want := main.call(`["plugin:window|theme",{}]`), `o"light"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	main.call(`["plugin:event|listen",{"event":"tauri://theme-changed","target":{"kind":"Window","label":"main"},"handler":7}]`)
	main.call(`["plugin:window|set_theme",{"value":"dark"}]`)
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	data, err := main.view.NextDelivery(ctx)
	if err != nil || !strings.Contains(data, `["e","tauri://theme-changed","dark"`) {
		t.Errorf("got %s, %v", data, err)
	}
	if got, want := main.call(`["plugin:window|theme",{}]`), `o"dark"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMonitors(t *testing.T) {
	p := newPair(t, setters, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	left := `{"name":"left","scaleFactor":1,"position":{"x":0,"y":0},"size":{"width":1000,"height":800},` +
		`"workArea":{"position":{"x":0,"y":30},"size":{"width":1000,"height":770}}}`
	right := `{"name":"right","scaleFactor":2,"position":{"x":1000,"y":0},"size":{"width":2000,"height":1600},` +
		`"workArea":{"position":{"x":1000,"y":0},"size":{"width":2000,"height":1600}}}`
	for _, test := range []struct{ name, args, want string }{
		{"current_monitor", `{}`, left},
		{"primary_monitor", `{}`, left},
		{"available_monitors", `{}`, "[" + left + "," + right + "]"},
		{"monitor_from_point", `{"x":1000,"y":1599}`, right},
		{"monitor_from_point", `{"x":999,"y":801}`, "null"},
		{"cursor_position", `{}`, `{"x":3,"y":4}`},
	} {
		if got := main.call(`["plugin:window|` + test.name + `",` + test.args + `]`); got != "o"+test.want {
			t.Errorf("%s %s: got %s, want %s", test.name, test.args, got, test.want)
		}
	}
}

// TestStateThatCannotBeSent: what no frame holds is refused and leaves the
// window as it was; what is not UTF-8 is replaced. Either would have been the
// end of it: hosts get the whole state with each change, and after a restart.
func TestStateThatCannotBeSent(t *testing.T) {
	p := newPair(t, strings.Replace(setters, `"core:default"`, `"core:default", "core:window:allow-set-title"`, 1), core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	ctx := t.Context()
	large := strings.Repeat("x", 1<<20)
	if got := main.call(`["plugin:window|set_title",{"value":"` + large + `"}]`); !strings.Contains(got, "too large") {
		t.Errorf("a title of 1 MiB: the page gets %.80s", got)
	}
	if err := main.window.Update(ctx, func(s *wire.WindowState) { s.Title = large }); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("a title of 1 MiB: %v", err)
	}
	if err := main.window.Webview().Update(ctx, func(s *wire.WebviewState) { s.UserAgent = large }); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("a user agent of 1 MiB: %v", err)
	}
	if got := main.window.State().Title; got != "main" {
		t.Errorf("the window keeps a title of %d bytes", len(got))
	}
	if _, err := p.OpenWindow(ctx, core.WindowOptions{State: wire.WindowState{Label: "large", Title: large}}); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("a window with that title: %v", err)
	}
	if err := main.window.Webview().Navigate(ctx, "app://localhost/?"+large); err == nil || errors.Is(err, core.ErrHostLost) {
		t.Errorf("an address of 1 MiB: %v", err)
	}
	if err := main.window.Webview().Navigate(ctx, "app://localhost/?\xff"); err != nil {
		t.Errorf("an address that is not UTF-8: %v", err)
	}
	if err := main.window.Update(ctx, func(s *wire.WindowState) { s.Title = "a\xffb" }); err != nil {
		t.Errorf("a title that is not UTF-8: %v", err)
	}
	for _, w := range p.engine("app").Windows() {
		if got := p.engine("app").Window(w).State().Title; got != "a\uFFFDb" {
			t.Errorf("the window shows %q", got)
		}
	}
}
