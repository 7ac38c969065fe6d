// Package picture makes pictures small enough for messages on the session bus.
package picture

import (
	"image"
	"image/color"
)

// Fit returns a picture with alpha not multiplied in, whose width and height
// are at most most; a larger one is sampled. An empty picture stays empty.
func Fit(m image.Image, most int) *image.NRGBA {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if longest := max(w, h); longest > most {
		w, h = max(w*most/longest, 1), max(h*most/longest, 1)
	}
	fit := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			at := m.At(b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h)
			fit.SetNRGBA(x, y, color.NRGBAModel.Convert(at).(color.NRGBA))
		}
	}
	return fit
}
