package desk_test

import (
	"fmt"
	"image"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// colored is the test page in a color of its own.
func colored(color string) string {
	return `<!doctype html><meta charset="utf-8"><title>` + color + `</title><style>html { background: ` + color + ` }</style>
<script type="module" src="runner.js"></script>`
}

// screenshot returns what is on the screen.
func screenshot(t *testing.T) image.Image {
	t.Helper()
	picture, err := e2e.Screen(t).Picture(e2e.Screen(t).Bounds())
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// TestWebviewsSideBySide shows two pages beside each other in one window: what
// is seen of them when the window is resized, when the host is killed, and
// when one of them is closed.
func TestWebviewsSideBySide(t *testing.T) {
	app := e2e.Start(t, e2e.Options{
		NoWindow: true,
		Files:    map[string]string{"red.html": colored("#c00000"), "blue.html": colored("#0000c0"), "green.html": colored("#00c000")},
	})
	app.Open("main", func(o *mullion.WindowOptions) {
		x, y := 100.0, 100.0
		o.URL, o.Width, o.Height, o.X, o.Y, o.Undecorated = "green.html", 600, 400, &x, &y, true
	})
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	red, err := w.AddWebview(ctx, mullion.WebviewOptions{Label: "red", URL: "red.html", Bounds: mullion.Rect{Width: 300, Height: 300}, AutoResize: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddWebview(ctx, mullion.WebviewOptions{Label: "blue", URL: "blue.html", Bounds: mullion.Rect{X: 300, Width: 200, Height: 300}}); err != nil {
		t.Fatal(err)
	}

	// looks waits until the points of the window have those colors.
	type look struct {
		x, y  int
		color string
	}
	names := map[[3]uint32]string{{0xc0, 0, 0}: "red", {0, 0, 0xc0}: "blue", {0, 0xc0, 0}: "green"}
	looks := func(when string, want ...look) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			g := w.Geometry()
			picture := screenshot(t)
			for _, l := range want {
				r, gr, b, _ := picture.At(g.X+l.x, g.Y+l.y).RGBA()
				if got := names[[3]uint32{r >> 8, gr >> 8, b >> 8}]; got != l.color {
					return fmt.Errorf("%s: %d, %d is %q, want %s", when, l.x, l.y, got, l.color)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	size := func(page string) (s string) {
		t.Helper()
		app.Page(page).Must(`return innerWidth + 'x' + innerHeight`, &s)
		return s
	}
	looks("at first", look{20, 20, "red"}, look{290, 290, "red"}, look{310, 20, "blue"}, look{490, 290, "blue"}, look{550, 20, "green"}, look{20, 350, "green"})
	for page, want := range map[string]string{"main": "600x400", "red": "300x300", "blue": "200x300"} {
		if got := size(page); got != want {
			t.Errorf("page %s is %s, want %s", page, got, want)
		}
	}
	var label string
	app.Page("blue").Must(`const m = window.__TAURI_INTERNALS__.metadata; return m.currentWindow.label + ' ' + m.currentWebview.label`, &label)
	if label != "main blue" {
		t.Errorf("the page takes itself for %q", label)
	}

	// Red keeps its share of the window, blue keeps its place.
	if err := w.SetSize(ctx, 800, 600); err != nil {
		t.Fatal(err)
	}
	bigger := []look{{20, 20, "red"}, {290, 440, "red"}, {310, 20, "blue"}, {490, 290, "blue"}, {550, 20, "green"}, {20, 470, "green"}}
	looks("when bigger", bigger...)
	if got := red.Bounds(); got != (mullion.Rect{Width: 400, Height: 450}) {
		t.Errorf("red is at %v", got)
	}

	e2e.Kill(t, app.Processes()["app"])
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if f := app.Faults(); len(f) == 0 {
			return fmt.Errorf("the host was killed and nothing broke")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	looks("in a new host", bigger...)
	if got := size("red"); got != "400x450" {
		t.Errorf("page red came back as %s", got)
	}
	if got := size("blue"); got != "200x300" {
		t.Errorf("page blue came back as %s", got)
	}

	if err := red.SetVisible(ctx, false); err != nil {
		t.Fatal(err)
	}
	looks("with red hidden", look{20, 20, "green"}, look{310, 20, "blue"})
	if err := red.SetVisible(ctx, true); err != nil {
		t.Fatal(err)
	}
	looks("with red again", look{20, 20, "red"})
	red.Close()
	<-red.Done()
	looks("without red", look{20, 20, "green"}, look{310, 20, "blue"})
	app.Page("blue").Must(`return 1`, nil)
	if got := fmt.Sprint(app.Webviews()); got != "[blue main]" {
		t.Errorf("webviews %s", got)
	}

	// Blue goes to another window, with its page.
	app.Page("blue").Must(`window.mark = 'kept'`, nil)
	app.Open("other", func(o *mullion.WindowOptions) {
		x, y := 950.0, 100.0
		o.URL, o.Width, o.Height, o.X, o.Y, o.Undecorated = "red.html", 300, 400, &x, &y, true
	})
	other, err := app.Window("other")
	if err != nil {
		t.Fatal(err)
	}
	blue, err := app.Webview("blue")
	if err != nil {
		t.Fatal(err)
	}
	if err := blue.SetBounds(ctx, mullion.Rect{X: 100, Y: 200, Width: 200, Height: 200}); err != nil {
		t.Fatal(err)
	}
	if err := blue.Move(ctx, other); err != nil {
		t.Fatal(err)
	}
	looks("without blue", look{310, 20, "green"}, look{110, 210, "green"})
	w = other
	looks("with blue", look{50, 20, "red"}, look{110, 210, "blue"}, look{290, 390, "blue"})
	var mark string
	app.Page("blue").Must(`return window.mark`, &mark)
	if mark != "kept" {
		t.Errorf("the page has lost its state: %q", mark)
	}
}
