package x11

import "encoding/binary"

// order is the byte order of this machine, the only one that is served.
var order = binary.NativeEndian

// kind is what an id names.
type kind uint8

// The kinds. The zero value is no id.
const (
	_ kind = iota
	kindWindow
	kindDrawable
	kindPixmap
	kindCursor
	kindFont
	kindFontable
	kindGcontext
	kindColormap
	kindPicture
	kindGlyphset
	kindContext
	kindPbuffer
	kindRegion
	kindBarrier
	kindDamage
	kindCounter
	kindAlarm
	kindFence
	kindWide // no id, but eight bytes
)

// request is what the protocol's description says of a request.
type request struct {
	name  string
	size  int // of what every such request has, in bytes
	reply bool
	open  bool // more may follow
	ids   []place
	// mask is where the mask of a list of values is, which comes after the
	// first size bytes; 0 without one that has ids in it. values are by bit.
	mask, maskSize int
	values         []kind
	each           list   // of what comes after the first size bytes
	hidden         string // ids of which the description does not tell where they are
}

// place is where an id is.
type place struct {
	offset int
	kind   kind
}

// list has ids in each of its elements.
type list struct {
	size int
	ids  []place
}

// message is a request as it came.
type message struct {
	request
	extension string // "" is the core protocol
	opcode    byte
	second    byte
	// data is the request, without the longer length of large ones, and up to
	// what its rule wants to see.
	data []byte
	size int // of data, if all were there
}

// key names the kind of the message, for rules and logs.
func (m *message) key() string {
	if m.extension == "" {
		return m.name
	}
	return m.extension + ":" + m.name
}

// u32, u16 and u8 read numbers, which are there: every message is at least as long
// as the description says. Behind that they read zeros.
func (m *message) u32(offset int) uint32 {
	if offset < 0 || offset+4 > len(m.data) {
		return 0
	}
	return order.Uint32(m.data[offset:])
}

func (m *message) u16(offset int) uint16 {
	if offset < 0 || offset+2 > len(m.data) {
		return 0
	}
	return order.Uint16(m.data[offset:])
}

func (m *message) u8(offset int) byte {
	if offset < 0 || offset >= len(m.data) {
		return 0
	}
	return m.data[offset]
}

// eachValue calls f with the bit, the offset and the kind of each value of the
// message's list. It reports whether all were there, and no more.
func (m *message) eachValue(f func(bit, offset int, k kind)) bool {
	if m.mask == 0 {
		return true
	}
	mask := m.u32(m.mask)
	if m.maskSize == 2 {
		mask = uint32(m.u16(m.mask))
	}
	at := m.request.size
	for bit := range 32 {
		if mask&(1<<bit) == 0 {
			continue
		}
		var k kind
		if bit < len(m.values) {
			k = m.values[bit]
		}
		size := 4
		if k == kindWide {
			size = 8
		}
		if at+size > len(m.data) {
			return false
		}
		f(bit, at, k)
		at += size
	}
	return at == m.size
}

// value is the value of a bit of the message's list.
func (m *message) value(want int) (v uint32, ok bool) {
	m.eachValue(func(bit, offset int, _ kind) {
		if bit == want {
			v, ok = m.u32(offset), true
		}
	})
	return v, ok
}

// owned calls f with each id of the message. It reports whether all of them
// could be found.
func (m *message) owned(f func(id uint32, k kind)) bool {
	for _, p := range m.ids {
		f(m.u32(p.offset), p.kind)
	}
	if !m.eachValue(func(_, offset int, k kind) {
		if k != 0 && k != kindWide {
			f(m.u32(offset), k)
		}
	}) {
		return false
	}
	if m.each.size > 0 {
		for at := m.request.size; at < m.size; at += m.each.size {
			if at+m.each.size > len(m.data) {
				return false
			}
			for _, p := range m.each.ids {
				f(m.u32(at+p.offset), p.kind)
			}
		}
	}
	return true
}

// needsAll reports whether all of a message has to be seen.
func (m *message) needsAll(r *rule) bool { return m.each.size > 0 || r != nil && r.sees == all }

// maxValues is the most that a list of values takes, in bytes.
const maxValues = 32 * 4

// head is how much of a message its rule wants to see.
func (m *message) head(r *rule) int {
	switch {
	case m.needsAll(r):
		return m.size
	case r != nil && r.sees > 0:
		return min(m.size, r.sees)
	}
	if m.mask > 0 {
		return min(m.size, m.request.size+maxValues+8)
	}
	return min(m.size, m.request.size)
}

// pack is two numbers of 16 bits, in the order of the protocol.
func pack(a, b int) uint32 {
	var p [4]byte
	order.PutUint16(p[:], uint16(a))
	order.PutUint16(p[2:], uint16(b))
	return order.Uint32(p[:])
}

func pad(n int) int { return (n + 3) &^ 3 }

// The errors of the core protocol that the guard gives.
const (
	badRequest = 1
	badWindow  = 3
	badAccess  = 10
	badAlloc   = 11
	badLength  = 16
)

// The kinds of what the server sends.
const (
	packetError = 0
	packetReply = 1
)

// noOperation and getInputFocus are what refused requests become.
var (
	noOperation   = short(127)
	getInputFocus = short(43)
)

func short(opcode byte) []byte {
	b := make([]byte, 4)
	b[0] = opcode
	order.PutUint16(b[2:], 1)
	return b
}

// newReply returns an empty reply of so many bytes.
func newReply(size int) []byte {
	p := make([]byte, size)
	p[0] = packetReply
	order.PutUint32(p[4:], uint32(size-32)/4)
	return p
}

// newError returns an error for a message.
func newError(m *message, code byte, id uint32) []byte {
	p := make([]byte, 32)
	p[1] = code
	order.PutUint32(p[4:], id)
	if m.opcode >= 128 {
		order.PutUint16(p[8:], uint16(m.second))
	}
	p[10] = m.opcode
	return p
}
