package displayguard

import (
	"bytes"
	"testing"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// seeds are what clients say: an honest one, and some that are not.
func seeds() [][]byte {
	join := func(list ...[]byte) []byte { return bytes.Join(list, nil) }
	ask := packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2)
	sync := packet(wayland.DisplayID, 0, 3)
	return [][]byte{
		join(ask, sync, packet(2, wayland.RegistryBind, 1, allowed[0].name, 1, 4)),
		join(ask, packet(2, wayland.RegistryBind, firstPrivileged, privileged[0].name, 1, 4)),
		join(packet(wayland.DisplayID, 0, 5), packet(wayland.DisplayID, wayland.DisplayGetRegistry, 5), packet(5, wayland.RegistryBind, firstPrivileged+1, privileged[1].name, 1, 4)),
		join(ask, ask, packet(wayland.DisplayID, wayland.DisplayGetRegistry, 6), packet(6, wayland.RegistryBind, 1, privileged[2].name, 1, 4)),
		join(ask, packet(2, wayland.RegistryBind, 1, allowed[0].name+"\x00"+privileged[0].name, 1, 4)),
		join(ask, sync)[:21],
		{2, 0, 0, 0, 0, 0, 0, 0},
	}
}

// FuzzRequests has a client say anything, to a server that gives every client
// all there is: it must get nothing, and be told of nothing, that it is not
// shown. The server's events come after some more requests.
func FuzzRequests(f *testing.F) {
	for _, s := range seeds() {
		for lag := range uint8(3) {
			f.Add(s, lag)
		}
	}
	f.Fuzz(func(t *testing.T, said []byte, lag uint8) {
		guard := newFilter(new(focus))
		s := newServer(func(kind string) {
			if !isAllowed(kind) {
				t.Fatalf("it has got %s", kind)
			}
		})
		var late [][]byte
		for i, ok := 0, true; ok; i++ {
			m, size, err := wayland.Parse(said)
			if ok = err == nil && size > 0 && guard.request(m) == nil; ok {
				said = said[size:]
				var events [][]byte
				events, ok = s.handle(m)
				late = append(late, events...)
			}
			if ok && i%(int(lag)+1) != int(lag) {
				continue
			}
			for _, b := range late {
				e := only(t, b)
				pass, err := guard.event(e)
				if err != nil {
					return
				}
				args := e.Args()
				args.Uint()
				if kind := args.Text(); pass && e.Object != wayland.DisplayID && isPrivileged(kind) {
					t.Fatalf("it is told of %s", kind)
				}
			}
			late = nil
		}
	})
}

// FuzzEvents has a server say anything to a client that has a registry. What the
// client then takes of it is nothing that it is not shown.
func FuzzEvents(f *testing.F) {
	f.Add(bytes.Join([][]byte{packet(2, wayland.RegistryGlobal, 1, "wl_seat", 8), packet(2, wayland.RegistryGlobalRemove, 1)}, nil))
	f.Add(packet(2, wayland.RegistryGlobal, 7, privileged[0].name, 1))
	f.Add(append(packet(2, wayland.RegistryGlobal, 7, "wl_seat", 1), packet(2, wayland.RegistryGlobal, 7, privileged[0].name, 1)...))
	f.Add(packet(2, wayland.RegistryGlobal, -1, -1, -1))
	f.Fuzz(func(t *testing.T, said []byte) {
		guard := newFilter(new(focus))
		if err := guard.request(only(t, packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2))); err != nil {
			t.Fatal(err)
		}
		for len(said) > 0 {
			m, size, err := wayland.Parse(said)
			if err != nil || size == 0 {
				break
			}
			if _, err := guard.event(m); err != nil {
				break
			}
			said = said[size:]
		}
		for name, kind := range guard.shown {
			if !isAllowed(kind) {
				t.Fatalf("%s is shown", kind)
			}
			if err := guard.request(only(t, packet(2, wayland.RegistryBind, int(name), kind, 1, 9))); err != nil {
				t.Fatalf("%s is shown and refused: %v", kind, err)
			}
		}
		for _, g := range privileged {
			for _, name := range []int{0, 1, 2, 7, firstPrivileged} {
				if guard.request(only(t, packet(2, wayland.RegistryBind, name, g.name, 1, 9))) == nil {
					t.Fatalf("%s is given", g.name)
				}
			}
		}
	})
}
