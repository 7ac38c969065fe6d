package x11

import (
	"slices"
	"testing"
	"time"
)

// client returns the guard's side of the only connection of a host.
func (h *host) client() *client {
	for {
		h.mu.Lock()
		for c := range h.clients {
			h.mu.Unlock()
			return c
		}
		h.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// seen reports whether a window is shown.
func (u *user) seen(w uint32) bool {
	u.t.Helper()
	r, _ := u.ask(build(3, 0, w))
	return r != nil && r[26] != 0
}

// TestMenus: windows without a window manager are shown while the user is there,
// and are no larger than menus.
func TestMenus(t *testing.T) {
	h := newHosted(t, Config{})
	menu := func(w, h2 int, mask uint32, values ...uint32) uint32 {
		id := h.id()
		h.send(create(id, h.root(), 300, 300, w, h2, mask, values...), build(8, 0, id))
		h.sync()
		return id
	}
	const wide, high = 1 << 2, 1 << 3
	small := menu(100, 100, override, 1)
	if !h.user.seen(small) {
		t.Fatalf("no menu is shown: %q", h.host.refused.list)
	}
	h.send(build(12, 0, small, wide|high, 200, 200))
	if r, _ := h.ask(build(14, 0, small)); order.Uint16(r[16:]) != 200 {
		t.Error("it does not grow")
	}
	h.send(build(12, 0, small, wide|high, 1280, 1024))
	if r, _ := h.ask(build(14, 0, small)); order.Uint16(r[16:]) != 200 {
		t.Error("it covers the screen")
	}
	if h.user.seen(menu(1280, 1024, override, 1)) {
		t.Error("a second one covers the screen")
	}
	h.send(build(12, 0, small, 1<<4, 600))
	if r, _ := h.ask(build(14, 0, small)); order.Uint16(r[20:]) != 0 {
		t.Error("its border covers the screen")
	}
	count := 0
	for range 2 * maxShown {
		if h.user.seen(menu(1, 1, override, 1)) {
			count++
		}
	}
	if count == 0 || count >= maxShown {
		t.Errorf("%d more are shown, want up to %d in all", count, maxShown)
	}
	// One that a window manager has made as large as the screen.
	h.user.send(build(12, 0, h.window, wide|high, 1280, 1024))
	h.user.sync()
	h.send(build(2, 0, h.window, override, 1), build(10, 0, h.window), build(8, 0, h.window))
	h.sync()
	if h.user.seen(h.window) {
		t.Error("a third one covers the screen")
	}
}

// TestAway: menus and grabs end when the user is elsewhere, and grabs after a
// click outside.
func TestAway(t *testing.T) {
	h := newHosted(t, Config{})
	c := h.host.client()
	server := h.host.server
	h.user.click(1)
	h.hears(eventButtonRelease)
	menu := h.id()
	h.send(create(menu, h.root(), 300, 300, 50, 50, override, 1), build(8, 0, menu))
	h.sync()
	if r, _ := h.ask(build(26, 1, h.window, pack(4, 1|1<<8), 0, 0, 0)); r[1] != 0 {
		t.Fatalf("the pointer: %d", r[1])
	}
	if r, _ := h.ask(build(31, 1, h.window, 0, pack(1|1<<8, 0))); r[1] != 0 {
		t.Fatalf("the keyboard: %d", r[1])
	}
	if !server.taken() {
		t.Fatal("the guard does not see that they are taken")
	}
	if list, more := c.overdue(false, true); len(list) > 0 || !more {
		t.Fatalf("while the user is there: %d, %v", list, more)
	}
	h.user.move(700, 700)
	h.user.press(1)
	h.hears(eventButtonPress)
	h.user.letGo(1)
	c.with(func(s *state) {
		if s.outside.IsZero() {
			t.Error("a click outside was not seen")
		}
		s.outside = time.Now().Add(-outsideTime)
	})
	list, _ := c.overdue(false, true)
	if !slices.Contains(list, h.window) || slices.Contains(list, menu) {
		t.Errorf("after a click outside: %d", list)
	}
	if list, more := c.overdue(true, true); !slices.Equal(list, []uint32{menu}) || more {
		t.Errorf("while the user is elsewhere: %d, %v", list, more)
	}
	for _, id := range []uint32{h.window, menu, 0x7654321} {
		server.hide(id)
	}
	if server.taken() || h.user.seen(menu) {
		t.Error("the user has not got everything back")
	}
	if x, y := server.size(menu); x != 50 || y != 50 {
		t.Errorf("after an error the guard hears %d, %d", x, y)
	}
}

// TestConfined: games keep the pointer while they have the keyboard.
func TestConfined(t *testing.T) {
	h := newHosted(t, Config{})
	c := h.host.client()
	if r, _ := h.ask(build(26, 1, h.window, pack(4, 1|1<<8), h.window, 0, 0)); r[1] != 0 {
		t.Fatalf("the pointer: %d", r[1])
	}
	h.user.move(700, 700)
	if r, _ := h.user.ask(build(38, 0, h.user.root())); order.Uint16(r[16:]) >= 300 {
		t.Errorf("it is at %d", order.Uint16(r[16:]))
	}
	if !c.confined() || !c.focused() {
		t.Error("it is not seen to be kept")
	}
	h.user.focus(h.user.window(500, 500, 5, 5, 0, 0))
	if c.focused() {
		t.Error("the host still has the keyboard")
	}
}

// TestHeld: who holds a button down for long may drag then.
func TestHeld(t *testing.T) {
	h := newHosted(t, Config{})
	h.user.press(1)
	defer h.user.letGo(1)
	h.hears(eventButtonPress)
	c := h.host.client()
	c.with(func(s *state) { s.gesture = s.gesture.Add(-gestureTime) })
	if !c.gestured() {
		t.Error("a button that is held is not seen")
	}
}

// TestGrabEnds: a grab that has ended does not cost a window later.
func TestGrabEnds(t *testing.T) {
	h := newHosted(t, Config{})
	c := h.host.client()
	h.user.click(1)
	h.hears(eventButtonRelease)
	grab := build(31, 1, h.window, 0, pack(1|1<<8, 0))
	h.ask(grab)
	h.send(build(32, 0, 0))
	h.sync()
	if list, _ := c.overdue(true, true); len(list) > 0 {
		t.Errorf("one that was given back: %d", list)
	}
	h.ask(grab)
	h.user.send(build(10, 0, h.window))
	h.user.sync()
	if list, _ := c.overdue(true, h.host.server.taken()); len(list) > 0 {
		t.Errorf("one that ended with its window: %d", list)
	}
}
