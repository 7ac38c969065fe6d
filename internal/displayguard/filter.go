package displayguard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Numbers of the protocol, see wayland.xml and "Wire Format" in the book of
// Wayland. All words have the byte order of the machine.
const (
	displayID = 1 // the object that every connection begins with

	displayGetRegistry = 1 // requests
	registryBind       = 0

	registryGlobal       = 0 // events
	registryGlobalRemove = 1

	// serverIDs is the first number of objects that the server makes.
	serverIDs = 0xff000000

	headerSize = 8
	// maxMessage is the longest that a header can tell of.
	maxMessage = 0xffff &^ 3
)

// Bounds of what one client can make the guard remember. A toolkit makes a few
// registries; compositors announce some hundred globals.
const (
	maxRegistries = 256
	maxShown      = 4096
)

// message is one request or event. Its body belongs to the buffer that it was
// read into.
type message struct {
	object uint32
	opcode uint16
	body   []byte
}

// errMalformed is returned for what is no message of the protocol.
var errMalformed = errors.New("a malformed message")

// parse takes a message off the beginning of b. Its size is 0 if b does not have
// all of it.
func parse(b []byte) (m message, size int, err error) {
	if len(b) < headerSize {
		return m, 0, nil
	}
	word := binary.NativeEndian.Uint32(b[4:])
	size = int(word >> 16)
	if size < headerSize || size%4 != 0 {
		return m, 0, fmt.Errorf("%w: its size is %d", errMalformed, size)
	}
	if len(b) < size {
		return m, 0, nil
	}
	return message{binary.NativeEndian.Uint32(b), uint16(word), b[headerSize:size]}, size, nil
}

// body reads the arguments of a message one by one. After the first that is not
// there, all are zero.
type body struct {
	rest   []byte
	broken bool
}

func (b *body) uint() uint32 {
	if len(b.rest) < 4 {
		b.broken, b.rest = true, nil
		return 0
	}
	v := binary.NativeEndian.Uint32(b.rest)
	b.rest = b.rest[4:]
	return v
}

// text reads a string, which has its length with the zero at its end before it
// and is filled up to a whole word.
func (b *body) text() string {
	n := int64(b.uint())
	padded := (n + 3) &^ 3
	if n == 0 || padded > int64(len(b.rest)) || b.rest[n-1] != 0 {
		b.broken, b.rest = true, nil
		return ""
	}
	v := string(b.rest[:n-1])
	b.rest = b.rest[padded:]
	if strings.IndexByte(v, 0) >= 0 {
		// The server would compare what is before it.
		b.broken = true
	}
	return v
}

// whole reports whether all arguments were there, and no more.
func (b *body) whole() bool { return !b.broken && len(b.rest) == 0 }

// filter judges the messages of one connection. Its two directions may be used
// at the same time, each by one goroutine.
type filter struct {
	mu sync.Mutex
	// registries are the numbers that were ever asked for as a registry; guarded
	// by mu. A registry cannot be destroyed, for wl_fixes is not shown. None is
	// taken out when the server says that its number is free: a client that uses
	// a number twice would have the first object's end taken for the second's.
	registries map[uint32]bool
	// shown are the globals that the client was told of, with their interfaces;
	// guarded by mu. One that is gone stays: the client may not know yet.
	shown map[uint32]string
}

func newFilter() *filter {
	return &filter{registries: map[uint32]bool{}, shown: map[uint32]string{}}
}

// request judges a message of the client. An error says that no honest client
// sends it.
func (f *filter) request(m message) error {
	if m.object == displayID && m.opcode == displayGetRegistry {
		args := body{rest: m.body}
		id := args.uint()
		if !args.whole() || id <= displayID || id >= serverIDs {
			return fmt.Errorf("%w: get_registry", errMalformed)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.registries[id] = true; len(f.registries) > maxRegistries {
			return errors.New("more registries than a client needs")
		}
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.registries[m.object] {
		return nil
	}
	if m.opcode != registryBind {
		return fmt.Errorf("%w: request %d of a registry", errMalformed, m.opcode)
	}
	args := body{rest: m.body}
	name, kind := args.uint(), args.text()
	args.uint() // its version
	args.uint() // its number
	switch shown, ok := f.shown[name]; {
	case !args.whole():
		return fmt.Errorf("%w: bind", errMalformed)
	case !ok:
		return fmt.Errorf("it asked for %.60q, which it is not shown", kind)
	case kind != shown:
		return fmt.Errorf("it asked for %.60q by the number of %s", kind, shown)
	}
	return nil
}

// event judges a message of the server: whether it is passed on. What is not of
// a registry is.
func (f *filter) event(m message) (pass bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.registries[m.object] {
		return true, nil
	}
	args := body{rest: m.body}
	name := args.uint()
	switch m.opcode {
	case registryGlobal:
		kind := args.text()
		args.uint() // its version
		if !args.whole() {
			// The number was another object's: no registry gets this.
			return true, nil
		}
		if !isAllowed(kind) {
			delete(f.shown, name)
			return false, nil
		}
		if f.shown[name] = kind; len(f.shown) > maxShown {
			return false, errors.New("more globals than a compositor has")
		}
	case registryGlobalRemove:
		_, shown := f.shown[name]
		return shown, nil
	}
	return true, nil
}
