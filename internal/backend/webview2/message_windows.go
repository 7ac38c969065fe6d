package webview2

import (
	"golang.org/x/sys/windows/registry"

	"github.com/mullion-dev/mullion/internal/win32"
)

// The messages of Windows that are handled, of winuser.h.
const (
	messageMove          = 0x0003
	messageSize          = 0x0005
	messageActivate      = 0x0006
	messageSetFocus      = 0x0007
	messageClose         = 0x0010
	messageEraseBack     = 0x0014
	messageShow          = 0x0018
	messageSettingChange = 0x001A
	messageMinMax        = 0x0024
	messageSetCursor     = 0x0020
	messagePosChanging   = 0x0046
	messagePosChanged    = 0x0047
	messageFrameSize     = 0x0083 // WM_NCCALCSIZE
	messageHit           = 0x0084 // WM_NCHITTEST
	messageFrameActivate = 0x0086 // WM_NCACTIVATE
	messageDrawCaption   = 0x00AE // WM_NCUAHDRAWCAPTION, without documentation: themes draw title bars by it
	messageDrawFrame     = 0x00AF // WM_NCUAHDRAWFRAME, likewise
	messageFrameDown     = 0x00A1 // WM_NCLBUTTONDOWN
	messageFrameDouble   = 0x00A3 // WM_NCLBUTTONDBLCLK
	messageDisplay       = 0x007E // WM_DISPLAYCHANGE
	messageKeyDown       = 0x0100
	messageSysKeyDown    = 0x0104
	messageCommand       = 0x0111
	messageDpiChanged    = 0x02E0
)

// message handles a message of a window, or of the one that wakes the main loop.
func (e *engine) message(hwnd uintptr, m uint32, wparam, lparam uintptr) (r uintptr) {
	handled := false
	e.guard(func() { r, handled = e.handle(hwnd, m, wparam, lparam) })
	if handled {
		return r
	}
	r, _, _ = win32.DefWindowProc.Call(hwnd, uintptr(m), wparam, lparam)
	return r
}

func (e *engine) handle(hwnd uintptr, m uint32, wparam, lparam uintptr) (r uintptr, handled bool) {
	if m == wakeMessage {
		e.drain()
		return 0, true
	}
	if w := e.grips[hwnd]; w != nil {
		return w.gripMessage(hwnd, m, wparam, lparam)
	}
	w := e.handles[hwnd]
	if w == nil {
		return 0, false
	}
	if m == e.buttonMade && m != 0 {
		w.buttonMade()
		return 0, true
	}
	switch m {
	case messageClose:
		if w.state.Closable {
			e.handler.CloseRequested(w.id)
		}
		return 0, true // or the window would go at once
	case messageMinMax:
		w.limits(lparam)
		return 0, true
	case messageFrameSize:
		if wparam != 0 && w.frameless() {
			// Windows notes then that there is a title bar: only for such windows it leaves the taskbar free.
			whole := rectAt(lparam)
			win32.DefWindowProc.Call(hwnd, uintptr(m), wparam, lparam)
			w.frameSize(whole, lparam)
			return 0, true
		}
	case messageFrameActivate:
		if w.frameless() { // or a title bar is drawn over the content
			const nothing = ^uintptr(0)
			r, _, _ = win32.DefWindowProc.Call(hwnd, uintptr(m), wparam, nothing)
			return r, true
		}
	case messageDrawCaption, messageDrawFrame:
		if w.frameless() {
			return 0, true
		}
	case messageEraseBack:
		if w.erase(wparam, clientRect(hwnd)) {
			return 1, true
		}
	case messageSize:
		const minimized = 1 // SIZE_MINIMIZED
		w.sized(wparam == minimized)
	case messageMove:
		for _, v := range w.webviews {
			v.moved()
		}
		w.changed()
	case messageSetFocus:
		if len(w.webviews) > 0 {
			w.webviews[0].focus()
		}
	case messageDpiChanged:
		w.scaleChanged(rectAt(lparam))
		return 0, true
	case messageCommand:
		if lparam == 0 { // from a menu
			w.command(w.bar.commands, uint16(wparam))
			return 0, true
		}
	case messageKeyDown, messageSysKeyDown:
		if w.key(uint32(wparam)) {
			return 0, true
		}
	case popupMessage:
		w.showPopups()
		return 0, true
	case messageSettingChange:
		if w.state.Theme == "" {
			_ = w.applyTheme(&w.state)
		}
		w.changed()
	case messageSetCursor:
		if wparam == hwnd && uint16(lparam) == hitClient && w.showCursor() {
			return 1, true
		}
	case messagePosChanging:
		if w.state.AlwaysOnBottom {
			keepAtBottom(lparam)
		}
		w.keepInWorkArea(lparam)
	case messageDisplay:
		if w.full {
			w.covering.area = monitorOf(w.hwnd).area
			_ = w.cover()
		}
	case messageActivate, messageShow, messagePosChanged:
		w.holdCursor()
		w.changed()
	}
	return 0, false
}

// systemTheme is "light" or "dark", as the user has it for apps, or "" before Windows 10.
func systemTheme() string {
	key, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	switch light, _, err := key.GetIntegerValue("AppsUseLightTheme"); {
	case err != nil:
		return ""
	case light == 0:
		return "dark"
	}
	return "light"
}
