package webkitgtk

import (
	"bytes"

	"github.com/mullion-dev/mullion/internal/wire"
)

// pixbuf makes a GdkPixbuf, which the caller owns, or 0 of what is no picture.
func (e *engine) pixbuf(p *wire.Picture) uintptr {
	c := e.c
	return e.cb.pixbuf(p, c.gBytesNewWithFreeFunc, c.gBytesUnref, c.gdkPixbufNewFromBytes)
}

func (g *dialogs) pixbuf(p *wire.Picture) uintptr {
	t := g.t
	return g.cb.pixbuf(p, t.gBytesNewWithFreeFunc, t.gBytesUnref, t.gdkPixbufNewFromBytes)
}

func (c *callbacks) pixbuf(p *wire.Picture, newBytes, unref, newPixbuf cfunc) uintptr {
	if p == nil || p.Width < 1 || p.Height < 1 || len(p.RGBA) != 4*p.Width*p.Height {
		return 0
	}
	const rgb, bits = 0, 8 // GDK_COLORSPACE_RGB
	data := c.newBytes(newBytes, p.RGBA)
	picture := newPixbuf.with(data, rgb, 1, bits, p.Width, p.Height, 4*p.Width)
	unref.call(data)
	return picture
}

func sameIcon(old, s *wire.WindowState) bool {
	a, b := old.Icon, s.Icon
	if a == nil || b == nil {
		return a == b
	}
	return a.Width == b.Width && a.Height == b.Height && bytes.Equal(a.RGBA, b.RGBA)
}

func (w *window) applyIcon(s *wire.WindowState) {
	picture := w.e.pixbuf(s.Icon)
	w.e.c.gtkWindowSetIcon.call(w.win, picture) // NULL: none
	if picture != 0 {
		w.e.c.gObjectUnref.call(picture)
	}
}
