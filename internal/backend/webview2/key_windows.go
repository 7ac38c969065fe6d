package webview2

import (
	"strings"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// virtualKeys are the codes of winuser.h by the names of keys in package wire. Letters, digits,
// characters, F keys and the digits of the number pad are known besides.
var virtualKeys = map[string]uint32{
	"Enter": 0x0D, "Tab": 0x09, "Space": 0x20, "Escape": 0x1B, "Backspace": 0x08, "Delete": 0x2E, "Insert": 0x2D,
	"Home": 0x24, "End": 0x23, "PageUp": 0x21, "PageDown": 0x22,
	"ArrowLeft": 0x25, "ArrowUp": 0x26, "ArrowRight": 0x27, "ArrowDown": 0x28,
	"CapsLock": 0x14, "NumLock": 0x90, "ScrollLock": 0x91, "PrintScreen": 0x2C, "Pause": 0x13,
	"NumpadMultiply": 0x6A, "NumpadAdd": 0x6B, "NumpadSubtract": 0x6D, "NumpadDecimal": 0x6E, "NumpadDivide": 0x6F, "NumpadEnter": 0x0D,
	"AudioVolumeMute": 0xAD, "AudioVolumeDown": 0xAE, "AudioVolumeUp": 0xAF,
	"MediaTrackNext": 0xB0, "MediaTrackPrevious": 0xB1, "MediaStop": 0xB2, "MediaPlayPause": 0xB3, "MediaPlay": 0xFA, "MediaPause": 0xB3,
}

// virtualKey is the code of a key, 0 if this keyboard has none.
func virtualKey(name string) uint32 {
	if code := virtualKeys[name]; code != 0 {
		return code
	}
	var n uint32
	switch {
	case len(name) == 1 && (name[0] >= 'A' && name[0] <= 'Z' || name[0] >= '0' && name[0] <= '9'):
		return uint32(name[0])
	case len(name) == 1:
		// The key that types the character, by the keyboard of the user; the upper byte has modifiers.
		code, _, _ := win32.VkKeyScan.Call(uintptr(name[0]))
		if code &= 0xFFFF; code == 0xFFFF {
			return 0
		}
		return uint32(code & 0xFF)
	case strings.HasPrefix(name, "Numpad") && len(name) == len("Numpad0"):
		const numpad0 = 0x60
		return numpad0 + uint32(name[6]-'0')
	case strings.HasPrefix(name, "F"):
		for _, r := range name[1:] {
			if r < '0' || r > '9' {
				return 0
			}
			n = n*10 + uint32(r-'0')
		}
		const f1 = 0x70
		if n >= 1 && n <= 24 {
			return f1 + n - 1
		}
	}
	return 0
}

// keyText is how a key is shown in a menu.
func keyText(a *wire.MenuAccelerator) string {
	var b strings.Builder
	for _, m := range []struct {
		on   bool
		name string
	}{{a.Control, "Ctrl+"}, {a.Alt, "Alt+"}, {a.Shift, "Shift+"}, {a.Super, "Win+"}} {
		if m.on {
			b.WriteString(m.name)
		}
	}
	return b.String() + strings.TrimPrefix(a.Key, "Arrow")
}

// The codes of modifiers, of winuser.h.
const (
	keyShift    = 0x10
	keyControl  = 0x11
	keyAlt      = 0x12 // VK_MENU
	keyLeftWin  = 0x5B
	keyRightWin = 0x5C
)

// isDown reports whether a key was down when the message came that is being handled.
func isDown(code uintptr) bool {
	state, _, _ := procGetKeyState.Call(code)
	const down = 0x8000
	return state&down != 0
}

// key does what the menu bar has for a key, with the modifiers that are down.
func (w *window) key(code uint32) bool {
	if len(w.bar.keys) == 0 {
		return false
	}
	down := wire.MenuAccelerator{
		Control: isDown(keyControl), Shift: isDown(keyShift), Alt: isDown(keyAlt), Super: isDown(keyLeftWin) || isDown(keyRightWin),
	}
	for a, id := range w.bar.keys {
		if down.Key = a.Key; a == down && virtualKey(a.Key) == code && w.bar.commands[id-1].Enabled {
			w.command(w.bar.commands, id)
			return true
		}
	}
	return false
}

// zoomKeys are the keys that zoom together with Ctrl.
var zoomKeys = map[uint32]string{
	0xBB: wire.ZoomIn, 0x6B: wire.ZoomIn, // VK_OEM_PLUS, VK_ADD
	0xBD: wire.ZoomOut, 0x6D: wire.ZoomOut, // VK_OEM_MINUS, VK_SUBTRACT
	'0': wire.ZoomReset, 0x60: wire.ZoomReset, // VK_NUMPAD0
}

// zoomKey reports a key that zooms. The engine tells of it before the page gets it.
func (v *webview) zoomKey(code uint32) bool {
	zoom := zoomKeys[code]
	if zoom == "" || !v.state.ZoomKeys || !isDown(keyControl) || isDown(keyAlt) || isDown(keyLeftWin) || isDown(keyRightWin) {
		return false
	}
	v.report(wire.PageEvent{Kind: wire.PageZoom, Detail: zoom})
	return true
}

// watchKeys takes the keys that the page would get and that are not text.
func (v *webview) watchKeys() error {
	const keyDown, sysKeyDown = 0, 2 // COREWEBVIEW2_KEY_EVENT_KIND
	return v.controller.listen(addKeyPressed, "ICoreWebView2AcceleratorKeyPressedEventHandler", func(args object) {
		if kind := args.number(keyKind); v.closed || kind != keyDown && kind != sysKeyDown {
			return
		}
		if code := uint32(args.number(keyCode)); v.window.key(code) || v.zoomKey(code) {
			v.log(args.call(keyHandled, true))
		}
	})
}
