package globalshortcut

import (
	"fmt"
	"runtime"
	"strings"
)

// Shortcut is a key with modifiers.
type Shortcut struct {
	// Super is the key with a logo, Command on a Mac, where Alt is Option.
	Shift, Control, Alt, Super bool
	// Key is in the form of KeyboardEvent.code: "KeyC", "Digit1", "F5", "ArrowUp".
	// It stands for the key that types that letter, wherever the layout has it.
	Key string
}

// String returns the shortcut as events name it, such as "shift+control+KeyC".
func (s Shortcut) String() string {
	var b strings.Builder
	for _, m := range []struct {
		on   bool
		name string
	}{{s.Shift, "shift+"}, {s.Control, "control+"}, {s.Alt, "alt+"}, {s.Super, "super+"}} {
		if m.on {
			b.WriteString(m.name)
		}
	}
	return b.String() + s.Key
}

// ID is a number for the shortcut, the same as that of the published plugin: the
// bits of its modifiers, and 16 bits for its key.
func (s Shortcut) ID() uint32 {
	// The bits are those of the crate keyboard-types, version 0.7.
	const alt, control, shift, super = 0x1, 0x8, 0x200, 0x2000
	var bits uint32
	for _, m := range []struct {
		on  bool
		bit uint32
	}{{s.Alt, alt}, {s.Control, control}, {s.Shift, shift}, {s.Super, super}} {
		if m.on {
			bits |= m.bit
		}
	}
	return bits<<16 | uint32(keyByCode[s.Key].number)
}

// maxLength bounds the text of a shortcut, in bytes.
const maxLength = 128

var modifierNames = map[string]func(*Shortcut){
	"shift": func(s *Shortcut) { s.Shift = true },
	"ctrl":  func(s *Shortcut) { s.Control = true }, "control": func(s *Shortcut) { s.Control = true },
	"alt": func(s *Shortcut) { s.Alt = true }, "option": func(s *Shortcut) { s.Alt = true },
	"super": func(s *Shortcut) { s.Super = true }, "meta": func(s *Shortcut) { s.Super = true },
	"cmd": func(s *Shortcut) { s.Super = true }, "command": func(s *Shortcut) { s.Super = true },
	"cmdorctrl": commandOrControl, "cmdorcontrol": commandOrControl, "commandorctrl": commandOrControl, "commandorcontrol": commandOrControl,
}

func commandOrControl(s *Shortcut) {
	if runtime.GOOS == "darwin" {
		s.Super = true
	} else {
		s.Control = true
	}
}

// Parse reads a shortcut such as "CommandOrControl+Shift+C", in upper or lower
// case: any modifiers, and then one key. Modifiers are Shift, Control or Ctrl, Alt
// or Option, Super, Meta, Command or Cmd, and CommandOrControl, which is Command on
// a Mac and Control elsewhere. Keys are named as in KeyboardEvent.code, by the
// character that they type, or by a usual name such as Esc.
func Parse(text string) (s Shortcut, err error) {
	fail := func(why string, a ...any) (Shortcut, error) {
		return Shortcut{}, fmt.Errorf("shortcut %.100q: %s", text, fmt.Sprintf(why, a...))
	}
	if len(text) > maxLength {
		return fail("%d bytes; the limit is %d", len(text), maxLength)
	}
	parts := strings.Split(text, "+")
	for i, part := range parts {
		name := strings.ToLower(strings.TrimSpace(part))
		if name == "" {
			return fail("there is nothing on one side of a plus sign; write Equal or NumpadAdd for the keys with that sign")
		}
		set := modifierNames[name]
		switch last := i == len(parts)-1; {
		case set != nil && last:
			return fail("it ends in a modifier; write a key after it, as in CommandOrControl+Shift+C")
		case set != nil:
			set(&s)
		case !last:
			return fail("%q is no modifier; write modifiers before one key, as in CommandOrControl+Shift+C", part)
		default:
			k, ok := keyByName[name]
			if !ok {
				return fail("%q is no key that is known; write it as KeyboardEvent.code does, such as KeyC, Digit1, F5 or ArrowUp", part)
			}
			s.Key = k.code
		}
	}
	return s, nil
}
