package webview2

import (
	"encoding/json"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// fullscreen is what a window that covers a monitor goes back to.
type fullscreen struct {
	at            *point // of the monitor that is to be covered next
	area          rect   // of the monitor that is
	before        placement
	width, height int32 // of the content then, when it is neither maximized nor minimized
	maximized     bool
}

// applyFullscreen covers the monitor, as the documentation of SetWindowPos has it for windows
// without a frame.
func (w *window) applyFullscreen(s *wire.WindowState) error {
	switch {
	case s.Fullscreen == w.full:
		return nil
	case s.Fullscreen:
		return w.enterFullscreen(s)
	}
	return w.leaveFullscreen(s)
}

func (w *window) enterFullscreen(s *wire.WindowState) error {
	f := &w.covering
	f.before = w.placement()
	f.width, f.height = w.contentOf(f.before.normal)
	f.maximized = w.zoomed() || f.before.flags&restoreToMaximized != 0 && w.minimized || !w.shown && s.Maximized
	f.area = monitorOf(w.hwnd).area
	if f.at != nil {
		f.area, f.at = monitorAt(*f.at).area, nil
	}
	w.full = true
	w.applyStyle(styleNow)
	return w.cover()
}

// cover gives the window the place of the monitor, or sized does when it is minimized no more.
func (w *window) cover() error {
	if w.minimized {
		return nil
	}
	w.placing = true
	defer func() { w.placing = false }()
	return w.setPos(orderUnchanged, w.covering.area, posNoZOrder|posNoActivate|posFrame)
}

// leaveFullscreen brings back the place that the window had, which Windows is not to scale where it is on another monitor.
func (w *window) leaveFullscreen(s *wire.WindowState) error {
	f := &w.covering
	w.full = false
	w.applyStyle(styleNow &^ styleMaximize)
	p := f.before
	p.normal = w.around(p.normal, f.width, f.height)
	hidden := !s.Visible || !w.shown
	switch {
	case hidden:
		p.show = showHide
	case w.minimized:
		p.show, p.flags = showMinimizedNoActivate, 0
		if f.maximized {
			p.flags = restoreToMaximized
		}
	default:
		p.show = showNoActivate
	}
	w.placing = true
	defer func() { w.placing = false }()
	setPlacement(w.hwnd, p)
	const flags = posNoMove | posNoZOrder | posNoActivate | posFrame
	var err error
	switch {
	case hidden, w.minimized:
		err = w.setPos(orderUnchanged, rect{}, posNoSize|flags)
	case f.maximized:
		err = w.setPos(orderUnchanged, rect{}, posNoSize|flags)
		procShowWindow.Call(w.hwnd, showMaximized)
	default: // of the scale where it is now
		width, height := w.outer(f.width, f.height)
		err = w.setPos(orderUnchanged, rect{0, 0, width, height}, flags)
	}
	w.borders = w.frame()
	w.placeGrip()
	return err
}

// fullscreenAt covers the monitor that has a point.
func (w *window) fullscreenAt(args []byte) error {
	var p wire.Point
	if err := json.Unmarshal(args, &p); err != nil {
		return fmt.Errorf("webview2: fullscreen on a monitor: %w", err)
	}
	at := point{int32(p.X), int32(p.Y)}
	if w.full {
		w.covering.area = monitorAt(at).area
		return w.cover()
	}
	s := w.state
	s.Fullscreen, w.state.Fullscreen = true, true
	w.covering.at = &at
	return w.applyFullscreen(&s)
}

// scaleChanged is called when the window is on a monitor of another scale, with the place that it would have of the same logical
// size.
func (w *window) scaleChanged(place rect) {
	switch {
	case w.placing:
	case w.full:
		w.covering.area = monitorNear(place).area
		_ = w.cover()
	default:
		_ = w.setPos(orderUnchanged, place, posNoZOrder|posNoActivate)
	}
	w.borders = w.frame()
	w.placeGrip()
	w.changed()
}

// sized is called when the window has another size, or is minimized.
func (w *window) sized(minimized bool) {
	back := w.minimized && !minimized
	w.minimized = minimized
	if !minimized { // or pages would have no size at all
		for _, v := range w.webviews {
			v.place()
		}
		w.placeGrip()
	}
	if back && w.full && windowRect(w.hwnd) != w.covering.area {
		_ = w.cover()
	}
	w.changed()
}

// zoomed reports whether the window is maximized for Windows.
func (w *window) zoomed() bool { r, _, _ := procIsZoomed.Call(w.hwnd); return r != 0 }

// isMaximized reports whether the window is maximized, or is when it does not cover a monitor, or is not minimized.
func (w *window) isMaximized() bool {
	switch {
	case w.full:
		return w.covering.maximized
	case w.minimized:
		return w.placement().flags&restoreToMaximized != 0
	}
	return w.zoomed()
}

// contentOf is the size of the content of a window in a place, with the frame that it has now.
func (w *window) contentOf(r rect) (width, height int32) {
	return r.right - r.left - (w.borders.right - w.borders.left), r.bottom - r.top - (w.borders.bottom - w.borders.top)
}

// around is a place with the same corner for a content of a size, with the frame that is wanted.
func (w *window) around(r rect, width, height int32) rect {
	width, height = w.outer(max(width, 1), max(height, 1))
	return rect{r.left, r.top, r.left + width, r.top + height}
}

// movedTo is a place of a WINDOWPLACEMENT that was moved to one of the desktop: it counts from the work area of the monitor.
func (w *window) movedTo(r rect, x, y int32) rect {
	m := monitorNear(rect{x, y, x + 1, y + 1})
	x, y = x-(m.work.left-m.area.left), y-(m.work.top-m.area.top)
	return rect{x, y, x + r.right - r.left, y + r.bottom - r.top}
}

func (w *window) placement() placement { return placementOf(w.hwnd) }
