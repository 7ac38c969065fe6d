package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// screen looks at a display from outside, as its user does.
type screen struct {
	conn   *xgb.Conn
	root   xproto.Window
	mapped chan mapped
}

// mapped is a window that has come up.
type mapped struct {
	at time.Time
	id xproto.Window // the frame, if there is a window manager
}

// leastSize is that of a peer's window: toolkits have small ones of their own.
// Some come up smaller than they are to be.
const leastSize = 100

func connect(display string) (*screen, error) {
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	s := &screen{conn: c, root: xproto.Setup(c).DefaultScreen(c).Root, mapped: make(chan mapped, 64)}
	if err := xproto.ChangeWindowAttributesChecked(c, s.root, xproto.CwEventMask, []uint32{xproto.EventMaskSubstructureNotify}).Check(); err != nil {
		c.Close()
		return nil, err
	}
	go s.watch()
	return s, nil
}

// watch passes on windows as they come up. With a window manager it is the
// frame that does.
func (s *screen) watch() {
	for {
		e, err := s.conn.WaitForEvent()
		if e == nil && err == nil {
			return // the connection is closed
		}
		m, ok := e.(xproto.MapNotifyEvent)
		if !ok || m.Event != s.root {
			continue
		}
		now := time.Now()
		g, err2 := xproto.GetGeometry(s.conn, xproto.Drawable(m.Window)).Reply()
		if err2 != nil || g.Width < leastSize || g.Height < leastSize {
			continue
		}
		s.mapped <- mapped{now, m.Window}
	}
}

// forget drops windows that came up before.
func (s *screen) forget() {
	for {
		select {
		case <-s.mapped:
		default:
			return
		}
	}
}

// color is what is to be seen in the middle of a window, as 0xRRGGBB.
func (s *screen) color(id xproto.Window) (uint32, error) {
	g, err := xproto.GetGeometry(s.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return 0, err
	}
	x, y := g.X+int16(g.Width/2), g.Y+int16(g.Height/2)
	p, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.root), x, y, 1, 1, 0xffffffff).Reply()
	if err != nil {
		return 0, err
	}
	if len(p.Data) < 4 {
		return 0, fmt.Errorf("a point has %d bytes, not 4", len(p.Data))
	}
	return uint32(p.Data[2])<<16 | uint32(p.Data[1])<<8 | uint32(p.Data[0]), nil
}

// The colors of the pages: see ui/files.
const (
	firstColor = 0x00a040
	moreColor  = 0x2040c0
)

// painted waits for the next window and then for the color of its page in its
// middle, and returns when both were there.
func (s *screen) painted(color uint32, ended <-chan struct{}) (up, pixel time.Time, err error) {
	limit := time.After(patience)
	select {
	case m := <-s.mapped:
		for {
			got, err := s.color(m.id)
			if err != nil {
				return up, pixel, err
			}
			if got == color {
				return m.at, time.Now(), nil
			}
			select {
			case <-ended:
				return up, pixel, errors.New("it ended before its page was painted")
			case <-limit:
				return up, pixel, fmt.Errorf("its page was not painted: the point has the color %06x", got)
			case m = <-s.mapped: // what came up first was not it
			case <-time.After(500 * time.Microsecond):
			}
		}
	case <-ended:
		return up, pixel, errors.New("it ended before it had a window")
	case <-limit:
		return up, pixel, errors.New("no window came up")
	}
}
