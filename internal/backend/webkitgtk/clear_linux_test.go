package webkitgtk

import (
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestClearWebview: where a webview is transparent, what is below it in its
// window shows, with acceleration and without.
func TestClearWebview(t *testing.T) {
	red, blue, green := [3]uint8{255, 0, 0}, [3]uint8{0, 0, 255}, [3]uint8{0, 255, 0}
	for _, software := range []bool{false, true} {
		t.Run(fmt.Sprintf("software=%t", software), func(t *testing.T) {
			renderInSoftware(t, software)
			x := newTab(t, `<body style="background:#00f">`)
			x.state.X, x.state.Y = p(50.0), p(60.0)
			x.open().loaded()
			over := newTab(t, `<body style="margin:0"><p style="margin:0;width:50px;height:50px;background:#f00"><p style="margin:0;width:50px;height:50px;background:#f008">`)
			over.options.Bounds = &wire.Rect{X: 100, Y: 50, Width: 200, Height: 150}
			over.options.Background = new([4]uint8)
			over.openIn(x, "app://localhost/").loaded()
			shows := func(name string, left, top int, want [3]uint8) {
				t.Helper()
				poll(t, name, func() bool { return x.pixel(left, top) == want })
			}
			shows("what is beside it", 20, 20, blue)
			shows("what it paints", 110, 60, red)
			shows("what is below it", 250, 100, blue)
			poll(t, "half of both", func() bool {
				c := x.pixel(110, 125)
				return c[0] > 100 && c[0] < 160 && c[1] == 0 && c[2] > 100 && c[2] < 160
			})
			x.eval(`document.body.style.background = '#0f0'; return ''`)
			shows("what changes below it", 250, 100, green)
			shows("what it still paints", 110, 60, red)
			over.eval(`document.querySelector('p').style.marginLeft = '100px'; return ''`)
			shows("what has moved", 210, 60, red)
			shows("where it was", 110, 60, green)
			paint := func(color [4]uint8) {
				do(func() {
					s := over.options
					s.Background = &color
					if err := over.webview.Apply(&over.options, &s); err != nil {
						t.Error(err)
					}
					over.options = s
				})
			}
			paint([4]uint8{255, 0, 0, 255})
			shows("a background of its own", 250, 100, red)
			paint([4]uint8{})
			shows("none again", 250, 100, green)
			over.eval(`document.querySelector('p').style.marginLeft = ''; return ''`)
			shows("what has moved back", 110, 60, red)
			shows("where it was after that", 210, 60, green)
		})
	}
}

// renderInSoftware is for the webviews that this test makes.
func renderInSoftware(t *testing.T, on bool) {
	set := func(on bool) (was bool) {
		do(func() { was, testEngine.options.Rendering.Software = testEngine.options.Rendering.Software, on })
		return was
	}
	was := set(on)
	t.Cleanup(func() { set(was) })
}
