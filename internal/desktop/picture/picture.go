// Package picture makes pictures small enough for what shows them: messages on
// the session bus, menus, the icons of windows.
package picture

import (
	"image"
	"image/color"
)

// Fit returns a picture with alpha not multiplied in, whose width and height
// are at most most. Where m is larger, a pixel is the mean of those that it
// stands for. An empty picture stays empty. The rows of what is returned follow
// each other without a gap.
func Fit(m image.Image, most int) *image.NRGBA {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	longest := max(w, h)
	if longest <= most {
		same := image.NewNRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				same.SetNRGBA(x, y, color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA))
			}
		}
		return same
	}
	w, h = max(w*most/longest, 1), max(h*most/longest, 1)
	fit := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		top, bottom := part(y, h, b.Min.Y, b.Dy())
		for x := range w {
			left, right := part(x, w, b.Min.X, b.Dx())
			fit.SetNRGBA(x, y, mean(m, image.Rect(left, top, right, bottom)))
		}
	}
	return fit
}

// part is which pixels of length, from begin on, the i-th of n stands for. It is
// one at least.
func part(i, n, begin, length int) (from, to int) {
	from, to = i*length/n, (i+1)*length/n
	return begin + from, begin + max(to, from+1)
}

// mean is the mean of the pixels in r, each of which counts as much as it is
// to be seen.
func mean(m image.Image, r image.Rectangle) color.NRGBA {
	at := func(x, y int) color.RGBA64 { return color.RGBA64Model.Convert(m.At(x, y)).(color.RGBA64) }
	if quick, ok := m.(image.RGBA64Image); ok {
		at = quick.RGBA64At
	}
	var red, green, blue, alpha, n uint64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := at(x, y)
			red, green, blue, alpha = red+uint64(c.R), green+uint64(c.G), blue+uint64(c.B), alpha+uint64(c.A)
			n++
		}
	}
	if alpha == 0 {
		return color.NRGBA{}
	}
	of := func(sum uint64) uint8 { return uint8(sum * 0xffff / alpha >> 8) }
	return color.NRGBA{of(red), of(green), of(blue), uint8(alpha / n >> 8)}
}
