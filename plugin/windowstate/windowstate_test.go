package windowstate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/windowstate"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// run is an app with the plugin. Windows are those of the configuration.
func run(states **windowstate.States, o windowstate.Options, windows string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.places", "build": {"frontendDist": "ui"}, "app": {"windows": [` + windows + `]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>places</title><p>there`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["*"],
				"permissions": ["core:default", "window-state:default"]}`)},
		}})
		if err != nil {
			return err
		}
		*states = windowstate.New(o)
		app.AddPlugin((*states).Plugin())
		return app.Run(ctx)
	}
}

// saved are states in the file.
type saved map[string]map[string]any

func read(t *testing.T, path string) (s saved) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pathIn runs an app that does nothing, to learn where its file is.
func pathIn(t *testing.T, home string) string {
	t.Helper()
	var states *windowstate.States
	app := mulliontest.Start(t, run(&states, windowstate.Options{Deny: []string{"main"}}, `{}`), &mulliontest.Options{Home: home})
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	return states.Path()
}

// TestFile: the file is as the published plugin writes and reads it.
func TestFile(t *testing.T) {
	home := t.TempDir()
	var states *windowstate.States
	windows := `{"width": 300, "height": 200, "x": 20, "y": 30}, {"label": "splash"}, {"label": "private"}, {"label": "doc-1"}`
	o := windowstate.Options{
		Deny: []string{"splash"}, Filter: func(name string) bool { return name != "private" },
		MapLabel: func(label string) string { name, _, _ := strings.Cut(label, "-"); return name },
	}
	app := mulliontest.Start(t, run(&states, o, windows), &mulliontest.Options{Home: home})
	main := window(t, app, "main")
	ctx := t.Context()
	seen := func(w *mullion.Window, good func(g mullion.Geometry) bool) {
		t.Helper()
		mulliontest.Wait(t, 0, func() error {
			if g := w.Geometry(); !good(g) {
				return fmt.Errorf("the window is %+v", g)
			}
			return nil
		})
	}
	if err := main.SetSize(ctx, 444, 333); err != nil {
		t.Fatal(err)
	}
	seen(main, func(g mullion.Geometry) bool { return g.Width == 444 })
	if err := main.SetPosition(ctx, 111, 122); err != nil {
		t.Fatal(err)
	}
	seen(main, func(g mullion.Geometry) bool { return g.X == 111 })
	if err := errors.Join(main.SetDecorations(ctx, false), main.SetMaximized(ctx, true)); err != nil {
		t.Fatal(err)
	}
	seen(main, func(g mullion.Geometry) bool { return g.Maximized })
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"width": 444.0, "height": 333.0, "x": 111.0, "y": 122.0, "prev_x": 111.0, "prev_y": 122.0,
		"maximized": true, "visible": true, "decorated": false, "fullscreen": false, "scale": 1.0,
	}
	got := read(t, states.Path())
	if diff := cmp.Diff(want, got["main"]); diff != "" {
		t.Error(diff)
	}
	if len(got) != 2 || got["doc"] == nil {
		t.Errorf("windows in the file: %v", got)
	}
	if info, err := os.Stat(states.Path()); err != nil || info.Mode().Perm() != 0o600 || filepath.Base(states.Path()) != ".window-state.json" {
		t.Errorf("%v %v", info, err)
	}

	// One that the published plugin has written.
	write(t, states.Path(), `{"main": {"width": 500, "height": 400, "x": 0, "y": 30, "prev_x": 70, "prev_y": 80, "maximized": true,
		"visible": true, "decorated": true, "fullscreen": false}, "doc": {"width": 250, "height": 150, "x": 5, "y": 6, "prev_x": 1, "prev_y": 2,
		"maximized": false, "visible": true, "decorated": false, "fullscreen": true}, "splash": {"width": 1, "height": 1}}`)
	o.Skip = []string{"none"}
	app = mulliontest.Start(t, run(&states, o, windows+`, {"label": "hidden", "visible": false}`), &mulliontest.Options{Home: home})
	for label, want := range map[string]mullion.Geometry{
		"main":   {X: 70, Y: 80, InnerX: 70, InnerY: 80, Width: 500, Height: 400, Maximized: true, Visible: true},
		"doc-1":  {X: 5, Y: 6, InnerX: 5, InnerY: 6, Width: 250, Height: 150, Fullscreen: true, Visible: true},
		"hidden": {Width: 800, Height: 600, Visible: true},
	} {
		w := window(t, app, label)
		want.OuterWidth, want.OuterHeight, want.Scale = want.Width, want.Height, 1
		got := w.Geometry()
		if got.Focused = false; got != want {
			t.Errorf("%s: got %+v, want %+v", label, got, want)
		}
	}
}

// TestCommands: what pages can do.
func TestCommands(t *testing.T) {
	var states *windowstate.States
	app := mulliontest.Start(t, run(&states, windowstate.Options{}, `{}, {"label": "other", "x": 40, "y": 50}`), nil)
	page := app.Page("main")
	call := func(command string, args any) {
		t.Helper()
		if err := page.Call("plugin:window-state|"+command, args, nil); err != nil {
			t.Fatal(err)
		}
	}
	type flags = map[string]any
	call("save_window_state", nil)
	other := window(t, app, "other")
	ctx := t.Context()
	waitFor := func(what string, good func(g mullion.Geometry) bool) {
		t.Helper()
		mulliontest.Wait(t, 0, func() error {
			if g := other.Geometry(); !good(g) {
				return fmt.Errorf("%s: %+v", what, g)
			}
			return nil
		})
	}
	change := func(err error, good func(g mullion.Geometry) bool) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		waitFor("changed", good)
	}
	change(other.SetSize(ctx, 123, 234), func(g mullion.Geometry) bool { return g.Width == 123 })
	change(other.SetPosition(ctx, 60, 70), func(g mullion.Geometry) bool { return g.X == 60 })
	change(other.SetMaximized(ctx, true), func(g mullion.Geometry) bool { return g.Maximized })
	call("restore_state", flags{"label": "other", "flags": windowstate.Size})
	waitFor("only the size", func(g mullion.Geometry) bool { return g.Width == 800 && g.X == 60 && g.Maximized })
	call("save_window_state", flags{"flags": windowstate.Maximized})
	if got := read(t, states.Path())["other"]; got["maximized"] != true || got["x"] != 40.0 {
		t.Errorf("only maximized is saved: %v", got)
	}
	call("restore_state", flags{"label": "other"})
	waitFor("all", func(g mullion.Geometry) bool { return g.Width == 800 && g.X == 40 && g.Y == 50 && g.Maximized })
	var name string
	if err := page.Call("plugin:window-state|filename", nil, &name); err != nil || name != windowstate.DefaultFilename || name != states.Filename() {
		t.Errorf("filename: %q, %v", name, err)
	}
	if err := os.Remove(states.Path()); err != nil {
		t.Fatal(err)
	}
	other.Close()
	mulliontest.Wait(t, 0, func() error { _, err := os.Stat(states.Path()); return err }) // written once it is closed
}

// TestBack: a window that is on no monitor any more comes back.
func TestBack(t *testing.T) {
	home := t.TempDir()
	path := pathIn(t, home)
	write(t, path, `{"main": {"width": 1500, "height": 700, "x": 5000, "y": 300, "maximized": false, "visible": true, "decorated": true, "fullscreen": false},
		"far": {"width": 400, "height": 200, "x": -900, "y": -900, "prev_x": -900, "prev_y": -900, "maximized": true, "visible": true},
		"edge": {"width": 400, "height": 200, "x": 2950, "y": 20, "visible": true}}`)
	var states *windowstate.States
	app := mulliontest.Start(t, run(&states, windowstate.Options{}, `{}, {"label": "far"}, {"label": "edge"}`), &mulliontest.Options{Home: home})
	for label, want := range map[string][4]int{"main": {1500, 300, 1500, 700}, "far": {0, 30, 400, 200}, "edge": {2950, 20, 400, 200}} {
		w := window(t, app, label)
		mulliontest.Wait(t, 0, func() error {
			g := w.Geometry()
			if got := [4]int{g.X, g.Y, g.Width, g.Height}; got != want || g.Maximized != (label == "far") {
				return fmt.Errorf("%s is at %+v", label, g)
			}
			return nil
		})
	}
}

// TestAttacks: files and calls that nobody should make.
func TestAttacks(t *testing.T) {
	home := t.TempDir()
	path := pathIn(t, home)
	many := "{"
	for i := range 1001 {
		many += fmt.Sprintf(`"w%d": {},`, i)
	}
	for name, file := range map[string]string{
		"empty": "", "cut off": `{"main": {"width": 30`, "no object": `[1]`, "twice": `{"main": {}, "main": {}}`,
		"huge numbers": `{"main": {"width": 1e99, "x": 5}}`, "far": `{"main": {"width": 20, "height": 20, "x": 2000000000}}`,
		"negative": `{"main": {"width": -5, "height": -7}}`, "strange scale": `{"main": {"width": 30, "height": 30, "scale": 1e-9}}`,
		"text": `{"main": {"width": "30"}}`, "long": `{"main": {}, "x": "` + strings.Repeat("x", 3<<20) + `"}`, "many": many + `"main": {"width": 9, "height": 9}}`,
		"not UTF-8": "{\"m\xff\": {}}", "deep": strings.Repeat(`{"a":`, 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			write(t, path, file)
			var states *windowstate.States
			app := mulliontest.Start(t, run(&states, windowstate.Options{}, `{"width": 345, "height": 234}`), &mulliontest.Options{Home: home})
			w := window(t, app, "main")
			if g := w.Geometry(); g.Width != 345 || g.Height != 234 {
				t.Errorf("got %+v", g)
			}
			want := "configured: "
			if name == "long" {
				want = "more than 2097152 bytes"
			}
			if !strings.Contains(app.Log(), want) {
				t.Errorf("the log has no word of it: %s", app.Log())
			}
			if err := app.Stop(); err != nil {
				t.Error(err)
			}
			if got := read(t, path); len(got) != 1 || got["main"]["width"] != 345.0 {
				t.Errorf("the file after that: %v", got)
			}
		})
	}

	var states *windowstate.States
	app := mulliontest.Start(t, run(&states, windowstate.Options{Filter: func(name string) bool {
		if name == "panics" {
			panic("as tested")
		}
		return true
	}}, `{}, {"label": "panics"}`), &mulliontest.Options{Home: home})
	page := app.Page("main")
	for name, call := range map[string]struct {
		command string
		args    any
		want    string
	}{
		"flags":      {"save_window_state", map[string]any{"flags": 64}, "Invalid state flags bits: 64"},
		"all flags":  {"restore_state", map[string]any{"label": "main", "flags": uint32(math.MaxUint32)}, "Invalid state flags bits: 4294967295"},
		"more flags": {"restore_state", map[string]any{"label": "main", "flags": uint64(math.MaxUint64)}, ""},
		"less flags": {"save_window_state", map[string]any{"flags": -1}, ""},
		"no window":  {"restore_state", map[string]any{"label": "none"}, "Couldn't find window with label: none"},
		"long label": {"restore_state", map[string]any{"label": strings.Repeat("../", 4096)}, "Couldn't find window"},
		"NUL":        {"restore_state", map[string]any{"label": "main\x00"}, "Couldn't find window"},
		"no label":   {"restore_state", nil, "label"},
		"a path":     {"save_window_state", map[string]any{"filename": "/etc/passwd"}, "filename"},
	} {
		if err := page.Call("plugin:window-state|"+call.command, call.args, nil); err == nil || !strings.Contains(err.Error(), call.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(app.Log(), "function=Filter") {
		t.Error("the log has no word of a function that has panicked")
	}

	// A flood writes once, and what cannot be written leaves what there was.
	if err := states.Save(windowstate.All); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() {
			if err := states.Save(windowstate.All); err != nil {
				t.Error(err)
			}
		})
		if err := page.Call("plugin:window-state|save_window_state", nil, nil); err != nil {
			t.Error(err)
		}
	}
	calls.Wait()
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written again: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".new") }) {
		t.Errorf("the folder has %v, %v", entries, err)
	}

	// Names that lead out of the folder.
	for _, name := range []string{"../x.json", "/tmp/x.json", "a/../../x", ".", "a/.."} {
		err := windowstate.New(windowstate.Options{Filename: name}).Plugin().Start(t.Context(), noApp{})
		if err == nil || !strings.Contains(err.Error(), "has to be in the app's folder") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// noApp is an app without folders.
type noApp struct{ plugin.App }

func (noApp) Directory(string) (string, bool) { return "", false }

// TestManyWindows: the file does not grow with every name.
func TestManyWindows(t *testing.T) {
	home := t.TempDir()
	path := pathIn(t, home)
	text := `{"w1000": {"width": 1, "height": 1}`
	for i := range 999 {
		text += fmt.Sprintf(`, "w%d": {"width": 1, "height": 1}`, i)
	}
	write(t, path, text+"}")
	var states *windowstate.States
	app := mulliontest.Start(t, run(&states, windowstate.Options{}, `{}`), &mulliontest.Options{Home: home})
	window(t, app, "main")
	if err := states.Save(windowstate.All); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); len(got) != 1000 || got["main"] == nil {
		t.Errorf("%d windows, and main: %v", len(got), got["main"])
	}
	if err := errors.Join(states.Restore(t.Context(), window(t, app, "main"), windowstate.All), app.Stop()); err != nil {
		t.Error(err)
	}
}

func must(w *mullion.Window, err error) *mullion.Window {
	if err != nil {
		panic(err)
	}
	return w
}

// window waits until the app has seen a window.
func window(t *testing.T, app *mulliontest.App, label string) *mullion.Window {
	t.Helper()
	app.Page(label)
	w := must(app.Window(label))
	mulliontest.Wait(t, 0, func() error {
		if w.Geometry().Scale == 0 {
			return errors.New("nobody has seen the window yet")
		}
		return nil
	})
	return w
}

// TestInWindow: with a real window manager, a window is where it was, and one
// that opens maximised goes back to its normal size.
func TestInWindow(t *testing.T) {
	home := t.TempDir()
	var states *windowstate.States
	o := &mulliontest.Options{Home: home}
	d := mulliontest.Open(t, run(&states, windowstate.Options{}, `{"width": 400, "height": 300}, {"label": "other", "width": 200, "height": 150}`), o)
	ctx := t.Context()
	place := func(label string, maximized bool, want [4]int) {
		t.Helper()
		w := must(d.App.Window(label))
		mulliontest.Wait(t, 0, func() error {
			g := w.Geometry()
			if got := [4]int{g.X, g.Y, g.Width, g.Height}; got != want && want != [4]int{} || g.Maximized != maximized {
				return fmt.Errorf("%s is %+v, want %v", label, g, want)
			}
			return nil
		})
	}
	for label, at := range map[string][4]int{"main": {123, 145, 456, 234}, "other": {600, 500, 321, 222}} {
		w := must(d.App.Window(label))
		if err := errors.Join(w.SetPosition(ctx, float64(at[0]), float64(at[1])), w.SetSize(ctx, float64(at[2]), float64(at[3]))); err != nil {
			t.Fatal(err)
		}
		place(label, false, at)
	}
	if err := must(d.App.Window("main")).SetMaximized(ctx, true); err != nil {
		t.Fatal(err)
	}
	place("main", true, [4]int{})
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, states.Path())["main"]; got["prev_x"] != 123.0 || got["width"] != 456.0 || got["maximized"] != true {
		t.Errorf("saved: %v", got)
	}

	d = mulliontest.Open(t, run(&states, windowstate.Options{}, `{"width": 400, "height": 300}, {"label": "other", "width": 200, "height": 150}`), o)
	place("main", true, [4]int{})
	place("other", false, [4]int{600, 500, 321, 222})
	if err := must(d.App.Window("main")).SetMaximized(ctx, false); err != nil {
		t.Fatal(err)
	}
	place("main", false, [4]int{123, 145, 456, 234})
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}

	// Where it was there is no monitor any more.
	write(t, states.Path(), `{"main": {"width": 456, "height": 234, "x": 4000, "y": 2000, "prev_x": 4000, "prev_y": 2000, "maximized": true, "visible": true}}`)
	d = mulliontest.Open(t, run(&states, windowstate.Options{}, `{"width": 400, "height": 300}`), o)
	place("main", true, [4]int{})
	w := must(d.App.Window("main"))
	// It opens as it was saved and is corrected then, for which it is not maximised for a while.
	mulliontest.Wait(t, 0, func() error {
		if o := w.Options(); o.X == nil || *o.X > 1280 || !o.Maximized || !w.Geometry().Maximized {
			return fmt.Errorf("not corrected yet: %+v", o)
		}
		return nil
	})
	if err := w.SetMaximized(ctx, false); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 0, func() error {
		g := w.Geometry()
		if g.Maximized || g.Width != 456 || g.Height != 234 || g.X+g.OuterWidth > 1280 || g.Y+g.OuterHeight > 1024 || g.X < 0 || g.Y < 0 {
			return fmt.Errorf("the window is %+v", g)
		}
		return nil
	})
}
