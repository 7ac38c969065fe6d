package x11

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"
)

// hosted is a window of a host that has the keyboard, and a user.
type hosted struct {
	*peer
	host   *host
	user   *user
	window uint32
}

const allInput = 1<<0 | 1<<1 | 1<<2 | 1<<3 // keys and buttons

func newHosted(t testing.TB, config Config) *hosted {
	h := &hosted{host: newHost(t, config), user: newUser(t)}
	h.peer = h.host.connect(t)
	// To the guard it is no menu, though no window manager looks after it.
	h.window = h.id()
	h.send(create(h.window, h.root(), 100, 100, 200, 200, backPixel|override|eventMask, 0x444444, 1, allInput))
	h.sync()
	h.user.send(build(8, 0, h.window))
	h.user.sync()
	h.send(build(2, 0, h.window, override, 0), build(8, 0, h.window))
	h.sync()
	h.user.move(150, 150)
	h.user.focus(h.window)
	return h
}

// takesFocus has the window, which does not have the keyboard, take it, and reports
// whether it got it. The window manager may give it to another one right after.
func (h *hosted) takesFocus() bool {
	h.t.Helper()
	const focusChange, focusIn = 1 << 21, 9
	h.send(build(2, 0, h.window, eventMask, allInput|focusChange))
	h.sync()
	h.send(build(42, 1, h.window, 0))
	return slices.ContainsFunc(h.sync(), func(e []byte) bool { return e[0]&0x7f == focusIn })
}

// hears waits until the guard has passed on all events.
func (h *hosted) hears(kind byte) {
	h.t.Helper()
	if !h.got(kind) {
		h.t.Fatalf("event %d did not come", kind)
	}
}

// TestBelowRoot: a client hears of its own windows there and of their frames, which the
// window manager makes, and of no others.
func TestBelowRoot(t *testing.T) {
	h := newHosted(t, Config{})
	h.send(build(2, 0, h.window, eventMask, allInput|1<<17)) // StructureNotify
	h.sync()
	h.user.send(build(7, 0, h.window, h.user.window(300, 300, 20, 20, 0, 0), 0))
	h.user.sync()
	h.sync()
	h.send(build(2, 0, h.root(), eventMask, 1<<19)) // SubstructureNotify
	heard := func() (created, other []uint32) {
		h.user.sync()
		for _, e := range h.sync() {
			switch e[0] {
			case eventCreateNotify:
				created = append(created, order.Uint32(e[8:]))
				if id := order.Uint32(e[8:]); id&^h.setup.mask != h.setup.base && order.Uint32(e[12:]) != 0 {
					t.Errorf("it hears where %#x is", id)
				}
			case eventMapNotify, eventConfigureNotify, eventUnmapNotify, eventDestroyNotify:
				other = append(other, order.Uint32(e[8:]))
			}
		}
		return created, other
	}
	h.user.window(300, 300, 20, 20, 0, 0)
	if created, other := heard(); len(created)+len(other) > 0 {
		t.Errorf("of another program's windows: %#x %#x", created, other)
	}
	// The window manager of the display is kept away, as in newHosted.
	own := h.id()
	h.send(create(own, h.root(), 10, 10, 50, 50, backPixel|override, 1, 1))
	h.sync()
	h.user.send(build(8, 0, own))
	h.user.sync()
	h.send(build(2, 0, own, override, 0), build(8, 0, own))
	h.sync()
	frame := h.user.window(300, 300, 20, 20, 0, 0)
	h.user.send(build(7, 0, own, frame, 0))
	if created, _ := heard(); !slices.Contains(created, frame) {
		t.Errorf("not of the frame %#x: %#x", frame, created)
	}
	h.user.send(build(12, 0, frame, 1, 333))
	if _, other := heard(); !slices.Contains(other, frame) {
		t.Error("not that the frame moves")
	}
	stranger := h.user.window(300, 300, 20, 20, 0, 0)
	if created, other := heard(); slices.Contains(append(created, other...), stranger) {
		t.Error("of a window that is made after the frame")
	}
}

// TestGestures: what the user does lets the host have what that means, and
// nothing else.
func TestGestures(t *testing.T) {
	serveClipboard(t)
	paste := func(selection string) func(*hosted) bool {
		return func(h *hosted) bool { return h.paste(h.window, selection) == secret }
	}
	own := func(selection string) func(*hosted) bool {
		return func(h *hosted) bool {
			h.send(build(22, 0, h.window, h.atom(selection), 0))
			h.sync()
			r, _ := h.user.ask(build(23, 0, h.user.atom(selection)))
			return order.Uint32(r[8:]) == h.window
		}
	}
	grab := func(h *hosted) bool {
		r, _ := h.ask(build(26, 1, h.window, pack(4, 1|1<<8), 0, 0, 0))
		defer h.send(build(27, 0, 0))
		return r != nil && r[1] == 0
	}
	warp := func(h *hosted) bool {
		h.send(build(41, 0, h.window, h.window, 0, 0, pack(20, 30)))
		h.sync()
		r, _ := h.user.ask(build(38, 0, h.user.root()))
		return order.Uint16(r[16:]) == 120
	}
	warpRoot := func(x int) func(h *hosted) bool {
		return func(h *hosted) bool {
			h.send(build(41, 0, 0, h.root(), 0, 0, pack(x, 130)))
			h.sync()
			r, _ := h.user.ask(build(38, 0, h.user.root()))
			return order.Uint16(r[16:]) == uint16(x)
		}
	}
	focus := func(h *hosted) bool {
		h.user.move(10, 10)
		h.user.focus(1)
		return h.takesFocus()
	}
	nothing := func(*hosted) {}
	key := func(symbols ...uint32) func(*hosted) {
		return func(h *hosted) { h.user.keys(symbols...); h.hears(eventKeyRelease) }
	}
	click := func(button byte) func(*hosted) {
		return func(h *hosted) { h.user.click(button); h.hears(eventButtonRelease) }
	}
	menu := func(h *hosted) uint32 {
		return h.peer.window(140, 140, 50, 50, 0x666666, allInput)
	}
	for _, test := range []struct {
		name string
		does func(*hosted)
		gets func(*hosted) bool
		want bool
	}{
		{"nothing, paste", nothing, paste("CLIPBOARD"), false},
		{"a key, paste", key('a'), paste("CLIPBOARD"), false},
		{"a click, paste", click(1), paste("CLIPBOARD"), false},
		{"Ctrl+V, paste", key(keyControl, 'v'), paste("CLIPBOARD"), true},
		{"Ctrl+V, paste the primary selection", key(keyControl, 'v'), paste("PRIMARY"), false},
		{"Shift+Insert, paste", key(keyShift, keyInsert), paste("CLIPBOARD"), true},
		{"v, paste", key('v'), paste("CLIPBOARD"), false},
		{"Ctrl+C, paste", key(keyControl, 'c'), paste("CLIPBOARD"), false},
		{"Return, paste", key(keyReturn), paste("CLIPBOARD"), false},
		{"a middle click, paste the primary selection", click(2), paste("PRIMARY"), true},
		{"a middle click, paste the clipboard", click(2), paste("CLIPBOARD"), false},
		{"a click in a menu, paste", func(h *hosted) { menu(h); h.user.click(1); h.hears(eventButtonRelease) }, paste("CLIPBOARD"), true},
		{"Return in a menu, paste", func(h *hosted) { menu(h); key(keyReturn)(h) }, paste("CLIPBOARD"), true},
		{"Return after a menu, paste", func(h *hosted) {
			h.send(build(10, 0, menu(h)))
			h.sync()
			key(keyReturn)(h)
		}, paste("CLIPBOARD"), false},
		{"a click in a window that becomes a menu, paste", func(h *hosted) {
			h.send(build(2, 0, h.window, override, 1))
			click(1)(h)
		}, paste("CLIPBOARD"), false},
		{"nothing, copy", nothing, own("CLIPBOARD"), false},
		{"a key, copy", key(keyControl, 'c'), own("CLIPBOARD"), true},
		{"a click, select", click(1), own("PRIMARY"), true},
		{"a click, drag", click(1), own("XdndSelection"), false},
		{"a button that is held, drag", func(h *hosted) {
			h.user.press(1)
			h.t.Cleanup(func() { h.user.letGo(1) })
			h.hears(eventButtonPress)
		}, own("XdndSelection"), true},
		{"a copy from a window that is gone, paste", func(h *hosted) {
			click(1)(h)
			w := h.id()
			h.send(create(w, h.root(), 0, 0, 5, 5, override, 1), build(22, 0, w, h.atom("CLIPBOARD"), 0), build(4, 0, w))
			h.sync()
			serveClipboard(h.t)
		}, paste("CLIPBOARD"), false},
		{"a copy that the server does not take, paste", func(h *hosted) {
			click(1)(h)
			h.send(build(22, 0, h.window, h.atom("CLIPBOARD"), 1)) // too long ago
			h.sync()
		}, paste("CLIPBOARD"), false},
		{"a copy into no window, paste", func(h *hosted) {
			click(1)(h)
			h.send(build(22, 0, h.id(), h.atom("CLIPBOARD"), 0))
			h.sync()
		}, paste("CLIPBOARD"), false},
		{"a click, the settings", click(1), own("_XSETTINGS_S0"), false},
		{"a click, a menu", click(1), grab, true},
		{"nothing but the keyboard, warp the pointer", nothing, warp, true},
		{"a click, warp the pointer", click(1), warp, true},
		{"nothing, warp the pointer from elsewhere", func(h *hosted) {
			h.user.focus(h.user.window(400, 400, 5, 5, 0, 0))
			h.user.move(10, 10)
		}, warp, false},
		{"a click, warp the pointer to a place in a window", click(1), warpRoot(120), true},
		{"a click, warp the pointer elsewhere", click(1), warpRoot(700), false},
		{"a click, the keyboard", click(1), focus, true},
		{"nothing, the keyboard", nothing, focus, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			serveClipboard(t)
			h := newHosted(t, Config{})
			h.sync()
			test.does(h)
			if got := test.gets(h); got != test.want {
				t.Errorf("got %v, want %v; refused: %q", got, test.want, h.host.refused.list)
			}
		})
	}
	t.Run("a grant, paste", func(t *testing.T) {
		serveClipboard(t)
		h := newHosted(t, Config{Clipboard: true})
		if got := h.paste(h.window, "CLIPBOARD"); got != secret {
			t.Errorf("got %q", got)
		}
	})
	t.Run("old", func(t *testing.T) {
		if within(time.Now().Add(-pasteTime), pasteTime) || !within(time.Now(), pasteTime) {
			t.Error("what the user does is remembered for another time")
		}
	})
}

// TestOldGestures: a host that does not read what the user does has no use of it
// later.
func TestOldGestures(t *testing.T) {
	h := newHosted(t, Config{})
	if ago := h.host.server.ago(0); ago == 0 {
		t.Error("no time went by since the server began")
	}
	c := &client{guard: h.host.Guard, done: make(chan struct{}), state: newState(&stock{})}
	defer close(c.done)
	h.host.server.ago(0)
	now := h.host.server.now
	for _, test := range []struct {
		when uint32
		want bool
	}{{now, true}, {now + 1000, true}, {now - uint32(gestureTime/time.Millisecond) - 1, false}} {
		c.state.gesture, c.state.pressed = time.Time{}, false
		c.button(true, 1, 0, test.when)
		if got := c.gestured(); got != test.want {
			t.Errorf("a click %d ms before: %v", int32(now-test.when), got)
		}
	}
}

// TestTakeFocus: the window manager may offer the keyboard.
func TestTakeFocus(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.move(10, 10)
	h.user.focus(1)
	h.user.send(messageTo(h.window, 0, h.window, h.user.atom("WM_PROTOCOLS"), h.user.atom("WM_TAKE_FOCUS")))
	h.user.sync()
	h.hears(eventClientMessage)
	if !h.takesFocus() {
		t.Error("the window did not get the keyboard")
	}
}

// TestKeysElsewhere: a host that has grabbed the keyboard gets no key that is for
// another window.
func TestKeysElsewhere(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.click(1)
	h.hears(eventButtonRelease)
	r, _ := h.ask(build(31, 0, h.window, 0, pack(1|1<<8, 0)))
	if r == nil || r[1] != 0 {
		t.Fatal("the host did not get the keyboard")
	}
	h.user.keys('a')
	h.hears(eventKeyPress)
	v := h.user.window(400, 400, 10, 10, 0, 0)
	h.user.focus(v)
	h.user.keys('a')
	if h.got(eventKeyPress) {
		t.Error("it hears what is typed elsewhere")
	}
}

// TestLateKeys: nor one that has waited since it had the keyboard to itself, as where it
// reads nothing until the user is back.
func TestLateKeys(t *testing.T) {
	h := newHosted(t, Config{})
	h.host.server.ago(0)
	now := h.host.server.now
	old := now - uint32(2*freshTime/time.Millisecond)
	grabbed := map[uint32]grab{1: {window: h.window}}
	for name, test := range map[string]struct {
		grabs     map[uint32]grab
		ungrabbed time.Time
		when      uint32
		want      bool
	}{
		"without a grab":     {nil, time.Time{}, old, true},
		"at once":            {grabbed, time.Time{}, now, true},
		"late":               {grabbed, time.Time{}, old, false},
		"late, let go since": {nil, time.Now(), old, false},
		"after it":           {nil, time.Now().Add(-time.Minute), old, true},
	} {
		c := &client{guard: h.host.Guard, base: h.setup.base, mask: h.setup.mask, done: make(chan struct{}), state: newState(&stock{})}
		if test.grabs != nil {
			c.state.grabs = test.grabs
		}
		c.state.ungrabbed = test.ungrabbed
		if got := c.key(true, 38, 0, test.when); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
		close(c.done)
	}
	c := &client{state: newState(&stock{})}
	c.state.grabs[1] = grab{}
	if c.overdue(false, false); c.state.ungrabbed.IsZero() {
		t.Error("the end of a grab is forgotten")
	}
}

// TestPointer: it is told where it is above a window of the host's, and where
// it was then.
func TestPointer(t *testing.T) {
	h := newHosted(t, Config{})
	at := func() (x, y uint16) {
		r, _ := h.ask(build(38, 0, h.root()))
		return order.Uint16(r[16:]), order.Uint16(r[18:])
	}
	h.user.move(160, 170)
	if x, y := at(); x != 160 || y != 170 {
		t.Errorf("above: %d, %d", x, y)
	}
	h.user.move(700, 800)
	if x, y := at(); x != 160 || y != 170 {
		t.Errorf("elsewhere: %d, %d", x, y)
	}
}

// TestPointerLeaves: where the pointer is when the server answers decides, and not where
// it was when the host asked.
func TestPointerLeaves(t *testing.T) {
	h := newHosted(t, Config{})
	c := h.host.client()
	h.user.move(160, 170)
	if r, _ := h.ask(build(38, 0, h.root())); order.Uint16(r[16:]) != 160 {
		t.Fatalf("above: %d", order.Uint16(r[16:]))
	}
	for name, window := range map[string]uint32{"root": h.root(), "window": h.window} {
		h.user.move(150, 150)
		v := judges(c, build(38, 0, window))
		if v.edit == nil {
			t.Fatalf("%s: %+v", name, v)
		}
		h.user.move(700, 800)
		r, _ := h.user.ask(build(38, 0, window))
		if order.Uint16(r[16:]) != 700 {
			t.Fatalf("the pointer is at %d", order.Uint16(r[16:]))
		}
		if p := v.edit(r); order.Uint16(p[16:]) != 160 || order.Uint16(p[18:]) != 170 {
			t.Errorf("%s: it sees the pointer at %d, %d", name, order.Uint16(p[16:]), order.Uint16(p[18:]))
		}
	}
}

// TestPressedElsewhere: a button that is let go and pressed elsewhere is not held any
// more, however soon.
func TestPressedElsewhere(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.press(1)
	h.hears(eventButtonPress)
	h.user.letGo(1)
	h.user.move(700, 700)
	h.user.press(1)
	defer h.user.letGo(1)
	h.hears(eventButtonRelease)
	if r, _ := h.ask(build(38, 0, h.root())); order.Uint16(r[16:]) == 700 {
		t.Error("it sees where the pointer is")
	}
}

// TestOwn: a host draws, and reads what it has drawn.
func TestOwn(t *testing.T) {
	h := newHosted(t, Config{PID: 99})
	if got := h.pixel(h.window, 10, 10); got != 0x444444 {
		t.Errorf("its window: %#x", got)
	}
	pixmap, gc := h.id(), h.id()
	h.send(build(53, 24, pixmap, h.root(), pack(10, 10)), build(55, 0, gc, pixmap, 1<<2, 0xabcdef), build(70, 0, pixmap, gc, 0, pack(10, 10)))
	if got := h.pixel(pixmap, 5, 5); got != 0xabcdef {
		t.Errorf("a pixmap: %#x", got)
	}
	render, from := h.picture(pixmap, false)
	_, to := h.picture(h.window, false)
	h.composite(render, from, to, 0, 0)
	if got := h.pixel(h.window, 5, 5); got != 0xabcdef {
		t.Errorf("by RENDER: %#x", got)
	}
	h.send(setProperty(h.window, h.atom("_NET_WM_PID"), 6, 4321))
	if b := h.property(h.window, h.atom("_NET_WM_PID")); len(b) != 4 || order.Uint32(b) != 99 {
		t.Errorf("its process: %v", b)
	}
	if b := h.property(h.root(), h.atom("_NET_SUPPORTED")); b == nil {
		t.Error("it does not see what the window manager can do")
	}
	if len(h.errors) > 0 || len(h.host.refused.list) > 0 {
		t.Errorf("errors %d, refused %q", h.errors, h.host.refused.list)
	}
}

// TestCopyOut: another program gets what the host has copied, and the host may
// write where that asks for it, and only there.
func TestCopyOut(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.keys(keyControl, 'c')
	h.hears(eventKeyRelease)
	h.send(build(22, 0, h.window, h.atom("CLIPBOARD"), 0))
	h.sync()
	w := h.user.window(500, 500, 10, 10, 0, 1<<22)
	here, there := h.user.atom("HERE"), h.user.atom("THERE")
	h.user.send(build(24, 0, w, h.user.atom("CLIPBOARD"), h.user.atom("UTF8_STRING"), here, 0))
	h.user.sync()
	h.hears(eventSelectionRequest)
	var head [4]byte
	head[0] = eventSelectionNotify
	h.send(setProperty(w, here, 4, 7), setProperty(w, there, 4, 7))
	h.send(event(w, 0, order.Uint32(head[:]), 0, w, h.atom("CLIPBOARD"), h.atom("UTF8_STRING"), here))
	h.sync()
	if !h.user.got(eventSelectionNotify) || h.user.property(w, here) == nil {
		t.Error("the answer did not come")
	}
	if h.user.property(w, there) != nil {
		t.Error("it wrote elsewhere")
	}
	// What the other program does with it tells it when to go on.
	h.send(build(2, 0, w, eventMask, foreignEvents))
	h.sync()
	h.user.send(build(19, 0, w, here))
	h.user.sync()
	if !h.got(28) {
		t.Error("it does not hear that a part was read")
	}
}

// TestCopyOutBound: what the host writes to a program that asks for it is bounded, until
// that has read it.
func TestCopyOutBound(t *testing.T) {
	c, _, _ := loose(nil, nil)
	const other, property, size = 0x800001, 1000, 1 << 20
	c.requested(other, 1001, property)
	part := append(build(18, 2, other, property, 4, 8, size), make([]byte, size)...)
	wrote := 0
	for ; wrote <= maxStored/size && judges(c, part).code == 0; wrote++ {
	}
	if wrote == 0 || wrote > maxStored/size {
		t.Errorf("%d MiB were written", wrote)
	}
	gone := make([]byte, 32)
	gone[0], gone[16] = eventPropertyNotify, 1
	order.PutUint32(gone[4:], other)
	order.PutUint32(gone[8:], property)
	if keep, err := c.event(gone, len(gone)); !keep || err != nil {
		t.Errorf("it does not hear of it: %v", err)
	}
	if v := judges(c, part); v.code != 0 {
		t.Errorf("after it was read: %+v", v)
	}
	c.state.requestors[other].until = time.Now()
	c.requested(other+1, 1001, property)
	if n := c.guard.stock.stored.Load(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

// TestCopyOutMany: a program that asks for several kinds at once gets them where
// it says, and nowhere else.
func TestCopyOutMany(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.click(1)
	h.hears(eventButtonRelease)
	h.send(build(22, 0, h.window, h.atom("CLIPBOARD"), 0))
	h.sync()
	w := h.user.window(500, 500, 10, 10, 0, 0)
	list, here, there := h.user.atom("LIST"), h.user.atom("HERE"), h.user.atom("THERE")
	h.user.send(setProperty(w, list, h.user.atom("ATOM_PAIR"), h.user.atom("UTF8_STRING"), here))
	h.user.send(build(24, 0, w, h.user.atom("CLIPBOARD"), h.user.atom("MULTIPLE"), list, 0))
	h.user.sync()
	h.hears(eventSelectionRequest)
	h.send(setProperty(w, here, 4, 7), setProperty(w, there, 4, 7))
	h.sync()
	if h.user.property(w, here) == nil {
		t.Error("the answer did not come")
	}
	if h.user.property(w, there) != nil {
		t.Error("it wrote elsewhere")
	}
	if h.property(w, list) == nil {
		t.Error("it may not read what is wanted")
	}
}

// TestRoundabout: what a host may not write, nobody writes for it, not even
// itself by another connection, of which it asks for a selection.
func TestRoundabout(t *testing.T) {
	h := newHosted(t, Config{})
	v := h.user.window(300, 300, 5, 5, 0, 0)
	h.user.click(1)
	h.hears(eventButtonRelease)
	h.send(build(22, 0, h.window, h.atom("PRIMARY"), 0))
	h.sync()
	other := h.host.connect(t)
	w := other.window(50, 600, 60, 60, 0, allInput)
	h.user.move(60, 610)
	h.user.click(1)
	if !other.got(eventButtonRelease) {
		t.Fatal("the click did not come")
	}
	transient := h.atom("WM_TRANSIENT_FOR")
	other.send(build(24, 0, w, other.atom("PRIMARY"), other.atom("TARGETS"), transient, 0))
	other.sync()
	h.got(eventSelectionRequest)
	h.send(setProperty(w, transient, 33, v))
	h.sync()
	if h.user.property(w, transient) != nil {
		t.Error("it is a dialog of another's window")
	}
}

// TestDragEnds: what is dragged is let go once, whatever the user does later.
func TestDragEnds(t *testing.T) {
	for _, test := range []struct {
		pressed bool
		dropped time.Time
		want    bool
	}{{true, time.Time{}, true}, {false, time.Now(), true}, {false, time.Now().Add(-dropTime), false}} {
		c := &client{state: newState(&stock{})}
		c.state.dragging, c.state.pressed, c.state.dropped = true, test.pressed, test.dropped
		if got := c.dragging(); got != test.want {
			t.Errorf("%v, let go at %v: %v", test.pressed, test.dropped, got)
		}
	}
	h := newHosted(t, Config{})
	h.user.press(1)
	h.hears(eventButtonPress)
	h.send(build(22, 0, h.window, h.atom("XdndSelection"), 0))
	other := h.user.window(500, 500, 10, 10, 0, 0)
	if r, _ := h.ask(build(14, 0, other)); r == nil {
		t.Error("it does not see what it may drag to")
	}
	h.user.letGo(1)
	c := h.host.client()
	for over := false; !over; time.Sleep(time.Millisecond) {
		c.with(func(s *state) { over = !s.pressed })
	}
	// Some time later the user presses a button elsewhere.
	c.with(func(s *state) { s.dropped = s.dropped.Add(-dropTime) })
	h.user.move(700, 700)
	h.user.press(1)
	defer h.user.letGo(1)
	if r, _ := h.ask(build(38, 0, h.root())); order.Uint16(r[16:]) == 700 {
		child, mask := c.guard.server.pointer()
		c.with(func(s *state) {
			t.Errorf("it sees where the pointer is: held %v, drags %v until %v after %v, above %#x of %#x with %#x",
				s.pressed, s.dragging, dropTime, time.Since(s.dropped), child, h.window, mask)
		})
	}
	if r, _ := h.ask(build(14, 0, other)); r != nil {
		t.Error("it sees another's window")
	}
}

// TestDragIn: a program that drags something to the host is answered.
func TestDragIn(t *testing.T) {
	h := newHosted(t, Config{})
	source := h.user.window(500, 500, 10, 10, 0, 0)
	h.user.send(setProperty(source, h.user.atom("XdndTypeList"), 4, 1))
	h.user.send(messageTo(h.window, 0, h.window, h.user.atom("XdndEnter"), source))
	h.user.sync()
	h.hears(eventClientMessage)
	if h.property(source, h.atom("XdndTypeList")) == nil {
		t.Error("it may not read what is dragged")
	}
	h.send(messageTo(source, 0, source, h.atom("XdndStatus"), h.window), messageTo(source, 0, source, h.atom("WM_PROTOCOLS"), h.atom("WM_DELETE_WINDOW")))
	h.sync()
	count := 0
	for _, e := range h.user.sync() {
		if e[0]&0x7f == eventClientMessage {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d messages came, want 1", count)
	}
}

// TestSettings: a toolkit looks at the window that has the settings of the
// desktop, and hears when they change.
func TestSettings(t *testing.T) {
	h := newHosted(t, Config{})
	other := h.user.window(500, 500, 10, 10, 0, 0)
	look := func(request byte) bool { r, _ := h.ask(build(request, 0, other)); return r != nil }
	if look(3) || look(14) || look(15) {
		t.Error("a window of any program is looked at")
	}
	h.user.send(build(22, 0, other, h.user.atom("_XSETTINGS_S0"), 0))
	h.user.sync()
	if !look(3) || !look(14) || !look(15) {
		t.Error("the window with the settings is not found")
	}
	h.send(build(2, 0, other, eventMask, foreignEvents))
	h.sync()
	h.user.send(setProperty(other, h.user.atom("_XSETTINGS_SETTINGS"), 4, 7))
	h.user.sync()
	if !h.got(28) || h.property(other, h.atom("_XSETTINGS_SETTINGS")) == nil {
		t.Error("it does not hear of the settings")
	}
}

// TestBounds: what a host may have of the server has an end, and it is told so.
func TestBounds(t *testing.T) {
	h := newHosted(t, Config{})
	var made []uint32
	for range 40 {
		id := h.id()
		h.send(build(53, 24, id, h.root(), pack(4096, 4096))) // 64 MiB
		h.sync()
		if len(h.errors) > 0 {
			break
		}
		made = append(made, id)
	}
	if len(made) > maxPixmapBytes>>26 || !bytes.Equal(h.errors, []byte{badAlloc}) {
		t.Errorf("%d pixmaps of 64 MiB, errors %d", len(made), h.errors)
	}
	for _, id := range made {
		h.send(build(54, 0, id))
	}
	h.errors = nil
	h.send(build(53, 24, h.id(), h.root(), pack(4096, 4096)))
	h.sync()
	if len(h.errors) > 0 {
		t.Errorf("after all were freed: errors %d", h.errors)
	}
	// A name counts once: toolkits name each cursor that they make.
	for range maxAtoms + 1 {
		h.ask(named(16, "THE_SAME"))
	}
	if _, code := h.ask(named(16, "ONE_MORE")); code != 0 {
		t.Errorf("a second name: error %d", code)
	}
	for n := range maxAtoms {
		h.host.mayName(fmt.Sprint(n))
	}
	if _, code := h.ask(named(16, "ONE_TOO_MANY")); code != badAlloc {
		t.Errorf("a name too many: error %d", code)
	}
	if _, code := h.ask(named(16, "ONE_MORE")); code != 0 {
		t.Errorf("a name that is known: error %d", code)
	}
}

// TestConnections: a host has so many, and gets them back.
func TestConnections(t *testing.T) {
	h := newHost(t, Config{})
	dial := func() net.Conn {
		conn, err := net.Dial("unix", h.socket)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for range maxClients {
		newPeer(t, dial())
	}
	conn := dial()
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("one more was served")
	}
}

// TestPing: a window manager is answered, also one that asks without a window, as
// mutter does, and only what it has asked.
func TestPing(t *testing.T) {
	h := newHost(t, Config{})
	p, manager := h.connect(t), outside(t)
	const substructureNotify = 1 << 19
	manager.send(build(2, 0, manager.root(), 1<<11, substructureNotify))
	w := p.window(50, 600, 60, 60, 0x555555, 0)
	p.show(w)
	protocols, ping := p.atom("WM_PROTOCOLS"), p.atom("_NET_WM_PING")
	answers := func(time, what uint32) bool {
		t.Helper()
		p.sync()
		p.send(messageTo(p.root(), substructureNotify, p.root(), protocols, ping, time, what, 7, 8))
		p.sync()
		for _, e := range manager.sync() {
			if e[0] == eventClientMessage|sentEvent && order.Uint32(e[8:]) == protocols && order.Uint32(e[16:]) == time {
				return true
			}
		}
		return false
	}
	if !answers(1, w) {
		t.Error("an answer with the window is refused")
	}
	if answers(2, 2) {
		t.Error("an answer that nobody has asked for passes")
	}
	manager.send(messageTo(w, 0, w, protocols, ping, 3, 3, 7, 8))
	manager.sync()
	if !answers(3, 3) {
		t.Error("an answer without a window is refused")
	}
	if answers(4, 3) {
		t.Error("another answer passes")
	}
}
