package positioner_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/positioner"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

func run(p *positioner.Positioner) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.places", "build": {"frontendDist": "ui"},
				"app": {"windows": [{"width": 301, "height": 200}, {"label": "large", "width": 5000, "height": 4000}, {"label": "plain"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>places</title><p>there`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main", "large"],
				"permissions": ["core:default", "positioner:default"]}`)},
			"capabilities/plain.json": {Data: []byte(`{"identifier": "plain", "windows": ["plain"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(p.Plugin())
		return app.Run(ctx)
	}
}

// at waits until a window is at a place.
func at(t *testing.T, app *mullion.App, label string, x, y int) {
	t.Helper()
	w, err := app.Window(label)
	if err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 0, func() error {
		if g := w.Geometry(); g.Scale == 0 || x >= 0 && (g.X != x || g.Y != y) {
			return fmt.Errorf("%s is at %d, %d, want %d, %d", label, g.X, g.Y, x, y)
		}
		return nil
	})
}

type args map[string]any

func tray(x, y, width, height float64) args {
	return args{"position": args{"x": x, "y": y}, "size": args{"width": width, "height": height}}
}

// TestPlaces: the first monitor of the engine for tests is 1000 × 800, and a
// panel has the upper 30 pixels. The second one is 2000 × 1600 beside it.
func TestPlaces(t *testing.T) {
	app := mulliontest.Start(t, run(positioner.New()), nil)
	page := app.Page("main")
	at(t, app.App, "main", -1, -1)
	call := func(command string, a args) {
		t.Helper()
		if err := page.Call("plugin:positioner|"+command, a, nil); err != nil {
			t.Fatal(err)
		}
	}
	for to, want := range map[positioner.Position]image.Point{
		positioner.TopLeft: {0, 30}, positioner.TopCenter: {349, 30}, positioner.TopRight: {699, 30},
		positioner.LeftCenter: {0, 315}, positioner.Center: {349, 315}, positioner.RightCenter: {699, 315},
		positioner.BottomLeft: {0, 600}, positioner.BottomCenter: {349, 600}, positioner.BottomRight: {699, 600},
	} {
		for _, command := range []string{"move_window", "move_window_constrained"} {
			call("move_window", args{"position": positioner.TopLeft})
			call(command, args{"position": to})
			at(t, app.App, "main", want.X, want.Y)
		}
	}
	for _, test := range []struct {
		tray        args
		to          positioner.Position
		constrained bool
		want        image.Point
	}{
		{tray(900, 780, 20, 20), positioner.TrayLeft, false, image.Pt(900, 580)},
		{tray(900, 780, 20, 20), positioner.TrayLeft, true, image.Pt(699, 580)},
		{tray(900, 780, 20, 20), positioner.TrayRight, false, image.Pt(920, 580)},
		{tray(900, 780, 20, 20), positioner.TrayCenter, false, image.Pt(760, 580)},
		{tray(900, 780, 20, 20), positioner.TrayCenter, true, image.Pt(699, 580)},
		{tray(900, 780, 20, 20), positioner.TrayBottomLeft, false, image.Pt(900, 780)},
		{tray(900, 780, 20, 20), positioner.TrayBottomLeft, true, image.Pt(699, 600)},
		{tray(500, 100, 20, 20), positioner.TrayBottomRight, true, image.Pt(520, 100)},
		{tray(500, 100, 20, 20), positioner.TrayBottomCenter, false, image.Pt(360, 100)},
		{tray(500, 10.5, 20, 20), positioner.TrayLeft, false, image.Pt(500, 30)}, // no room above
		{tray(2990, 1500, 10, 10), positioner.TrayBottomRight, true, image.Pt(2699, 1400)},
		{tray(9000, 1500, 10, 10), positioner.TrayBottomLeft, true, image.Pt(9000, 1500)}, // on no monitor
	} {
		call("set_tray_icon_state", test.tray)
		command := "move_window"
		if test.constrained {
			command = "move_window_constrained"
		}
		call(command, args{"position": test.to})
		at(t, app.App, "main", test.want.X, test.want.Y)
	}

	// A window that is larger than the monitor has its upper left corner on it.
	at(t, app.App, "large", -1, -1)
	if err := app.Page("large").Call("plugin:positioner|move_window_constrained", args{"position": positioner.TrayBottomLeft}, nil); err != nil {
		t.Fatal(err)
	}
	call("set_tray_icon_state", tray(900, 780, 20, 20))
	if err := app.Page("large").Call("plugin:positioner|move_window_constrained", args{"position": positioner.TrayBottomLeft}, nil); err != nil {
		t.Fatal(err)
	}
	at(t, app.App, "large", 0, 30)
}

// TestAttacks: calls that nobody should make.
func TestAttacks(t *testing.T) {
	p := positioner.New()
	app := mulliontest.Start(t, run(p), nil)
	at(t, app.App, "main", -1, -1)
	for name, test := range map[string]struct {
		page, command string
		args          args
		want          string
	}{
		"no tray":         {"main", "move_window", args{"position": 9}, "Tray position not set"},
		"no tray, either": {"main", "move_window_constrained", args{"position": 14}, "Tray position not set"},
		"too high":        {"main", "move_window", args{"position": 15}, "position 15: there are those from 0 to 14"},
		"negative":        {"main", "move_window", args{"position": -1}, "there are those from"},
		"huge":            {"main", "move_window", args{"position": 1e300}, "position"},
		"no number":       {"main", "move_window", args{"position": "TopLeft"}, "position"},
		"fraction":        {"main", "move_window", args{"position": 1.5}, "position"},
		"another window":  {"main", "move_window", args{"position": 1, "label": "plain"}, "label"},
		"not allowed":     {"plain", "move_window", args{"position": 1}, "not allowed"},
		"far":             {"main", "set_tray_icon_state", tray(1e300, 0, 1, 1), "no place on a screen"},
		"near the limit":  {"main", "set_tray_icon_state", tray(0, 0, 1<<21, 1), "no place on a screen"},
		"negative size":   {"main", "set_tray_icon_state", tray(0, 0, -5, 1), "a size of -5"},
		"no size":         {"main", "set_tray_icon_state", args{"position": args{"x": 1, "y": 1}}, "size"},
		"no pixels":       {"main", "set_tray_icon_state", args{"position": args{"x": nil, "y": 1}, "size": args{"width": "1", "height": 1}}, ""},
	} {
		err := app.Page(test.page).Call("plugin:positioner|"+test.command, test.args, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Move(t.Context(), w, positioner.TrayLeft); !errors.Is(err, positioner.ErrNoTray) {
		t.Errorf("what was refused is known as the place of the icon: %v", err)
	}
	w.Close()
	if err := p.Move(t.Context(), w, positioner.TopLeft); err == nil {
		t.Error("a window that is gone is moved")
	}
}

// TestInWindow: a real window manager puts the whole frame there.
func TestInWindow(t *testing.T) {
	p := positioner.New()
	d := mulliontest.Open(t, run(p), &mulliontest.Options{Screen: image.Pt(1000, 800)})
	w, err := d.App.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Window("main").Call("plugin:positioner|move_window", args{"position": positioner.BottomRight}, nil); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 0, func() error {
		if g := w.Geometry(); g.X+g.OuterWidth != 1000 || g.Y+g.OuterHeight != 800 || g.OuterHeight <= g.Height {
			return fmt.Errorf("the window is %+v", g)
		}
		return nil
	})
}

// TestMovedWebview: what a page moves is the window that its webview is in, not
// the one in which the page has begun.
func TestMovedWebview(t *testing.T) {
	app := mulliontest.Start(t, run(positioner.New()), nil)
	window := func(label string) *mullion.Window {
		t.Helper()
		w, err := app.Window(label)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	at(t, app.App, "main", -1, -1)
	at(t, app.App, "plain", -1, -1)
	view, err := window("main").AddWebview(t.Context(), mullion.WebviewOptions{Label: "tool", URL: "/"})
	if err != nil {
		t.Fatal(err)
	}
	page := app.Page("tool")
	move := func(to positioner.Position) {
		t.Helper()
		if err := page.Call("plugin:positioner|move_window", args{"position": to}, nil); err != nil {
			t.Fatal(err)
		}
	}
	move(positioner.TopLeft)
	at(t, app.App, "main", 0, 30)
	if err := view.Move(t.Context(), window("plain")); err != nil {
		t.Fatal(err)
	}
	move(positioner.TopLeft)
	at(t, app.App, "plain", 0, 30)
	move(positioner.BottomRight)
	g := window("plain").Geometry()
	at(t, app.App, "plain", 1000-g.OuterWidth, 800-g.OuterHeight)
	at(t, app.App, "main", 0, 30)
}
