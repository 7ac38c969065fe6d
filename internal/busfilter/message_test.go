package busfilter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var orders = map[string]binary.ByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian}

var compareHeaders = cmp.Options{cmp.AllowUnexported(header{}), cmpopts.EquateComparable(binary.LittleEndian, binary.BigEndian)}

// TestHeader writes headers and reads them.
func TestHeader(t *testing.T) {
	for name, order := range orders {
		for _, h := range []header{
			{kind: methodCall, flags: noReplyExpected, serial: 7, path: "/a", iface: "a.b", member: "C", destination: "d.e", signature: "s", body: 9},
			{kind: methodReturn, serial: 1, replySerial: 3, destination: ":1.2", sender: ":1.33"},
			{kind: methodError, serial: 1 << 30, replySerial: 4, errorName: "a.b.C", signature: "(so)", body: 1},
			{kind: signal, serial: 2, path: "/a/b/c", iface: "a.b", member: "D"},
			{kind: signal, serial: 2, path: "/" + strings.Repeat("a", 4000), iface: "a.b", member: "D"},
		} {
			h.order = order
			b := h.bytes()
			if len(b)%8 != 0 {
				t.Errorf("%s: %v: %d bytes", name, &h, len(b))
			}
			r := bytes.NewReader(append(b, "body"...))
			got, err := readHeader(r)
			if err != nil {
				t.Fatalf("%s: %v: %v", name, &h, err)
			}
			if diff := cmp.Diff(&h, got, compareHeaders); diff != "" || r.Len() != 4 {
				t.Errorf("%s: %d bytes are left\n%s", name, r.Len(), diff)
			}
		}
	}
}

// TestMalformed: what is no header ends the stream, and says why.
func TestMalformed(t *testing.T) {
	good := header{order: binary.LittleEndian, kind: methodCall, serial: 1, path: "/a", iface: "a.b", member: "C", destination: "d.e"}
	for name, spoil := range map[string]func(b []byte) []byte{
		"byte order":      func(b []byte) []byte { b[0] = 'x'; return b },
		"kind":            func(b []byte) []byte { b[1] = 0; return b },
		"version":         func(b []byte) []byte { b[3] = 2; return b },
		"number":          func(b []byte) []byte { b[8] = 0; return b },
		"long fields":     func(b []byte) []byte { b[14] = 1; return b },
		"long body":       func(b []byte) []byte { b[7] = 0xff; return b },
		"field of code 0": func(b []byte) []byte { b[16] = 0; return b },
		"type":            func(b []byte) []byte { b[18] = 's'; return b },
		"unknown type":    func(b []byte) []byte { b[18] = 'v'; return b },
		"long text":       func(b []byte) []byte { b[20] = 200; return b },
		"zero in a text":  func(b []byte) []byte { b[24] = 0; return b },
		"no zero behind":  func(b []byte) []byte { b[26] = 'x'; return b },
		"padding":         func(b []byte) []byte { b[27] = 1; return b },
		"twice":           func(b []byte) []byte { return twice(b) },
		"no path": func([]byte) []byte {
			h := good
			h.path = ""
			return h.bytes()
		},
		"no signature": func([]byte) []byte {
			h := good
			h.body = 4
			return h.bytes()
		},
		"an answer to nothing": func([]byte) []byte {
			return (&header{order: binary.LittleEndian, kind: methodReturn, serial: 1}).bytes()
		},
		"an error without a name": func([]byte) []byte {
			return (&header{order: binary.LittleEndian, kind: methodError, serial: 1, replySerial: 2}).bytes()
		},
		"a signal of no interface": func([]byte) []byte {
			return (&header{order: binary.LittleEndian, kind: signal, serial: 1, path: "/a", member: "M"}).bytes()
		},
	} {
		if _, err := readHeader(bytes.NewReader(spoil(good.bytes()))); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := good.bytes()
	for n := range b {
		_, err := readHeader(bytes.NewReader(b[:n]))
		if want := io.ErrUnexpectedEOF; n == 0 && err != io.EOF || n > 0 && err != want {
			t.Errorf("%d bytes of %d: %v", n, len(b), err)
		}
	}
}

// twice appends the first field of a header again.
func twice(b []byte) []byte {
	b = append(b, b[16:32]...)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)-16))
	return b
}

// TestUnknownField: fields of other codes are allowed, and not passed on.
func TestUnknownField(t *testing.T) {
	h := header{order: binary.LittleEndian, kind: methodReturn, serial: 1, replySerial: 2}
	b := h.bytes()
	extra := append([]byte{99, 1, 'u', 0}, 1, 2, 3, 4)
	b = append(b, extra...)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)-16))
	got, err := readHeader(bytes.NewReader(b))
	if err != nil || !bytes.Equal(got.bytes(), h.bytes()) {
		t.Errorf("%x, %v", got.bytes(), err)
	}
}

func TestMatchRule(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"type='signal'": {"type": "signal"},
		"type='signal', interface='a.b', sender='c.d'": {"type": "signal", "interface": "a.b", "sender": "c.d"},
		"type='signal',path='/a',arg0=''":              {"type": "signal", "path": "/a", "arg0": ""},
		"":                                             nil,
		"type='signal',":                               nil,
		"type=signal":                                  nil,
		"type='signal',eavesdrop='true'":               nil,
		"type='signal',destination=':1.2'":             nil,
		"type='signal',type='method_call'":             nil,
		`type='signal',arg0='a\',sender='b'`:           nil,
		"type='signal'sender='b'":                      nil,
		"type ='signal'":                               nil,
		"type='signal":                                 nil,
		"type='sig''nal'":                              nil,
		"arg1='a'":                                     nil,
		"arg0namespace=':1.4'":                         {"arg0namespace": ":1.4"},
		"path_namespace='/'":                           nil,
	} {
		got, ok := matchRule(text)
		if ok != (want != nil) || ok && !cmp.Equal(got, want) {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}
