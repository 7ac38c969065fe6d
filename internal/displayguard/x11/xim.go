package x11

import "encoding/binary"

// method is a connection to an input method by XIM, over windows of both sides:
// "The Input Method Protocol" of X.Org. Servers serve all programs at one place, and
// some find what a message is about by its numbers alone, whosever that is: who may
// say any number types into the fields of others. So a host says those that it was
// given.
type method struct {
	window uint32           // of the client, to which the server writes
	order  binary.ByteOrder // of the client's choice; nil before it has chosen
	// contexts are those that the server has made for the client.
	contexts map[uint16]bool
}

// maxContexts bounds the fields of a client that have an input method by XIM.
const maxContexts = 1024

// What a client may say by XIM: how many numbers begin it, that of the input method
// and that of a context. The first is passed on as it is: it comes to the client in
// messages of any length, and servers go by the window for it.
var ximRequests = map[byte]int{
	ximConnect: 0,
	3:          0, // XIM_DISCONNECT
	30:         0, // XIM_OPEN
	32:         1, // XIM_CLOSE
	35:         2, // XIM_TRIGGER_NOTIFY
	38:         1, // XIM_ENCODING_NEGOTIATION
	40:         1, // XIM_QUERY_EXTENSION
	42:         1, // XIM_SET_IM_VALUES
	44:         1, // XIM_GET_IM_VALUES
	50:         1, // XIM_CREATE_IC
	ximDestroy: 2,
	54:         2, // XIM_SET_IC_VALUES
	56:         2, // XIM_GET_IC_VALUES
	58:         2, // XIM_SET_IC_FOCUS
	59:         2, // XIM_UNSET_IC_FOCUS
	ximForward: 2,
	61:         2, // XIM_SYNC
	62:         2, // XIM_SYNC_REPLY
	64:         2, // XIM_RESET_IC
	72:         2, // XIM_STR_CONVERSION_REPLY
	74:         2, // XIM_PREEDIT_START_REPLY
	77:         2, // XIM_PREEDIT_CARET_REPLY
}

const (
	ximConnect = 1
	ximCreated = 51 // XIM_CREATE_IC_REPLY, of the server
	ximDestroy = 52
	ximForward = 60 // XIM_FORWARD_EVENT

	// ximInline is what an event has of a message.
	ximInline = 20
)

// may judges a message of the client, of which b is the beginning. It is at most as
// long as most, and as long as that where it is whole.
func (x *method) may(b []byte, most int, whole bool) bool {
	there := len(b)
	if there < 8 {
		b = append(append([]byte(nil), b...), make([]byte, 8)...)
	}
	order := x.order
	if b[0] == ximConnect && x.order == nil {
		switch b[4] {
		case 'l':
			order = binary.LittleEndian
		case 'B':
			order = binary.BigEndian
		}
	}
	numbers, known := ximRequests[b[0]]
	if order == nil || !known || (b[0] == ximConnect) != (x.order == nil) {
		return false
	}
	size, context := 4+4*int(order.Uint16(b[2:])), order.Uint16(b[6:])
	if size > most || whole && size < most || there < min(size, 8) || numbers == 2 && (size < 8 || !x.contexts[context]) {
		return false
	}
	x.order = order
	if b[0] == ximDestroy {
		delete(x.contexts, context)
	}
	return true
}

// said learns from a message of the server.
func (x *method) said(b []byte) {
	if x.order == nil || b[0] != ximCreated || x.order.Uint16(b[2:]) != 1 || len(x.contexts) >= maxContexts {
		return
	}
	x.contexts[x.order.Uint16(b[6:])] = true
}

// tellMethod judges an event of XIM to the window of a server.
func (c *client) tellMethod(m *message, id uint32) (ok bool) {
	const format, data = 12 + 1, 12 + 12
	c.with(func(s *state) {
		x := s.methods[id]
		if x == nil || len(m.data) < data+ximInline {
			return
		}
		// In the other format it names a property, which was judged.
		ok = m.data[format] == 32 || m.data[format] == 8 && m.data[data] != ximForward && x.may(m.data[data:data+ximInline], ximInline, false)
	})
	return ok
}

// writeMethod judges a property of the window of a server: one message, behind
// which there may be others that were judged.
func (c *client) writeMethod(m *message, id uint32) (ok bool) {
	const prepend, format, length, data = 1, 16, 20, 24
	size := int(m.u32(length))
	c.with(func(s *state) {
		x := s.methods[id]
		ok = x != nil && m.second != prepend && m.u8(format) == 8 && len(m.data) > data && size >= 4 &&
			x.may(m.data[data:], size, true) && (m.data[data] != ximForward || c.forwards(x, m.data[data:]))
	})
	return ok
}

// forwards judges a message that passes an event on, which does not fit into an
// event itself: flags and a number come before it.
func (c *client) forwards(x *method, b []byte) bool {
	const event, state = 12, 12 + 28
	return len(b) >= event+32 && c.typedEvent(b[event:], uint32(x.order.Uint16(b[state:])))
}

// methodSaid learns from an event of XIM that a server has sent.
func (c *client) methodSaid(p []byte) {
	const format, inline = 1, 12
	if p[format] != 8 {
		return
	}
	window := order.Uint32(p[4:])
	c.with(func(s *state) {
		for _, x := range s.methods {
			if x.window == window {
				x.said(p[inline : inline+ximInline])
			}
		}
	})
}
