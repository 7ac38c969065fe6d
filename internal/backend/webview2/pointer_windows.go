package webview2

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// drag lets the user move or resize the window with the button that is held down, as if it had been
// pressed on the frame.
func (w *window) drag(hit uintptr) {
	const swapButton, left, right = 23, 1, 2 // SM_SWAPBUTTON, VK_LBUTTON, VK_RBUTTON
	button := uint32(left)
	if swapped, _, _ := procSystemMetrics.Call(swapButton); swapped != 0 {
		button = right
	}
	at, ok := cursorPosition()
	if !ok || !win32.KeyDown(button) {
		return // it was let go of meanwhile
	}
	procReleaseCapture.Call()
	win32.PostMessage.Call(w.hwnd, messageFrameDown, hit, uintptr(uint16(at.x))|uintptr(uint16(at.y))<<16)
}

// resize lets the user resize the window with the button that is held down.
func (w *window) resize(a wire.Action) error {
	var name string
	if err := json.Unmarshal(a.Args, &name); err != nil {
		return fmt.Errorf("webview2: resize: %w", err)
	}
	hit := edges[name]
	if hit == 0 {
		return fmt.Errorf("webview2: resize: there is no edge %q", name)
	}
	w.drag(hit)
	return nil
}

// moveCursor puts the mouse somewhere in the content.
func (w *window) moveCursor(a wire.Action) error {
	var p wire.Point
	if err := json.Unmarshal(a.Args, &p); err != nil {
		return fmt.Errorf("webview2: cursor: %w", err)
	}
	origin := clientOrigin(w.hwnd)
	if ok, _, err := procSetCursorPos.Call(uintptr(origin.x+w.scaled(p.X)), uintptr(origin.y+w.scaled(p.Y))); ok == 0 {
		return fmt.Errorf("webview2: cursor: %w", err)
	}
	return nil
}

// holdCursor keeps the mouse inside the content, or lets it go, as is wanted of a window that has the
// keyboard. Windows lets it go by itself when something else is moved or shown, so it is called
// whenever something of the window may have changed.
func (w *window) holdCursor() {
	front, _, _ := procGetForeground.Call()
	if w.closed || !w.state.CursorGrab || !w.state.Visible || front != w.hwnd {
		if w.grabbed {
			w.grabbed = false
			clipCursor(nil)
		}
		return
	}
	origin, size := clientOrigin(w.hwnd), clientRect(w.hwnd)
	w.grabbed = clipCursor(&rect{origin.x, origin.y, origin.x + size.right, origin.y + size.bottom})
}

// cursors are the numbers of winuser.h (IDC_ARROW and others) for cursors of CSS. What Windows has no
// picture of is an arrow.
var cursors = map[string]uintptr{
	"text": 32513, "vertical-text": 32513, "wait": 32514, "crosshair": 32515, "cell": 32515,
	"nwse-resize": 32642, "nw-resize": 32642, "se-resize": 32642, "nesw-resize": 32643, "ne-resize": 32643, "sw-resize": 32643,
	"ew-resize": 32644, "e-resize": 32644, "w-resize": 32644, "col-resize": 32644,
	"ns-resize": 32645, "n-resize": 32645, "s-resize": 32645, "row-resize": 32645, "move": 32646, "all-scroll": 32646,
	"not-allowed": 32648, "no-drop": 32648, "pointer": 32649, "grab": 32649, "grabbing": 32649, "progress": 32650, "help": 32651,
}

// showCursor shows the cursor that the app wants where the window has no page.
func (w *window) showCursor() bool {
	switch name := w.cursor(); name {
	case "":
		return false
	case "none":
		procSetCursor.Call(0)
	default:
		const arrow = 32512
		number := cursors[name]
		if number == 0 {
			number = arrow
		}
		c, _, _ := procLoadCursor.Call(0, number)
		procSetCursor.Call(c)
	}
	return true
}

// cursor is the name of the cursor that the app wants, as in CSS; "" is the page's own.
func (w *window) cursor() string {
	if w.state.CursorHidden {
		return "none"
	}
	return w.state.Cursor
}

func (w *window) applyCursor(*wire.WindowState) error {
	for _, v := range w.webviews {
		v.applyCursor()
	}
	return nil
}

// rootCursor sets the cursor of the whole document, by a sheet of its own that goes before none of the page's: what
// wants another one gets it.
const rootCursor = `(name => {
	const key = Symbol.for('mullion.cursor');
	if (!window[key]) {
		if (!name) return;
		Object.defineProperty(window, key, {value: new CSSStyleSheet()});
	}
	const sheet = window[key];
	sheet.replaceSync(name ? ':where(:root) { cursor: ' + name + ' }' : '');
	if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})(%q)`

// applyCursor gives the page the window's cursor. The engine's process sets the cursor over pages, so
// that is a matter of styles. A new document needs it again.
func (v *webview) applyCursor() {
	name := v.window.cursor()
	if v.closed || v.core.isNil() || v.cursor == "" && name == "" {
		return
	}
	v.cursor = name
	params, err := json.Marshal(map[string]any{"expression": fmt.Sprintf(rootCursor, name)})
	if err != nil {
		v.log(err)
		return
	}
	v.callDevTools("Runtime.evaluate", string(params), func(_ string, err error) { v.log(err) })
}

// The styles beyond the frame that are used, of winuser.h.
const (
	extraTransparent = 0x00000020 // WS_EX_TRANSPARENT
	extraLayered     = 0x00080000
	extraNoActivate  = 0x08000000
	extraAppWindow   = 0x00040000
)

// applyExtra has the mouse go through the window, and keeps it from getting the keyboard when it is
// clicked. A window that does not get it has a button in the taskbar only where it asks for one.
func (w *window) applyExtra(s *wire.WindowState) error {
	extra := windowLong(w.hwnd, longExtra) &^ (extraTransparent | extraLayered | extraNoActivate | extraAppWindow)
	if !s.Focusable {
		extra |= extraNoActivate
		if !s.SkipTaskbar {
			extra |= extraAppWindow
		}
	}
	if s.IgnoreCursor {
		extra |= extraTransparent | extraLayered
	}
	setWindowLong(w.hwnd, longExtra, extra)
	if s.IgnoreCursor {
		const opaque, byAlpha = 255, 2                                              // LWA_ALPHA
		if ok, _, err := procSetLayered.Call(w.hwnd, 0, opaque, byAlpha); ok == 0 { // or it would not be drawn
			return errors.Join(errors.New("webview2: let the mouse through a window"), err)
		}
	}
	return nil
}

// applyBottom puts the window below all others, where keepAtBottom keeps it.
func (w *window) applyBottom(s *wire.WindowState) error {
	if !s.AlwaysOnBottom {
		return nil
	}
	return w.setPos(orderBottom, rect{}, posNoMove|posNoSize|posNoActivate)
}
