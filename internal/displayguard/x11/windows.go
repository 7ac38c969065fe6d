package x11

import "time"

// createWindow gives each window a background: one without shows what was on
// the screen below it, and its client can read that.
func (c *client) createWindow(m *message) verdict {
	id, parent, class := m.u32(4), m.u32(8), m.u16(22)
	atRoot := c.guard.server.roots[parent]
	if !c.own(id) || !c.own(parent) && !atRoot {
		return refuse(parent, "a window below that of another program")
	}
	if v := c.checkIDs(m, true); v.code != 0 {
		return v
	}
	var full, known bool
	var w *window
	c.with(func(s *state) {
		inputOnly := class == 2
		if p := s.windows[parent]; class == 0 && p != nil {
			inputOnly = p.inputOnly
		}
		override, _ := m.value(9)
		w = &window{parent: parent, inputOnly: inputOnly, override: override&0xff != 0, width: int(m.u16(16)), height: int(m.u16(18)), border: int(m.u16(20))}
		known, full = s.windows[id] != nil, len(s.windows) >= maxWindows
		if !known && !full {
			s.windows[id] = w
		}
	})
	if known {
		// The server would refuse, and the guard think that it had not.
		return refuse(id, "a window that there is")
	}
	if full {
		return verdict{code: badAlloc, why: "too many windows"}
	}
	if w.inputOnly {
		return pass
	}
	return c.background(m, true)
}

// background changes the values of a window so that it keeps a background, or
// gets one.
func (c *client) background(m *message, create bool) verdict {
	const pixmap, pixel = 0, 1
	picture, hasPicture := m.value(pixmap)
	_, hasColour := m.value(pixel)
	none := hasPicture && picture <= 1 // None, or what the parent has
	if !none && (hasPicture || hasColour || !create) {
		return pass
	}
	mask := m.u32(m.mask)
	b := append([]byte(nil), m.data[:m.request.size]...)
	var values []byte
	if !hasColour && create {
		mask |= 1 << pixel
		values = order.AppendUint32(nil, 0)
	}
	mask &^= 1 << pixmap
	rest := m.data[m.request.size:min(len(m.data), m.size)]
	if hasPicture {
		rest = rest[4:] // its value is the first
	}
	if len(m.data) < m.size {
		return verdict{code: badLength, why: "it is too long"}
	}
	b = append(append(b, values...), rest...)
	order.PutUint32(b[m.mask:], mask)
	order.PutUint16(b[2:], uint16(len(b)/4))
	return verdict{instead: b}
}

// Events of a window that belongs to others: that it goes, moves, or is told
// something. So a client hears of the end of who gives or takes a selection.
const foreignEvents = 1<<17 | 1<<22 // StructureNotify, PropertyChange

// substructureNotify tells of all windows below one. Below the root a client hears
// of its own and of their frames; see hearsBelow.
const substructureNotify = 1 << 19

func (c *client) changeWindow(m *message) verdict {
	const override, eventMask = 9, 11
	id := m.u32(4)
	mask := m.u32(m.mask)
	if c.own(id) {
		if v := c.checkIDs(m, false); v.code != 0 {
			return v
		}
		if v, ok := m.value(override); ok {
			c.with(func(s *state) {
				// A window that is shown does not become a menu, nor a menu another
				// window: the window manager does not notice.
				if w := s.windows[id]; w != nil {
					w.override = v&0xff != 0
				}
			})
		}
		return c.background(m, false)
	}
	if mask != 1<<eventMask {
		return refuse(id, "it changes a window of another program")
	}
	events, ok := m.value(eventMask)
	if !ok {
		return verdict{code: badLength, why: "it ends too early"}
	}
	if !c.hearsOf(id) && !c.public(id) {
		return refuse(id, "events of another program's window")
	}
	allowed := uint32(foreignEvents)
	if c.guard.server.roots[id] {
		allowed |= substructureNotify
	}
	if events&^allowed == 0 {
		return pass
	}
	b := append([]byte(nil), m.data...)
	order.PutUint32(b[m.request.size:], events&allowed)
	order.PutUint16(b[2:], uint16(len(b)/4))
	return verdict{instead: b, why: "events of another program's window"}
}

// hearsOf reports whether a client may know what becomes of a window.
func (c *client) hearsOf(id uint32) bool { return c.near(id) || c.peer(id) || c.dragging() }

// frameTime is how long the window manager may take to put a frame around a window.
const frameTime = 5 * time.Second

// hearsBelow reports whether a client may have an event of a window below the root.
// Toolkits keep a list of the windows there while something is dragged. A frame is
// made before it is known whose it is: of what might be one a client hears that
// it is there, and not where.
func (c *client) hearsBelow(p []byte) bool {
	kind, id := p[0], order.Uint32(p[8:])
	if c.own(id) || c.frame(id) || c.dragging() {
		return true
	}
	if kind != eventCreateNotify {
		return false
	}
	clear(p[12:23])
	awaited := false
	c.with(func(s *state) {
		for _, w := range s.windows {
			awaited = awaited || len(w.frames) == 0 && within(w.shown, frameTime)
		}
	})
	return awaited
}

// lookAtWindow is for requests that tell where a window is.
func (c *client) lookAtWindow(m *message) verdict {
	if id := m.u32(4); !c.hearsOf(id) && !c.public(id) {
		return noWindow(id)
	}
	return pass
}

// queryTree cuts windows of others out of the answer.
func (c *client) queryTree(m *message) verdict {
	id := m.u32(4)
	if c.dragging() {
		return pass
	}
	if !c.near(id) && !c.peer(id) && !c.public(id) {
		return noWindow(id)
	}
	return verdict{edit: func(p []byte) []byte {
		q := append([]byte(nil), p[:32]...)
		for at := 32; at+4 <= len(p); at += 4 {
			if child := order.Uint32(p[at:]); c.own(child) || c.frame(child) {
				q = order.AppendUint32(q, child)
			}
		}
		order.PutUint32(q[4:], uint32(len(q)-32)/4)
		order.PutUint16(q[16:], uint16((len(q)-32)/4))
		return q
	}}
}

func (c *client) destroyWindow(m *message) verdict {
	c.with(func(s *state) {
		s.forgetBelow(m.u32(4))
		s.forget(m.u32(4))
	})
	return pass
}

func (c *client) destroyBelow(m *message) verdict {
	c.with(func(s *state) { s.forgetBelow(m.u32(4)) })
	return pass
}

// forgetBelow forgets the windows below one.
func (s *state) forgetBelow(id uint32) {
	gone := []uint32{id}
	for i := 0; i < len(gone); i++ {
		for child, w := range s.windows {
			if w.parent == gone[i] && child != id {
				gone = append(gone, child)
				s.forget(child)
			}
		}
	}
}

// forget forgets a window, and the pictures of it, which go with it.
func (s *state) forget(id uint32) {
	delete(s.windows, id)
	s.drop(kindWindow, id)
	for picture, of := range s.pictures {
		if of == id {
			delete(s.pictures, picture)
			s.drop(kindPicture, picture)
		}
	}
}

func (c *client) mapBelow(m *message) verdict    { return c.setMapped(m, true, true) }
func (c *client) unmapWindow(m *message) verdict { return c.setMapped(m, false, false) }
func (c *client) unmapBelow(m *message) verdict  { return c.setMapped(m, false, true) }

func (c *client) setMapped(m *message, mapped, below bool) verdict {
	id := m.u32(4)
	c.with(func(s *state) {
		if !below {
			if w := s.windows[id]; w != nil {
				w.mapped, w.menu = mapped, false
			}
			return
		}
		for _, w := range s.windows {
			if w.parent == id {
				w.mapped = mapped
			}
		}
	})
	return pass
}
