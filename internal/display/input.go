package display

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// pace is between two strokes of a key or button: programs complete what is
// typed, and no user is faster.
const pace = 12 * time.Millisecond

// key is a key of the keyboard, and whether it takes shift.
type key struct {
	code  xproto.Keycode
	shift bool
}

// named are the keys that have a name rather than a character, by their
// number in X11/keysymdef.h.
var named = map[string]xproto.Keysym{
	"BackSpace": 0xff08, "Tab": 0xff09, "Return": 0xff0d, "Escape": 0xff1b, "Delete": 0xffff, "Menu": 0xff67,
	"Home": 0xff50, "Left": 0xff51, "Up": 0xff52, "Right": 0xff53, "Down": 0xff54, "Prior": 0xff55, "Next": 0xff56, "End": 0xff57,
	"F1": 0xffbe, "F2": 0xffbf, "F3": 0xffc0, "F4": 0xffc1, "F5": 0xffc2, "F6": 0xffc3,
	"F7": 0xffc4, "F8": 0xffc5, "F9": 0xffc6, "F10": 0xffc7, "F11": 0xffc8, "F12": 0xffc9,
	"shift": 0xffe1, "ctrl": 0xffe3, "alt": 0xffe9, "super": 0xffeb,
	"space": ' ', "plus": '+', "minus": '-', "comma": ',', "period": '.', "slash": '/', "equal": '=',
}

// Press presses keys, one after the other, and lets them go: "a", "Return",
// "ctrl+shift+s". They go to the window that has the keyboard: Activate gives
// it to one.
func (s *Screen) Press(keys ...string) error {
	for _, k := range keys {
		if err := s.stroke(strings.Split(k, "+")); err != nil {
			return fmt.Errorf("key %s: %w", k, err)
		}
	}
	return nil
}

// Type types a text of ASCII.
func (s *Screen) Type(text string) error {
	for _, r := range text {
		if err := s.stroke([]string{string(r)}); err != nil {
			return fmt.Errorf("type %q: %w", r, err)
		}
	}
	return nil
}

// TakeMouse takes the mouse from all programs, as a window manager does for a
// moment at a click, until GiveMouse.
func (s *Screen) TakeMouse() error {
	r, err := xproto.GrabPointer(s.conn, false, s.root, 0, xproto.GrabModeAsync, xproto.GrabModeAsync, 0, 0, xproto.TimeCurrentTime).Reply()
	if err == nil && r.Status != xproto.GrabStatusSuccess {
		err = fmt.Errorf("another program has the mouse: status %d", r.Status)
	}
	return err
}

// MouseTaken reports whether a program has the mouse to itself, as a window manager
// does while it moves a window, and for some time after the button was let go.
func (s *Screen) MouseTaken() (bool, error) {
	unseen, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return false, err
	}
	if err := xproto.CreateWindowChecked(s.conn, 0, unseen, s.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check(); err != nil {
		return false, err
	}
	defer xproto.DestroyWindow(s.conn, unseen)
	// A window that is not shown gets it never.
	r, err := xproto.GrabPointer(s.conn, false, unseen, 0, xproto.GrabModeAsync, xproto.GrabModeAsync, 0, 0, xproto.TimeCurrentTime).Reply()
	return err == nil && r.Status == xproto.GrabStatusAlreadyGrabbed, err
}

// GiveMouse gives it back.
func (s *Screen) GiveMouse() error {
	return xproto.UngrabPointerChecked(s.conn, xproto.TimeCurrentTime).Check()
}

// stroke presses keys together.
func (s *Screen) stroke(names []string) error {
	var codes []xproto.Keycode
	for _, n := range names {
		k, err := s.key(n)
		if err != nil {
			return err
		}
		if shift, err := s.key("shift"); err == nil && k.shift {
			codes = append(codes, shift.code)
		}
		codes = append(codes, k.code)
	}
	return s.strokeCodes(codes)
}

// strokeCodes presses keys together.
func (s *Screen) strokeCodes(codes []xproto.Keycode) error {
	var errs []error
	for _, c := range codes {
		errs = append(errs, s.fake(xproto.KeyPress, byte(c), 0, 0))
	}
	for i := len(codes) - 1; i >= 0; i-- { // what is pressed is let go, whatever else fails
		errs = append(errs, s.fake(xproto.KeyRelease, byte(codes[i]), 0, 0))
	}
	time.Sleep(pace)
	return errors.Join(errs...)
}

// key finds a key of the keyboard.
func (s *Screen) key(name string) (key, error) {
	sym, ok := named[name]
	if !ok {
		if len(name) != 1 || name[0] < ' ' || name[0] > '~' {
			return key{}, errors.New("no key has that name")
		}
		sym = xproto.Keysym(name[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		if err := s.readKeys(); err != nil {
			return key{}, err
		}
	}
	k, ok := s.keys[sym]
	if !ok {
		return key{}, errors.New("the keyboard has no such key")
	}
	return k, nil
}

// Code returns the number of a key.
func (s *Screen) Code(name string) (uint32, error) {
	k, err := s.key(name)
	return uint32(k.code), err
}

// readKeys reads what is on the keys. s.mu is held.
func (s *Screen) readKeys() error {
	setup := xproto.Setup(s.conn)
	r, err := xproto.GetKeyboardMapping(s.conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return err
	}
	s.keys = map[xproto.Keysym]key{}
	per := int(r.KeysymsPerKeycode)
	for level := range min(per, 2) {
		for i := level; i < len(r.Keysyms); i += per {
			sym := r.Keysyms[i]
			if _, ok := s.keys[sym]; !ok {
				s.keys[sym] = key{setup.MinKeycode + xproto.Keycode(i/per), level == 1}
			}
		}
	}
	return nil
}

// MoveTo moves the mouse to a place on the screen.
func (s *Screen) MoveTo(x, y int) error { return s.fake(xproto.MotionNotify, 0, x, y) }

// MoveBy moves the mouse from where it is.
func (s *Screen) MoveBy(x, y int) error { return s.fake(xproto.MotionNotify, 1, x, y) }

// MoveIn moves the mouse to a place in a window.
func (s *Screen) MoveIn(id uint32, x, y int) error {
	w, err := s.Look(id)
	if err != nil {
		return err
	}
	return s.MoveTo(w.X+x, w.Y+y)
}

// The buttons of the mouse, and its wheel.
const (
	Left, Middle, Right      = 1, 2, 3
	WheelUp, WheelDown  byte = 4, 5
)

// Hold presses a button of the mouse, a moment after what came before: of two
// presses within a millisecond, a window gets only the first one now and then
// where openbox 3.6 manages it.
func (s *Screen) Hold(button byte) error {
	time.Sleep(pace)
	return s.fake(xproto.ButtonPress, button, 0, 0)
}

// Release lets it go.
func (s *Screen) Release(button byte) error { return s.fake(xproto.ButtonRelease, button, 0, 0) }

// Click presses a button and lets it go.
func (s *Screen) Click(button byte) error {
	return errors.Join(s.Hold(button), s.Release(button))
}

// ClickWith clicks while a key is held down; "" is none.
func (s *Screen) ClickWith(name string, button byte) error {
	if name == "" {
		return s.Click(button)
	}
	k, err := s.key(name)
	if err != nil {
		return err
	}
	return errors.Join(s.fake(xproto.KeyPress, byte(k.code), 0, 0), s.Click(button), s.fake(xproto.KeyRelease, byte(k.code), 0, 0))
}

// Pointer is where on the screen the mouse is.
func (s *Screen) Pointer() (x, y int, err error) {
	r, err := xproto.QueryPointer(s.conn, s.root).Reply()
	if err != nil {
		return 0, 0, err
	}
	return int(r.RootX), int(r.RootY), nil
}

// fake does what a hand does, and waits until the server has taken it.
func (s *Screen) fake(kind, detail byte, x, y int) error {
	return xtest.FakeInputChecked(s.conn, kind, detail, 0, s.root, int16(x), int16(y), 0).Check()
}
