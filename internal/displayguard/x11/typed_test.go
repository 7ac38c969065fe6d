package x11

import "testing"

// TestTyped: what passes for a key that the user has pressed is one that was pressed
// in a window of the host, with what it means and with what was held.
func TestTyped(t *testing.T) {
	h := newHost(t, Config{})
	p, other, u := h.connect(t), outside(t), newUser(t)
	const keys = 3 // pressed and let go
	own, others := p.window(50, 600, 60, 60, 0x555555, keys), other.window(200, 600, 60, 60, 0x777777, keys)
	p.show(own)
	other.show(others)
	a, semicolon := uint32(u.code('a')), uint32(u.code(';'))
	press := func(window, symbol uint32) {
		t.Helper()
		u.focus(window)
		u.keys(symbol)
		p.sync()
	}
	if h.Typed('a', a, 0) {
		t.Error("a key that nobody has pressed")
	}
	press(others, 'a')
	if h.Typed('a', a, 0) {
		t.Error("a key that was pressed elsewhere")
	}
	press(own, 'a')
	for _, wrong := range [][3]uint32{{';', a, 0}, {'a', semicolon, 0}, {'a', a, maskControl}, {'a', a + 256, 0}, {0x010030a2, a, 0}} {
		if h.Typed(wrong[0], wrong[1], wrong[2]) {
			t.Errorf("%#x was not pressed", wrong)
		}
	}
	const button = 1 << 8
	if !h.Typed('A', a, button) {
		t.Error("a large letter of the same key, with a button")
	}
	uses := 1
	for h.Typed('a', a, 0) {
		uses++
	}
	if uses != 2*strokeUses { // pressed, and let go
		t.Errorf("it was used %d times", uses)
	}
}
