package x11

// The symbols of keys that mean something here.
const (
	keyV        = 'v'
	keyInsert   = 0xff63
	keyKPInsert = 0xff9e
	keyPaste    = 0x1008ff6d // of XFree86
	keyReturn   = 0xff0d
	keyKPEnter  = 0xff8d
	keySpace    = ' '
)

// The modifiers in the state of an event.
const (
	maskShift   = 1 << 0
	maskControl = 1 << 2
)

// keyboard is what keys mean, in all groups and levels.
type keyboard struct {
	symbols map[byte][]uint32
}

func newKeyboard(first byte, perKey int, b []byte) *keyboard {
	k := &keyboard{symbols: map[byte][]uint32{}}
	for i := 0; perKey > 0 && 4*(i+1)*perKey <= len(b); i++ {
		for j := range perKey {
			if s := order.Uint32(b[4*(i*perKey+j):]); s != 0 {
				k.symbols[first+byte(i)] = append(k.symbols[first+byte(i)], s)
			}
		}
	}
	return k
}

func (k *keyboard) has(code byte, symbols ...uint32) bool {
	for _, s := range k.symbols[code] {
		for _, want := range symbols {
			if s == want {
				return true
			}
		}
	}
	return false
}

// pastes reports whether a key, with what is held, asks to paste. On a
// keyboard of another script it is the key that has the v in one of its groups.
func (k *keyboard) pastes(code byte, state uint32) bool {
	switch {
	case k.has(code, keyPaste):
		return true
	case state&maskControl != 0:
		return k.has(code, keyV)
	case state&maskShift != 0:
		return k.has(code, keyInsert, keyKPInsert)
	}
	return false
}

// chooses reports whether a key chooses what is selected in a menu.
func (k *keyboard) chooses(code byte) bool {
	return k.has(code, keyReturn, keyKPEnter, keySpace)
}
