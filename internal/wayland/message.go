// Package wayland has the wire format of the Wayland protocol, for what reads it
// or speaks it without a library: see [Parse] and [Append]. What this program
// asks of a compositor itself is there too: see [NewSecurityContext].
package wayland

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Numbers of the protocol, see wayland.xml and "Wire Format" in the book of
// Wayland. All words have the byte order of the machine.
const (
	DisplayID = 1 // the object that every connection begins with

	DisplaySync        = 0 // requests
	DisplayGetRegistry = 1
	RegistryBind       = 0

	DisplayError         = 0 // events
	RegistryGlobal       = 0
	RegistryGlobalRemove = 1
)

// HeaderSize is the size of a message without arguments.
const HeaderSize = 8

// MaxMessage is the longest that a header can tell of.
const MaxMessage = 0xffff &^ 3

// Message is one request or event. Its body belongs to the buffer that it was
// read from.
type Message struct {
	Object uint32
	Opcode uint16
	Body   []byte
}

// ErrMalformed is returned for what is no message of the protocol.
var ErrMalformed = errors.New("a malformed message")

// Parse takes a message off the beginning of b. Its size is 0 if b does not have
// all of it.
func Parse(b []byte) (m Message, size int, err error) {
	if len(b) < HeaderSize {
		return m, 0, nil
	}
	word := binary.NativeEndian.Uint32(b[4:])
	size = int(word >> 16)
	if size < HeaderSize || size%4 != 0 {
		return m, 0, fmt.Errorf("%w: its size is %d", ErrMalformed, size)
	}
	if len(b) < size {
		return m, 0, nil
	}
	return Message{binary.NativeEndian.Uint32(b), uint16(word), b[HeaderSize:size]}, size, nil
}

// Append adds a message to b. Its arguments are of the types int, for all words,
// and string. It panics if they are too long for a message.
func Append(b []byte, object, opcode int, args ...any) []byte {
	start := len(b)
	b = binary.NativeEndian.AppendUint32(b, uint32(object))
	b = binary.NativeEndian.AppendUint32(b, 0)
	for _, v := range args {
		switch v := v.(type) {
		case int:
			b = binary.NativeEndian.AppendUint32(b, uint32(v))
		case string:
			b = binary.NativeEndian.AppendUint32(b, uint32(len(v)+1))
			b = append(b, v...)
			b = append(b, make([]byte, 4-len(v)%4)...)
		default:
			panic(fmt.Sprintf("an argument of type %T", v))
		}
	}
	size := len(b) - start
	if size > MaxMessage {
		panic(fmt.Sprintf("a message of %d bytes", size))
	}
	binary.NativeEndian.PutUint32(b[start+4:], uint32(size)<<16|uint32(opcode))
	return b
}

// Args reads the arguments of a message one by one. After the first that is not
// there, all are zero.
type Args struct {
	rest   []byte
	broken bool
}

// Args returns the arguments of the message.
func (m Message) Args() Args { return Args{rest: m.Body} }

// Uint reads a word.
func (a *Args) Uint() uint32 {
	if len(a.rest) < 4 {
		a.broken, a.rest = true, nil
		return 0
	}
	v := binary.NativeEndian.Uint32(a.rest)
	a.rest = a.rest[4:]
	return v
}

// Text reads a string, which has its length with the zero at its end before it
// and is filled up to a whole word.
func (a *Args) Text() string {
	n := int64(a.Uint())
	padded := (n + 3) &^ 3
	if n == 0 || padded > int64(len(a.rest)) || a.rest[n-1] != 0 {
		a.broken, a.rest = true, nil
		return ""
	}
	v := string(a.rest[:n-1])
	a.rest = a.rest[padded:]
	if strings.IndexByte(v, 0) >= 0 {
		// The server would compare what is before it.
		a.broken = true
	}
	return v
}

// Whole reports whether all arguments were there, and no more.
func (a *Args) Whole() bool { return !a.broken && len(a.rest) == 0 }
