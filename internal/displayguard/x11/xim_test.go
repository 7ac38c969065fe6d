package x11

import (
	"encoding/binary"
	"slices"
	"testing"
)

// TestXIM: a client says numbers of contexts that it was given, and nothing by which
// it could change what the guard takes its messages for.
func TestXIM(t *testing.T) {
	const imid, own, others = 1, 5, 6
	for mark, order := range map[byte]binary.ByteOrder{'l': binary.LittleEndian, 'B': binary.BigEndian} {
		packet := func(major byte, numbers ...uint16) []byte {
			b := make([]byte, 4+(len(numbers)+1)/2*4)
			b[0] = major
			order.PutUint16(b[2:], uint16((len(numbers)+1)/2))
			for i, n := range numbers {
				order.PutUint16(b[4+2*i:], n)
			}
			return b
		}
		connect := packet(ximConnect, 0, 0, 0, 0)
		connect[4] = mark
		x := &method{contexts: map[uint16]bool{}}
		inline := func(b []byte) []byte { return append(slices.Clone(b), make([]byte, ximInline-len(b))...) }
		says := func(what string, want bool, b []byte) {
			t.Helper()
			if got := x.may(inline(b), ximInline, false); got != want {
				t.Errorf("%c, %s: %v", mark, what, got)
			}
		}
		says("open, before it has chosen an order", false, packet(30, 0))
		says("connect", true, connect)
		says("connect again, in another order", false, connect)
		says("create", true, packet(50, imid, 0))
		says("focus before it has a context", false, packet(58, imid, own))
		x.said(inline(packet(ximCreated, imid, own)))
		says("focus", true, packet(58, imid, own))
		says("focus of another's", false, packet(58, imid, others))
		says("end of another's", false, packet(ximDestroy, imid, others))
		says("an answer of servers", false, packet(ximCreated, imid, others))
		says("what is not known", false, packet(200, imid, own))
		if long := packet(58, imid, own, 0, 0, 0, 0, 0, 0, 0, 0); x.may(long[:ximInline], ximInline, false) {
			t.Errorf("%c: what is longer than the event passes", mark)
		}
		says("too short for its number", false, packet(58))
		key := packet(60, imid, own, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		if !x.may(key, len(key), true) {
			t.Errorf("%c: a key is refused", mark)
		}
		if x.may(append(key, packet(58, imid, others)...), len(key)+8, true) {
			t.Errorf("%c: two messages at once pass", mark)
		}
		if key = packet(60, imid, others, 0, 0, 0, 0, 0, 0); x.may(key, len(key), true) {
			t.Errorf("%c: a key for another program passes", mark)
		}
		says("end", true, packet(ximDestroy, imid, own))
		says("focus of what has ended", false, packet(58, imid, own))
	}
}

// FuzzXIM: whatever a client says, it has the contexts that it was given.
func FuzzXIM(f *testing.F) {
	f.Add([]byte{58, 0, 1, 0, 1, 0, 5, 0}, 20, false)
	f.Add([]byte{1, 0, 2, 0, 'l', 0, 0, 0, 0, 0, 0, 0}, 12, true)
	f.Fuzz(func(t *testing.T, b []byte, most int, whole bool) {
		if len(b) == 0 || most < len(b) {
			return
		}
		x := &method{contexts: map[uint16]bool{5: true}}
		x.may([]byte{ximConnect, 0, 2, 0, 'l', 0, 0, 0, 0, 0, 0, 0}, 12, true)
		if x.may(b, most, whole) && ximRequests[b[0]] == 2 && (len(b) < 8 || binary.LittleEndian.Uint16(b[6:]) != 5) {
			t.Fatalf("% x passes", b)
		}
		if len(x.contexts) > 1 || x.order != binary.LittleEndian {
			t.Fatalf("%+v", x)
		}
	})
}
