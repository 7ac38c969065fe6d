package desk_test

import (
	"errors"
	"fmt"
	"image"
	"os"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestMonitors: the app knows the monitors, and windows and menus stay on the one
// on which they are.
func TestMonitors(t *testing.T) {
	left, right := image.Rect(0, 0, 496, 1024), image.Rect(496, 100, 1280, 1024)
	t.Setenv("DISPLAY", os.Getenv("DISPLAY")) // so that it comes back
	d, err := display.StartMonitors(t.TempDir(), left, right)
	if err != nil {
		t.Fatalf("%v; run scripts/setup.sh test", err)
	}
	defer d.Stop()
	screen, ctx := display.Open(t), e2e.Context(t)
	a := e2e.Start(t, e2e.Options{})
	defer a.Stop() // before the display goes
	w := e2e.Window(t, a, "main")
	a.Main().Must("return true", nil) // the host is up
	if got := w.Theme(); got != "light" {
		t.Errorf("theme %q", got)
	}
	// on waits until the app knows both, and that its window is on one of them.
	on := func(current image.Rectangle) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			list, err := w.Monitors(ctx)
			if err != nil || len(list) != 2 {
				return fmt.Errorf("got %+v, %w", list, err)
			}
			for i, want := range []image.Rectangle{left, right} {
				m := list[i]
				if m.X != want.Min.X || m.Y != want.Min.Y || m.Width != want.Dx() || m.Height != want.Dy() || m.Name != fmt.Sprint("DUMMY", i) ||
					m.Primary != (i == 0) || m.Current != (want == current) || !m.Work.In(want) {
					return fmt.Errorf("monitor %d is %+v", i, m)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	outer := func(g mullion.Geometry) image.Rectangle {
		return image.Rect(0, 0, g.OuterWidth, g.OuterHeight).Add(image.Pt(g.X, g.Y))
	}
	if err := errors.Join(w.SetSize(ctx, 300, 200), w.SetPosition(ctx, 900, 300)); err != nil {
		t.Fatal(err)
	}
	is(t, w, "where it was put", func(g mullion.Geometry) bool { return g.X == 900 && g.Y == 300 })
	on(right)
	for _, size := range []int{420, 250, 300} { // the window manager has not answered to the size
		if err := errors.Join(w.SetSize(ctx, float64(size), 200), w.Center(ctx)); err != nil {
			t.Fatal(err)
		}
		is(t, w, "in the middle of its monitor", func(g mullion.Geometry) bool {
			middle := outer(g).Min.Add(outer(g).Max).Div(2)
			return g.Width == size && middle.Sub(right.Min.Add(right.Max).Div(2)).In(image.Rect(-2, -2, 3, 3))
		})
	}
	for _, step := range []struct {
		what string
		do   func(on bool) error
		want image.Rectangle
	}{
		{"fullscreen", func(on bool) error { return w.SetFullscreen(ctx, on) }, right},
		{"maximized", func(on bool) error { return w.SetMaximized(ctx, on) }, right},
		{"fullscreen on the other monitor", func(on bool) error {
			if on {
				return w.SetFullscreenAt(ctx, 10, 10)
			}
			return w.SetFullscreen(ctx, false)
		}, left},
	} {
		if err := step.do(true); err != nil {
			t.Fatal(err)
		}
		is(t, w, step.what, func(g mullion.Geometry) bool {
			o := outer(g)
			return (g.Fullscreen || g.Maximized) && o.In(step.want) && o.Dx() > step.want.Dx()-50 && o.Dy() > step.want.Dy()-100
		})
		if err := step.do(false); err != nil {
			t.Fatal(err)
		}
		is(t, w, "as it was", func(g mullion.Geometry) bool { return !g.Fullscreen && !g.Maximized && g.Width == 300 })
	}

	// At the edge between the two, menus and lists open on the monitor of their window.
	// There is room below it: WebKitGTK 2.50.6 lets lists go beyond the lower edge.
	a.Main().Must(`document.body.innerHTML = '<select id=list style="position: fixed; right: 0; bottom: 0; width: 60px">' + '<option>a rather long item of a list'.repeat(9) + '</select>'`, nil)
	if err := a.SetMenu(ctx, mullion.Menu{{Text: "&Menu", Items: mullion.Menu{{Text: "an item that is rather long, and longer than the window is wide"}}}}); err != nil {
		t.Fatal(err)
	}
	// Nothing opens in its place before the window has room for the bar.
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		seen, err := screen.Find("main")
		if err == nil && seen.Height <= 200 {
			err = fmt.Errorf("no room for the bar: %+v", seen)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	early := 0
	for _, place := range []struct {
		x, y int
		want image.Rectangle
	}{{right.Min.X, 500, right}, {left.Max.X - 310, 500, left}} {
		if err := w.SetPosition(ctx, float64(place.x), float64(place.y)); err != nil {
			t.Fatal(err)
		}
		is(t, w, "at the edge", func(g mullion.Geometry) bool { return g.X == place.x && g.Y == place.y })
		on(place.want)
		for what, open := range map[string]func(display.Window) error{
			"the menu": func(display.Window) error { return screen.Press("alt+m") },
			"the list": func(seen display.Window) error {
				return errors.Join(screen.MoveIn(seen.ID, seen.Width-20, seen.Height-8), screen.Click(display.Left))
			},
			"the menu of the page": func(seen display.Window) error {
				return errors.Join(screen.MoveIn(seen.ID, seen.Width-90, seen.Height-8), screen.Click(display.Right))
			},
		} {
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				seen, err := screen.Find("main")
				if err == nil {
					err = screen.Activate(seen.ID)
				}
				if err == nil {
					err = open(seen)
				}
				if err != nil {
					return err
				}
				return e2e.WaitFor(e2e.Timeout/20, func() error {
					areas, err := screen.MenuAreas()
					if err != nil || len(areas) == 0 {
						return fmt.Errorf("it does not open: %w", err)
					}
					if !areas[0].In(place.want) {
						err = fmt.Errorf("%s is at %v, on another monitor than %v", what, areas[0], place.want)
						// The bar may have room by now and no place in it yet: then a menu opens beyond its edges, once.
						if early++; early == 1 && what == "the menu" {
							return errors.Join(err, screen.Press("Escape"))
						}
						t.Error(err)
					}
					return nil
				})
			}); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				areas, err := screen.MenuAreas()
				if len(areas) == 0 || err != nil {
					return err
				}
				if err := screen.Press("Escape"); err != nil {
					return err
				}
				return fmt.Errorf("%s stays open: %v", what, areas)
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
