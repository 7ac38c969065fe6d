package picture

import (
	"image"
	"image/color"
	"testing"
)

func TestFit(t *testing.T) {
	half := image.NewUniform(color.RGBA{R: 0x40, A: 0x80}) // multiplied
	for _, c := range []struct {
		name          string
		bounds        image.Rectangle
		width, height int
	}{
		{"fits", image.Rect(0, 0, 3, 2), 3, 2},
		{"does not begin at 0", image.Rect(-5, 7, -1, 9), 4, 2},
		{"wide", image.Rect(0, 0, 100, 50), 10, 5},
		{"line", image.Rect(0, 0, 1, 1000), 1, 10},
		{"empty", image.Rect(0, 0, 0, 4), 0, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := image.NewRGBA(c.bounds)
			for x := c.bounds.Min.X; x < c.bounds.Max.X; x++ {
				for y := c.bounds.Min.Y; y < c.bounds.Max.Y; y++ {
					m.Set(x, y, half.C)
				}
			}
			got := Fit(m, 10)
			if w, h := got.Rect.Dx(), got.Rect.Dy(); w != c.width || h != c.height {
				t.Fatalf("%d × %d, want %d × %d", w, h, c.width, c.height)
			}
			for i, v := range got.Pix {
				if want := [4]byte{0x7f, 0, 0, 0x80}[i%4]; v != want {
					t.Fatalf("byte %d is %#x, want %#x", i, v, want)
				}
			}
		})
	}
}
