package x11

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestSetup: who speaks the machine's own byte order is served, with whatever
// proof; the other is told so in its own.
func TestSetup(t *testing.T) {
	h := newHost(t, Config{})
	for _, test := range []struct {
		name  string
		hello []byte
		want  byte
	}{
		{"no cookie", hello(nil), 1},
		{"any cookie", hello([]byte("no cookie of any")), 1},
		{"another byte order", swapped(hello(nil)), 0},
		{"another version", append([]byte{nativeOrder(), 0, 12, 0}, make([]byte, 8)...), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("unix", h.socket)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(test.hello); err != nil {
				t.Fatal(err)
			}
			head := make([]byte, 8)
			if _, err := io.ReadFull(conn, head); err != nil || head[0] != test.want {
				t.Fatalf("%v, %v", head, err)
			}
			if test.want == 1 {
				return
			}
			units := int(head[6]) + int(head[7])<<8
			if test.hello[0] != nativeOrder() {
				units = int(head[7]) + int(head[6])<<8
			}
			reason, err := io.ReadAll(conn)
			if err != nil || len(reason) != 4*units || int(head[1]) > len(reason) {
				t.Errorf("%d units, reason %q, %v", units, reason, err)
			}
		})
	}
}

func swapped(b []byte) []byte {
	b = bytes.Clone(b)
	b[0] ^= 'l' ^ 'B'
	for i := 2; i < 10; i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return b
}

// TestNumbers: replies, errors and refusals come in order and with the right
// numbers, however many requests there were, of which some were dropped.
func TestNumbers(t *testing.T) {
	h := newHosted(t, Config{})
	other := h.user.window(0, 0, 1, 1, 0, 0)
	for i := range 5 {
		var b []byte
		for range 20_000 {
			b = append(b, noOperation...)
			b = append(b, build(4, 0, other)...) // refused without a reply
			h.seq += 2
		}
		if _, err := h.conn.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, code := h.ask(build(14, 0, other)); code != badWindow {
			t.Fatalf("round %d: error %d", i, code)
		}
		if r, _ := h.ask(build(14, 0, h.window)); order.Uint16(r[16:]) != 200 {
			t.Fatalf("round %d: %v", i, r)
		}
	}
	if _, code := h.user.ask(build(14, 0, other)); code != 0 {
		t.Error("the window is gone")
	}
}

// TestUnread: a client that reads nothing has the server keep little.
func TestUnread(t *testing.T) {
	const width, height = 1000, 1000
	image := build(73, 2, testBase+1, 0, pack(width, height), 0xffffffff)
	for _, test := range []struct {
		name    string
		request []byte
		most    int // that go on
	}{
		{"answers", image, 2*fenceBytes/(4*width*height) + 4},
		{"events", build(18, 2, testBase+1, 1, 1, 8, 0), 2*fenceRequests + 2},
	} {
		c, toServer, _ := loose(bytes.Repeat(test.request, 10_000), nil)
		if err := c.up(); err == io.EOF {
			t.Errorf("%s: all were read", test.name)
		}
		_ = c.toServer.Flush()
		if list, _ := split(toServer.Bytes()); len(list) > test.most {
			t.Errorf("%s: %d requests went on, want %d at most", test.name, len(list), test.most)
		}
	}
}

// TestAtOnce: what the user lets a host do for a moment does not wait behind what
// takes the server long.
func TestAtOnce(t *testing.T) {
	for _, request := range [][]byte{
		build(22, 0, testBase+1, 1, 0), build(24, 0, testBase+1, 1, 2, 3, 0), build(26, 0, testBase+1, 1<<16, 0, 0, 0), build(31, 0, testBase+1, 0, 1|1<<8),
		build(42, 0, testBase+1, 0), build(130, 51, testBase+1, 0, 0, pack(2, 1|1<<8), pack(0, 0), 0),
	} {
		c, toServer, _ := loose(append(bytes.Clone(noOperation), request...), nil)
		c.state.gesture, c.state.paste = time.Now(), time.Now()
		if err := c.up(); err == io.EOF {
			t.Errorf("%d.%d: the server has not served what was before it", request[0], request[1])
		}
		_ = c.toServer.Flush()
		list, _ := split(toServer.Bytes())
		for _, b := range list {
			if b[0] == request[0] {
				t.Errorf("%d.%d went on", request[0], request[1])
			}
		}
	}
}

// TestCleared: new pixmaps are empty, whatever the server has left in them, and
// the client hears nothing of how.
func TestCleared(t *testing.T) {
	c, toServer, _ := loose(build(53, 24, testBase+1, testRoot, pack(30, 20)), nil)
	c.guard.server.clears = map[byte]uint32{24: 0x777}
	_ = c.up()
	_ = c.toServer.Flush()
	want := build(70, 0, testBase+1, 0x777, 0, pack(30, 20))
	if list, _ := split(toServer.Bytes()); len(list) != 2 || !bytes.Equal(list[1], want) {
		t.Errorf("went on: %v, want %v after it", list, want)
	}
	h := newHosted(t, Config{})
	for i := range 300 {
		depth := []byte{1, 24, 32, 77}[i%4] // there is no such depth
		h.send(build(53, depth, h.id(), h.root(), pack(9, 9)), build(53, 24, h.window, h.root(), pack(9, 9)))
		if i%50 == 0 {
			h.user.keys('a')
		}
		h.send(setProperty(h.window, 39, 31, 1))
		if r, code := h.ask(build(14, 0, h.window)); code != 0 || order.Uint16(r[16:]) != 200 {
			t.Fatalf("%d: error %d, %v", i, code, r)
		}
		for _, e := range h.events {
			if got := order.Uint16(e[2:]); int16(h.seq-got) < 0 {
				t.Fatalf("%d: an event after request %d, and %d was the last", i, got, h.seq)
			}
		}
		h.events = nil
	}
	if got := h.pixel(h.window, 10, 10); got != 0x444444 && got != 0 {
		t.Errorf("the window: %#x", got)
	}
}

// TestTold: what a host names does not make lines of the log.
func TestTold(t *testing.T) {
	h := newHosted(t, Config{})
	h.send(build(22, 0, h.window, h.atom("A\nB\x1b[31m"+strings.Repeat("long ", 50)), 0))
	h.sync()
	h.host.refused.mu.Lock()
	defer h.host.refused.mu.Unlock()
	if list := h.host.refused.list; len(list) != 1 || strings.ContainsAny(list[0], "\n\x1b") || len(list[0]) > 200 {
		t.Errorf("%q", list)
	}
}

// TestUnwrap: numbers go on where 16 and 32 bits end.
func TestUnwrap(t *testing.T) {
	for _, test := range []struct {
		last uint64
		low  uint16
		want uint64
	}{
		{0, 1, 1}, {5, 5, 5}, {0xfffe, 1, 0x10001}, {0x10001, 0, 0x20000}, {0xffffffff, 0, 0x100000000}, {0x1_0000_0005, 4, 0x1_0001_0004},
	} {
		if got := unwrap(test.last, test.low); got != test.want {
			t.Errorf("%#x, %#x: %#x, want %#x", test.last, test.low, got, test.want)
		}
	}
}

// TestLarge: requests with the longer length pass once that is on, and are
// judged as others.
func TestLarge(t *testing.T) {
	h := newHosted(t, Config{})
	big, _ := h.opcode("BIG-REQUESTS")
	r, _ := h.ask(build(big, 0))
	if got := order.Uint32(r[8:]); got == 0 || got > maxRequest/4 {
		t.Errorf("length %d", got)
	}
	gc, pixmap := h.id(), h.id()
	const side = 400 // 640,000 bytes
	h.send(build(53, 24, pixmap, h.root(), pack(side, side)), build(55, 0, gc, pixmap, 0))
	picture := func(to uint32) []byte {
		b := make([]byte, 28, 28+4*side*side)
		b[0], b[1] = 72, 2
		order.PutUint32(b[4:], uint32(28+4*side*side)/4)
		order.PutUint32(b[8:], to)
		order.PutUint32(b[12:], gc)
		order.PutUint32(b[16:], pack(side, side))
		b[25] = 24
		return append(b, bytes.Repeat([]byte{0x33, 0x22, 0x11, 0}, side*side)...)
	}
	h.send(picture(pixmap))
	if got := h.pixel(pixmap, side-1, side-1); got != 0x112233 {
		t.Errorf("got %#x, errors %d", got, h.errors)
	}
	v := h.user.window(0, 0, side, side, victimColour, 0)
	h.send(picture(v))
	h.sync()
	if got := h.user.pixel(v, 5, 5); got != victimColour {
		t.Errorf("another's window: %#x", got)
	}
	if !h.host.refused.has("PutImage") {
		t.Errorf("refused: %q", h.host.refused.list)
	}
	// What is too long ends the connection.
	b := picture(pixmap)
	order.PutUint32(b[4:], maxRequest/4+1)
	h.send(b[:8])
	if n, err := h.conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes", n)
	}
}

// TestBackPressure: a client that reads nothing is not read from for ever, and
// gets all when it does.
func TestBackPressure(t *testing.T) {
	h := newHosted(t, Config{})
	const count = 12_000
	sent := make(chan error, 1)
	go func() {
		_, err := h.conn.Write(bytes.Repeat(build(44, 0), count)) // QueryKeymap, which the guard answers
		sent <- err
	}()
	for i := range count {
		b := make([]byte, 40)
		if _, err := io.ReadFull(h.in, b); err != nil || b[0] != packetReply || order.Uint16(b[2:]) != h.seq+uint16(i)+1 {
			t.Fatalf("%d: %v, %v", i, b[:8], err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// TestExtensions: a host sees those that it may, with the server's own numbers.
func TestExtensions(t *testing.T) {
	h := newHosted(t, Config{OpenGL: true})
	for name := range requests {
		if name == "" {
			continue
		}
		got, _ := h.opcode(name)
		want, _ := h.user.opcode(name)
		if got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	r, _ := h.ask(build(99, 0))
	list := string(r[32:])
	if !strings.Contains(list, "RENDER") || strings.Contains(list, "XTEST") || strings.Contains(list, "MIT-SHM") {
		t.Errorf("%q", list)
	}
	test, _ := h.user.opcode("XTEST")
	if _, code := h.ask(build(test, 0, 0)); code != badRequest {
		t.Errorf("by its number: error %d", code)
	}
}

// TestServerGone: the host learns it as from a server, and nothing is left.
func TestServerGone(t *testing.T) {
	here, there := net.Pipe()
	go func() {
		b := make([]byte, 64)
		_, _ = there.Read(b)
		there.Close()
	}()
	if _, err := New(Config{Dial: func() (net.Conn, error) { return here, nil }}); err == nil {
		t.Error("a guard without a server")
	}
}
