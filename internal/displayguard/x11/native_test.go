package x11

import (
	"bytes"
	"time"
)

// nativeAttacks are those of code that knows the guard, and the server behind it.
var nativeAttacks = []attack{
	{"requests that are hidden in a large one", func(a *peer, v *victim) bool {
		big, _ := a.opcode("BIG-REQUESTS")
		// The server refuses to go over to large requests, for this has the wrong
		// length. What the guard would take for the length of the next one is a
		// NoOperation of two units to it, and the rest are requests.
		const units = 0x2007f
		rest := append(make([]byte, 4), build(107, 0, pack(77, 77), 0)...) // SetScreenSaver
		rest = append(rest, bytes.Repeat(noOperation, units-2-len(rest)/4)...)
		b := append(append([]byte{127, 0, 0, 0}, order.AppendUint32(nil, units)...), rest...)
		a.send(build(big, 0, 0))
		_, _ = a.conn.Write(b)
		a.gone = true
		for range 100 {
			if r, _ := v.ask(build(108, 0)); order.Uint16(r[8:]) == 77 {
				v.send(build(107, 0, pack(0, 0), 0))
				v.sync()
				return true
			}
		}
		return false
	}},
	{"RENDER picture of its own window, which it has not freed", func(a *peer, v *victim) bool {
		w := a.window(victimX-100, victimY, 100, 100, 0x222222, 0)
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			_, from := a.picture(w, true)
			a.send(build(render, 7, from, 0)) // too long: the server refuses
			a.composite(render, from, to, 100, 0)
		})
	}},
	{"RENDER picture of its own window, which it has not destroyed", func(a *peer, v *victim) bool {
		w := a.window(victimX-100, victimY, 100, 100, 0x222222, 0)
		return under(a, func(pixmap, gc uint32) {
			render, to := a.picture(pixmap, false)
			a.send(build(4, 0, w, 0)) // too long
			_, from := a.picture(w, true)
			a.composite(render, from, to, 100, 0)
		})
	}},
	{"pressed keys, as the pointer comes to a window", func(a *peer, v *victim) bool {
		const enter, keymap = 1 << 4, 1 << 14
		code := v.code('a')
		v.move(victimX+50, victimY+50)
		v.fake(eventKeyPress, code, 0, 0)
		defer v.fake(eventKeyRelease, code, 0, 0)
		w := a.id()
		a.send(create(w, a.root(), victimX+40, victimY+40, 20, 20, backPixel|override|eventMask, 0, 1, enter|keymap))
		a.show(w)
		for range 50 {
			for _, e := range a.sync() {
				if e[0] == eventKeymapNotify && e[code/8]&(1<<(code%8)) != 0 {
					return true
				}
			}
		}
		return false
	}},
	{"where the pointer was", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, a.root(), 0, 0, 1280, 1024, override, 1))
		for range 50 { // the server keeps what is some milliseconds old
			v.move(victimX+31, victimY+41)
			v.move(victimX+32, victimY+42)
			r, _ := a.ask(build(39, 0, w, 0, 0))
			for at := 32; at+8 <= len(r); at += 8 {
				if order.Uint16(r[at+4:]) == victimX+31 {
					return true
				}
			}
		}
		return false
	}},
	{"that a window moves", func(a *peer, v *victim) bool {
		a.send(build(2, 0, v.window, eventMask, foreignEvents))
		a.sync()
		v.send(build(12, 0, v.window, 1, victimX+1))
		v.sync()
		return a.got(eventConfigureNotify)
	}},
	{"when keys are pressed, by what they change", func(a *peer, v *victim) bool {
		a.send(build(2, 0, v.window, eventMask, foreignEvents))
		a.sync()
		v.send(setProperty(v.window, v.atom("_NET_WM_USER_TIME"), 6, 1))
		v.sync()
		return a.got(eventPropertyNotify)
	}},
	{"that windows come and go, by what the window manager writes", func(a *peer, v *victim) bool {
		a.send(build(2, 0, a.root(), eventMask, foreignEvents))
		a.sync()
		list := v.atom("_NET_CLIENT_LIST")
		v.send(build(18, 2, v.root(), list, 33, 32, 0)) // it appends nothing
		v.sync()
		for range 50 {
			for _, e := range a.sync() {
				if e[0] == eventPropertyNotify && order.Uint32(e[8:]) == list {
					return true
				}
			}
		}
		return false
	}},
	{"hold the pointer by a button", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(build(28, 1, w, pack(4, 0|1<<8), 0, 0, pack(0, 1<<15)))
		a.sync()
		return held(a, v)
	}},
	{"hold the pointer by a button, by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		a.ask(build(input, 54, 0, owned(a), 0, 0, pack(2, 1), 1, 1, 1<<4, 1<<31))
		return held(a, v)
	}},
	{"keep the pointer", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(build(28, 1, w, pack(4, 1|1<<8), w, 0, pack(0, 1<<15)))
		a.sync()
		return held(a, v)
	}},
	{"do something later", func(a *peer, v *victim) bool {
		sync, _ := a.opcode("SYNC")
		a.ask(build(sync, 0, pack(3|1<<8, 0)))
		counter, w := a.id(), a.id()
		a.send(create(w, a.root(), 0, 0, 5, 5, 0))
		a.sync()
		a.send(build(sync, 2, counter, 0, 0), build(sync, 7, counter, 0, 0, 1, 0, 0, 0), build(8, 0, w))
		a.gone = true
		for range 100 {
			if r, _ := v.ask(build(3, 0, w)); r[26] != 0 {
				return false
			}
			time.Sleep(time.Millisecond)
		}
		return true
	}},
	{"a window above all others, without the user", func(a *peer, v *victim) bool {
		w := a.id()
		a.send(create(w, a.root(), victimX, victimY, 10, 10, override, 1), build(8, 0, w))
		a.sync()
		return v.seen(w)
	}},
	{"which window has the keyboard", func(a *peer, v *victim) bool {
		r, _ := a.ask(getInputFocus)
		return order.Uint32(r[8:]) == v.window
	}},
	{"which window has the keyboard, by XInput", func(a *peer, v *victim) bool {
		input, _ := a.opcode("XInputExtension")
		a.ask(build(input, 47, pack(2, 2)))
		r, _ := a.ask(build(input, 50, 3))
		return r != nil && order.Uint32(r[8:]) == v.window
	}},
	{"which window has the keyboard, by the window manager", func(a *peer, v *victim) bool {
		name := v.atom("_NET_ACTIVE_WINDOW")
		v.send(setProperty(v.root(), name, 33, v.window))
		v.sync()
		return a.property(a.root(), name) != nil
	}},
	{"have others show a title without end", func(a *peer, v *victim) bool {
		w := owned(a)
		b := append(build(18, 0, w, 39, 31, 8, 200_000), make([]byte, 200_000)...)
		order.PutUint16(b[2:], uint16(len(b)/4))
		a.send(b)
		a.sync()
		return len(v.property(w, 39)) > 0
	}},
	{"set the keyboard as it leaves", func(a *peer, v *victim) bool {
		xkb, _ := a.opcode("XKEYBOARD")
		a.ask(build(xkb, 0, pack(1, 0)))
		const repeat, resets = 1 << 0, 1 << 2
		a.ask(build(xkb, 21, 0x100, resets, resets, repeat, repeat, 0))
		a.conn.Close()
		a.gone = true
		v.ask(build(xkb, 0, pack(1, 0)))
		for range 50 {
			if r, _ := v.ask(build(xkb, 6, 0x100)); order.Uint32(r[56:])&repeat == 0 {
				v.send(build(102, 0, 1<<7, 1))
				v.sync()
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}},
	{"have been used last, for days to come", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("_NET_WM_USER_TIME"), 6, 0x7fffffff))
		a.sync()
		return v.property(w, v.atom("_NET_WM_USER_TIME")) != nil
	}},
	{"be in the group of another's windows", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("WM_HINTS"), a.atom("WM_HINTS"), 1<<6, 0, 0, 0, 0, 0, 0, 0, v.window))
		a.sync()
		return v.property(w, v.atom("WM_HINTS")) != nil
	}},
	{"be in the group of another's windows, in two steps", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("WM_HINTS"), a.atom("WM_HINTS"), 1<<6, 0, 0, 0, 0, 0, 0, 0))
		b := setProperty(w, a.atom("WM_HINTS"), a.atom("WM_HINTS"), v.window)
		b[1] = 2 // append
		a.send(b)
		a.sync()
		return len(v.property(w, v.atom("WM_HINTS"))) == 36
	}},
	{"be started with the next session", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("WM_COMMAND"), 31, 1))
		a.sync()
		return v.property(w, v.atom("WM_COMMAND")) != nil
	}},
	{"have another's window take what is dragged to its own", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("XdndProxy"), 33, v.window))
		a.sync()
		return v.property(w, v.atom("XdndProxy")) != nil
	}},
	{"be a part of the desktop that has no name here", func(a *peer, v *victim) bool {
		w := owned(a)
		a.send(setProperty(w, a.atom("_NET_WM_WINDOW_TYPE"), 4, a.atom("_KDE_NET_WM_WINDOW_TYPE_ON_SCREEN_DISPLAY")))
		a.sync()
		return v.property(w, v.atom("_NET_WM_WINDOW_TYPE")) != nil
	}},
	{"the keyboard, at a time to come", tells("_NET_ACTIVE_WINDOW", 1, 0x7fffffff)},
	{"the keyboard, as programs asked for it that did not say who they are", tells("_NET_ACTIVE_WINDOW", 0)},
	{"the keyboard, to move a window", tells("_NET_WM_MOVERESIZE", 0, 0, 10)},
	{"a menu of the window manager", tells("_GTK_SHOW_WINDOW_MENU", 0)},
	{"the start of another program", tells("_NET_STARTUP_INFO_BEGIN", order.Uint32([]byte("new:")))},
}

// tells returns an attack that tells the window manager something about its own
// window.
func tells(name string, data ...uint32) func(*peer, *victim) bool {
	return func(a *peer, v *victim) bool {
		v.send(build(2, 0, v.root(), eventMask, 1<<19))
		w := owned(a)
		v.sync()
		a.send(messageTo(a.root(), 3<<19, w, a.atom(name), data...))
		a.sync()
		return v.got(eventClientMessage)
	}
}

// held reports whether the pointer stands still after a click into the window of
// an attacker.
func held(a *peer, v *victim) bool {
	v.move(60, 610)
	v.press(1)
	a.sync()
	v.move(700, 20)
	r, _ := v.ask(build(38, 0, v.root()))
	a.send(build(35, 0, 0)) // AllowEvents
	a.sync()
	v.letGo(1)
	return order.Uint16(r[16:]) != 700
}
