package globalshortcut_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/plugin/globalshortcut"
	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

type none = struct{}

// user presses keys.
type user struct {
	t    *testing.T
	conn *x11.Conn
}

func newUser(t *testing.T, display string) *user {
	t.Helper()
	u := &user{t, x11test.Open(t, display)}
	go func() {
		for range u.conn.Events() {
		}
	}()
	return u
}

// key finds the key that has a symbol.
func (u *user) key(symbol uint32) byte {
	u.t.Helper()
	lowest, _ := u.conn.Keys()
	symbols, err := u.conn.KeyboardMapping(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	for i, on := range symbols {
		if slices.Contains(on, symbol) {
			return lowest + byte(i)
		}
	}
	u.t.Fatalf("no key has the symbol %#x", symbol)
	return 0
}

func (u *user) hold(key byte, pressed bool) {
	u.t.Helper()
	if err := u.conn.FakeKey(u.t.Context(), key, pressed); err != nil {
		u.t.Fatal(err)
	}
}

// press presses keys together and lets them go.
func (u *user) press(keys ...byte) {
	u.t.Helper()
	for _, k := range keys {
		u.hold(k, true)
	}
	for _, k := range slices.Backward(keys) {
		u.hold(k, false)
	}
}

// Symbols of X11/keysymdef.h.
const (
	symbolShift, symbolControl, symbolAlt, symbolSuper  = 0xffe1, 0xffe3, 0xffe9, 0xffeb
	symbolCapsLock, symbolNumLock, symbolF7, symbolPad5 = 0xffe5, 0xff7f, 0xffc4, 0xffb5
)

// heard has what a shortcut has told.
type heard chan globalshortcut.Event

func (h heard) event(e globalshortcut.Event) { h <- e }

// next fails the test if the next events are not these.
func (h heard) next(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		var e globalshortcut.Event
		select {
		case e = <-h:
		case <-time.After(time.Minute):
			t.Fatalf("nothing is told, where %s was to be", w)
		}
		if got := e.Shortcut.String() + " " + string(e.State); got != w {
			t.Errorf("got %s, want %s", got, w)
		}
	}
}

// start starts an X server, and shortcuts on it.
func start(t *testing.T) (s *globalshortcut.Shortcuts, u *user) {
	t.Helper()
	display := x11test.Start(t)
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", "")
	s = globalshortcut.New()
	t.Cleanup(func() { s.Plugin().Stop(context.Background()) })
	return s, newUser(t, display)
}

func register(t *testing.T, s *globalshortcut.Shortcuts, shortcut string) (heard, *globalshortcut.Registration) {
	t.Helper()
	h := make(heard, 1000)
	r, err := s.Register(t.Context(), shortcut, h.event)
	if err != nil {
		t.Fatal(err)
	}
	return h, r
}

// TestPress: keys are told with and without what is locked, and not with other
// modifiers.
func TestPress(t *testing.T) {
	s, u := start(t)
	h, _ := register(t, s, "CommandOrControl+Shift+C")
	f7, _ := register(t, s, "F7")
	all, _ := register(t, s, "Super+Alt+Num5")
	ctrl, shift, c := u.key(symbolControl), u.key(symbolShift), u.key('c')
	const name = "shift+control+KeyC"
	u.press(ctrl, shift, c)
	h.next(t, name+" Pressed", name+" Released")
	for _, locked := range [][]uint32{{symbolCapsLock}, {symbolNumLock}, {symbolCapsLock, symbolNumLock}} {
		for _, l := range locked {
			u.press(u.key(l))
		}
		u.press(ctrl, shift, c)
		h.next(t, name+" Pressed", name+" Released")
		u.press(u.key(symbolSuper), u.key(symbolAlt), u.key(symbolPad5))
		all.next(t, "alt+super+Numpad5 Pressed", "alt+super+Numpad5 Released")
		for _, l := range locked {
			u.press(u.key(l))
		}
	}
	// Modifiers that are let go first do not matter.
	u.hold(ctrl, true)
	u.hold(shift, true)
	u.hold(c, true)
	u.hold(ctrl, false)
	u.hold(shift, false)
	h.next(t, name+" Pressed")
	u.hold(c, false)
	h.next(t, name+" Released")
	for _, other := range [][]byte{{ctrl, c}, {shift, c}, {c}, {ctrl, shift, u.key(symbolAlt), c}, {ctrl, u.key(symbolF7)}} {
		u.press(other...)
	}
	u.press(u.key(symbolF7))
	f7.next(t, "F7 Pressed", "F7 Released")
	if len(h)+len(f7)+len(all) > 0 {
		t.Errorf("%d further events", len(h)+len(f7)+len(all))
	}
}

// TestHeld: a key that is held is pressed once, although the server repeats it.
func TestHeld(t *testing.T) {
	s, u := start(t)
	h, _ := register(t, s, "F7")
	// Another program sees that the server repeats.
	watcher := x11test.Open(t, os.Getenv("DISPLAY"))
	repeats := make(chan none, 1000)
	go func() {
		for e := range watcher.Events() {
			if k, ok := e.(x11.Key); ok && k.Pressed {
				repeats <- none{}
			}
		}
	}()
	f8 := u.key(symbolF7 + 1)
	errs, err := watcher.Check(t.Context(), x11.GrabKey(watcher.Root(), f8, 0))
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	u.hold(f8, true)
	for range 3 {
		<-repeats
	}
	u.hold(f8, false)
	// As long as the server has taken for that, it repeats this one too.
	f7 := u.key(symbolF7)
	u.hold(f7, true)
	h.next(t, "F7 Pressed")
	time.Sleep(2 * time.Since(began))
	u.hold(f7, false)
	h.next(t, "F7 Released")
	if len(h) > 0 {
		t.Errorf("%d further events", len(h))
	}
}

// TestTaken: what another program has is an error, and nothing is kept of it.
func TestTaken(t *testing.T) {
	s, u := start(t)
	other := newUser(t, os.Getenv("DISPLAY"))
	c := u.key('c')
	errs, err := other.conn.Check(t.Context(), x11.GrabKey(other.conn.Root(), c, x11.Control|x11.Lock))
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Register(t.Context(), "Ctrl+C", func(globalshortcut.Event) {}); !errors.Is(err, globalshortcut.ErrTaken) || !strings.Contains(err.Error(), "control+KeyC") {
		t.Errorf("got %v", err)
	}
	if there, err := s.Registered("Ctrl+C"); there || err != nil {
		t.Errorf("it is registered: %t, %v", there, err)
	}
	// All that was grabbed is free again.
	errs, err = other.conn.Check(t.Context(), x11.GrabKey(other.conn.Root(), c, x11.AnyModifier))
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Errorf("something is still grabbed: %v", err)
	}
	other.conn.Close()
	x11test.Wait(t, "the other program is gone", func() bool {
		r, err := s.Register(t.Context(), "Ctrl+C", func(globalshortcut.Event) {})
		if err == nil {
			r.Unregister()
		}
		return err == nil
	})
	h, r := register(t, s, "Ctrl+C")
	if _, err := s.Register(t.Context(), "CONTROL+KeyC", func(globalshortcut.Event) {}); !errors.Is(err, globalshortcut.ErrRegistered) {
		t.Errorf("twice: %v", err)
	}
	if there, err := s.Registered("control+c"); !there || err != nil {
		t.Errorf("it is not registered: %v", err)
	}
	if _, err := s.Register(t.Context(), "MediaPlay", func(globalshortcut.Event) {}); err != nil {
		t.Errorf("MediaPlay: %v", err)
	}
	if _, err := s.Register(t.Context(), "MediaPlayPause", func(globalshortcut.Event) {}); !errors.Is(err, globalshortcut.ErrRegistered) {
		t.Errorf("another name of the same key: %v", err)
	}
	u.press(u.key(symbolControl), c)
	h.next(t, "control+KeyC Pressed", "control+KeyC Released")
	r.Unregister()
	r.Unregister()
	u.press(u.key(symbolControl), c)
	last, _ := register(t, s, "F7")
	u.press(u.key(symbolF7))
	last.next(t, "F7 Pressed", "F7 Released")
	if len(h) > 0 {
		t.Error("a shortcut that has ended is told")
	}
}

// TestLayout: a shortcut follows its letter to another key.
func TestLayout(t *testing.T) {
	s, u := start(t)
	h, _ := register(t, s, "Ctrl+Q")
	ctrl := u.key(symbolControl)
	q, a := u.key('q'), u.key('a')
	u.press(ctrl, q)
	h.next(t, "control+KeyQ Pressed", "control+KeyQ Released")
	change := func(key byte, symbols ...uint32) {
		t.Helper()
		r := []byte{100, 1, byte(2 + len(symbols)), 0, key, byte(len(symbols)), 0, 0}
		for _, x := range symbols {
			r = binary.LittleEndian.AppendUint32(r, x)
		}
		errs, err := u.conn.Check(t.Context(), r)
		if err := errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
	}
	change(q, 'a', 'A')
	change(a, 'q', 'Q')
	x11test.Wait(t, "the other key has the shortcut", func() bool { u.press(ctrl, a); return len(h) > 0 })
	for len(h) > 0 {
		<-h
	}
	t.Run("setxkbmap", func(t *testing.T) {
		if _, err := exec.LookPath("setxkbmap"); err != nil {
			t.Skip("setxkbmap is not installed")
		}
		if said, err := exec.Command("setxkbmap", "us").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if u.key('q') != q {
			t.Fatal("the layout is not the one of before")
		}
		x11test.Wait(t, "the key of before has the shortcut", func() bool { u.press(ctrl, q); return len(h) > 0 })
		// Letters that a layout does not have are where English has them.
		if said, err := exec.Command("setxkbmap", "ru").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		z, _ := register(t, s, "Ctrl+Z")
		const placeOfZ = 52
		x11test.Wait(t, "the place of Z has the shortcut", func() bool { u.press(ctrl, placeOfZ); return len(z) > 0 })
	})
}

// TestFunctions: a function that panics is called again, and one that does not
// return holds up no other.
func TestFunctions(t *testing.T) {
	s, u := start(t)
	calls := make(chan none, 10)
	if _, err := s.Register(t.Context(), "F7", func(globalshortcut.Event) { calls <- none{}; panic("of the test") }); err != nil {
		t.Fatal(err)
	}
	stuck := make(chan none)
	defer close(stuck)
	if _, err := s.Register(t.Context(), "F8", func(globalshortcut.Event) { <-stuck }); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		u.press(u.key(symbolF7 + 1))
	}
	u.press(u.key(symbolF7))
	<-calls
	<-calls
	h, _ := register(t, s, "F9")
	u.press(u.key(symbolF7 + 2))
	h.next(t, "F9 Pressed", "F9 Released")
}

// TestServerEnds: a connection that is lost takes its shortcuts along, and there
// can be new ones. At the end nothing is left.
func TestServerEnds(t *testing.T) {
	s, u := start(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	register(t, s, "F7")
	s.Plugin().Stop(t.Context())
	if _, err := s.Register(t.Context(), "F7", func(globalshortcut.Event) {}); err == nil {
		t.Error("what was stopped takes shortcuts")
	}
	other := newUser(t, os.Getenv("DISPLAY"))
	x11test.Wait(t, "the key is free", func() bool {
		errs, err := other.conn.Check(t.Context(), x11.GrabKey(other.conn.Root(), u.key(symbolF7), x11.AnyModifier))
		return errors.Join(append(errs, err)...) == nil
	})
	other.conn.Close()
	<-other.conn.Done()
	for _, display := range []string{"", ":59999"} {
		t.Setenv("DISPLAY", display)
		if _, err := globalshortcut.New().Register(t.Context(), "F7", func(globalshortcut.Event) {}); err == nil || !strings.Contains(err.Error(), "display") {
			t.Errorf("got %v", err)
		}
	}
}
