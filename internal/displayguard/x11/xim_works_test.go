package x11

import (
	"bytes"
	"testing"
)

// ximServer is a server of XIM, played by the test.
type ximServer struct {
	*peer
	window, accepts    uint32
	connects, protocol uint32 // atoms
}

func newXIMServer(t *testing.T) *ximServer {
	p := outside(t)
	s := &ximServer{peer: p, window: p.window(950, 900, 10, 10, 0, 0), accepts: p.window(970, 900, 10, 10, 0, 0)}
	s.connects, s.protocol = p.atom("_XIM_XCONNECT"), p.atom("_XIM_PROTOCOL")
	name := p.atom("@server=mullion")
	p.send(build(22, 0, s.window, name, 0), setProperty(p.root(), p.atom("XIM_SERVERS"), 4, name))
	p.sync()
	t.Cleanup(func() { p.send(build(19, 0, p.root(), p.atom("XIM_SERVERS"))); p.sync() })
	return s
}

// say sends a message of XIM in one event.
func (p *peer) say(to, protocol uint32, b ...byte) {
	p.t.Helper()
	var head [4]byte
	head[0], head[1] = eventClientMessage, 8
	words := []uint32{order.Uint32(head[:]), to, protocol}
	for b = append(b, make([]byte, ximInline)...)[:ximInline]; len(b) > 0; b = b[4:] {
		words = append(words, order.Uint32(b))
	}
	p.send(event(to, 0, words...))
	p.sync()
}

// hears reports whether the server has got a message that begins so.
func (s *ximServer) hears(b ...byte) bool {
	s.t.Helper()
	for _, e := range s.sync() {
		if e[0]&0x7f == eventClientMessage && order.Uint32(e[8:]) == s.protocol && bytes.HasPrefix(e[12:], b) {
			return true
		}
	}
	return false
}

// TestAttacksXIM: by XIM a host has the fields that the server gave to it, where a
// program without the guard has those of others.
func TestAttacksXIM(t *testing.T) {
	for _, guarded := range []bool{true, false} {
		s := newXIMServer(t)
		p := outside(t)
		if guarded {
			p = newHost(t, Config{InputMethod: true}).connect(t)
		}
		u := newUser(t)
		w := p.window(50, 600, 60, 60, 0x555555, 3) // keys, pressed and let go
		p.show(w)
		protocol, property := p.atom("_XIM_PROTOCOL"), p.atom("_client0")
		p.send(messageTo(s.window, 0, s.window, p.atom("_XIM_XCONNECT"), w))
		p.sync()
		s.send(messageTo(w, 0, w, s.connects, s.accepts))
		s.sync()
		p.sync()
		const imid, own, others = 1, 5, 6
		p.say(s.accepts, protocol, ximConnect, 0, 2, 0, 'l')
		p.say(s.accepts, protocol, 50, 0, 1, 0, imid, 0, 0, 0)
		if !s.hears(ximConnect) {
			t.Fatalf("guarded %v: the server hears nothing", guarded)
		}
		s.say(w, s.protocol, ximCreated, 0, 1, 0, imid, 0, own, 0)
		p.sync()
		focus := []byte{58, 0, 1, 0, imid, 0, own, 0}
		if p.say(s.accepts, protocol, focus...); !s.hears(focus...) {
			t.Errorf("guarded %v: its own field is refused", guarded)
		}
		write := func(context, symbol byte) bool {
			s.send(build(19, 0, s.accepts, property))
			s.sync()
			key := append([]byte{ximForward, 0, 10, 0, imid, 0, context, 0, 0, 0, 0, 0}, make([]byte, 32)...)
			key[12], key[13] = eventKeyPress, u.code(uint32(symbol))
			words := []uint32{s.accepts, property, 31, 8, uint32(len(key))}
			for b := key; len(b) > 0; b = b[4:] {
				words = append(words, order.Uint32(b))
			}
			p.send(build(18, 2, words...))
			p.sync()
			return bytes.Equal(s.property(s.accepts, property), key)
		}
		if got := write(own, 'a'); got == guarded {
			t.Errorf("guarded %v: a key that nobody has pressed: %v", guarded, got)
		}
		u.focus(w)
		u.keys('a')
		p.sync()
		if !write(own, 'a') {
			t.Errorf("guarded %v: a key for its own field is refused", guarded)
		}
		if got := write(own, 'b'); got == guarded {
			t.Errorf("guarded %v: another key than was pressed: %v", guarded, got)
		}
		if got := write(others, 'a'); got == guarded {
			t.Errorf("guarded %v: a key for another's field: %v", guarded, got)
		}
		focus[6] = others
		if p.say(s.accepts, protocol, focus...); s.hears(focus...) == guarded {
			t.Errorf("guarded %v: another's field", guarded)
		}
		// It says to itself that it was given the field.
		p.say(w, protocol, ximCreated, 0, 1, 0, imid, 0, others, 0)
		if p.say(s.accepts, protocol, focus...); s.hears(focus...) == guarded {
			t.Errorf("guarded %v: another's field, by an answer of its own", guarded)
		}
		p.say(s.accepts, p.atom("_XIM_MOREDATA"), focus...)
		s.protocol = s.atom("_XIM_MOREDATA")
		if s.hears(focus...) == guarded {
			t.Errorf("guarded %v: another's field, in parts", guarded)
		}
	}
}
