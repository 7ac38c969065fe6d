package x11

import (
	"slices"
	"testing"
)

// victim is another program of the user.
type victim struct {
	*user
	window    uint32
	clipboard uint32 // the atom
	done      chan struct{}
}

const (
	victimX, victimY = 600, 400
	victimColour     = 0x123456
	keyMask          = 1<<0 | 1<<1
	secret           = "my bank password"
)

func newVictim(t testing.TB) *victim {
	v := &victim{user: newUser(t), done: make(chan struct{})}
	v.window = v.user.window(victimX, victimY, 200, 200, victimColour, keyMask|1<<22)
	v.send(setProperty(v.window, v.atom("VICTIM"), 4, 1))
	v.send(build(18, 0, v.window, v.atom("WM_NAME"), v.atom("STRING"), 8, 4, order.Uint32([]byte("bank"))))
	v.focus(v.window)
	v.move(10, 10)
	return v
}

// serveClipboard has another program own the selections, until the test ends.
func serveClipboard(t testing.TB) {
	p := outside(t)
	w := p.window(900, 900, 10, 10, 0, 0)
	for _, name := range []string{"CLIPBOARD", "PRIMARY"} {
		p.send(build(22, 0, w, p.atom(name), 0))
	}
	p.sync()
	text := p.atom("UTF8_STRING")
	ended := make(chan struct{})
	t.Cleanup(func() { p.conn.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			e := make([]byte, 32)
			if _, err := p.in.Read(e); err != nil {
				return
			}
			if e[0] != eventSelectionRequest {
				continue
			}
			u := func(at int) uint32 { return order.Uint32(e[at:]) }
			value := append([]byte(secret), 0, 0, 0, 0)
			var words []uint32
			for i := 0; i+4 <= len(value); i += 4 {
				words = append(words, order.Uint32(value[i:]))
			}
			b := build(18, 0, append([]uint32{u(12), u(24), text, 8, uint32(len(secret))}, words[:(len(secret)+3)/4]...)...)
			var head [4]byte
			head[0] = eventSelectionNotify
			b = append(b, event(u(12), 0, order.Uint32(head[:]), u(4), u(12), u(16), u(20), u(24))...)
			if _, err := p.conn.Write(b); err != nil {
				return
			}
		}
	}()
}

// paste asks for a selection, and returns what came.
func (p *peer) paste(w uint32, selection string) string {
	p.t.Helper()
	property := p.atom("PASTED")
	p.send(build(24, 0, w, p.atom(selection), p.atom("UTF8_STRING"), property, 0))
	for range 10_000 {
		for _, e := range p.sync() {
			if e[0]&0x7f == eventSelectionNotify {
				if order.Uint32(e[20:]) == 0 {
					return ""
				}
				return string(p.property(w, property))
			}
		}
	}
	p.t.Fatal("no SelectionNotify came")
	return ""
}

// attack is what a host that was taken over does. It reports whether it got
// something.
type attack struct {
	name string
	do   func(a *peer, v *victim) bool
}

// owned makes a window of the attacker's, away from all others.
func owned(a *peer) uint32 { return a.window(50, 600, 60, 60, 0x555555, 0) }

// typed has the user type into the victim's window, and reports whether the
// attacker got an event of a kind.
func typed(a *peer, v *victim, kind byte) bool {
	a.t.Helper()
	a.sync()
	v.focus(v.window)
	v.keys('a')
	return a.got(kind)
}

// under copies from the screen by f into a pixmap, and looks for the victim.
func under(a *peer, f func(pixmap, gc uint32)) bool {
	a.t.Helper()
	pixmap, gc := a.id(), a.id()
	const includeInferiors = 1
	a.send(build(53, 24, pixmap, a.root(), pack(50, 50)), build(55, 0, gc, pixmap, 1<<2|1<<15, 0x1, includeInferiors))
	a.send(build(70, 0, pixmap, gc, pack(0, 0), pack(50, 50)))
	f(pixmap, gc)
	return a.pixel(pixmap, 10, 10) == victimColour
}

// picture returns RENDER's number, and a picture of something.
func (p *peer) picture(of uint32, subwindows bool) (render byte, id uint32) {
	p.t.Helper()
	render, _ = p.opcode("RENDER")
	r, _ := p.ask(build(render, 1))
	format := uint32(0)
	for at := 32; at+28 <= 32+28*int(order.Uint32(r[8:])); at += 28 {
		// Direct, of depth 24, with red at bit 16.
		if r[at+4] == 1 && r[at+5] == 24 && order.Uint16(r[at+8:]) == 16 {
			format = order.Uint32(r[at:])
		}
	}
	id = p.id()
	if subwindows {
		p.send(build(render, 4, id, of, format, 1<<8, 1))
	} else {
		p.send(build(render, 4, id, of, format, 0))
	}
	return render, id
}

func (p *peer) composite(render byte, from, to uint32, x, y int) {
	const src = 1
	p.send(build(render, 8, src, from, 0, to, pack(x, y), 0, 0, pack(50, 50)))
}

// xi returns the request that selects events of XInput 2 for all master devices.
func xi(opcode byte, window uint32, mask uint32) []byte {
	return build(opcode, 46, window, 1, pack(1, 1), mask)
}

var attacks = []attack{
	{"find windows by the tree", func(a *peer, v *victim) bool {
		r, _ := a.ask(build(15, 0, a.root()))
		for at := 32; at < len(r); at += 4 {
			if order.Uint32(r[at:]) == v.window {
				return true
			}
		}
		return false
	}},
	{"read a title", func(a *peer, v *victim) bool { return a.property(v.window, a.atom("WM_NAME")) != nil }},
	{"list windows", func(a *peer, v *victim) bool { return a.property(a.root(), a.atom("_NET_CLIENT_LIST_STACKING")) != nil }},
	{"list properties", func(a *peer, v *victim) bool { r, _ := a.ask(build(21, 0, v.window)); return r != nil }},
	{"attributes of a window", func(a *peer, v *victim) bool { r, _ := a.ask(build(3, 0, v.window)); return r != nil }},
	{"geometry of a window", func(a *peer, v *victim) bool { r, _ := a.ask(build(14, 0, v.window)); return r != nil }},
	{"shape of a window", func(a *peer, v *victim) bool {
		shape, _ := a.opcode("SHAPE")
		r, _ := a.ask(build(shape, 5, v.window))
		return r != nil
	}},
	{"coordinates of a window", func(a *peer, v *victim) bool {
		r, _ := a.ask(build(40, 0, a.root(), a.root(), pack(victimX+5, victimY+5)))
		return r != nil && order.Uint32(r[8:]) == v.window
	}},
	{"the property of a window that it makes for others", func(a *peer, v *victim) bool { return a.property(v.window, a.atom("VICTIM")) != nil }},

	{"GetImage of the root", func(a *peer, v *victim) bool { return a.pixel(a.root(), victimX+10, victimY+10) == victimColour }},
	{"GetImage of a window", func(a *peer, v *victim) bool { return a.pixel(v.window, 10, 10) == victimColour }},
	{"CopyArea of the root", func(a *peer, v *victim) bool {
		return under(a, func(pixmap, gc uint32) {
			a.send(build(62, 0, a.root(), pixmap, gc, pack(victimX, victimY), 0, pack(50, 50)))
		})
	}},
	{"CopyArea of a window", func(a *peer, v *victim) bool {
		return under(a, func(pixmap, gc uint32) { a.send(build(62, 0, v.window, pixmap, gc, 0, 0, pack(50, 50))) })
	}},
	{"CopyPlane of the root", func(a *peer, v *victim) bool {
		return under(a, func(pixmap, gc uint32) {
			// Bit 4 is set in the victim's colour: the pixmap gets the foreground.
			a.send(build(56, 0, gc, 1<<2|1<<3, victimColour, 0))
			a.send(build(63, 0, a.root(), pixmap, gc, pack(victimX, victimY), 0, pack(50, 50), 1<<4))
		})
	}},
	{"the root as a tile", func(a *peer, v *victim) bool {
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			_, from := a.picture(a.root(), true)
			a.composite(render, from, to, victimX, victimY)
		})
	}},
	{"RENDER picture of a window", func(a *peer, v *victim) bool {
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			_, from := a.picture(v.window, true)
			a.composite(render, from, to, 0, 0)
		})
	}},
	{"RENDER picture of its own window, below another", func(a *peer, v *victim) bool {
		w := a.window(victimX, victimY, 100, 100, 0x222222, 0)
		v.send(build(12, 0, v.window, 1<<6, 0)) // above
		v.sync()
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			_, from := a.picture(w, true)
			a.composite(render, from, to, 0, 0)
		})
	}},
	{"RENDER picture of its own window, beside itself", func(a *peer, v *victim) bool {
		w := a.window(victimX-100, victimY, 100, 100, 0x222222, 0)
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			_, from := a.picture(w, true)
			a.composite(render, from, to, 100, 0)
		})
	}},
	{"a window without a background", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, a.root(), victimX, victimY, 100, 100, override, 1))
		a.show(w)
		return a.pixel(w, 10, 10) == victimColour
	}},
	{"a window with the background None", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, a.root(), victimX, victimY, 100, 100, backPixmap|override, 0, 1))
		a.show(w)
		return a.pixel(w, 10, 10) == victimColour
	}},
	{"a child without a background", func(a *peer, v *victim) bool {
		w, child := a.id(), a.id()
		a.send(create(w, a.root(), victimX, victimY, 100, 100, override, 1), create(child, w, 0, 0, 100, 100, 0))
		a.show(child, w)
		return a.pixel(child, 10, 10) == victimColour
	}},
	{"a background that is taken away", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, a.root(), victimX, victimY, 100, 100, backPixel|override, 7, 1), build(2, 0, w, backPixmap, 0))
		a.show(w)
		return a.pixel(w, 10, 10) == victimColour
	}},

	{"keys of a window", func(a *peer, v *victim) bool {
		a.send(build(2, 0, v.window, eventMask, keyMask))
		return typed(a, v, eventKeyPress)
	}},
	{"keys of a window, among other events", func(a *peer, v *victim) bool {
		a.send(build(2, 0, v.window, eventMask, keyMask|foreignEvents))
		return typed(a, v, eventKeyPress)
	}},
	{"windows that come", func(a *peer, v *victim) bool {
		a.send(build(2, 0, a.root(), eventMask, 1<<19))
		a.sync()
		v.window2()
		return a.got(16)
	}},
	{"raw keys by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		a.send(xi(input, a.root(), 1<<13))
		return typed(a, v, eventGeneric)
	}},
	{"keys of a window by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		a.send(xi(input, v.window, 1<<xiKeyPress))
		return typed(a, v, eventGeneric)
	}},
	{"keys by a grab of the root", func(a *peer, v *victim) bool {
		a.send(build(33, 1, a.root(), pack(0, int(v.code('a'))|1<<8), 1))
		return typed(a, v, eventKeyPress)
	}},
	{"keys by a grab of its own window", func(a *peer, v *victim) bool {
		r, _ := a.ask(build(31, 1, owned(a), 0, pack(1|1<<8, 0)))
		defer a.send(build(32, 0, 0))
		return r != nil && r[1] == 0 && typed(a, v, eventKeyPress)
	}},
	{"the keyboard by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		r, _ := a.ask(build(input, 51, owned(a), 0, 0, pack(3, 1|1<<8), pack(0, 1), 0xff))
		defer a.send(build(input, 52, 0, 3))
		return r != nil && r[8] == 0
	}},
	{"the pointer by a grab of the root", func(a *peer, v *victim) bool {
		r, _ := a.ask(build(26, 1, a.root(), pack(4, 1|1<<8), 0, 0, 0))
		defer a.send(build(27, 0, 0))
		return r != nil && r[1] == 0
	}},
	{"buttons by a grab of the root", func(a *peer, v *victim) bool {
		a.send(build(28, 1, a.root(), pack(4, 1|1<<8), 0, 0, pack(0, 1<<15)))
		a.sync()
		v.click(1)
		return a.got(eventButtonPress)
	}},
	{"pressed keys", func(a *peer, v *victim) bool {
		code := v.code('a')
		v.fake(eventKeyPress, code, 0, 0)
		defer v.fake(eventKeyRelease, code, 0, 0)
		r, _ := a.ask(build(44, 0))
		return r[8+code/8]&(1<<(code%8)) != 0
	}},
	{"modifiers by XKB", func(a *peer, v *victim) bool {
		xkb, first := a.opcode("XKEYBOARD")
		a.ask(build(xkb, 0, pack(1, 0)))
		const state = 1 << xkbStateNotify
		a.send(build(xkb, 1, pack(0x100, state), pack(0, state), 0))
		a.sync()
		v.keys(keyShift)
		return a.got(first)
	}},
	{"the state of XKB", func(a *peer, v *victim) bool {
		xkb, _ := a.opcode("XKEYBOARD")
		a.ask(build(xkb, 0, pack(1, 0)))
		v.fake(eventKeyPress, v.code(keyShift), 0, 0)
		defer v.fake(eventKeyRelease, v.code(keyShift), 0, 0)
		r, _ := a.ask(build(xkb, 4, 0x100))
		return r[8]&maskShift != 0 || r[9]&maskShift != 0 || r[21]&maskShift != 0
	}},
	{"where the pointer is", func(a *peer, v *victim) bool {
		v.move(victimX+33, victimY+44)
		r, _ := a.ask(build(38, 0, a.root()))
		return order.Uint16(r[16:]) == victimX+33 || order.Uint32(r[12:]) != 0
	}},
	{"where the pointer is, by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		v.move(victimX+33, victimY+44)
		r, _ := a.ask(build(input, 40, a.root(), 2))
		return r != nil && order.Uint32(r[16:])>>16 == victimX+33
	}},
	{"where the pointer is, by its device", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		v.move(victimX+33, victimY+44)
		r, _ := a.ask(build(input, 48, 2))
		for at := 32; at+4 <= len(r); at += 4 {
			if order.Uint32(r[at:]) == victimX+33 {
				return true
			}
		}
		return false
	}},

	{"type by XTEST", func(a *peer, v *victim) bool { test, _ := a.opcode("XTEST"); return test != 0 }},
	{"type by SendEvent", func(a *peer, v *victim) bool {
		var head [4]byte
		head[0], head[1] = eventKeyPress, 38
		v.sync()
		a.send(event(v.window, keyMask, order.Uint32(head[:]), 0, a.root(), v.window, 0, 0, 0, 1))
		a.sync()
		return v.got(eventKeyPress)
	}},
	{"a message to a window", func(a *peer, v *victim) bool {
		v.sync()
		a.send(messageTo(v.window, 0, v.window, a.atom("WM_PROTOCOLS"), a.atom("WM_DELETE_WINDOW")))
		a.sync()
		return v.got(eventClientMessage)
	}},
	{"a message about a window to the window manager", func(a *peer, v *victim) bool {
		v.send(build(2, 0, v.root(), eventMask, 1<<19))
		v.sync()
		a.send(messageTo(a.root(), 3<<19, v.window, a.atom("_NET_CLOSE_WINDOW")))
		a.sync()
		return v.got(eventClientMessage)
	}},
	{"the keyboard, as if the user asked the window manager", func(a *peer, v *victim) bool {
		v.send(build(2, 0, v.root(), eventMask, 1<<19))
		w := owned(a)
		v.sync()
		a.send(messageTo(a.root(), 3<<19, w, a.atom("_NET_ACTIVE_WINDOW"), 2))
		a.sync()
		return v.got(eventClientMessage)
	}},
	{"move the pointer", func(a *peer, v *victim) bool {
		v.move(10, 10)
		a.send(build(41, 0, 0, a.root(), 0, 0, pack(700, 500)))
		a.sync()
		r, _ := v.ask(build(38, 0, v.root()))
		return order.Uint16(r[16:]) == 700
	}},
	{"move the pointer by XInput", func(a *peer, v *victim) bool {
		v.move(10, 10)
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		a.send(build(input, 41, 0, a.root(), 0, 0, 0, 700<<16, 500<<16, 2))
		a.sync()
		r, _ := v.ask(build(38, 0, v.root()))
		return order.Uint16(r[16:]) == 700
	}},
	{"give itself the keyboard", func(a *peer, v *victim) bool {
		w := owned(a)
		v.focus(v.window)
		a.send(build(42, 1, w, 0))
		a.sync()
		r, _ := v.ask(getInputFocus)
		return order.Uint32(r[8:]) == w
	}},
	{"take the keyboard away", func(a *peer, v *victim) bool {
		v.focus(v.window)
		a.send(build(42, 0, 1, 0))
		a.sync()
		r, _ := v.ask(getInputFocus)
		return order.Uint32(r[8:]) != v.window
	}},
	{"lock modifiers", func(a *peer, v *victim) bool {
		xkb, _ := a.opcode("XKEYBOARD")
		a.ask(build(xkb, 0, pack(1, 0)))
		lock := func(on uint32) []byte { return build(xkb, 5, pack(0x100, 0x0202*int(on)|2), 0, 0) }
		a.send(lock(1))
		a.sync()
		r, _ := v.ask(build(38, 0, v.root()))
		a.send(lock(0))
		a.sync()
		return order.Uint16(r[24:])&2 != 0
	}},

	{"read the clipboard", func(a *peer, v *victim) bool { return a.paste(owned(a), "CLIPBOARD") == secret }},
	{"read the primary selection", func(a *peer, v *victim) bool { return a.paste(owned(a), "PRIMARY") == secret }},
	{"own the clipboard", func(a *peer, v *victim) bool { return owns(a, v, "CLIPBOARD") }},
	{"own the primary selection", func(a *peer, v *victim) bool { return owns(a, v, "PRIMARY") }},
	{"own the settings", func(a *peer, v *victim) bool { return owns(a, v, "_XSETTINGS_S0") }},
	{"be the window manager of another screen", func(a *peer, v *victim) bool { return owns(a, v, "WM_S7") }},
	{"own what is dragged", func(a *peer, v *victim) bool { return owns(a, v, "XdndSelection") }},
	{"take the clipboard away", func(a *peer, v *victim) bool {
		a.send(build(22, 0, 0, a.atom("CLIPBOARD"), 0))
		a.sync()
		r, _ := v.ask(build(23, 0, v.atom("CLIPBOARD")))
		return order.Uint32(r[8:]) == 0
	}},

	{"write a property of the root", func(a *peer, v *victim) bool { return writes(a, v, a.root()) }},
	{"write a property of a window", func(a *peer, v *victim) bool { return writes(a, v, v.window) }},
	{"write after a request of nobody", func(a *peer, v *victim) bool {
		var head [4]byte
		head[0] = eventSelectionRequest
		w := owned(a)
		a.send(event(w, 0, order.Uint32(head[:]), 0, w, v.window, a.atom("CLIPBOARD"), a.atom("UTF8_STRING"), a.atom("ATTACK")))
		a.sync()
		return writes(a, v, v.window)
	}},
	{"delete a property of a window", func(a *peer, v *victim) bool {
		a.send(build(19, 0, v.window, a.atom("VICTIM")))
		a.sync()
		return v.property(v.window, v.atom("VICTIM")) == nil
	}},
	{"delete a property by reading it", func(a *peer, v *victim) bool {
		a.ask(build(20, 1, v.window, a.atom("VICTIM"), 0, 0, 100))
		return v.property(v.window, v.atom("VICTIM")) == nil
	}},
	{"read after a drag of nobody", func(a *peer, v *victim) bool {
		v.send(setProperty(v.window, v.atom("XdndTypeList"), 4, 1))
		v.sync()
		w := owned(a)
		a.send(messageTo(w, 0, w, a.atom("XdndEnter"), v.window))
		a.sync()
		return a.property(v.window, a.atom("XdndTypeList")) != nil
	}},
	{"be a dialog of a window", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("WM_TRANSIENT_FOR"), 33, v.window))
		a.sync()
		return v.property(w, v.atom("WM_TRANSIENT_FOR")) != nil
	}},
	{"be another process", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("_NET_WM_PID"), 6, 4321))
		a.sync()
		b := v.property(w, v.atom("_NET_WM_PID"))
		return b != nil && order.Uint32(b) == 4321
	}},
	{"take room of the screen", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("_NET_WM_STRUT"), 6, 0, 0, 500, 0))
		a.sync()
		return v.property(w, v.atom("_NET_WM_STRUT")) != nil
	}},
	{"be a panel", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("_NET_WM_WINDOW_TYPE"), 4, a.atom("_NET_WM_WINDOW_TYPE_DOCK")))
		a.sync()
		return v.property(w, v.atom("_NET_WM_WINDOW_TYPE")) != nil
	}},

	{"hide a window", func(a *peer, v *victim) bool {
		a.send(build(10, 0, v.window))
		a.sync()
		r, _ := v.ask(build(3, 0, v.window))
		return r[26] == 0
	}},
	{"move a window", func(a *peer, v *victim) bool {
		a.send(build(12, 0, v.window, 1, 5))
		a.sync()
		r, _ := v.ask(build(14, 0, v.window))
		return order.Uint16(r[12:]) == 5
	}},
	{"put a window into its own", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(build(7, 0, v.window, w, 0))
		a.sync()
		r, _ := v.ask(build(15, 0, v.window))
		return order.Uint32(r[12:]) == w
	}},
	{"put a window below another's", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, v.window, 0, 0, 10, 10, backPixel, 1))
		a.sync()
		r, _ := v.ask(build(15, 0, v.window))
		return order.Uint16(r[16:]) > 0
	}},
	{"change a window", func(a *peer, v *victim) bool {
		a.send(build(2, 0, v.window, backPixel, 0x998877), build(61, 0, v.window, 0, 0))
		a.sync()
		return v.pixel(v.window, 10, 10) == 0x998877
	}},
	{"draw on a window", func(a *peer, v *victim) bool {
		gc := a.id()
		a.send(build(55, 0, gc, a.root(), 1<<2, 0x998877), build(70, 0, v.window, gc, 0, pack(100, 100)))
		a.sync()
		return v.pixel(v.window, 10, 10) == 0x998877
	}},
	{"draw on a window by RENDER", func(a *peer, v *victim) bool {
		render, to := a.picture(v.window, false)
		a.send(build(render, 26, 1, to, 0, 0xffff0000, 0, pack(100, 100)))
		a.sync()
		return v.pixel(v.window, 10, 10) != victimColour
	}},
	{"destroy a window", func(a *peer, v *victim) bool {
		w := v.window2()
		a.send(build(4, 0, w))
		a.sync()
		_, code := v.ask(build(14, 0, w))
		return code != 0
	}},
	{"end a program", func(a *peer, v *victim) bool {
		other := outside(a.t)
		w := other.window(0, 0, 5, 5, 0, 0)
		a.send(build(113, 0, w))
		a.sync()
		_, code := v.ask(build(14, 0, w))
		return code != 0
	}},
	{"set the screen saver", func(a *peer, v *victim) bool {
		a.send(build(107, 0, pack(77, 77), 0))
		a.sync()
		r, _ := v.ask(build(108, 0))
		v.send(build(107, 0, pack(0, 0), 0))
		v.sync()
		return order.Uint16(r[8:]) == 77
	}},
	{"list who may connect", func(a *peer, v *victim) bool { r, _ := a.ask(build(110, 0)); return r != nil }},
	{"hear what is drawn elsewhere", func(a *peer, v *victim) bool {
		damage, first := a.opcode("DAMAGE")
		a.ask(build(damage, 0, 1, 1))
		a.send(build(damage, 1, a.id(), v.window, 0))
		a.sync()
		gc := v.id()
		v.send(build(55, 0, gc, v.window, 0), build(70, 0, v.window, gc, 0, pack(10, 10)))
		v.sync()
		return a.got(first)
	}},
	{"the picture of the cursor", func(a *peer, v *victim) bool {
		fixes, _ := a.opcode("XFIXES")
		a.ask(build(fixes, 0, 5, 0))
		r, _ := a.ask(build(fixes, 4))
		return r != nil
	}},
	{"the window above all", func(a *peer, v *victim) bool {
		composite, _ := a.opcode("Composite")
		a.ask(build(composite, 0, 0, 4))
		r, _ := a.ask(build(composite, 7, a.root()))
		defer a.send(build(composite, 8, a.root()))
		return r != nil
	}},
	{"what is behind its own window", func(a *peer, v *victim) bool {
		composite, _ := a.opcode("Composite")
		a.ask(build(composite, 0, 0, 4))
		w, pixmap := a.id(), a.id()
		a.send(create(w, a.root(), victimX, victimY, 100, 100, override, 1))
		a.send(build(composite, 1, w, 1))
		a.show(w)
		a.send(build(composite, 6, w, pixmap))
		return a.pixel(pixmap, 10, 10) == victimColour
	}},
	{"how long nobody has typed", func(a *peer, v *victim) bool {
		sync, _ := a.opcode("SYNC")
		a.ask(build(sync, 0, pack(3|1<<8, 0)))
		r, _ := a.ask(build(sync, 1))
		return r != nil && order.Uint32(r[8:]) > 0
	}},
	{"RECORD", hidden("RECORD")}, {"GLX", hidden("GLX")}, {"MIT-SHM", hidden("MIT-SHM")},
	{"X-Resource", hidden("X-Resource")}, {"MIT-SCREEN-SAVER", hidden("MIT-SCREEN-SAVER")}, {"Present", hidden("Present")},
}

func hidden(name string) func(*peer, *victim) bool {
	return func(a *peer, _ *victim) bool { major, _ := a.opcode(name); return major != 0 }
}

// window2 makes one more window of the victim's.
func (v *victim) window2() uint32 { return v.user.window(300, 300, 20, 20, 0, 0) }

// owns reports whether the attacker can become the owner of a selection.
func owns(a *peer, v *victim, selection string) bool {
	w := owned(a)
	a.send(build(22, 0, w, a.atom(selection), 0))
	a.sync()
	r, _ := v.ask(build(23, 0, v.atom(selection)))
	return order.Uint32(r[8:]) == w
}

// writes reports whether the attacker can write a property of a window.
func writes(a *peer, v *victim, window uint32) bool {
	name := a.atom("ATTACK")
	a.send(setProperty(window, name, 6, 1))
	a.sync()
	defer func() {
		v.send(build(19, 0, window, name))
		v.sync()
	}()
	return v.property(window, name) != nil
}

// TestAttacks: each succeeds without a guard, and fails with one, which the host
// survives.
func TestAttacks(t *testing.T) {
	for _, test := range slices.Concat(attacks, nativeAttacks) {
		t.Run(test.name, func(t *testing.T) {
			t.Run("without", func(t *testing.T) {
				serveClipboard(t)
				if v := newVictim(t); !test.do(outside(t), v) {
					t.Error("it does not even work without a guard")
				}
			})
			t.Run("with", func(t *testing.T) {
				serveClipboard(t)
				a := newHost(t, Config{}).connect(t)
				if v := newVictim(t); test.do(a, v) {
					t.Error("it succeeded")
				}
				if a.gone {
					return
				}
				a.sync()
				if slices.Contains(a.errors, badAccess) {
					t.Errorf("errors %d, which would end a host", a.errors)
				}
			})
		})
	}
}
