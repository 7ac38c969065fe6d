package x11

import "time"

// A window without a window manager, such as a menu, is above all others, and
// nobody but its client closes it. So it is shown only while the user is at the
// host, covers half a monitor at most, and goes when the user does. So do the
// host's grabs, which end as their window is hidden.
const (
	// maxShown is how many there may be at once: a menu in a menu, a tooltip.
	maxShown = 32
	// awayTime is how long the user may be elsewhere before they go.
	awayTime = 5 * time.Second
	// outsideTime is how long a client may keep a grab after a click outside its
	// windows, which ends menus.
	outsideTime = 3 * time.Second
	// idleTime is how long they stay if the user does nothing there: what locks
	// the screen has to wait for a grab.
	idleTime  = 2 * time.Minute
	watchStep = time.Second
)

// present reports whether the user is at the client's windows.
func (c *client) present() bool {
	return c.gestured() || c.dragging() || c.focused() || c.pointed()
}

// shows judges windows without a window manager that are to be seen, at a size.
func (c *client) shows(id uint32, area int) (v verdict) {
	limit := c.guard.server.monitor() / 2
	c.with(func(s *state) {
		count := 0
		for other, w := range s.windows {
			if other != id && w.menu {
				count, area = count+1, area+w.area()
			}
		}
		if area > limit || count >= maxShown {
			v = refuse(id, "more of the screen than menus take")
		}
	})
	return v
}

func (c *client) mapWindow(m *message) verdict {
	id := m.u32(4)
	w, ok := c.window(id)
	if !ok {
		return pass // the server would refuse
	}
	if !w.override || !c.guard.server.roots[w.parent] {
		c.with(func(s *state) {
			known := s.windows[id]
			known.mapped, known.managed, known.shown = true, true, time.Now()
		})
		return pass
	}
	area := w.area()
	if w.managed { // it may have the size that a window manager gave it
		width, height := c.guard.server.size(id)
		area = max(area, width*height)
	}
	if v := c.shows(id, area); v.code != 0 {
		return v
	}
	if !c.present() {
		return refuse(id, "a menu without the user")
	}
	c.watched(func(s *state) { s.windows[id].mapped, s.windows[id].menu = true, true })
	return pass
}

// window returns what is known of a window. What the goroutine of requests has
// noted does not change meanwhile.
func (c *client) window(id uint32) (w window, ok bool) {
	c.with(func(s *state) {
		if known := s.windows[id]; known != nil {
			w, ok = *known, true
		}
	})
	return w, ok
}

// configure bounds the size that windows without a window manager get while
// they are seen.
func (c *client) configure(m *message) verdict {
	const width, height, border = 2, 3, 4
	id := m.u32(4)
	w, ok := c.window(id)
	if !ok {
		return pass
	}
	old := w.area()
	for bit, to := range map[int]*int{width: &w.width, height: &w.height, border: &w.border} {
		if v, ok := m.value(bit); ok {
			*to = int(uint16(v))
		}
	}
	if w.menu && w.area() > old {
		if v := c.shows(id, w.area()); v.code != 0 {
			return v
		}
	}
	c.with(func(s *state) {
		known := s.windows[id]
		known.width, known.height, known.border = w.width, w.height, w.border
	})
	return pass
}

// device is what a grab takes: the pointer, the keyboard, or one of XInput.
func (m *message) device() uint32 {
	switch m.name {
	case "GrabPointer", "UngrabPointer":
		return 1 << 16
	case "GrabKeyboard", "UngrabKeyboard":
		return 1<<16 + 1
	case "XIGrabDevice":
		return uint32(m.u16(16))
	}
	return uint32(m.u16(8)) // XIUngrabDevice
}

// noteGrab notes a grab that succeeds.
func (c *client) noteGrab(m *message) verdict {
	device, window, status := m.device(), m.u32(4), 1
	confined := m.name == "GrabPointer" && m.u32(12) != 0
	if m.extension != "" {
		status = 8
	}
	return verdict{edit: func(p []byte) []byte {
		if p[status] != 0 {
			return p
		}
		c.watched(func(s *state) {
			if len(s.grabs) < maxPeers {
				s.grabs[device] = grab{window, confined}
			}
		})
		return p
	}}
}

func (c *client) ungrab(m *message) verdict {
	c.with(func(s *state) {
		s.release(m.device())
		if len(s.grabs) == 0 {
			s.outside = time.Time{}
		}
	})
	return pass
}

// release notes the end of a grab.
func (s *state) release(device uint32) {
	if _, ok := s.grabs[device]; ok {
		delete(s.grabs, device)
		s.ungrabbed = time.Now()
	}
}

// watched notes something that is to be looked after.
func (c *client) watched(note func(*state)) {
	watched := false
	c.with(func(s *state) {
		note(s)
		watched, s.watched = s.watched, true
	})
	if !watched {
		go c.watch()
	}
}

// watch hides windows without a window manager, and windows that hold a grab, when
// the user has gone elsewhere. It ends when there are none.
func (c *client) watch() {
	tick := time.NewTicker(watchStep)
	defer tick.Stop()
	seen := time.Now()
	used := seen
	for {
		select {
		case <-tick.C:
		case <-c.done:
			return
		}
		confined := c.confined()
		if confined && c.focused() || !confined && c.present() {
			seen = time.Now()
		}
		c.with(func(s *state) {
			if s.gesture.After(used) {
				used = s.gesture
			}
		})
		away := !within(seen, awayTime) || !within(used, idleTime) && !confined
		list, more := c.overdue(away, c.guard.server.taken())
		for _, id := range list {
			c.guard.tell("MapWindow", "a menu or a grab, while the user is elsewhere")
			c.guard.server.hide(id)
		}
		if !more {
			return
		}
	}
}

// confined reports whether the pointer stays in a window of the client's, as
// games want it while they have the keyboard. Where it is says nothing then.
func (c *client) confined() (is bool) {
	c.with(func(s *state) {
		for _, g := range s.grabs {
			is = is || g.confined
		}
	})
	return is
}

// overdue returns the windows that are to be hidden, and whether others stay to be
// watched. Grabs may have ended without the client's doing: taken says that
// somebody has one.
func (c *client) overdue(away, taken bool) (list []uint32, more bool) {
	c.with(func(s *state) {
		if !taken {
			for device := range s.grabs {
				s.release(device)
			}
			s.outside = time.Time{}
		}
		if away || !s.outside.IsZero() && !within(s.outside, outsideTime) {
			for device, g := range s.grabs {
				list = append(list, g.window)
				s.release(device)
			}
			s.outside = time.Time{}
		}
		for id, w := range s.windows {
			if w.menu && away {
				list = append(list, id)
				w.menu, w.mapped = false, false
			}
			more = more || w.menu
		}
		more = more || len(s.grabs) > 0
		s.watched = more
	})
	return list, more
}
