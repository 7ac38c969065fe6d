package x11

import "time"

// The events of the core protocol that mean something here.
const (
	eventKeyPress         = 2
	eventKeyRelease       = 3
	eventButtonPress      = 4
	eventButtonRelease    = 5
	eventKeymapNotify     = 11
	eventCreateNotify     = 16
	eventDestroyNotify    = 17
	eventUnmapNotify      = 18
	eventMapNotify        = 19
	eventReparentNotify   = 21
	eventConfigureNotify  = 22
	eventConfigureRequest = 23
	eventGravityNotify    = 24
	eventCirculateNotify  = 26
	eventPropertyNotify   = 28
	eventSelectionRequest = 30
	eventSelectionNotify  = 31
	eventClientMessage    = 33
	eventMappingNotify    = 34
	eventGeneric          = 35
	sentEvent             = 0x80 // by another client, not by the server
)

// The events of XInput 2.
const (
	xiDeviceChanged = 1
	xiKeyPress      = 2
	xiKeyRelease    = 3
	xiButtonPress   = 4
	xiButtonRelease = 5

	xiRawKeyPress      = 13
	xiRawKeyRelease    = 14
	xiRawButtonPress   = 15
	xiRawButtonRelease = 16
	xiRawMotion        = 17
	xiRawTouchBegin    = 22
	xiRawTouchUpdate   = 23
	xiRawTouchEnd      = 24
)

// xkbStateNotify is the event of XKB that tells of each change of a modifier,
// wherever the keyboard is.
const xkbStateNotify = 2

// maxDeviceEvent bounds what is looked at of an event of XInput.
const maxDeviceEvent = 64 << 10

// event learns from an event, and reports whether the host may have it.
func (c *client) event(p []byte, size int) (keep bool, err error) {
	switch kind := p[0]; kind {
	case eventKeyPress, eventKeyRelease:
		return c.key(kind == eventKeyPress, p[1], uint32(order.Uint16(p[28:])), order.Uint32(p[4:])), nil
	case eventButtonPress, eventButtonRelease:
		c.button(kind == eventButtonPress, uint32(p[1]), order.Uint32(p[12:]), order.Uint32(p[4:]))
		const first = 7 // the bit of a button in the state is this one and its number
		if before := order.Uint16(p[28:]) & maskButtons; kind == eventButtonRelease && before == 1<<(first+p[1]) {
			c.letGo()
		}
	case eventKeymapNotify:
		return c.focused(), nil // it has all keys, and comes with the pointer
	case eventReparentNotify:
		c.reparented(order.Uint32(p[8:]), order.Uint32(p[12:]))
		if at := order.Uint32(p[4:]); !c.guard.server.roots[at] {
			return c.hearsOf(at), nil
		}
		return c.hearsBelow(p), nil
	case eventCreateNotify, eventDestroyNotify, eventUnmapNotify, eventMapNotify, eventConfigureNotify, eventGravityNotify, eventCirculateNotify:
		at := order.Uint32(p[4:])
		if c.guard.server.roots[at] && at != order.Uint32(p[8:]) {
			return c.hearsBelow(p), nil
		}
		return kind == eventDestroyNotify || c.hearsOf(at), nil
	case eventPropertyNotify:
		id, property := order.Uint32(p[4:]), order.Uint32(p[8:])
		const deleted = 1
		if p[16] == deleted {
			// The program has read a part of what it asked for.
			c.with(func(s *state) {
				if t := s.things[id]; t != nil && !c.own(id) {
					s.unstore(t, uint64(property))
				}
			})
		}
		return c.own(id) || c.mayRead(id, property), nil
	case eventSelectionRequest:
		c.requested(order.Uint32(p[12:]), order.Uint32(p[20:]), order.Uint32(p[24:]))
	case eventClientMessage | sentEvent:
		c.message(order.Uint32(p[8:]), order.Uint32(p[4:]), order.Uint32(p[12:]))
		switch a := &c.guard.atoms; {
		case a.names[order.Uint32(p[8:])] == "_XIM_PROTOCOL":
			c.methodSaid(p)
		case a.names[order.Uint32(p[8:])] == "WM_PROTOCOLS" && a.names[order.Uint32(p[12:])] == "_NET_WM_PING":
			c.with(func(s *state) {
				copy(s.pings[1:], s.pings[:])
				s.pings[0] = ping(p[12:32])
			})
		}
	case eventGeneric:
		return c.deviceEvent(p, size)
	case c.guard.server.extensions["XKEYBOARD"].event:
		if p[1] == xkbStateNotify && kind != 0 {
			return c.focused(), nil
		}
	}
	return true, nil
}

// deviceEvent looks at an event of XInput 2.
func (c *client) deviceEvent(p []byte, size int) (keep bool, err error) {
	if p[1] != c.guard.server.extensions["XInputExtension"].major {
		return true, nil
	}
	if p, err = c.arrives(min(size, maxDeviceEvent)); err != nil {
		return false, err
	}
	switch kind := order.Uint16(p[8:]); kind {
	case xiDeviceChanged:
		blankClasses(p[32:], int(order.Uint16(p[16:])))
	case xiKeyPress, xiKeyRelease, xiButtonPress, xiButtonRelease:
		if len(p) < 80 {
			return false, nil
		}
		detail, window := order.Uint32(p[16:]), order.Uint32(p[24:])
		if kind == xiKeyPress || kind == xiKeyRelease {
			return c.key(kind == xiKeyPress, byte(detail), order.Uint32(p[72:]), order.Uint32(p[12:])), nil
		}
		c.button(kind == xiButtonPress, detail, window, order.Uint32(p[12:]))
		if kind == xiButtonRelease && onlyButton(p, detail) {
			c.letGo()
		}
	case xiRawKeyPress, xiRawKeyRelease, xiRawButtonPress, xiRawButtonRelease, xiRawMotion, xiRawTouchBegin, xiRawTouchUpdate, xiRawTouchEnd:
		return false, nil // who has grabbed a device hears all that it does
	}
	return true, nil
}

// onlyButton reports whether no other button was held before an event of XInput.
func onlyButton(p []byte, number uint32) bool {
	const held, length = 80, 48
	mask := p[held:min(len(p), held+4*int(order.Uint16(p[length:])))]
	for i, b := range mask {
		if i == int(number/8) {
			b &^= 1 << (number % 8)
		}
		if b != 0 {
			return false
		}
	}
	return true
}

// key learns from a key, and reports whether the host may have it: only while
// the keyboard is its own. It may have grabbed it, and the user gone elsewhere.
func (c *client) key(press bool, code byte, modifiers, when uint32) bool {
	if !c.focused() || c.late(when) {
		return false
	}
	c.guard.typed.add(code, modifiers)
	if !press {
		return true
	}
	keys, err := c.guard.server.keyboard()
	if err != nil {
		return false
	}
	was := c.was(when)
	c.with(func(s *state) {
		s.gesture = was
		if keys.pastes(code, modifiers) || keys.chooses(code) && s.menuOpen() {
			s.paste = s.gesture
			if modifiers&maskShift != 0 {
				s.middle = s.gesture // Shift+Insert is for either, as toolkits like
			}
		}
	})
	return true
}

// late reports whether a key came during a grab and has waited, because the client
// reads nothing: whose the keyboard was then nobody knows any more. Without a grab the
// server sends none that are for others.
func (c *client) late(when uint32) (is bool) {
	grabbed := false
	c.with(func(s *state) { grabbed = len(s.grabs) > 0 || !s.ungrabbed.IsZero() })
	if !grabbed {
		return false
	}
	was := c.was(when)
	c.with(func(s *state) { is = (len(s.grabs) > 0 || was.Before(s.ungrabbed)) && !within(was, freshTime) })
	return is
}

// menuOpen reports whether a menu of the client is shown.
func (s *state) menuOpen() bool {
	for _, w := range s.windows {
		if w.menu && !w.inputOnly {
			return true
		}
	}
	return false
}

// was returns when something was, by the time that an event says. It may be long
// ago: a host that reads nothing lets events wait.
func (c *client) was(when uint32) time.Time {
	return time.Now().Add(-c.guard.server.ago(when))
}

// button learns from a button of the mouse.
func (c *client) button(press bool, number, id, when uint32) {
	if number > 3 && number < 8 {
		return // the wheel
	}
	now := c.was(when)
	outside := press && c.grabs() && !c.above()
	if press && within(now, gestureTime) {
		c.watchButton()
	}
	c.with(func(s *state) {
		if outside && s.outside.IsZero() {
			s.outside = time.Now()
		}
		s.gesture = now
		if number == 2 {
			s.middle = now
		}
		// Menus are chosen from by letting the button go above them.
		if number != 2 && s.inMenu(id) {
			s.paste = now
		}
	})
}

// inMenu reports whether a window is part of a menu.
func (s *state) inMenu(id uint32) bool {
	for range 16 {
		w := s.windows[id]
		if w == nil {
			return false
		}
		if w.menu {
			return true
		}
		id = w.parent
	}
	return false
}

// reparented finds what the window manager has put around a window.
func (c *client) reparented(id, parent uint32) {
	if !c.own(id) {
		return
	}
	var frames []uint32
	for range 8 {
		if parent == 0 || c.own(parent) || c.guard.server.roots[parent] {
			break
		}
		frames = append(frames, parent)
		parent = c.guard.server.parent(parent)
	}
	c.with(func(s *state) {
		if w := s.windows[id]; w != nil {
			w.frames = frames
		}
	})
}

// requested grants a program that asks for a selection of the client what the
// answer takes.
func (c *client) requested(id, target, property uint32) {
	if property == 0 {
		property = target // of an old program
	}
	properties := []uint32{property}
	if c.guard.atoms.names[target] == "MULTIPLE" {
		properties = append(properties, c.guard.server.second(id, property)...)
	}
	c.with(func(s *state) {
		now := time.Now()
		for id, r := range s.requestors {
			if now.After(r.until) {
				delete(s.requestors, id)
				s.drop(kindWindow, id)
			}
		}
		r := s.requestors[id]
		if r == nil {
			if len(s.requestors) >= maxPeers || !s.add(kindWindow, id) {
				return
			}
			r = &requestor{properties: map[uint32]bool{}}
			s.requestors[id] = r
		}
		r.until = now.Add(requestTime)
		for _, property := range properties {
			if len(r.properties) < maxPeers {
				r.properties[property] = true
			}
		}
	})
}

// message learns from what another program says to a window.
func (c *client) message(kind, window, first uint32) {
	a := &c.guard.atoms
	c.with(func(s *state) {
		now := time.Now()
		switch a.names[kind] {
		case "WM_PROTOCOLS":
			if a.names[first] == "WM_TAKE_FOCUS" {
				s.takeFocus = now
			}
		case "XdndEnter", "XdndPosition", "XdndDrop":
			prune(s.peers, maxPeers, func(t time.Time) bool { return now.After(t) })
			if len(s.peers) < maxPeers {
				s.peers[first] = now.Add(peerTime)
			}
		case "_XIM_XCONNECT":
			if c.guard.InputMethod && len(s.methods) < maxPeers && s.methods[first] == nil {
				s.methods[first] = &method{window: window, contexts: map[uint16]bool{}}
			}
		}
	})
}

// blankClasses takes out of the classes of a device where the pointer is and
// what is pressed.
func blankClasses(p []byte, count int) {
	const button, valuator = 1, 2
	for range count {
		if len(p) < 8 {
			return
		}
		size := 4 * int(order.Uint16(p[2:]))
		if size < 8 || size > len(p) {
			return
		}
		switch order.Uint16(p) {
		case button:
			words := (int(order.Uint16(p[6:])) + 31) / 32
			clear(p[8:min(size, 8+4*words)])
		case valuator:
			if order.Uint16(p[6:]) < 2 && size >= 36 {
				clear(p[28:36])
			}
		}
		p = p[size:]
	}
}
