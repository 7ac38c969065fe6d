package webkitgtk

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestSeeThroughWebview: where a webview is transparent, what lies below it in
// the window shows.
func TestSeeThroughWebview(t *testing.T) {
	x := newTab(t, `<body style="background:#00f">`)
	x.state.X, x.state.Y = p(50.0), p(60.0)
	x.open().loaded()
	over := newTab(t, `<body style="margin:0"><div style="width:50px;height:50px;background:#f00"></div><div style="width:50px;height:50px;background:#f008">`)
	over.options.Bounds = &wire.Rect{X: 100, Y: 50, Width: 200, Height: 150}
	over.options.Background = &[4]uint8{0, 0, 0, 0}
	over.openIn(x, "app://localhost/").loaded()
	for _, at := range []struct {
		name string
		x, y int
		want [3]uint8
	}{
		{"beside it", 20, 20, [3]uint8{0, 0, 255}},
		{"what it paints", 110, 60, [3]uint8{255, 0, 0}},
		{"through it", 250, 100, [3]uint8{0, 0, 255}},
	} {
		poll(t, at.name, func() bool { return x.pixel(at.x, at.y) == at.want })
	}
	poll(t, "half of both", func() bool {
		c := x.pixel(110, 125)
		return c[0] > 100 && c[0] < 160 && c[1] == 0 && c[2] > 100 && c[2] < 160
	})
}
