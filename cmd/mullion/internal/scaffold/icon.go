package scaffold

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
)

// hueOf is the colour of an app, in degrees, so that new projects do not all
// look the same: from blue to magenta, on which white can be read.
func hueOf(identifier string) int {
	h := fnv.New32a()
	h.Write([]byte(identifier))
	return 195 + int(h.Sum32()%125)
}

// second is how far the colours of the look are from each other.
const second = 35

// box is a rounded rectangle in a picture of 64 by 64.
type box struct{ x, y, w, h, r, opacity float64 }

// The picture of logo.svg in templates/look.
var (
	frame = box{0, 0, 64, 64, 15, 1}
	panes = []box{{13, 13, 17, 38, 4, 1}, {34, 13, 17, 17, 4, 0.8}, {34, 34, 17, 17, 4, 0.55}}
)

// has reports whether a point is in the box.
func (b box) has(x, y float64) bool {
	dx := max(b.x+b.r-x, x-(b.x+b.w-b.r), 0)
	dy := max(b.y+b.r-y, y-(b.y+b.h-b.r), 0)
	return dx*dx+dy*dy <= b.r*b.r
}

// icon draws the icon of an app as a PNG file.
func icon(hue, size int) ([]byte, error) {
	const samples = 4 // in each direction
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var r, g, b, a float64
			for s := range samples * samples {
				x := (float64(px) + (float64(s%samples)+0.5)/samples) * 64 / float64(size)
				y := (float64(py) + (float64(s/samples)+0.5)/samples) * 64 / float64(size)
				if !frame.has(x, y) {
					continue
				}
				t := (x + y) / 128
				cr, cg, cb := hsl(float64(hue)+second*t, 0.68+0.04*t, 0.52-0.10*t)
				for _, p := range panes {
					if p.has(x, y) {
						cr, cg, cb = cr+(1-cr)*p.opacity, cg+(1-cg)*p.opacity, cb+(1-cb)*p.opacity
					}
				}
				r, g, b, a = r+cr, g+cg, b+cb, a+1
			}
			if a > 0 {
				img.SetNRGBA(px, py, color.NRGBA{part(r / a), part(g / a), part(b / a), part(a / (samples * samples))})
			}
		}
	}
	var buf bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, img)
	return buf.Bytes(), err
}

func part(v float64) uint8 { return uint8(math.Round(v * 255)) }

// hsl returns red, green and blue of a colour as CSS has it:
// https://www.w3.org/TR/css-color-4/#hsl-to-rgb.
func hsl(hue, saturation, lightness float64) (r, g, b float64) {
	f := func(n float64) float64 {
		k := math.Mod(n+hue/30, 12)
		return lightness - saturation*min(lightness, 1-lightness)*max(-1, min(k-3, 9-k, 1))
	}
	return f(0), f(8), f(4)
}
