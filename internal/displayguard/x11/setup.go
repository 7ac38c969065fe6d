package x11

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// errSetup says that a connection could not be set up.
var errSetup = errors.New("set up a connection to the display")

// protocolMajor is the version of the protocol.
const protocolMajor = 11

// cookieName is the only way to prove who one is that is needed on one machine.
const cookieName = "MIT-MAGIC-COOKIE-1"

// nativeOrder is how a client names the byte order of this machine.
func nativeOrder() byte {
	if order.Uint16([]byte{1, 0}) == 1 {
		return 'l'
	}
	return 'B'
}

// readHello reads what a client begins with. Whatever it shows as proof is
// nothing to the guard.
func readHello(in *bufio.Reader) (refusal []byte, err error) {
	head := make([]byte, 12)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	if head[0] != nativeOrder() {
		return failed(head[0], "this display serves the byte order of its machine only"), nil
	}
	if major := order.Uint16(head[2:]); major != protocolMajor {
		return failed(head[0], fmt.Sprintf("version %d of the protocol", major)), nil
	}
	proof := pad(int(order.Uint16(head[6:]))) + pad(int(order.Uint16(head[8:])))
	_, err = io.CopyN(io.Discard, in, int64(proof))
	return nil, err
}

// failed is the answer to a client that is not served, in its own byte order.
func failed(byteOrder byte, reason string) []byte {
	p := make([]byte, 8, 8+pad(len(reason)))
	p[1] = byte(len(reason))
	put := func(at int, v uint16) {
		if p[at], p[at+1] = byte(v), byte(v>>8); byteOrder == 'B' {
			p[at], p[at+1] = p[at+1], p[at]
		}
	}
	put(2, protocolMajor)
	put(6, uint16(pad(len(reason))/4))
	p = append(p, reason...)
	return append(p, make([]byte, pad(len(reason))-len(reason))...)
}

// hello is what the guard begins with, to the server.
func hello(cookie []byte) []byte {
	name := cookieName
	if len(cookie) == 0 {
		name = ""
	}
	b := make([]byte, 12+pad(len(name))+pad(len(cookie)))
	b[0] = nativeOrder()
	order.PutUint16(b[2:], protocolMajor)
	order.PutUint16(b[6:], uint16(len(name)))
	order.PutUint16(b[8:], uint16(len(cookie)))
	copy(b[12:], name)
	copy(b[12+pad(len(name)):], cookie)
	return b
}

// setup is what the server says when a connection begins.
type setup struct {
	raw        []byte
	base, mask uint32
	screens    []screen
	minKey     byte
	maxKey     byte
}

type screen struct {
	root, colormap, black uint32
	width, height         int
	depths                []byte
}

// readSetup reads it. A server that refuses is an error.
func readSetup(in *bufio.Reader) (*setup, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fmt.Errorf("%w: %w", errSetup, err)
	}
	raw := append(head, make([]byte, 4*int(order.Uint16(head[6:])))...)
	if _, err := io.ReadFull(in, raw[8:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errSetup, err)
	}
	if raw[0] != 1 {
		reason := raw[8:min(len(raw), 8+int(raw[1]))]
		return nil, fmt.Errorf("%w: the server refuses: %q", errSetup, reason)
	}
	return parseSetup(raw)
}

func parseSetup(raw []byte) (*setup, error) {
	short := fmt.Errorf("%w: the server says too little", errSetup)
	if len(raw) < 40 {
		return nil, short
	}
	s := &setup{
		raw: raw, base: order.Uint32(raw[12:]), mask: order.Uint32(raw[16:]),
		minKey: raw[34], maxKey: raw[35],
	}
	if s.mask == 0 || s.base&s.mask != 0 {
		return nil, fmt.Errorf("%w: ids from %#x with mask %#x", errSetup, s.base, s.mask)
	}
	at := 40 + pad(int(order.Uint16(raw[24:]))) + 8*int(raw[29])
	for range raw[28] {
		if at+40 > len(raw) {
			return nil, short
		}
		p := raw[at:]
		s.screens = append(s.screens, screen{
			root: order.Uint32(p), colormap: order.Uint32(p[4:]), black: order.Uint32(p[12:]),
			width: int(order.Uint16(p[20:])), height: int(order.Uint16(p[22:])),
		})
		at += 40
		for range p[39] {
			if at+8 > len(raw) {
				return nil, short
			}
			sc := &s.screens[len(s.screens)-1]
			sc.depths = append(sc.depths, raw[at])
			at += 8 + 24*int(order.Uint16(raw[at+2:]))
		}
	}
	if len(s.screens) == 0 {
		return nil, short
	}
	return s, nil
}
