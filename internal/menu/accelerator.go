package menu

import (
	"fmt"
	"strings"
)

// Accelerator is a key with modifiers. The zero value is none.
type Accelerator struct {
	Control, Shift, Alt, Super bool
	// Key is in the form of KeyboardEvent.code where a key has a name, as in
	// "F5" or "ArrowUp", and otherwise the upper-case letter, the digit or the
	// character that it types.
	Key string
}

// modifiers by their names in lower case. On macOS CmdOrCtrl is the Command
// key; everywhere else it is Control.
var modifiers = map[string]func(*Accelerator){
	"cmdorctrl":        func(a *Accelerator) { a.Control = true },
	"cmdorcontrol":     func(a *Accelerator) { a.Control = true },
	"commandorctrl":    func(a *Accelerator) { a.Control = true },
	"commandorcontrol": func(a *Accelerator) { a.Control = true },
	"cmd":              func(a *Accelerator) { a.Super = true },
	"command":          func(a *Accelerator) { a.Super = true },
	"super":            func(a *Accelerator) { a.Super = true },
	"meta":             func(a *Accelerator) { a.Super = true },
	"ctrl":             func(a *Accelerator) { a.Control = true },
	"control":          func(a *Accelerator) { a.Control = true },
	"alt":              func(a *Accelerator) { a.Alt = true },
	"option":           func(a *Accelerator) { a.Alt = true },
	"shift":            func(a *Accelerator) { a.Shift = true },
}

// keys by their names in lower case; letters, digits and F1 to F24 are known
// besides.
var keys = map[string]string{
	"enter": "Enter", "return": "Enter", "tab": "Tab", "space": "Space", "escape": "Escape", "esc": "Escape",
	"backspace": "Backspace", "delete": "Delete", "insert": "Insert", "home": "Home", "end": "End",
	"pageup": "PageUp", "pagedown": "PageDown",
	"arrowup": "ArrowUp", "up": "ArrowUp", "arrowdown": "ArrowDown", "down": "ArrowDown",
	"arrowleft": "ArrowLeft", "left": "ArrowLeft", "arrowright": "ArrowRight", "right": "ArrowRight",
	"backquote": "`", "backslash": `\`, "bracketleft": "[", "bracketright": "]", "comma": ",", "equal": "=",
	"minus": "-", "plus": "+", "period": ".", "quote": "'", "semicolon": ";", "slash": "/",
	"capslock": "CapsLock", "numlock": "NumLock", "scrolllock": "ScrollLock", "printscreen": "PrintScreen", "pausebreak": "Pause", "pause": "Pause",
	"numpadadd": "NumpadAdd", "numpadsubtract": "NumpadSubtract", "numpadmultiply": "NumpadMultiply",
	"numpaddivide": "NumpadDivide", "numpaddecimal": "NumpadDecimal", "numpadenter": "NumpadEnter",
	"audiovolumeup": "AudioVolumeUp", "volumeup": "AudioVolumeUp", "audiovolumedown": "AudioVolumeDown", "volumedown": "AudioVolumeDown",
	"audiovolumemute": "AudioVolumeMute", "volumemute": "AudioVolumeMute", "mediaplaypause": "MediaPlayPause",
	"mediaplay": "MediaPlay", "mediapause": "MediaPause", "mediastop": "MediaStop",
	"mediatracknext": "MediaTrackNext", "mediatrackprev": "MediaTrackPrevious", "mediatrackprevious": "MediaTrackPrevious",
}

// ParseAccelerator reads an accelerator such as "CmdOrCtrl+Shift+S", in upper
// or lower case: any number of modifiers and, at the end, one key.
func ParseAccelerator(text string) (Accelerator, error) {
	fail := func(why string) (Accelerator, error) {
		if len(text) > 64 {
			text = text[:64] + "…"
		}
		return Accelerator{}, fmt.Errorf("accelerator %q: %s", text, why)
	}
	var a Accelerator
	rest := strings.TrimSpace(text)
	for {
		part, after, more := strings.Cut(rest, "+")
		if !more || part == "" {
			break
		}
		set := modifiers[strings.ToLower(strings.TrimSpace(part))]
		if set == nil {
			return fail("unknown modifier; write modifiers before one key, as in CmdOrCtrl+Shift+S")
		}
		set(&a)
		rest = strings.TrimSpace(after)
	}
	if a.Key = parseKey(rest); a.Key == "" {
		return fail("it does not end in a known key")
	}
	return a, nil
}

// parseKey returns "" for what is no key.
func parseKey(text string) string {
	lower := strings.ToLower(text)
	for _, prefix := range []string{"key", "digit"} {
		if s, ok := strings.CutPrefix(lower, prefix); ok && len(s) == 1 {
			lower = s
		}
	}
	if key, ok := keys[lower]; ok {
		return key
	}
	if s, ok := strings.CutPrefix(lower, "numpad"); ok && len(s) == 1 && s[0] >= '0' && s[0] <= '9' {
		return "Numpad" + s
	}
	if len(lower) == 1 && lower[0] > ' ' && lower[0] < 0x7f {
		return strings.ToUpper(lower)
	}
	var n int
	if strings.HasPrefix(lower, "f") {
		for _, r := range lower[1:] {
			if r < '0' || r > '9' || n > 24 {
				return ""
			}
			n = n*10 + int(r-'0')
		}
	}
	if n < 1 || n > 24 || lower[1] == '0' {
		return ""
	}
	return strings.ToUpper(lower)
}

// String returns the accelerator in the form that ParseAccelerator reads.
func (a Accelerator) String() string {
	if a.Key == "" {
		return ""
	}
	var b strings.Builder
	for _, m := range []struct {
		on   bool
		name string
	}{{a.Control, "Control+"}, {a.Alt, "Alt+"}, {a.Shift, "Shift+"}, {a.Super, "Super+"}} {
		if m.on {
			b.WriteString(m.name)
		}
	}
	return b.String() + a.Key
}
