package wayland

import (
	"encoding/binary"
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	header := func(size int) []byte {
		return binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, 7), uint32(size)<<16|3)
	}
	for _, test := range []struct {
		name string
		b    []byte
		size int
		bad  bool
	}{
		{"nothing", nil, 0, false},
		{"a part of the header", header(8)[:7], 0, false},
		{"without a body", header(8), 8, false},
		{"a part of the body", append(header(16), 1, 2, 3, 4), 0, false},
		{"more than one", append(header(8), 1, 2, 3), 8, false},
		{"no size", header(0), 0, true},
		{"less than a header", header(4), 0, true},
		{"no whole words", header(10), 0, true},
		{"the longest", append(header(MaxMessage), make([]byte, MaxMessage-8)...), MaxMessage, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, size, err := Parse(test.b)
			if size != test.size || (err != nil) != test.bad || test.bad && !errors.Is(err, ErrMalformed) {
				t.Errorf("size %d, %v", size, err)
			}
			if size > 0 && (m.Object != 7 || m.Opcode != 3 || len(m.Body) != size-HeaderSize) {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestArgs(t *testing.T) {
	b := Append(nil, 7, 3, -1, "", "three", 4)
	m, size, err := Parse(b)
	if err != nil || size != len(b) || m.Object != 7 || m.Opcode != 3 {
		t.Fatalf("%+v, %d, %v", m, size, err)
	}
	args := m.Args()
	if n, empty, three, four := args.Uint(), args.Text(), args.Text(), args.Uint(); n != 0xffffffff || empty != "" || three != "three" || four != 4 || !args.Whole() {
		t.Errorf("%d, %q, %q, %d, whole %v", n, empty, three, four, args.Whole())
	}
	if args.Uint(); args.Whole() {
		t.Error("one more is whole")
	}
}
