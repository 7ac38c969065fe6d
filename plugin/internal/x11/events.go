package x11

import "sync"

// SelectionRequest is another program's wish to have what a window of ours owns.
type SelectionRequest struct {
	Time, Owner, Requestor      uint32
	Selection, Target, Property uint32
}

// SelectionNotify is the answer of an owner. Property is 0 if it refuses. Any
// program can send one.
type SelectionNotify struct {
	Time, Requestor             uint32
	Selection, Target, Property uint32
}

// SelectionClear says that a window of ours owns a selection no more.
type SelectionClear struct{ Time, Owner, Selection uint32 }

// PropertyNotify says that a property has changed.
type PropertyNotify struct {
	Window, Atom, Time uint32
	Deleted            bool
}

// DestroyNotify says that a window is gone.
type DestroyNotify struct{ Window uint32 }

// SelectionOwner is an event of the extension XFIXES: a selection has another
// owner, or none.
type SelectionOwner struct{ Owner, Selection, Time uint32 }

// Key is a key that was pressed or let go.
type Key struct {
	Code     byte
	Modifier uint16 // what was held before
	Time     uint32
	Pressed  bool
}

// MappingNotify says that keys or modifiers mean something else.
type MappingNotify struct{}

// extensions have the numbers that a server gives to events of extensions.
type extensions struct {
	mu     sync.Mutex
	xfixes byte // guarded by mu; the number of SelectionOwner, 0 if there is none
	xkb    byte // guarded by mu; that of all events of XKEYBOARD, whose second byte tells them apart
}

// event reads an event, or returns nil for one that is not known. What only a
// server may tell is not believed of other programs.
func (x *extensions) event(b []byte) any {
	at := func(i int) uint32 { return order.Uint32(b[i:]) }
	kind, sent := b[0]&0x7f, b[0]&0x80 != 0
	const (
		keyPress, keyRelease, destroy, property    = 2, 3, 17, 28
		selectionClear, request, selection, mapped = 29, 30, 31, 34
	)
	if kind == selection {
		return SelectionNotify{at(4), at(8), at(12), at(16), at(20)}
	}
	if sent {
		return nil
	}
	switch kind {
	case keyPress, keyRelease:
		return Key{b[1], order.Uint16(b[28:]), at(4), kind == keyPress}
	case destroy:
		return DestroyNotify{at(8)}
	case property:
		return PropertyNotify{at(4), at(8), at(12), b[16] == 1}
	case selectionClear:
		return SelectionClear{at(4), at(8), at(12)}
	case request:
		return SelectionRequest{at(4), at(8), at(12), at(16), at(20), at(24)}
	case mapped:
		return MappingNotify{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.xfixes != 0 && kind == x.xfixes {
		return SelectionOwner{at(8), at(12), at(16)}
	}
	const newKeyboard, newMap = 0, 1
	if x.xkb != 0 && kind == x.xkb && (b[1] == newKeyboard || b[1] == newMap) {
		return MappingNotify{}
	}
	return nil
}
