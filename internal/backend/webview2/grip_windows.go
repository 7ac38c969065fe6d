package webview2

import "github.com/mullion-dev/mullion/internal/win32"

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
		w.erase(wparam, clientRect(hwnd))
		return 1, true
	}
	return 0, false
}
