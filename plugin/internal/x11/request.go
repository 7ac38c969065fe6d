package x11

import (
	"context"
	"errors"
	"fmt"
)

// request makes a request of numbers of 32 bits.
func request(opcode, detail byte, words ...uint32) []byte {
	b := []byte{opcode, detail, 0, 0}
	for _, w := range words {
		b = order.AppendUint32(b, w)
	}
	return finish(b)
}

// finish adds the length, and what a multiple of four needs.
func finish(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	order.PutUint16(b[2:], uint16(len(b)/4))
	return b
}

func appendPadded(b, data []byte) []byte {
	b = append(b, data...)
	return append(b, make([]byte, pad(len(data))-len(data))...)
}

// Events that a window can be told of.
const (
	StructureChanges = 1 << 17
	PropertyChanges  = 1 << 22
)

// CreateWindow makes a window that is never shown, told of events.
func CreateWindow(id, parent, events uint32) []byte {
	const inputOnly, eventMask = 2, 1 << 11
	return request(1, 0, id, parent, 0, 1|1<<16, inputOnly<<16, 0, eventMask, events)
}

// SelectEvents says which events of a window this connection is told of.
func SelectEvents(window, events uint32) []byte { return request(2, 0, window, 1<<11, events) }

// DestroyWindow destroys a window.
func DestroyWindow(id uint32) []byte { return request(4, 0, id) }

// ChangeProperty sets a property of 8-bit values.
func ChangeProperty(window, property, kind uint32, data []byte) []byte {
	return change(0, window, property, kind, 8, len(data), data)
}

// AppendNothing changes a property, and leaves it as it is.
func AppendNothing(window, property, kind uint32) []byte {
	return change(2, window, property, kind, 8, 0, nil)
}

// ChangeNumbers sets a property of 32-bit values, such as atoms.
func ChangeNumbers(window, property, kind uint32, numbers ...uint32) []byte {
	var data []byte
	for _, n := range numbers {
		data = order.AppendUint32(data, n)
	}
	return change(0, window, property, kind, 32, len(numbers), data)
}

func change(mode byte, window, property, kind uint32, format byte, n int, data []byte) []byte {
	b := make([]byte, 0, 24+pad(len(data)))
	b = append(b, 18, mode, 0, 0)
	for _, w := range []uint32{window, property, kind, uint32(format), uint32(n)} {
		b = order.AppendUint32(b, w)
	}
	return finish(append(b, data...))
}

// ChangeOverhead is how much longer a request is than the data of a property.
const ChangeOverhead = 28

// DeleteProperty deletes a property.
func DeleteProperty(window, property uint32) []byte { return request(19, 0, window, property) }

// SetSelectionOwner makes a window the owner of a selection; 0 is none.
func SetSelectionOwner(window, selection, time uint32) []byte {
	return request(22, 0, window, selection, time)
}

// ConvertSelection asks the owner of a selection for it.
func ConvertSelection(requestor, selection, target, property, time uint32) []byte {
	return request(24, 0, requestor, selection, target, property, time)
}

// Notify answers a request for a selection; a property of 0 refuses it.
func Notify(r SelectionRequest, property uint32) []byte {
	const selectionNotify = 31
	event := []byte{selectionNotify, 0, 0, 0}
	for _, w := range []uint32{r.Time, r.Requestor, r.Selection, r.Target, property, 0, 0} {
		event = order.AppendUint32(event, w)
	}
	b := append([]byte{25, 0, 0, 0}, order.AppendUint32(order.AppendUint32(nil, r.Requestor), 0)...)
	return finish(append(b, event...))
}

// Modifiers of keys. AnyModifier is in the place of all.
const (
	Shift, Lock, Control, Mod1, Mod4 = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 6
	AnyModifier                      = 1 << 15
)

// GrabKey has a key reported to this connection, whatever has the keyboard.
func GrabKey(window uint32, key byte, modifiers uint16) []byte {
	const async = 1
	return request(33, 0, window, uint32(modifiers)|uint32(key)<<16|async<<24, async)
}

// UngrabKey ends that.
func UngrabKey(window uint32, key byte, modifiers uint16) []byte {
	return request(34, key, window, uint32(modifiers))
}

func getInputFocus() []byte { return request(43, 0) }

// Property is what a property has.
type Property struct {
	Type   uint32 // 0 if there is none
	Format byte   // bits of a value: 8, 16 or 32
	Data   []byte
	// After is how many bytes were not read.
	After uint32
}

// Numbers are the values of a property of 32-bit values.
func (p Property) Numbers() (list []uint32) {
	if p.Format != 32 {
		return nil
	}
	for d := p.Data; len(d) >= 4; d = d[4:] {
		list = append(list, order.Uint32(d))
	}
	return list
}

// GetProperty reads a property from an offset on, at most length bytes, of which
// the server takes multiples of four, and deletes it if asked to and all was read.
func (c *Conn) GetProperty(ctx context.Context, window, property uint32, remove bool, offset, length int) (p Property, err error) {
	detail := byte(0)
	if remove {
		detail = 1
	}
	r, err := c.Ask(ctx, request(20, detail, window, property, 0, uint32(offset/4), uint32((length+3)/4)))
	if err != nil {
		return p, err
	}
	p = Property{Type: order.Uint32(r[8:]), Format: r[1], After: order.Uint32(r[12:])}
	size := uint64(order.Uint32(r[16:])) * uint64(p.Format/8)
	if size > uint64(len(r)-32) {
		return p, errors.New("the X server has sent less of a property than it says")
	}
	p.Data = r[32 : 32+size]
	return p, nil
}

// Atom returns the number of a name.
func (c *Conn) Atom(ctx context.Context, name string) (uint32, error) {
	b := append(order.AppendUint16([]byte{16, 0, 0, 0}, uint16(len(name))), 0, 0)
	r, err := c.Ask(ctx, finish(append(b, name...)))
	if err != nil {
		return 0, fmt.Errorf("atom %s: %w", name, err)
	}
	return order.Uint32(r[8:]), nil
}

// AtomName returns the name of a number.
func (c *Conn) AtomName(ctx context.Context, atom uint32) (string, error) {
	r, err := c.Ask(ctx, request(17, 0, atom))
	if err != nil {
		return "", err
	}
	n := int(order.Uint16(r[8:]))
	if n > len(r)-32 {
		return "", errors.New("the X server has sent less of a name than it says")
	}
	return string(r[32 : 32+n]), nil
}

// SelectionOwner returns the window that owns a selection, 0 if there is none.
func (c *Conn) SelectionOwner(ctx context.Context, selection uint32) (uint32, error) {
	r, err := c.Ask(ctx, request(23, 0, selection))
	if err != nil {
		return 0, err
	}
	return order.Uint32(r[8:]), nil
}

// KeyboardMapping returns the symbols on each key, from the lowest code on.
func (c *Conn) KeyboardMapping(ctx context.Context) (symbols [][]uint32, err error) {
	count := int(c.maxKey) - int(c.minKey) + 1
	r, err := c.Ask(ctx, request(101, 0, uint32(c.minKey)|uint32(count)<<8))
	if err != nil {
		return nil, err
	}
	per := int(r[1])
	if len(r) < 32+4*per*count {
		return nil, errors.New("the X server has sent less of the keyboard than it says")
	}
	for i := range count {
		list := make([]uint32, per)
		for j := range list {
			list[j] = order.Uint32(r[32+4*(i*per+j):])
		}
		symbols = append(symbols, list)
	}
	return symbols, nil
}

// ModifierMapping returns the keys of each of the eight modifiers: Shift, Lock,
// Control, and Mod1 to Mod5.
func (c *Conn) ModifierMapping(ctx context.Context) (keys [8][]byte, err error) {
	r, err := c.Ask(ctx, request(119, 0))
	if err != nil {
		return keys, err
	}
	per := int(r[1])
	if len(r) < 32+8*per {
		return keys, errors.New("the X server has sent less of the modifiers than it says")
	}
	for i := range keys {
		for _, k := range r[32+i*per : 32+(i+1)*per] {
			if k != 0 {
				keys[i] = append(keys[i], k)
			}
		}
	}
	return keys, nil
}

// extension asks for the numbers of an extension.
func (c *Conn) extension(ctx context.Context, name string) (opcode, firstEvent byte, err error) {
	b := append(order.AppendUint16([]byte{98, 0, 0, 0}, uint16(len(name))), 0, 0)
	r, err := c.Ask(ctx, finish(append(b, name...)))
	if err != nil {
		return 0, 0, err
	}
	if r[8] == 0 {
		return 0, 0, fmt.Errorf("the X server has no extension %s: %w", name, errors.ErrUnsupported)
	}
	return r[9], r[10], nil
}

// WatchSelection has this connection told, by [SelectionOwner], when a selection
// gets another owner or loses it. It needs the extension XFIXES.
func (c *Conn) WatchSelection(ctx context.Context, window, selection uint32) error {
	opcode, first, err := c.extension(ctx, "XFIXES")
	if err != nil {
		return err
	}
	if _, err := c.Ask(ctx, request(opcode, 0, 1, 0)); err != nil { // version 1.0 has it
		return err
	}
	c.extensions.mu.Lock()
	c.extensions.xfixes = first
	c.extensions.mu.Unlock()
	const setOwner, destroyed, closed = 1, 2, 4
	errs, err := c.Check(ctx, request(opcode, 2, window, selection, setOwner|destroyed|closed))
	return errors.Join(append(errs, err)...)
}

// ReportHeldKeysOnce has the server leave out the releases that it makes up
// while a key is held: then only a real one is reported. It also has this
// connection told, by [MappingNotify], of a new layout, which the server does not
// tell in another way to those who use the extension XKEYBOARD.
func (c *Conn) ReportHeldKeysOnce(ctx context.Context) error {
	opcode, first, err := c.extension(ctx, "XKEYBOARD")
	if err != nil {
		return err
	}
	r, err := c.Ask(ctx, request(opcode, 0, 1)) // version 1.0
	if err != nil {
		return err
	}
	if r[1] == 0 {
		return fmt.Errorf("the X server has another version of XKEYBOARD: %w", errors.ErrUnsupported)
	}
	const coreKeyboard, detectable = 0x100, 1
	r, err = c.Ask(ctx, request(opcode, 21, coreKeyboard, detectable, detectable, 0, 0, 0))
	if err != nil {
		return err
	}
	if order.Uint32(r[12:])&detectable == 0 {
		return fmt.Errorf("the X server cannot tell held keys: %w", errors.ErrUnsupported)
	}
	c.extensions.mu.Lock()
	c.extensions.xkb = first
	c.extensions.mu.Unlock()
	const newKeyboard, newMap, allParts = 1, 2, 0xff
	const which = newKeyboard | newMap
	errs, err := c.Check(ctx, request(opcode, 1, coreKeyboard|which<<16, which<<16, allParts|allParts<<16))
	return errors.Join(append(errs, err)...)
}

// FakeKey presses a key, or lets it go, as a user does. It needs the extension
// XTEST, and is for tests.
func (c *Conn) FakeKey(ctx context.Context, key byte, pressed bool) error {
	opcode, _, err := c.extension(ctx, "XTEST")
	if err != nil {
		return err
	}
	const press, release = 2, 3
	kind := uint32(release)
	if pressed {
		kind = press
	}
	errs, err := c.Check(ctx, request(opcode, 2, kind|uint32(key)<<8, 0, 0, 0, 0, 0, 0, 0))
	return errors.Join(append(errs, err)...)
}
