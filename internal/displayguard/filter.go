package displayguard

import (
	"errors"
	"fmt"
	"sync"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// serverIDs is the first number of objects that the server makes.
const serverIDs = 0xff000000

// Bounds of what one client can make the guard remember. A toolkit makes a few
// registries; compositors announce some hundred globals.
const (
	maxRegistries = 256
	maxShown      = 4096
)

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
	// keyboards are those of the client; guarded by mu.
	keyboards keyboards
}

func newFilter(f *focus) *filter {
	return &filter{registries: map[uint32]bool{}, shown: map[uint32]string{}, keyboards: newKeyboards(f)}
}

// end is called when neither direction is in use any more.
func (f *filter) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keyboards.end()
}

// request judges a message of the client. An error says that no honest client
// sends it.
func (f *filter) request(m wayland.Message) error {
	if m.Object == wayland.DisplayID && m.Opcode == wayland.DisplayGetRegistry {
		args := m.Args()
		id := args.Uint()
		if !args.Whole() || id <= wayland.DisplayID || id >= serverIDs {
			return fmt.Errorf("%w: get_registry", wayland.ErrMalformed)
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
	if !f.registries[m.Object] {
		f.keyboards.request(m)
		return nil
	}
	if m.Opcode != wayland.RegistryBind {
		return fmt.Errorf("%w: request %d of a registry", wayland.ErrMalformed, m.Opcode)
	}
	args := m.Args()
	name, kind := args.Uint(), args.Text()
	args.Uint() // its version
	id := args.Uint()
	switch shown, ok := f.shown[name]; {
	case !args.Whole():
		return fmt.Errorf("%w: bind", wayland.ErrMalformed)
	case !ok:
		return fmt.Errorf("it asked for %.60q, which it is not shown", kind)
	case kind != shown:
		return fmt.Errorf("it asked for %.60q by the number of %s", kind, shown)
	}
	f.keyboards.bound(kind, id)
	return nil
}

// event judges a message of the server: whether it is passed on. What is not of
// a registry is.
func (f *filter) event(m wayland.Message) (pass bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.registries[m.Object] {
		f.keyboards.event(m)
		return true, nil
	}
	args := m.Args()
	name := args.Uint()
	switch m.Opcode {
	case wayland.RegistryGlobal:
		kind := args.Text()
		args.Uint() // its version
		if !args.Whole() {
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
	case wayland.RegistryGlobalRemove:
		_, shown := f.shown[name]
		return shown, nil
	}
	return true, nil
}
