package x11

import (
	"slices"
	"time"
)

// inputRules are those of XInput, of which toolkits use the second version.
var inputRules = []rule{
	{"GetExtensionVersion", own, nil, "a version", 0},
	{"XIQueryVersion", own, nil, "a version", 0},
	{"XIQueryDevice", own, (*client).queryDevice, "what devices there are, without where the pointer is", 0},
	{"XIQueryPointer", judged, (*client).queryPointer, "as QueryPointer", 0},
	{"XIWarpPointer", judged, (*client).warpPointer, "as WarpPointer", 0},
	{"XIChangeCursor", own, nil, "above its own windows", 0},
	{"XIGetClientPointer", own, nil, "a number", 0},
	{"XISelectEvents", root, (*client).selectInput, "in its own windows; of the root only that devices come and go", all},
	{"XIGetFocus", own, (*client).hideFocus, "as GetInputFocus", 0},
	{"XIGrabDevice", judged, atOnce((*client).grabDevice), "as GrabPointer and GrabKeyboard", 0},
	{"XIUngrabDevice", own, (*client).ungrab, "ends its own grab", 0},
	{"XIAllowEvents", own, nil, "of its own grab", 0},
	{"XIPassiveGrabDevice", own, (*client).grabLater, "in its own windows", 1024},
	{"XIPassiveUngrabDevice", own, nil, "in its own windows", 0},
	{"XIListProperties", own, nil, "how devices are set", 0},
	{"XIGetProperty", own, func(_ *client, m *message) verdict {
		if m.u8(6) != 0 {
			return refuse(0, "it deletes a property of a device")
		}
		return pass
	}, "how devices are set", 0},
	{"XIGetSelectedEvents", root, nil, "its own", 0},
}

// keyboardRules are those of XKB.
var keyboardRules = []rule{
	{"UseExtension", own, nil, "a version", 0},
	{"SelectEvents", own, (*client).selectKeyboard, "that the keyboard is set anew; its state only while it is the client's", 0},
	{"Bell", own, (*client).bell, "a sound, some times a second", 0},
	{"GetState", own, (*client).keyboardState, "the layout; modifiers only while the keyboard is its own", 0},
	{"GetControls", own, nil, "how the keyboard is set", 0},
	{"GetMap", own, nil, "what keys mean", 0},
	{"GetCompatMap", own, nil, "what keys mean", 0},
	{"GetIndicatorMap", own, nil, "what keys mean", 0},
	{"GetNamedIndicator", own, nil, "whether Caps Lock is on", 0},
	{"GetNames", own, nil, "what keys are called", 0},
	{"PerClientFlags", own, (*client).keyboardFlags, "how keys that repeat come to it", 0},
	{"GetDeviceInfo", own, nil, "what devices can do", 0},
}

// randrRules let clients read which monitors there are.
var randrRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
	{"SelectInput", root, nil, "that monitors change", 0},
	{"GetScreenSizeRange", root, nil, "monitors are no secret", 0},
	{"GetScreenResources", root, (*client).knownResources, "monitors are no secret", 0},
	{"GetOutputInfo", own, nil, "monitors are no secret", 0},
	{"ListOutputProperties", own, nil, "monitors are no secret", 0},
	{"QueryOutputProperty", own, nil, "monitors are no secret", 0},
	{"GetOutputProperty", own, keepProperty, "monitors are no secret", 0},
	{"GetCrtcInfo", own, nil, "monitors are no secret", 0},
	{"GetCrtcGammaSize", own, nil, "monitors are no secret", 0},
	{"GetCrtcGamma", own, nil, "monitors are no secret", 0},
	{"GetScreenResourcesCurrent", root, nil, "monitors are no secret", 0},
	{"GetCrtcTransform", own, nil, "monitors are no secret", 0},
	{"GetPanning", own, nil, "monitors are no secret", 0},
	{"GetOutputPrimary", root, nil, "monitors are no secret", 0},
	{"GetProviders", root, nil, "monitors are no secret", 0},
	{"GetProviderInfo", own, nil, "monitors are no secret", 0},
	{"ListProviderProperties", own, nil, "monitors are no secret", 0},
	{"QueryProviderProperty", own, nil, "monitors are no secret", 0},
	{"GetProviderProperty", own, keepProperty, "monitors are no secret", 0},
	{"GetMonitors", root, nil, "monitors are no secret", 0},
}

var xineramaRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
	{"GetState", root, nil, "monitors are no secret", 0},
	{"GetScreenCount", root, nil, "monitors are no secret", 0},
	{"GetScreenSize", root, nil, "monitors are no secret", 0},
	{"IsActive", own, nil, "monitors are no secret", 0},
	{"QueryScreens", own, nil, "monitors are no secret", 0},
}

// knownResources has the server tell what it knows, instead of asking each
// monitor again: nothing else is served meanwhile.
func (c *client) knownResources(m *message) verdict {
	const current = 25
	b := append([]byte(nil), m.data...)
	b[1] = current
	return verdict{instead: b}
}

// keepProperty refuses to read a property of a monitor so that it goes.
func keepProperty(_ *client, m *message) verdict {
	if m.u8(24) != 0 {
		return refuse(0, "it deletes a property of a monitor")
	}
	return pass
}

// grab lets a menu have the pointer or the keyboard.
func (c *client) grab(m *message) verdict {
	busy := newReply(32)
	busy[1] = alreadyGrabbed // an error would look like success to some libraries
	if v := c.checkIDs(m, false); v.code != 0 || m.u32(4) == 0 {
		return answer(busy, "a grab of another's window")
	}
	if !c.gestured() && !c.focused() {
		return answer(busy, "a grab without the user")
	}
	if m.holds() {
		return answer(busy, "a grab that holds the user's devices")
	}
	return c.noteGrab(m)
}

// grabLater lets a client have keys and buttons that begin in its windows.
func (c *client) grabLater(m *message) verdict {
	const most = 64 // modifiers in a list
	if m.extension != "" && m.u16(22) > most {
		return refuse(m.u32(8), "a grab with too many modifiers")
	}
	if m.holds() {
		return refuse(m.u32(4), "a grab that holds the user's devices")
	}
	return pass
}

// holds reports whether a grab would have the devices of the user stand still
// until the client lets them go on, or keep the pointer within a window.
func (m *message) holds() bool {
	var modes, within int
	switch m.name {
	case "GrabPointer":
		modes = 10 // it may keep the pointer, and is watched
	case "GrabButton":
		modes, within = 10, 12
	case "GrabKeyboard":
		modes = 12
	case "GrabKey":
		modes = 11
	case "XIGrabDevice":
		modes = 18
	case "XIPassiveGrabDevice":
		modes = 27
	}
	const still = 0
	return m.u8(modes) == still || m.u8(modes+1) == still || within > 0 && m.u32(within) != 0
}

const alreadyGrabbed = 1

func (c *client) grabDevice(m *message) verdict {
	v := c.grab(m)
	if v.reply != nil {
		v.reply[1], v.reply[8] = 0, alreadyGrabbed
	}
	return v
}

// queryPointer tells where the pointer is while it is above the client's
// windows; else where it was then. What the server answers decides: the pointer may
// have left since the client has asked.
func (c *client) queryPointer(m *message) verdict {
	id := m.u32(4)
	if !c.near(id) && !c.dragging() {
		return noWindow(id)
	}
	xi := m.extension != ""
	size, x, y := 32, 16, 18
	if xi {
		size, x, y = 56, 16, 20
	}
	return verdict{edit: func(p []byte) []byte {
		if len(p) < size {
			return p
		}
		at := spot{order.Uint16(p[x:]), order.Uint16(p[y:])}
		if xi {
			at = spot{uint16(order.Uint32(p[x:]) >> 16), uint16(order.Uint32(p[y:]) >> 16)}
		}
		if !c.mayPoint(at, buttonsOf(p, xi)) {
			p := newReply(size)
			order.PutUint32(p[8:], c.guard.server.screen.root)
			c.with(func(s *state) { at = s.pointer })
			if xi {
				order.PutUint32(p[x:], uint32(at.x)<<16)
				order.PutUint32(p[y:], uint32(at.y)<<16)
				p[32] = 1 // the same screen
				return p
			}
			p[1] = 1
			order.PutUint16(p[x:], at.x)
			order.PutUint16(p[y:], at.y)
			return p
		}
		if child := order.Uint32(p[12:]); child != 0 && !c.own(child) && !c.frame(child) && !c.dragging() {
			order.PutUint32(p[12:], 0)
		}
		c.with(func(s *state) { s.pointer = at })
		return p
	}}
}

// mayPoint reports whether the client may know that the pointer is at a place of the
// root: above its windows, or anywhere while it is held by them, or drags.
func (c *client) mayPoint(at spot, buttons bool) bool {
	held := false
	c.with(func(s *state) { held = s.pressed && buttons })
	if held || c.dragging() {
		return true
	}
	child := c.guard.server.topAt(at)
	return child != 0 && (c.own(child) || c.frame(child))
}

// buttonsOf reports whether a button is held, by what the server answers to who
// asks for the pointer.
func buttonsOf(p []byte, xi bool) bool {
	if !xi {
		return order.Uint16(p[24:])&maskButtons != 0
	}
	return slices.ContainsFunc(p[56:min(len(p), 56+4*int(order.Uint16(p[34:])))], func(b byte) bool { return b != 0 })
}

func (c *client) translate(m *message) verdict {
	for _, id := range []uint32{m.u32(4), m.u32(8)} {
		if !c.near(id) && !c.dragging() {
			return noWindow(id)
		}
	}
	return verdict{edit: func(p []byte) []byte {
		if child := order.Uint32(p[8:]); child != 0 && !c.own(child) && !c.frame(child) && !c.dragging() {
			order.PutUint32(p[8:], 0)
		}
		return p
	}}
}

// warpPointer lets a client that the user is at move the pointer into its own
// windows. Toolkits name a place of the root.
func (c *client) warpPointer(m *message) verdict {
	to, x, y := m.u32(8), int(int16(m.u16(20))), int(int16(m.u16(22)))
	if m.extension != "" {
		x, y = int(int32(m.u32(24))>>16), int(int32(m.u32(28))>>16)
	}
	root := c.guard.server.roots[to]
	if m.u32(4) != 0 && !c.own(m.u32(4)) || !root && !c.own(to) || root && !c.within(to, x, y) {
		return refuse(to, "the pointer out of its windows")
	}
	if !c.gestured() && !c.focused() && !c.pointed() {
		return refuse(to, "the pointer without the user")
	}
	return pass
}

// maxAsked bounds the windows that are looked at for one request.
const maxAsked = 64

// within reports whether a place of the root is in a window of the client's that
// is shown.
func (c *client) within(root uint32, x, y int) bool {
	var shown []uint32
	c.with(func(s *state) {
		for id, w := range s.windows {
			if w.mapped && s.windows[w.parent] == nil && len(shown) < maxAsked {
				shown = append(shown, id)
			}
		}
	})
	for _, id := range shown {
		if c.guard.server.covers(id, root, x, y) {
			return true
		}
	}
	return false
}

func (c *client) setFocus(m *message) verdict {
	if !c.own(m.u32(4)) {
		return refuse(m.u32(4), "the keyboard for another window")
	}
	asked := false
	c.with(func(s *state) { asked = within(s.takeFocus, focusTime) || within(s.gesture, clickTime) })
	if !asked && !c.focused() {
		return refuse(m.u32(4), "the keyboard, unasked")
	}
	return pass
}

// hideFocus has windows of others be none in particular.
func (c *client) hideFocus(*message) verdict {
	const pointerRoot = 1
	return verdict{edit: func(p []byte) []byte {
		if id := order.Uint32(p[8:]); id > pointerRoot && !c.own(id) {
			order.PutUint32(p[8:], pointerRoot)
		}
		return p
	}}
}

// selectInput lets a client hear of devices; of the root, not what they do.
func (c *client) selectInput(m *message) verdict {
	// The hierarchy, properties, and what a device is.
	rootEvents := []byte{1 << xiDeviceChanged, 1<<(11-8) | 1<<(12-8)}
	if !c.guard.server.roots[m.u32(4)] {
		return pass
	}
	at := m.request.size
	for range m.u16(8) {
		length := 4 * int(m.u16(at+2))
		if at+4+length > len(m.data) {
			return verdict{code: badLength, why: "it ends too early"}
		}
		for i := range length {
			allowed := byte(0)
			if i < len(rootEvents) {
				allowed = rootEvents[i]
			}
			if m.data[at+4+i]&^allowed != 0 {
				return refuse(m.u32(4), "input wherever it goes")
			}
		}
		at += 4 + length
	}
	return pass
}

// queryDevice takes where the pointer is out of the answer.
func (c *client) queryDevice(*message) verdict {
	return verdict{edit: func(p []byte) []byte {
		at := 32
		for range order.Uint16(p[8:]) {
			if at+12 > len(p) {
				break
			}
			classes := int(order.Uint16(p[at+6:]))
			begin := at + 12 + pad(int(order.Uint16(p[at+8:])))
			end := begin
			for range classes {
				if end+4 > len(p) {
					return newReply(32)
				}
				end += max(4, 4*int(order.Uint16(p[end+2:])))
			}
			if end > len(p) {
				break
			}
			blankClasses(p[begin:end], classes)
			at = end
		}
		return p
	}}
}

// selectKeyboard refuses events that tell what is typed elsewhere.
func (c *client) selectKeyboard(m *message) verdict {
	// The keyboard is new or has another map, its state, names, and what its
	// modifiers mean.
	const allowed = 1<<0 | 1<<1 | 1<<xkbStateNotify | 1<<6 | 1<<7
	which, clears := m.u16(6), m.u16(8)
	if which&^clears&^allowed != 0 {
		return refuse(0, "events of keys wherever the keyboard is")
	}
	return pass
}

// bell lets the host make few sounds.
func (c *client) bell(*message) verdict {
	now := time.Now().UnixMilli()
	if last := c.guard.rang.Load(); now-last < bellTime.Milliseconds() || !c.guard.rang.CompareAndSwap(last, now) {
		return silent("many sounds")
	}
	return pass
}

// keyboardFlags refuses to have the server set the keyboard when the client goes.
func (c *client) keyboardFlags(m *message) verdict {
	const change, resets, controls = 8, 1 << 2, 16
	if m.u32(change)&resets != 0 || m.u32(controls) != 0 {
		return refuse(0, "the keyboard for all")
	}
	return pass
}

// keyboardState tells the layout, and what is held while the keyboard is the
// client's.
func (c *client) keyboardState(*message) verdict {
	if c.focused() {
		return pass
	}
	return verdict{edit: func(p []byte) []byte {
		const groups, compat = 12, 18
		clear(p[8:groups])
		clear(p[compat:26])
		return p
	}}
}
