package desk_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestClearWindow moves something in a transparent window, behind the guard of the
// display: it leaves no trace. The window is one of the configuration, or one that
// the app opens in a host of its own.
func TestClearWindow(t *testing.T) {
	for _, test := range []struct {
		name, config string
		open         bool
	}{
		{"configuration", `{"app": {"windows": [{"label": "main", "url": "page.html"}, {"label": "clear", "url": "page.html", "title": "clear", "transparent": true, "decorations": false, "x": 300, "y": 200, "width": 200, "height": 100}]}}`, false},
		{"isolated", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{Config: test.config})
			if test.open {
				app.Open("clear", func(o *mullion.WindowOptions) {
					x, y := 300.0, 200.0
					o.Title, o.Transparent, o.Undecorated, o.Isolate = "clear", true, true, true
					o.X, o.Y, o.Width, o.Height = &x, &y, 200, 100
				})
			}
			page, screen := app.Page("clear"), e2e.Screen(t)
			page.Must(`document.body.innerHTML = '<div id=box style="position:absolute;left:0;top:0;width:50px;height:50px;background:#f00"></div>'`, nil)
			window, err := screen.Wait("clear")
			if err != nil {
				t.Fatal(err)
			}
			shows := func(what string, x, y int, want color.RGBA) {
				t.Helper()
				if err := e2e.WaitFor(e2e.Timeout, func() error {
					w, err := screen.Look(window.ID)
					if err != nil {
						return err
					}
					got, err := screen.Picture(image.Rect(w.X+x, w.Y+y, w.X+x+1, w.Y+y+1))
					if err != nil {
						return err
					}
					if c := got.RGBAAt(got.Rect.Min.X, got.Rect.Min.Y); c != want {
						return fmt.Errorf("%s is %v, not %v", what, c, want)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			red, nothing := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 0, 255} // nothing mixes windows here
			shows("what it paints", 25, 25, red)
			shows("what it does not", 125, 25, nothing)
			page.Must(`document.getElementById('box').style.left = '100px'`, nil)
			shows("what has moved", 125, 25, red)
			shows("where it was", 25, 25, nothing)
			page.Must(`document.getElementById('box').remove()`, nil)
			shows("where it was last", 125, 25, nothing)
			if app.Log.Contains("leaves traces") {
				t.Error("it is said to leave traces")
			}
		})
	}
}

// TestClearWindowLate: a transparent window in a host that was not started for one
// leaves traces, and the log says so, once, with the remedy.
func TestClearWindowLate(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	for _, label := range []string{"clear", "another"} {
		app.Open(label, func(o *mullion.WindowOptions) { o.Title, o.Transparent = label, true }).Must("return 1", nil)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error { // the log has a goroutine of its own
		if !app.Log.Contains("leaves traces") {
			return errors.New("it is not said")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(app.Log.Tail(1000), "leaves traces"); n != 1 || !app.Log.Contains("WindowOptions.Isolate") {
		t.Errorf("it is said %d times", n)
	}
}
