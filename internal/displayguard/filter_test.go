package displayguard

import (
	"encoding/binary"
	"errors"
	"testing"
)

// only takes the one message that there is.
func only(t *testing.T, b []byte) message {
	t.Helper()
	m, size, err := parse(b)
	if err != nil || size != len(b) {
		t.Fatalf("parse: %d of %d bytes, %v", size, len(b), err)
	}
	return m
}

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
		{"the longest", append(header(maxMessage), make([]byte, maxMessage-8)...), maxMessage, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, size, err := parse(test.b)
			if size != test.size || (err != nil) != test.bad || test.bad && !errors.Is(err, errMalformed) {
				t.Errorf("size %d, %v", size, err)
			}
			if size > 0 && (m.object != 7 || m.opcode != 3 || len(m.body) != size-8) {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestAllowed(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range allowed {
		if seen[g.name] || g.reason == "" {
			t.Errorf("%s is there twice, or without a reason", g.name)
		}
		seen[g.name] = true
	}
}

// TestFilter goes through what a client and its server say to each other.
func TestFilter(t *testing.T) {
	const seat, manager = 5, 6
	ask := packet(displayID, displayGetRegistry, 2)
	type step struct {
		event bool
		b     []byte
		pass  bool
	}
	request := func(b []byte, pass bool) step { return step{false, b, pass} }
	event := func(b []byte, pass bool) step { return step{true, b, pass} }
	known := []step{
		request(ask, true),
		event(packet(2, registryGlobal, seat, "wl_seat", 8), true),
		event(packet(2, registryGlobal, manager, "zwlr_screencopy_manager_v1", 3), false),
	}
	after := func(more ...step) []step { return append(known[:len(known):len(known)], more...) }
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"what is shown", after(request(packet(2, registryBind, seat, "wl_seat", 8, 9), true))},
		{"what is not shown", after(request(packet(2, registryBind, manager, "zwlr_screencopy_manager_v1", 3, 9), false))},
		{"what is not there", after(request(packet(2, registryBind, 77, "wl_seat", 8, 9), false))},
		{"by the number of another", after(request(packet(2, registryBind, seat, "zwlr_screencopy_manager_v1", 3, 9), false))},
		{"by the name of another", after(request(packet(2, registryBind, manager, "wl_seat", 3, 9), false))},
		{"with more behind a zero", after(request(packet(2, registryBind, seat, "wl_seat\x00x", 3, 9), false))},
		{"before it was shown", []step{request(ask, true), request(packet(2, registryBind, seat, "wl_seat", 8, 9), false)}},
		{"by a second registry", after(
			request(packet(displayID, displayGetRegistry, 4), true),
			request(packet(4, registryBind, seat, "wl_seat", 8, 9), true),
			request(packet(4, registryBind, manager, "zwlr_screencopy_manager_v1", 8, 9), false))},
		{"another request of a registry", after(request(packet(2, 1), false))},
		{"a bind that is cut off", after(request(packet(2, registryBind, seat), false))},
		{"a bind with more behind it", after(request(packet(2, registryBind, seat, "wl_seat", 8, 9, 9), false))},
		{"a string that is too long", after(request(packet(2, registryBind, seat, -1, 0, 0, 0), false))},
		{"a string without an end", after(request(packet(2, registryBind, seat, 4, 0x41414141, 8, 9), false))},
		{"a string without a length", after(request(packet(2, registryBind, seat, 0, 8, 9), false))},
		{"a registry without a number", []step{request(packet(displayID, displayGetRegistry), false)}},
		{"a registry in the place of the display", []step{request(packet(displayID, displayGetRegistry, 1), false)}},
		{"a registry with a number of the server", []step{request(packet(displayID, displayGetRegistry, 0xff000000), false)}},
		{"a registry with more arguments", []step{request(packet(displayID, displayGetRegistry, 2, 2), false)}},
		{"what goes again", after(
			event(packet(2, registryGlobalRemove, seat), true),
			event(packet(2, registryGlobalRemove, manager), false),
			request(packet(2, registryBind, seat, "wl_seat", 8, 9), true))}, // the client may not know yet
		{"a number that becomes another's", after(
			event(packet(2, registryGlobal, seat, "zwp_virtual_keyboard_manager_v1", 1), false),
			request(packet(2, registryBind, seat, "wl_seat", 8, 9), false))},
		{"other objects", after(
			request(packet(9, 0, 1, 2, 3), true), event(packet(9, 0, 1, "wl_seat", 3), true), event(packet(displayID, 1, 9), true))},
		// A callback ends at once and frees its number, and the client asks for a
		// registry under it in the same breath: the server takes that. What tells of
		// the callback's end comes afterwards, and is not the registry's.
		{"a number that is used twice", []step{
			request(packet(displayID, 0, 5), true),
			request(packet(displayID, displayGetRegistry, 5), true),
			event(packet(5, 0, 77), true),
			event(packet(displayID, 1, 5), true),
			event(packet(5, registryGlobal, manager, "zwlr_screencopy_manager_v1", 3), false),
			request(packet(5, registryBind, manager, "zwlr_screencopy_manager_v1", 3, 9), false)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFilter()
			for i, s := range test.steps {
				var pass bool
				var err error
				if m := only(t, s.b); s.event {
					pass, err = f.event(m)
				} else {
					err = f.request(m)
					pass = err == nil
				}
				if pass != s.pass || s.event && err != nil {
					t.Fatalf("step %d: passed %v, %v", i, pass, err)
				}
			}
		})
	}
}

func TestFilterBounds(t *testing.T) {
	f := newFilter()
	var err error
	for i := 2; err == nil; i++ {
		if err = f.request(only(t, packet(displayID, displayGetRegistry, i))); i > maxRegistries+2 {
			t.Fatal("registries have no end")
		}
	}
	f = newFilter()
	if err := f.request(only(t, packet(displayID, displayGetRegistry, 2))); err != nil {
		t.Fatal(err)
	}
	err = nil
	for i := 0; err == nil; i++ {
		if _, err = f.event(only(t, packet(2, registryGlobal, i, "wl_output", 1))); i > maxShown+2 {
			t.Fatal("globals have no end")
		}
	}
}
