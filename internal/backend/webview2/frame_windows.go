package webview2

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/win32"
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

func (w *window) applyStyle() {
	setWindowLong(w.hwnd, longStyle, uintptr(w.style()|uint32(windowLong(w.hwnd, longStyle))&styleNow))
}

// outer is the size of the window when its content has a size.
func (w *window) outer(width, height int32) (int32, int32) {
	frame := frameOf(w.style(), w.bar.handle != 0, dpi(w.hwnd))
	switch {
	case !w.frameless():
	case w.state.NoShadow:
		frame = rect{}
	default:
		frame.top = 0
	}
	return width + frame.right - frame.left, height + frame.bottom - frame.top
}

// applyFrame changes the frame and keeps the size of the content.
func (w *window) applyFrame(*wire.WindowState) error { return w.reframe(clientRect(w.hwnd)) }

// reframe gives the window the frame that it is to have around a content.
func (w *window) reframe(content rect) error {
	w.applyStyle()
	flags := uint32(posNoMove | posNoZOrder | posNoActivate | posFrame)
	if minimized, _, _ := procIsIconic.Call(w.hwnd); minimized != 0 || w.zoomed() {
		flags |= posNoSize
	}
	width, height := w.outer(content.right, content.bottom)
	err := w.setPos(orderUnchanged, rect{0, 0, width, height}, flags)
	w.placeGrip()
	return err
}

// frameSize answers WM_NCCALCSIZE for a frameless window: lparam has the place of the window, and gets that of its content.
func (w *window) frameSize(wparam, lparam uintptr) {
	whole := rectAt(lparam)
	maximized := w.zoomed()
	if w.state.NoShadow && !maximized {
		return
	}
	win32.DefWindowProc.Call(w.hwnd, messageFrameSize, wparam, lparam)
	content := rectAt(lparam)
	content.top = whole.top
	if maximized { // Windows puts the borders of such a window beyond the edges of the screen
		content.top += content.left - whole.left
		content = besideBars(content, monitorOf(w.hwnd).area)
	}
	setRectAt(lparam, content)
}

// besideBars leaves a pixel of the screen free where a taskbar is hidden, for the mouse to bring it up: the work
// area of a monitor does not.
func besideBars(content, monitor rect) rect {
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

// placeGrip lays the grip over the edges that have no border, above the windows of the engine, or takes it away.
func (w *window) placeGrip() {
	const show = 0x0040 // SWP_SHOWWINDOW
	if w.closed || !w.frameless() || !w.state.Resizable || w.zoomed() {
		if w.grip != 0 {
			procShowWindow.Call(w.grip, showHide)
		}
		return
	}
	if w.grip == 0 {
		grip, err := win32.NewWindow(className, "", styleChild, 0, 1, 1, w.hwnd)
		if err != nil {
			w.e.options.Log(err.Error())
			return
		}
		w.grip = grip
		w.e.grips[grip] = w
	}
	content := clientRect(w.hwnd)
	content.bottom, content.right = max(content.bottom, 1), max(content.right, 1)
	edge := w.scaled(edgeWidth)
	if w.state.NoShadow {
		setHollow(w.grip, content, rect{edge, edge, content.right - edge, content.bottom - edge})
	} else {
		setHollow(w.grip, content, rect{0, edge, content.right, content.bottom})
	}
	procSetWindowPos.Call(w.grip, orderUnchanged, 0, 0, uintptr(content.right), uintptr(content.bottom), posNoActivate|show)
}

// gripMessage handles a message of the grip: what the user does there is done to the window.
func (w *window) gripMessage(hwnd uintptr, m uint32, wparam, lparam uintptr) (r uintptr, handled bool) {
	switch m {
	case messageHit:
		at, mouse := windowRect(hwnd), point{int32(int16(lparam)), int32(int16(lparam >> 16))}
		return edgeAt(mouse.x-at.left, mouse.y-at.top, at.right-at.left, at.bottom-at.top,
			w.scaled(edgeWidth), w.scaled(edgeCorner), !w.state.NoShadow), true
	case messageFrameDown, messageFrameDouble:
		win32.PostMessage.Call(w.hwnd, uintptr(m), wparam, lparam)
		return 0, true
	case messageEraseBack:
		return 1, true
	}
	return 0, false
}

// seeThrough reports whether what is behind the window shows where nothing is drawn in it.
func (w *window) seeThrough() bool {
	const opaque = 0xFF
	c := w.state.Background
	return w.state.Transparent && (c == nil || c[3] != opaque)
}

func (w *window) applyBackground(*wire.WindowState) error {
	for _, v := range w.webviews {
		v.applyBackground()
	}
	if !w.state.Transparent {
		return nil
	}
	if err := setSeeThrough(w.hwnd, w.seeThrough()); err != nil {
		return fmt.Errorf("webview2: transparent windows: %w: %w", err, errors.ErrUnsupported)
	}
	return nil
}
