//go:build windows

package win32

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

var (
	procRegisterHotKey   = User32.NewProc("RegisterHotKey")
	procUnregisterHotKey = User32.NewProc("UnregisterHotKey")
	procKeyState         = User32.NewProc("GetAsyncKeyState")
	procSetTimer         = User32.NewProc("SetTimer")
	procKillTimer        = User32.NewProc("KillTimer")
)

// The messages about keys for the whole system, whose number is in WParam, and about timers, likewise.
const (
	HotKey = 0x0312
	Timer  = 0x0113
)

// The modifiers of RegisterHotKey.
const (
	ModAlt      = 0x0001
	ModControl  = 0x0002
	ModShift    = 0x0004
	ModWin      = 0x0008
	ModNoRepeat = 0x4000
)

// ErrKeyTaken says that another program, or the system, has a key.
var ErrKeyTaken = errors.New("another program has the key")

// RegisterHotKey has a window of this thread hear of a virtual key with modifiers, by HotKey.
func RegisterHotKey(window uintptr, id int, modifiers, key uint32) error {
	r, _, err := procRegisterHotKey.Call(window, uintptr(id), uintptr(modifiers), uintptr(key))
	switch {
	case r != 0:
		return nil
	case errors.Is(err, windows.ERROR_HOTKEY_ALREADY_REGISTERED):
		return ErrKeyTaken
	}
	return fmt.Errorf("register a key: %w", err)
}

// UnregisterHotKey ends that.
func UnregisterHotKey(window uintptr, id int) { procUnregisterHotKey.Call(window, uintptr(id)) }

// KeyDown reports whether a virtual key is held.
func KeyDown(key uint32) bool {
	const down = 0x8000
	state, _, _ := procKeyState.Call(uintptr(key))
	return state&down != 0
}

// KeyOf is the virtual key that types a character in the layout of this thread, without modifiers.
func KeyOf(character rune) (key uint32, ok bool) {
	n, _, _ := VkKeyScan.Call(uintptr(character))
	return uint32(n & 0xff), n&0xffff < 0x100
}

// SetTimer has a window of this thread hear Timer every so many milliseconds, until KillTimer.
func SetTimer(window uintptr, id int, milliseconds uint32) {
	procSetTimer.Call(window, uintptr(id), uintptr(milliseconds), 0)
}

// KillTimer ends that.
func KillTimer(window uintptr, id int) { procKillTimer.Call(window, uintptr(id)) }
