package webkitgtk

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

func TestFit(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.state.Width, x.state.Height = 5000, 300
	x.state.Margin = &wire.Point{X: 80, Y: 60}
	x.open()
	x.observe("a window that fits", func(o wire.WindowObserved) bool {
		return o.Visible && o.OuterWidth == 1280-80 && o.Height == 300 && o.OuterHeight > o.Height
	})

	for _, height := range []float64{5000, 1020} { // the second one is too high with its frame only
		y := newTab(t, "<p>hello")
		y.state.Height, y.state.Margin = height, &wire.Point{}
		y.open()
		y.observe("a window that fits", func(o wire.WindowObserved) bool {
			return o.Visible && o.OuterHeight == 1024 && o.Width == 400
		})
	}
}
