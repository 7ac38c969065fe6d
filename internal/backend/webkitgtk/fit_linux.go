package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

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
