package webkitgtk

import (
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// room is what the work area of the window's monitor has for it, in logical
// pixels, less the margin.
func (w *window) room(s *wire.WindowState) (width, height float64, ok bool) {
	monitors := w.e.monitors()
	m := w.monitor()
	if m == 0 && len(monitors) > 0 {
		m = monitors[0]
	}
	for _, other := range monitors {
		area, _ := w.e.area(w.e.c.gdkMonitorGetGeometry, other)
		if s.X != nil && s.Y != nil && physical(area, 1).Contains(wire.Point{X: *s.X, Y: *s.Y}) {
			m = other
		}
	}
	if m == 0 {
		return 0, 0, false
	}
	work, _ := w.e.area(w.e.c.gdkMonitorGetWorkarea, m)
	return max(float64(work.width)-s.Margin.X, 1), max(float64(work.height)-s.Margin.Y, 1), true
}

// fitted is s with a size for which there is room.
func (w *window) fitted(s *wire.WindowState) *wire.WindowState {
	width, height, ok := w.room(s)
	if !ok {
		return s
	}
	fitted := *s
	fitted.Width, fitted.Height = min(s.Width, width), min(s.Height, height)
	w.fitting = !w.e.wayland && s.Decorated
	return &fitted
}

// shrink makes room for the frame, once the window manager has made one.
func (w *window) shrink() {
	o := w.Observe()
	if !o.Visible || o.OuterHeight <= o.Height || o.Maximized || o.Fullscreen {
		return
	}
	w.fitting = false
	s := w.state
	if s.Margin == nil {
		return
	}
	width, height, ok := w.room(&s)
	width -= float64(o.OuterWidth-o.Width) / o.Scale
	height -= float64(o.OuterHeight-o.Height) / o.Scale
	if !ok || s.Width <= width && s.Height <= height {
		return
	}
	s.Width, s.Height = min(s.Width, width), min(s.Height, height)
	w.state = s
	w.applySize(&s)
}

// applySize sets the size of the content. GTK shrinks a window that is not
// resizable to what its content asks for, so the content has to ask.
func (w *window) applySize(s *wire.WindowState) {
	width, height := max(pixels(s.Width), 1), max(pixels(s.Height), 1)
	if s.Resizable {
		w.e.c.gtkWidgetSetSizeRequest.with(w.overlay, -1, -1)
	} else {
		w.e.c.gtkWidgetSetSizeRequest.with(w.overlay, int(width), int(height))
	}
	w.set(w.e.c.gtkWindowSetResizable, s.Resizable)
	height += w.menu.height
	w.e.c.gtkWindowResize.with(w.win, int(width), int(height))
	w.resizing = resizing{[2]int32{width, height}, time.Now().Add(resizeTime)}
}

// resizing is a change of size that was asked for. GTK tells the old size until
// the window manager has answered, for which it has until then.
type resizing struct {
	to    [2]int32
	until time.Time
}

const resizeTime = 2 * time.Second

// size is that of the content with the menu bar, once the window manager has
// answered.
func (w *window) size() (width, height int32) {
	if time.Now().Before(w.resizing.until) {
		return w.resizing.to[0], w.resizing.to[1]
	}
	now := new([2]int32)
	w.e.c.gtkWindowGetSize.with(w.win, &now[0], &now[1])
	return now[0], now[1]
}
