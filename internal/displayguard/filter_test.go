package displayguard

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// only takes the one message that there is.
func only(t *testing.T, b []byte) wayland.Message {
	t.Helper()
	m, size, err := wayland.Parse(b)
	if err != nil || size != len(b) {
		t.Fatalf("parse: %d of %d bytes, %v", size, len(b), err)
	}
	return m
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
	ask := packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2)
	type step struct {
		event bool
		b     []byte
		pass  bool
	}
	request := func(b []byte, pass bool) step { return step{false, b, pass} }
	event := func(b []byte, pass bool) step { return step{true, b, pass} }
	known := []step{
		request(ask, true),
		event(packet(2, wayland.RegistryGlobal, seat, "wl_seat", 8), true),
		event(packet(2, wayland.RegistryGlobal, manager, "zwlr_screencopy_manager_v1", 3), false),
	}
	after := func(more ...step) []step { return append(known[:len(known):len(known)], more...) }
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"what is shown", after(request(packet(2, wayland.RegistryBind, seat, "wl_seat", 8, 9), true))},
		{"what is not shown", after(request(packet(2, wayland.RegistryBind, manager, "zwlr_screencopy_manager_v1", 3, 9), false))},
		{"what is not there", after(request(packet(2, wayland.RegistryBind, 77, "wl_seat", 8, 9), false))},
		{"by the number of another", after(request(packet(2, wayland.RegistryBind, seat, "zwlr_screencopy_manager_v1", 3, 9), false))},
		{"by the name of another", after(request(packet(2, wayland.RegistryBind, manager, "wl_seat", 3, 9), false))},
		{"with more behind a zero", after(request(packet(2, wayland.RegistryBind, seat, "wl_seat\x00x", 3, 9), false))},
		{"before it was shown", []step{request(ask, true), request(packet(2, wayland.RegistryBind, seat, "wl_seat", 8, 9), false)}},
		{"by a second registry", after(
			request(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 4), true),
			request(packet(4, wayland.RegistryBind, seat, "wl_seat", 8, 9), true),
			request(packet(4, wayland.RegistryBind, manager, "zwlr_screencopy_manager_v1", 8, 9), false))},
		{"another request of a registry", after(request(packet(2, 1), false))},
		{"a bind that is cut off", after(request(packet(2, wayland.RegistryBind, seat), false))},
		{"a bind with more behind it", after(request(packet(2, wayland.RegistryBind, seat, "wl_seat", 8, 9, 9), false))},
		{"a string that is too long", after(request(packet(2, wayland.RegistryBind, seat, -1, 0, 0, 0), false))},
		{"a string without an end", after(request(packet(2, wayland.RegistryBind, seat, 4, 0x41414141, 8, 9), false))},
		{"a string without a length", after(request(packet(2, wayland.RegistryBind, seat, 0, 8, 9), false))},
		{"a registry without a number", []step{request(packet(wayland.DisplayID, wayland.DisplayGetRegistry), false)}},
		{"a registry in the place of the display", []step{request(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 1), false)}},
		{"a registry with a number of the server", []step{request(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 0xff000000), false)}},
		{"a registry with more arguments", []step{request(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2, 2), false)}},
		{"what goes again", after(
			event(packet(2, wayland.RegistryGlobalRemove, seat), true),
			event(packet(2, wayland.RegistryGlobalRemove, manager), false),
			request(packet(2, wayland.RegistryBind, seat, "wl_seat", 8, 9), true))}, // the client may not know yet
		{"a number that becomes another's", after(
			event(packet(2, wayland.RegistryGlobal, seat, "zwp_virtual_keyboard_manager_v1", 1), false),
			request(packet(2, wayland.RegistryBind, seat, "wl_seat", 8, 9), false))},
		{"other objects", after(
			request(packet(9, 0, 1, 2, 3), true), event(packet(9, 0, 1, "wl_seat", 3), true), event(packet(wayland.DisplayID, 1, 9), true))},
		// A callback ends at once and frees its number, and the client asks for a
		// registry under it in the same breath: the server takes that. What tells of
		// the callback's end comes afterwards, and is not the registry's.
		{"a number that is used twice", []step{
			request(packet(wayland.DisplayID, 0, 5), true),
			request(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 5), true),
			event(packet(5, 0, 77), true),
			event(packet(wayland.DisplayID, 1, 5), true),
			event(packet(5, wayland.RegistryGlobal, manager, "zwlr_screencopy_manager_v1", 3), false),
			request(packet(5, wayland.RegistryBind, manager, "zwlr_screencopy_manager_v1", 3, 9), false)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFilter(new(focus))
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
	f := newFilter(new(focus))
	var err error
	for i := 2; err == nil; i++ {
		if err = f.request(only(t, packet(wayland.DisplayID, wayland.DisplayGetRegistry, i))); i > maxRegistries+2 {
			t.Fatal("registries have no end")
		}
	}
	f = newFilter(new(focus))
	if err := f.request(only(t, packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2))); err != nil {
		t.Fatal(err)
	}
	err = nil
	for i := 0; err == nil; i++ {
		if _, err = f.event(only(t, packet(2, wayland.RegistryGlobal, i, "wl_output", 1))); i > maxShown+2 {
			t.Fatal("globals have no end")
		}
	}
}

// TestKeyboards: whether a window of the host has the keyboard is what the compositor
// says of a keyboard, and of no other object.
func TestKeyboards(t *testing.T) {
	const registry, seat, keyboard, name = 2, 5, 6, 7
	held := new(focus)
	f := newFilter(held)
	request := func(object, opcode int, args ...any) {
		t.Helper()
		if err := f.request(only(t, packet(object, opcode, args...))); err != nil {
			t.Fatal(err)
		}
	}
	event := func(object, opcode int, args ...any) {
		t.Helper()
		if pass, err := f.event(only(t, packet(object, opcode, args...))); !pass || err != nil {
			t.Fatal(pass, err)
		}
	}
	is := func(want int, when string) {
		t.Helper()
		if held.held != want {
			t.Errorf("%s: %d keyboards, want %d", when, held.held, want)
		}
	}
	enter := func(object int) { t.Helper(); event(object, keyboardEnter, 1, 9, 0) }
	request(wayland.DisplayID, wayland.DisplayGetRegistry, registry)
	event(registry, wayland.RegistryGlobal, name, seatInterface, 7)
	event(registry, wayland.RegistryGlobal, name+1, "wl_output", 3)
	request(registry, wayland.RegistryBind, name+1, "wl_output", 3, seat+10)
	request(seat+10, seatGetKeyboard, keyboard) // of what is no seat
	enter(keyboard)
	is(0, "what is no keyboard")
	request(registry, wayland.RegistryBind, name, seatInterface, 7, seat)
	request(seat, seatGetKeyboard, keyboard)
	is(0, "before it comes")
	enter(keyboard)
	enter(keyboard)
	is(1, "when it has come")
	event(keyboard, keyboardLeave, 2, 9)
	is(0, "when it has gone")
	enter(keyboard)
	request(keyboard, keyboardRelease)
	is(0, "after its release")
	enter(keyboard)
	is(0, "what has its number by then")
	// The number of an object whose last event is on its way.
	request(seat, seatGetKeyboard, keyboard)
	enter(keyboard)
	event(wayland.DisplayID, displayDeleteID, keyboard)
	is(0, "an event of the object before it")
	enter(keyboard)
	is(1, "its own")
	if !held.has() {
		t.Error("a window has the keyboard")
	}
	f.end()
	is(0, "at the end")
	for i := range 2 * maxKeyboards {
		request(seat, seatGetKeyboard, 100+i)
		request(registry, wayland.RegistryBind, name, seatInterface, 7, 1000+i)
	}
	if n, m := len(f.keyboards.all), len(f.keyboards.seats); n > maxKeyboards || m > maxKeyboards {
		t.Errorf("%d keyboards and %d seats are remembered", n, m)
	}
}
