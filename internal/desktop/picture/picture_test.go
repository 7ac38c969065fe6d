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

// TestMean: a pixel stands for all that it covers, and what cannot be seen does
// not colour it.
func TestMean(t *testing.T) {
	m := image.NewNRGBA(image.Rect(3, 3, 7, 5))
	for x := 3; x < 7; x++ {
		m.SetNRGBA(x, 3, color.NRGBA{R: 255, A: 255})
		m.SetNRGBA(x, 4, color.NRGBA{B: 255, A: 255})
	}
	m.SetNRGBA(5, 4, color.NRGBA{G: 255})
	m.SetNRGBA(6, 4, color.NRGBA{G: 255})
	for name, from := range map[string]image.Image{"pixels of 16 bits": m, "other pixels": struct{ image.Image }{m}} {
		got := Fit(from, 2)
		if got.Rect != image.Rect(0, 0, 2, 1) {
			t.Fatalf("%s: %v", name, got.Rect)
		}
		if left, right := got.NRGBAAt(0, 0), got.NRGBAAt(1, 0); left != (color.NRGBA{R: 127, B: 127, A: 255}) || right != (color.NRGBA{R: 255, A: 127}) {
			t.Errorf("%s: got %v and %v", name, left, right)
		}
	}
}
