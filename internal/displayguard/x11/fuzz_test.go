package x11

import (
	"bufio"
	"bytes"
	"net"
	"testing"
	"time"
)

// deaf is a server that answers every question of the guard with an empty reply.
type deaf struct {
	net.Conn
	replies bytes.Buffer
	sent    uint16
}

func (d *deaf) Write(b []byte) (int, error) {
	list, _ := split(b)
	d.sent += uint16(len(list))
	p := newReply(64)
	order.PutUint16(p[2:], d.sent)
	d.replies.Write(p)
	return len(b), nil
}

func (d *deaf) Read(b []byte) (int, error) { return d.replies.Read(b) }
func (d *deaf) Close() error               { return nil }

const (
	testRoot = 0x123
	testBase = 0x400000
)

// loose returns a client whose two sides are buffers.
func loose(host, display []byte) (c *client, toServer, toHost *bytes.Buffer) {
	conn := &deaf{}
	s := &server{roots: map[uint32]bool{testRoot: true}, colormaps: map[uint32]bool{0x20: true}, conn: conn, in: bufio.NewReader(conn),
		minKey: 8, maxKey: 8, extensions: map[string]extension{}, byOpcode: map[byte]string{}}
	number := byte(128)
	for _, name := range []string{"BIG-REQUESTS", "RENDER", "XInputExtension", "XKEYBOARD", "XFIXES", "SYNC", "RANDR", "SHAPE", "GLX"} {
		s.extensions[name], s.byOpcode[number] = extension{number, number - 60, 0}, name
		number++
	}
	g := &Guard{server: s, told: map[string]bool{}, named: map[string]struct{}{}, clients: map[*client]bool{}, atoms: atoms{names: map[uint32]string{}, numbers: map[string]uint32{}}}
	for i, name := range append(append([]string{}, otherNames...), rootProperties...) {
		g.atoms.names[uint32(i+1)], g.atoms.numbers[name] = name, uint32(i+1)
	}
	toServer, toHost = &bytes.Buffer{}, &bytes.Buffer{}
	done := make(chan struct{})
	close(done) // nobody reads replies: too many of them end the connection
	return &client{
		guard: g, base: testBase, mask: 0x1fffff, fences: make(chan struct{}, maxFences), done: done, state: newState(&g.stock),
		fromHost: bufio.NewReaderSize(bytes.NewReader(host), maxWhole+8), toServer: bufio.NewWriter(toServer),
		fromServer: bufio.NewReaderSize(bytes.NewReader(display), maxWhole), toHost: bufio.NewWriter(toHost),
	}, toServer, toHost
}

// split takes a stream of requests apart.
func split(b []byte) (list [][]byte, whole bool) {
	for len(b) >= 4 {
		n := 4 * int(order.Uint16(b[2:]))
		if n == 0 {
			if len(b) < 8 {
				return list, false
			}
			n = 4 * int(order.Uint32(b[4:]))
		}
		if n < 4 || n > len(b) {
			return list, false
		}
		list, b = append(list, b[:n]), b[n:]
	}
	return list, len(b) == 0
}

// FuzzRequests: whatever a host sends, the server gets as many requests, one for
// each, and none of those that no host may make.
func FuzzRequests(f *testing.F) {
	w := uint32(testBase + 1)
	f.Add(bytes.Join([][]byte{
		create(w, testRoot, 0, 0, 9, 9, backPixmap|override, 0, 1), build(8, 0, w), build(2, 0, w, backPixmap, 1),
		build(73, 2, testRoot, 0, pack(1, 1), 1), setProperty(w, 1, 2, 3), build(22, 0, w, 2, 0), build(24, 0, w, 2, 3, 4, 0),
	}, nil))
	f.Add(bytes.Join([][]byte{build(128, 0), append([]byte{72, 2, 0, 0, 8, 0, 0, 0}, make([]byte, 24)...), build(43, 0)}, nil))
	f.Add(bytes.Join([][]byte{build(129, 23, 3, w, w, 0, w, 0, 0x01ff, 0, w), build(129, 31, w, w, 1), build(133, 7, testRoot, 0, 0, 0, 0, 0, 0)}, nil))
	f.Add(bytes.Join([][]byte{xi(130, testRoot, 1<<13), build(131, 1, pack(0x100, 4), pack(0, 4), 0), build(98, 0, 0xffff)}, nil))
	f.Add(bytes.Join([][]byte{build(136, 7, 1, 4), build(136, 24, w, 2, 0, 0x8014, 0, 1), build(136, 31, 0, 2, w, w, 0), build(136, 34, w, 2, 0, 0, 1, 0, 5, 6), append([]byte{136, 20, 0, 0, 6, 0, 0, 0}, make([]byte, 16)...), build(136, 19, 0, 3), build(136, 21, 0), build(136, 16, 1, 2, 3), build(136, 1, 1, 2)}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, toServer, _ := loose(b, nil)
		_ = c.up()
		_ = c.toServer.Flush()
		in, _ := split(b)
		out, whole := split(toServer.Bytes())
		// One more may have begun, and one may be a fence.
		if len(out) > len(in)+2 || !whole && len(out) < len(in) {
			t.Errorf("%d requests came, %d went on, whole %v", len(in), len(out), whole)
		}
		for _, r := range out {
			m := &message{opcode: r[0], second: r[1], size: len(r), data: r}
			if c.name(m); m.name == "" || ruleFor(m.extension, m.name) == nil {
				t.Errorf("request %d.%d went on", r[0], r[1])
			}
		}
	})
}

// FuzzPackets: whatever the server sends, with replies to be exchanged, the guard
// neither panics nor hangs.
func FuzzPackets(f *testing.F) {
	f.Add(newReply(64), uint16(0))
	f.Add(append(newError(&message{opcode: 3}, badWindow, 7), newReply(32)...), uint16(0))
	key := make([]byte, 96)
	key[0], key[1] = eventGeneric, 130
	order.PutUint32(key[4:], 16)
	order.PutUint16(key[8:], xiKeyPress)
	f.Add(key, uint16(1))
	f.Add([]byte{eventReparentNotify, 0, 1, 0, 4: 1, 10: 0x40, 12: 9, 31: 0}, uint16(1))
	f.Fuzz(func(t *testing.T, b []byte, seq uint16) {
		c, _, toHost := loose(nil, b)
		for i, name := range []string{"QueryTree", "XIQueryDevice", "QueryPointer", "GetState", "TranslateCoordinates"} {
			m := &message{data: make([]byte, 64), size: 64}
			order.PutUint32(m.data[4:], testRoot)
			order.PutUint32(m.data[8:], testRoot)
			for x, list := range requests {
				for _, r := range list {
					if r.name == name && x != "XINERAMA" {
						m.request, m.extension = r, x
					}
				}
			}
			if v := ruleFor(m.extension, name).judge(c, m); v.edit != nil {
				c.pending = append(c.pending, pending{seq: uint64(seq) + uint64(i), edit: v.edit})
			}
		}
		ended := time.AfterFunc(time.Minute, func() { panic("it hangs") })
		defer ended.Stop()
		_ = c.down()
		_ = c.toHost.Flush()
		if toHost.Len() > len(b)+5*64 {
			t.Errorf("%d bytes came, %d went on", len(b), toHost.Len())
		}
	})
}

// FuzzSetup: whatever both sides begin with.
func FuzzSetup(f *testing.F) {
	f.Add(hello([]byte("0123456789abcdef")))
	f.Add(failed('B', "no"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readHello(bufio.NewReader(bytes.NewReader(b)))
		_, _ = readSetup(bufio.NewReader(bytes.NewReader(b)))
		_, _ = parseSetup(b)
	})
}
