package webview2

import (
	"math"

	"github.com/mullion-dev/mullion/internal/wire"
)

// A window that is not decorated has the styles of one that is, for by them Windows lets it snap to the sides of the screen,
// draws its shadow, and leaves the taskbar free when it is maximized. It is WM_NCCALCSIZE that gives the place of the title
// bar to the content (Microsoft, "Custom Window Frame Using DWM"). With a shadow, the borders at the sides and below stay: since
// Windows 10 they are a line of one pixel, and can be grabbed some pixels further out. Above, and everywhere without a shadow, a
// grip lies over the edge of the content: a window within the window that has no more than those pixels.

// frameless reports whether the window has no title bar and yet such styles. Windows has the place of a menu bar below that of a
// title bar, so a window with one that is not decorated is a plain one.
func (w *window) frameless() bool { return !w.state.Decorated && !w.full && w.bar.handle == 0 }

// style is what the frame of the window is to be like.
func (w *window) style() uint32 {
	s := &w.state
	if w.full || !s.Decorated && !w.frameless() {
		return stylePopup | styleClip
	}
	style := uint32(styleOverlapped | styleCaption | styleSystemMenu | styleClip)
	if s.Resizable {
		style |= styleThickFrame
	}
	if s.Resizable && !s.NoMaximize {
		style |= styleMaximizeBox
	}
	if !s.NoMinimize {
		style |= styleMinimizeBox
	}
	return style
}

// applyStyle writes the style that is wished for, with what of now was in it.
func (w *window) applyStyle(now uint32) {
	setWindowLong(w.hwnd, longStyle, uintptr(w.style()|uint32(windowLong(w.hwnd, longStyle))&now))
	w.borders = w.frame()
}

// frame is how far the window reaches beyond its content: to the left and above by negative numbers.
func (w *window) frame() rect {
	perInch := dpi(w.hwnd)
	frame := frameOf(w.style(), w.bar.handle != 0, perInch)
	switch {
	case !w.frameless():
	case w.state.NoShadow:
		return rect{}
	default:
		frame.top = 0
		if coversTop() {
			frame.top = -int32(math.Round(float64(perInch) / 96))
		}
	}
	return frame
}

// outer is the size of the window when its content has a size.
func (w *window) outer(width, height int32) (int32, int32) {
	f := w.frame()
	return width + f.right - f.left, height + f.bottom - f.top
}

// applyFrame changes the frame and keeps the size of the content.
func (w *window) applyFrame(*wire.WindowState) error { return w.reframe(clientRect(w.hwnd)) }

// reframe gives the window the frame that it is to have around a content. One that is maximized, minimized or fullscreen keeps
// the size that its content has otherwise.
func (w *window) reframe(content rect) (err error) {
	const flags = posNoZOrder | posNoActivate | posFrame
	minimized, _, _ := procIsIconic.Call(w.hwnd)
	switch {
	case w.full: // it has no frame; leaveFullscreen goes by its content
		w.applyStyle(styleNow)
		err = w.setPos(orderUnchanged, rect{}, posNoMove|posNoSize|flags)
	case minimized != 0 || w.zoomed():
		p := w.placement()
		width, height := w.contentOf(p.normal)
		w.applyStyle(styleNow)
		p.normal = w.around(p.normal, width, height)
		w.setNormal(p)
		if minimized != 0 {
			err = w.setPos(orderUnchanged, rect{}, posNoMove|posNoSize|flags)
		} else {
			err = w.setPos(orderUnchanged, w.maximizedPlace(monitorOf(w.hwnd)), flags)
		}
	default:
		w.applyStyle(styleNow)
		width, height := w.outer(content.right, content.bottom)
		err = w.setPos(orderUnchanged, rect{0, 0, width, height}, posNoMove|flags)
	}
	w.placeGrip()
	return err
}

// setNormal gives a window that is maximized or minimized the place that it has when it is neither.
func (w *window) setNormal(p placement) {
	p.show = showAsIs
	if !w.state.Visible || !w.shown {
		p.show = showHide
	}
	setPlacement(w.hwnd, p)
}

// maximizedPlace is the place of the window when it is maximized: Windows puts the borders beyond the edges of the screen.
func (w *window) maximizedPlace(m monitorInfo) rect {
	border := -frameOf(w.style(), false, dpi(w.hwnd)).left
	place := m.work
	return rect{place.left - border, place.top - border, place.right + border, place.bottom + border}
}

// frameSize answers WM_NCCALCSIZE for a frameless window in a place: lparam gets that of its content.
func (w *window) frameSize(whole rect, lparam uintptr) {
	var content rect
	if w.zoomed() {
		monitor := monitorNear(whole) // not that of the window, which is elsewhere yet
		work := monitor.work
		content = besideBars(rect{max(whole.left, work.left), max(whole.top, work.top), min(whole.right, work.right), min(whole.bottom, work.bottom)}, monitor.area)
	} else {
		f := w.frame()
		content = rect{whole.left - f.left, whole.top - f.top, whole.right - f.right, whole.bottom - f.bottom}
	}
	content.right, content.bottom = max(content.right, content.left), max(content.bottom, content.top)
	setRectAt(lparam, content)
}

// besideBars leaves a pixel of the screen free where a taskbar is hidden, for the mouse to bring it up: the work
// area of a monitor does not.
func besideBars(content, monitor rect) rect {
	if !hidesBars() {
		return content
	}
	if hasHiddenBar(barLeft, monitor) {
		content.left = max(content.left, monitor.left+1)
	}
	if hasHiddenBar(barTop, monitor) {
		content.top = max(content.top, monitor.top+1)
	}
	if hasHiddenBar(barRight, monitor) {
		content.right = min(content.right, monitor.right-1)
	}
	if hasHiddenBar(barBottom, monitor) {
		content.bottom = min(content.bottom, monitor.bottom-1)
	}
	return content
}

// keepInWorkArea changes the WINDOWPOS of a message to that of a maximized window. Windows leaves the taskbar free only for windows
// that the user can maximize, and that have a title bar.
func (w *window) keepInWorkArea(lparam uintptr) {
	const both = styleMaximizeBox | styleCaption
	if w.full || !w.zoomed() || w.style()&both == both {
		return
	}
	if r, sized := posAt(lparam); sized {
		setPosAt(lparam, w.maximizedPlace(monitorNear(r)))
	}
}
