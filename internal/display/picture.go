package display

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"

	"github.com/jezek/xgb/xproto"
)

// Picture returns what is to be seen in a part of the screen.
func (s *Screen) Picture(r image.Rectangle) (*image.RGBA, error) { return s.picture(s.root, r) }

// PictureOf returns what a window shows, also where others cover it if the
// server keeps that.
func (s *Screen) PictureOf(id uint32) (*image.RGBA, error) {
	w, err := s.Look(id)
	if err != nil {
		return nil, err
	}
	return s.picture(xproto.Window(id), image.Rect(0, 0, w.Width, w.Height))
}

// Bounds is the whole screen.
func (s *Screen) Bounds() image.Rectangle {
	screen := xproto.Setup(s.conn).DefaultScreen(s.conn)
	return image.Rect(0, 0, int(screen.WidthInPixels), int(screen.HeightInPixels))
}

// Save writes a picture of the whole screen into a PNG file, to be looked at.
func (s *Screen) Save(file string) error {
	p, err := s.Picture(s.Bounds())
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, p), f.Close())
}

func (s *Screen) picture(id xproto.Window, r image.Rectangle) (*image.RGBA, error) {
	got, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, xproto.Drawable(id), int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0xffffffff).Reply()
	if err != nil {
		return nil, gone(err)
	}
	if len(got.Data) < 4*r.Dx()*r.Dy() {
		return nil, fmt.Errorf("display: a point has %d bits, not 24 or 32", got.Depth)
	}
	p := image.NewRGBA(r)
	for i := 0; i < len(p.Pix); i += 4 {
		b := got.Data[i : i+4] // blue, green, red and what is left
		p.Pix[i], p.Pix[i+1], p.Pix[i+2], p.Pix[i+3] = b[2], b[1], b[0], 255
		if got.Depth == 32 {
			p.Pix[i+3] = b[3]
		}
	}
	return p, nil
}
