package main

import (
	"image"
	"image/color"
	"math"
)

// picture draws the icon: a ring of which as much is bright as time is left.
func picture(c clock) image.Image {
	const size = 64
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	bright, dim := color.NRGBA{0xff, 0x7a, 0x59, 0xff}, color.NRGBA{0x8a, 0x8f, 0x98, 0xff}
	if !c.Running {
		bright = color.NRGBA{0xf2, 0xb8, 0xa8, 0xff}
	}
	left := 2 * math.Pi * float64(c.Left) / float64(c.Total)
	for y := range size {
		for x := range size {
			dx, dy := float64(x)+.5-size/2, float64(y)+.5-size/2
			// How much of the pixel is in the ring, which smooths its edges.
			in := max(0, min(1, 8.5-math.Abs(math.Hypot(dx, dy)-22)))
			angle := math.Atan2(-dx, dy) + math.Pi // clockwise from the top
			p := dim
			if angle <= left {
				p = bright
			}
			p.A = uint8(in * 255)
			m.SetNRGBA(x, y, p)
		}
	}
	return m
}
