package display

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// TypeAny types any text. A letter for which the keyboard has no key is put on
// one that is free, and stays there: programs look at what is on a key when
// they get to it. A line feed is the return key, a tab that key.
func (s *Screen) TypeAny(text string) error {
	for _, r := range text {
		var err error
		switch {
		case r == '\n':
			err = s.stroke([]string{"Return"})
		case r == '\t':
			err = s.stroke([]string{"Tab"})
		case r >= ' ' && r <= '~':
			err = s.stroke([]string{string(r)})
		default:
			var code xproto.Keycode
			if code, err = s.letter(r); err == nil {
				err = s.strokeCodes([]xproto.Keycode{code})
			}
		}
		if err != nil {
			return fmt.Errorf("type %q: %w", r, err)
		}
	}
	return nil
}

// keysym is the number of a letter: Latin 1 as it is, others above 0x1000000,
// see X11/keysymdef.h.
func keysym(r rune) xproto.Keysym {
	if r >= 0xa0 && r <= 0xff {
		return xproto.Keysym(r)
	}
	return 0x1000000 | xproto.Keysym(r)
}

// letter returns the key with a letter, after it has put it on one.
func (s *Screen) letter(r rune) (xproto.Keycode, error) {
	if r < ' ' {
		return 0, errors.New("there is no key for it")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		if err := s.readKeys(); err != nil {
			return 0, err
		}
	}
	if k, ok := s.keys[keysym(r)]; ok && !k.shift {
		return k.code, nil
	}
	code, width, err := s.freeKey()
	if err != nil {
		return 0, err
	}
	syms := make([]xproto.Keysym, width)
	for i := range syms {
		syms[i] = keysym(r)
	}
	if err := xproto.ChangeKeyboardMappingChecked(s.conn, 1, code, byte(width), syms).Check(); err != nil {
		return 0, err
	}
	s.keys[keysym(r)] = key{code: code}
	return code, nil
}

// freeKey returns a key with nothing on it, and how many symbols it has room
// for.
func (s *Screen) freeKey() (code xproto.Keycode, width int, err error) {
	setup := xproto.Setup(s.conn)
	r, err := xproto.GetKeyboardMapping(s.conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return 0, 0, err
	}
	width = int(r.KeysymsPerKeycode)
	for i := 0; i+width <= len(r.Keysyms); i += width {
		empty := true
		for _, sym := range r.Keysyms[i : i+width] {
			empty = empty && sym == 0
		}
		if empty {
			return setup.MinKeycode + xproto.Keycode(i/width), width, nil
		}
	}
	return 0, 0, errors.New("too many different letters: the keyboard has no free key any more")
}
