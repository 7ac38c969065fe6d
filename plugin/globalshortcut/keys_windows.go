package globalshortcut

import (
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/win32"
)

// virtualKeys are the numbers that Windows has for keys, of winuser.h. Missing are
// those that it has no number for, or none of their own: NumpadEnter is Enter there.
var virtualKeys = map[string]uint32{
	"Escape": 0x1b, "Tab": 0x09, "CapsLock": 0x14, "Space": 0x20, "Enter": 0x0d, "Backspace": 0x08, "Delete": 0x2e, "Insert": 0x2d,
	"Home": 0x24, "End": 0x23, "PageUp": 0x21, "PageDown": 0x22, "ArrowUp": 0x26, "ArrowDown": 0x28, "ArrowLeft": 0x25, "ArrowRight": 0x27,
	"PrintScreen": 0x2c, "ScrollLock": 0x91, "Pause": 0x13, "NumLock": 0x90,
	"NumpadAdd": 0x6b, "NumpadSubtract": 0x6d, "NumpadMultiply": 0x6a, "NumpadDivide": 0x6f, "NumpadDecimal": 0x6e,
	"AudioVolumeDown": 0xae, "AudioVolumeMute": 0xad, "AudioVolumeUp": 0xaf,
	"MediaPlay": 0xb3, "MediaPlayPause": 0xb3, "MediaStop": 0xb2, "MediaTrackNext": 0xb0, "MediaTrackPrevious": 0xb1,
}

// signKeys are keys of signs, with their numbers on a keyboard for the United
// States: elsewhere the layout says which key types the sign.
var signKeys = map[string]struct {
	sign rune
	key  uint32
}{
	"Backquote": {'`', 0xc0}, "Minus": {'-', 0xbd}, "Equal": {'=', 0xbb}, "BracketLeft": {'[', 0xdb}, "BracketRight": {']', 0xdd},
	"Backslash": {'\\', 0xdc}, "Semicolon": {';', 0xba}, "Quote": {'\'', 0xde}, "Comma": {',', 0xbc}, "Period": {'.', 0xbe}, "Slash": {'/', 0xbf},
}

// virtualKey is the number of a key by its code; 0 is none.
func virtualKey(code string) uint32 {
	if k := virtualKeys[code]; k != 0 {
		return k
	}
	if s, ok := signKeys[code]; ok {
		if k, ok := win32.KeyOf(s.sign); ok {
			return k
		}
		return s.key
	}
	for _, of := range []struct {
		prefix      string
		first       uint32
		least, most int
	}{{"Digit", '0', 0, 9}, {"Numpad", 0x60, 0, 9}, {"F", 0x6f, 1, 24}} {
		if n, err := strconv.Atoi(strings.TrimPrefix(code, of.prefix)); err == nil && n >= of.least && n <= of.most {
			return of.first + uint32(n)
		}
	}
	if letter, ok := strings.CutPrefix(code, "Key"); ok && len(letter) == 1 {
		return uint32(letter[0])
	}
	return 0
}
