package x11

// internAtom bounds the names that a host has made.
func (c *client) internAtom(m *message) verdict {
	const length, name = 4, 8
	if m.second != 0 {
		return pass
	}
	return c.newName(m, length, name)
}

// nameCursor bounds them where cursors get names, which are the same.
func (c *client) nameCursor(m *message) verdict {
	const length, name = 8, 12
	return c.newName(m, length, name)
}

// newName bounds the names that the host has made, by where one and its length are.
// One is counted once: toolkits name their cursors again and again.
func (c *client) newName(m *message, length, at int) verdict {
	end := at + int(m.u16(length))
	if m.size > maxName || end > len(m.data) || !c.guard.mayName(string(m.data[at:end])) {
		return verdict{code: badAlloc, why: "too many names, or too long a one"}
	}
	return pass
}

// changeProperty lets a client write what its windows are, and answer programs
// that ask for a selection.
func (c *client) changeProperty(m *message) verdict {
	id, property := m.u32(4), m.u32(8)
	name := c.guard.atoms.names[property]
	judge, why := meaningful[name], unwanted[name]
	switch {
	case why != "":
		return silent(name + ": " + why)
	case c.own(id) && judge != nil:
		return c.changeMeaningful(m, judge)
	case texts[name] && (m.second != 0 || m.size > maxText):
		return silent(name + " of so many bytes, or of parts")
	case c.own(id):
		return pass
	case judge != nil:
		return refuse(id, name+" of another program's window")
	}
	granted := false
	c.with(func(s *state) {
		if r := s.requestors[id]; r != nil && withinUntil(r.until) {
			if granted = r.properties[property]; granted {
				r.until = later(requestTime) // large ones come in parts
			}
		}
	})
	if !granted && !c.writeMethod(m, id) {
		return refuse(id, "a property of another program's window")
	}
	return pass
}

// getProperty lets a client read its own, and what is published.
func (c *client) getProperty(m *message) verdict {
	id, property := m.u32(4), m.u32(8)
	if c.own(id) {
		return pass
	}
	if m.second != 0 {
		return refuse(id, "it deletes a property of another program's window")
	}
	if !c.mayRead(id, property) {
		return answer(newReply(32), "the property "+c.guard.server.atomName(property)+" of another's window") // as if there were none
	}
	return pass
}

// mayRead reports whether a client may read a property of another's window.
func (c *client) mayRead(id, property uint32) bool {
	a := &c.guard.atoms
	ok := a.ofAny[property]
	switch {
	case c.guard.server.roots[id]:
		ok = ok || a.ofRoot[property]
	case c.frame(id):
		ok = ok || a.ofFrame[property]
	case c.peer(id):
		ok = ok || a.ofPeer[property] || c.asked(id, property)
	default:
		ok = ok || a.ofPeer[property] && c.dragging() || a.names[property] == "_NET_WM_NAME" && c.manager(id)
	}
	return ok
}

// manager reports whether a window is the one by which window managers say that
// they are there.
func (c *client) manager(id uint32) bool {
	s := c.guard.server
	p, err := s.ask(build(20, 0, s.screen.root, c.guard.atoms.numbers["_NET_SUPPORTING_WM_CHECK"], 0, 0, 1))
	return err == nil && len(p) >= 36 && order.Uint32(p[32:]) == id
}

// public reports whether a window is one by which the window manager or the
// settings of the desktop are found. Nothing is shown in it. Toolkits look at it
// before they listen for what changes.
func (c *client) public(id uint32) bool {
	return c.guard.server.owner(c.guard.atoms.numbers["_XSETTINGS_S0"]) == id && id != 0 || c.manager(id)
}

// asked reports whether a program has asked for a selection at this property.
func (c *client) asked(id, property uint32) (ok bool) {
	c.with(func(s *state) {
		r := s.requestors[id]
		ok = r != nil && withinUntil(r.until) && r.properties[property]
	})
	return ok
}
