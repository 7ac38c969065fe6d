package x11

import (
	"hash/maphash"
	"sync/atomic"
)

// Limits of what a host has in the server, by all its connections. A window of
// WebKit's has some hundred things, and some megabytes of icons and shapes.
const (
	// maxThings is how many it has: windows, pixmaps, cursors, and so on.
	maxThings = 1 << 16
	// maxStored bounds what is kept with these, in bytes: properties, glyphs,
	// regions, images of cursors, grabs of keys.
	maxStored = 256 << 20
	// maxProperty bounds what is written to a property at once.
	maxProperty = 8 << 20
	// partBytes is what each part of a thing takes at least, about.
	partBytes = 1 << 10
)

// stock is what a host has.
type stock struct {
	things, stored atomic.Int64
	pixels         atomic.Int64 // bytes of pixmaps, where the server does not tell
}

// thing is something in the server that a client has made.
type thing struct {
	kind  kind
	parts map[uint64]int64 // bytes of what is kept with it
	image int64            // bytes of the pixmap that a picture is of
}

// made and freed are the requests that make something in the server, and those
// that end it, with the place of its id.
var made = map[string]place{
	"CreateWindow": {4, kindWindow}, "CreatePixmap": {4, kindPixmap}, "CreateGC": {4, kindGcontext}, "CreateColormap": {4, kindColormap}, "OpenFont": {4, kindFont},
	"CreateCursor": {4, kindCursor}, "CreateGlyphCursor": {4, kindCursor}, "RENDER:CreateCursor": {4, kindCursor}, "RENDER:CreateAnimCursor": {4, kindCursor},
	"RENDER:CreatePicture": {4, kindPicture}, "RENDER:CreateSolidFill": {4, kindPicture}, "RENDER:CreateLinearGradient": {4, kindPicture}, "RENDER:CreateRadialGradient": {4, kindPicture},
	"RENDER:CreateGlyphSet": {4, kindGlyphset}, "SYNC:CreateCounter": {4, kindCounter},
}

var freed = map[string]place{
	"FreePixmap": {4, kindPixmap}, "FreeGC": {4, kindGcontext}, "FreeColormap": {4, kindColormap}, "CloseFont": {4, kindFont}, "FreeCursor": {4, kindCursor},
	"RENDER:FreePicture": {4, kindPicture}, "RENDER:FreeGlyphSet": {4, kindGlyphset}, "SYNC:DestroyCounter": {4, kindCounter},
}

// account counts what a request that passes leaves in the server, and refuses it
// where that is too much.
func (c *client) account(m *message) (v verdict) {
	key := m.key()
	c.with(func(s *state) {
		if p, ok := freed[key]; ok {
			s.drop(p.kind, m.u32(p.offset))
			return
		}
		ok := true
		if p, is := made[key]; is {
			ok = s.add(p.kind, m.u32(p.offset))
		}
		if f := kept[key]; ok && f != nil {
			ok = f(s, m)
		}
		if !ok {
			v = verdict{code: badAlloc, why: "the host has too much in the server"}
		}
	})
	return v
}

// add notes a new thing. Where the server does not make it, it is counted all
// the same.
func (s *state) add(k kind, id uint32) bool {
	if t := s.things[id]; t != nil {
		return t.kind == k // the server would refuse
	}
	if s.stock.things.Add(1) > maxThings {
		s.stock.things.Add(-1)
		return false
	}
	s.things[id] = &thing{kind: k, parts: map[uint64]int64{}}
	return true
}

// drop forgets a thing with all that is kept with it.
func (s *state) drop(k kind, id uint32) {
	t := s.things[id]
	if t == nil || t.kind != k {
		return
	}
	for part := range t.parts {
		s.unstore(t, part)
	}
	delete(s.things, id)
	s.stock.things.Add(-1)
}

// store notes bytes that are kept with a thing, in place of those that were the
// same part, or beside them. What the client does not have, the server refuses.
func (s *state) store(k kind, id uint32, part uint64, bytes int64, more bool) bool {
	t := s.things[id]
	if t == nil || t.kind != k {
		return true
	}
	old, ok := t.parts[part]
	switch {
	case !ok:
		bytes += partBytes
	case more:
		bytes += old
	default:
		bytes += partBytes
	}
	if total := &s.stock.stored; total.Add(bytes-old) > maxStored {
		total.Add(old - bytes)
		return false
	}
	t.parts[part] = bytes
	return true
}

func (s *state) unstore(t *thing, part uint64) {
	s.stock.stored.Add(-t.parts[part])
	delete(t.parts, part)
}

// leave forgets all that a client had, which goes with its connection.
func (c *client) leave() {
	c.with(func(s *state) {
		for id, t := range s.things {
			s.drop(t.kind, id)
		}
		s.stock.pixels.Add(-int64(s.bytes))
	})
}

// The parts of things. Those of windows are their properties as well, by atom,
// and those of sets of glyphs the glyphs.
const (
	partBody = 1<<40 + iota
	partClip
	partShape // and two more, for the kinds of shapes
	_
	_
	partSelection = 1 << 41 // with the atom
	partGrab      = 1 << 42 // with a hash
)

// kept are the requests that leave something with a thing.
var kept = map[string]func(*state, *message) bool{
	"ChangeProperty": func(s *state, m *message) bool {
		const replace = 0
		// Of a window that is not the client's, this counts while it is a requestor.
		size := int64(m.u32(20)) * int64(m.u8(16)) / 8
		return size <= maxProperty && s.store(kindWindow, m.u32(4), uint64(m.u32(8)), size, m.second != replace)
	},
	"DeleteProperty": func(s *state, m *message) bool {
		if t := s.things[m.u32(4)]; t != nil && t.kind == kindWindow {
			s.unstore(t, uint64(m.u32(8)))
		}
		return true
	},
	"CreateGC": clipMask(kindGcontext, 19), "ChangeGC": clipMask(kindGcontext, 19), "RENDER:ChangePicture": clipMask(kindPicture, 6),
	"SetClipRectangles": whole(kindGcontext, 4, partClip), "RENDER:SetPictureClipRectangles": whole(kindPicture, 4, partClip),
	"RENDER:CreateLinearGradient": whole(kindPicture, 4, partBody), "RENDER:CreateRadialGradient": whole(kindPicture, 4, partBody), "RENDER:CreateAnimCursor": whole(kindCursor, 4, partBody),
	"RENDER:CreatePicture": func(s *state, m *message) bool {
		if t := s.things[m.u32(4)]; t != nil {
			t.image = int64(s.pixmaps[m.u32(8)])
		}
		return clipMask(kindPicture, 6)(s, m)
	},
	"CreateCursor": func(s *state, m *message) bool {
		return s.store(kindCursor, m.u32(4), partBody, 2*int64(s.pixmaps[m.u32(8)]), false)
	},
	"RENDER:CreateCursor": func(s *state, m *message) bool {
		if t := s.things[m.u32(8)]; t != nil {
			return s.store(kindCursor, m.u32(4), partBody, 2*t.image, false)
		}
		return true
	},
	"RENDER:AddGlyphs":  addGlyphs,
	"RENDER:FreeGlyphs": freeGlyphs,
	"SHAPE:Rectangles": func(s *state, m *message) bool {
		const set = 0
		return s.store(kindWindow, m.u32(8), partShape+uint64(m.u8(5)), int64(m.size), m.u8(4) != set)
	},
	"SHAPE:Mask": func(s *state, m *message) bool {
		const set = 0
		return s.store(kindWindow, m.u32(8), partShape+uint64(m.u8(5)), s.regionOf(m.u32(16)), m.u8(4) != set)
	},
	"XFIXES:SelectSelectionInput": func(s *state, m *message) bool {
		return s.store(kindWindow, m.u32(4), partSelection+uint64(m.u32(8)), 0, false)
	},
	"GrabKey": grabbed(4), "GrabButton": grabbed(4), "XInputExtension:XIPassiveGrabDevice": grabbed(8),
}

// whole counts a request as it is.
func whole(k kind, offset int, part uint64) func(*state, *message) bool {
	return func(s *state, m *message) bool {
		return s.store(k, m.u32(offset), part, int64(m.size), false)
	}
}

// regionOf is what the region takes that the server makes of a bitmap, at
// most: a rectangle of eight bytes for every second bit.
func (s *state) regionOf(bitmap uint32) int64 { return 32 * int64(s.pixmaps[bitmap]) }

// clipMask counts the region of a bitmap that is among the values of a message.
func clipMask(k kind, bit int) func(*state, *message) bool {
	return func(s *state, m *message) bool {
		bitmap, ok := m.value(bit)
		return !ok || s.store(k, m.u32(4), partClip, s.regionOf(bitmap), false)
	}
}

var seed = maphash.MakeSeed()

// grabbed counts a grab, and again only if it is another.
func grabbed(window int) func(*state, *message) bool {
	return func(s *state, m *message) bool {
		modifiers := int64(1)
		if m.extension != "" {
			modifiers = int64(m.u16(22))
		}
		b := append([]byte{m.opcode, m.second}, m.data[window:]...) // before it is the time
		return s.store(kindWindow, m.u32(window), partGrab|maphash.Bytes(seed, b)>>24, modifiers*partBytes, false)
	}
}

// maxGlyphInfo is how much of a request is looked at that has the sizes of
// glyphs before their images.
const maxGlyphInfo = 64 << 10

func addGlyphs(s *state, m *message) bool {
	set, count := m.u32(4), int(m.u32(8))
	sizes := 12 + 4*count
	if count > maxGlyphInfo/16 || sizes+12*count > len(m.data) {
		return false
	}
	for i := range count {
		area := int64(m.u16(sizes+12*i)) * int64(m.u16(sizes+12*i+2))
		if !s.store(kindGlyphset, set, uint64(m.u32(12+4*i)), 4*area, false) {
			return false
		}
	}
	return true
}

func freeGlyphs(s *state, m *message) bool {
	if t := s.things[m.u32(4)]; t != nil && t.kind == kindGlyphset {
		for at := 8; at+4 <= len(m.data); at += 4 {
			s.unstore(t, uint64(m.u32(at)))
		}
	}
	return true
}
