package x11

import (
	"strings"
	"time"
)

func later(d time.Duration) time.Time { return time.Now().Add(d) }

func withinUntil(t time.Time) bool { return time.Now().Before(t) }

// takeSelection lets the user copy and drag. Nothing else may be owned: who
// owns the settings of the desktop has other programs load libraries.
func (c *client) takeSelection(m *message) verdict {
	owner, selection := m.u32(4), m.u32(8)
	name := c.guard.atoms.names[selection]
	switch name {
	case "CLIPBOARD", "PRIMARY", "XdndSelection":
	default:
		return refuse(selection, "the selection "+c.guard.server.atomName(selection))
	}
	if !c.gestured() && !c.owns(name) {
		return refuse(selection, "the selection "+name+" without the user")
	}
	if name != "XdndSelection" || owner == 0 {
		return pass
	}
	_, mask := c.guard.server.pointer()
	pressed := false
	c.with(func(s *state) {
		pressed = s.pressed && mask&maskButtons != 0
		s.dragging = pressed
	})
	if !pressed {
		return refuse(selection, "a drag without a button")
	}
	return pass
}

// readSelection lets the user paste and drop. Which kinds of data there are
// may be asked after anything that the user did: menus want to know.
func (c *client) readSelection(m *message) verdict {
	requestor, selection, target, at := m.u32(4), m.u32(8), m.u32(12), m.u32(20)
	a := &c.guard.atoms
	if meaningful[a.names[at]] != nil || unwanted[a.names[at]] != "" {
		// The owner would write there what the client may not.
		return refuse(at, "a selection into the property "+a.names[at])
	}
	var ok bool
	name := a.names[selection]
	switch name {
	case "CLIPBOARD", "PRIMARY":
		kinds := a.names[target] == "TARGETS" || a.names[target] == "TIMESTAMP"
		c.with(func(s *state) {
			ok = kinds && within(s.gesture, gestureTime) ||
				within(s.paste, pasteTime) && name == "CLIPBOARD" || within(s.middle, pasteTime) && name == "PRIMARY"
		})
		ok = ok || c.guard.Clipboard
	case "XdndSelection":
		c.with(func(s *state) {
			for _, until := range s.peers {
				ok = ok || withinUntil(until)
			}
		})
	case "CLIPBOARD_MANAGER":
		// It asks for what the client has copied, to keep it.
		ok = a.names[target] == "SAVE_TARGETS" && c.owns("CLIPBOARD")
	default:
		ok = c.guard.InputMethod && c.inputMethod(selection)
	}
	if ok {
		return pass
	}
	p := make([]byte, 32)
	p[0] = eventSelectionNotify // that there is nothing: without an answer toolkits wait
	order.PutUint32(p[4:], at)
	order.PutUint32(p[8:], requestor)
	order.PutUint32(p[12:], selection)
	order.PutUint32(p[16:], target)
	if name == "" {
		name = c.guard.server.atomName(selection)
	}
	return answer(p, "the selection "+name+" without the user")
}

// inputMethod reports whether a selection is that of a server of XIM.
func (c *client) inputMethod(selection uint32) bool {
	for _, atom := range c.guard.server.atoms(c.guard.atoms.numbers["XIM_SERVERS"]) {
		if atom == selection {
			return true
		}
	}
	return false
}

// sendEvent lets a client speak to the window manager, and to programs that
// have begun something with it.
func (c *client) sendEvent(m *message) verdict {
	const event = 12
	id := m.u32(4)
	kind := m.u8(event) & 0x7f
	about, word := m.u32(event+4), m.u32(event+8)
	root := c.guard.server.roots[id]
	switch {
	case c.own(id):
		return c.sendOwn(m, kind, word)
	case root && (kind == eventUnmapNotify || kind == eventConfigureRequest):
		if c.own(word) {
			return pass // toolkits withdraw and move their windows so
		}
	case kind == eventSelectionNotify && c.peer(id):
		return pass
	case kind == eventClientMessage && root:
		return c.tellManager(m, about, word)
	case kind == eventClientMessage:
		return c.tellPeer(m, id, word)
	}
	return refuse(id, "an event for another program")
}

// sendOwn lets a client send events to itself, but for those that the guard
// learns from when others send them.
func (c *client) sendOwn(m *message, kind byte, message uint32) verdict {
	switch {
	case m.second != 0:
		return refuse(0, "an event that may go on to the window around it")
	case kind == eventSelectionRequest:
		return refuse(0, "a request of nobody")
	case kind == eventClientMessage:
		switch name := c.guard.atoms.names[message]; name {
		case "WM_PROTOCOLS", "XdndEnter", "XdndPosition", "XdndDrop", "_XIM_XCONNECT", "_XIM_PROTOCOL":
			return refuse(0, "a message of nobody: "+name)
		}
	}
	return pass
}

// tellManager judges a message to the root window.
func (c *client) tellManager(m *message, about, message uint32) verdict {
	const data, application = 12 + 12, 1
	a := &c.guard.atoms
	if !a.messages[message] {
		return refuse(about, "the message "+c.guard.server.atomName(message)+" to the root window")
	}
	if a.names[message] == "WM_PROTOCOLS" {
		asked := false
		c.with(func(s *state) { asked = s.pinged(m.data[data:]) })
		if a.names[m.u32(data)] == "_NET_WM_PING" && (asked || c.own(m.u32(data+8))) {
			return pass
		}
		return refuse(about, "a message that is no answer to a ping")
	}
	if !c.own(about) {
		return refuse(about, "a message about another program's window")
	}
	switch a.names[message] {
	case "_NET_ACTIVE_WINDOW":
		if m.u32(data) != application || c.toCome(m.u32(data+4)) {
			return refuse(about, "the keyboard, in the name of the user")
		}
	case "_NET_WM_MOVERESIZE", "_GTK_SHOW_WINDOW_MENU":
		// The window manager takes pointer and keyboard for it.
		if !c.gestured() {
			return refuse(about, a.names[message]+" without the user")
		}
	case "_NET_STARTUP_INFO_BEGIN":
		if !strings.HasPrefix(string(m.data[data:]), "remove:") {
			return refuse(about, "the start of another program")
		}
	}
	return pass
}

// tellPeer judges a message to another program.
func (c *client) tellPeer(m *message, id, message uint32) verdict {
	const data = 12 + 12
	switch name := c.guard.atoms.names[message]; name {
	case "XdndEnter", "XdndPosition", "XdndLeave", "XdndDrop":
		if c.dragging() && c.own(m.u32(data)) {
			return pass
		}
	case "XdndStatus", "XdndFinished":
		ok := false
		c.with(func(s *state) { ok = withinUntil(s.peers[id]) })
		if ok && c.own(m.u32(data)) {
			return pass
		}
	case "_XIM_XCONNECT":
		if c.guard.InputMethod && c.own(m.u32(data)) && c.ownsInputMethod(id) {
			return pass
		}
	case "_XIM_PROTOCOL": // and no _XIM_MOREDATA: what has parts is a property
		if c.tellMethod(m, id) {
			return pass
		}
	}
	return refuse(id, "the message "+c.guard.server.atomName(message)+" to another program")
}

// ownsInputMethod reports whether a window is that of a server of XIM.
func (c *client) ownsInputMethod(id uint32) bool {
	s := c.guard.server
	for _, atom := range s.atoms(c.guard.atoms.numbers["XIM_SERVERS"]) {
		if s.owner(atom) == id {
			return true
		}
	}
	return false
}
