package displayguard

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// keys says which keys a host may pass on to an input method: on X11 those that the
// user has pressed in its windows, under Wayland all while one of its windows has
// the keyboard. Before there is a display there are none.
type keys struct {
	typed atomic.Pointer[func(symbol, code, state uint32) bool]
}

func (k *keys) judgeBy(typed func(symbol, code, state uint32) bool) { k.typed.Store(&typed) }

func (k *keys) may(symbol, code, state uint32) bool {
	typed := k.typed.Load()
	return typed != nil && (*typed)(symbol, code, state)
}

// afterFocus is how long keys may still come that were pressed before the keyboard
// went elsewhere.
const afterFocus = time.Second

// focus says whether the windows of a host have a keyboard of the compositor's.
type focus struct {
	mu   sync.Mutex
	held int       // keyboards; guarded by mu
	left time.Time // when the last one went; guarded by mu
}

func (f *focus) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held++
}

func (f *focus) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held--
	f.left = time.Now()
}

func (f *focus) has() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held > 0 || time.Since(f.left) < afterFocus
}

// Requests and events of seats and keyboards (wayland.xml).
const (
	seatInterface   = "wl_seat"
	seatGetKeyboard = 1
	seatRelease     = 3

	keyboardRelease = 0
	keyboardEnter   = 1
	keyboardLeave   = 2

	displayDeleteID = 1 // an event of wl_display: a number is free
)

// maxKeyboards bounds what one client can make the guard remember of each kind.
const maxKeyboards = 64

// keyboards are the objects of one connection that tell of the keyboard. A number
// that the client has given up is forgotten at once, since it is another object's
// next; one that it uses twice ends the connection at the compositor.
type keyboards struct {
	focus *focus
	seats map[uint32]bool
	all   map[uint32]bool // whether a window of the client's has it
}

func newKeyboards(f *focus) keyboards {
	return keyboards{focus: f, seats: map[uint32]bool{}, all: map[uint32]bool{}}
}

// bound learns that a number is that of a global of a kind.
func (k *keyboards) bound(kind string, id uint32) {
	delete(k.seats, id)
	if kind == seatInterface && len(k.seats) < maxKeyboards {
		k.seats[id] = true
	}
}

func (k *keyboards) request(m wayland.Message) {
	_, isKeyboard := k.all[m.Object]
	switch {
	case k.seats[m.Object] && m.Opcode == seatGetKeyboard:
		args := m.Args()
		if id := args.Uint(); args.Whole() && len(k.all) < maxKeyboards {
			k.forget(id)
			k.all[id] = false
		}
	case k.seats[m.Object] && m.Opcode == seatRelease:
		delete(k.seats, m.Object)
	case isKeyboard && m.Opcode == keyboardRelease:
		k.forget(m.Object)
	}
}

// event learns from an event. Where a number was another object's just before, the
// compositor says that it is free after the last event of that one.
func (k *keyboards) event(m wayland.Message) {
	has, isKeyboard := k.all[m.Object]
	switch {
	case m.Object == wayland.DisplayID && m.Opcode == displayDeleteID:
		args := m.Args()
		if id := args.Uint(); k.all[id] {
			k.all[id] = false
			k.focus.leave()
		}
	case isKeyboard && !has && m.Opcode == keyboardEnter:
		k.all[m.Object] = true
		k.focus.enter()
	case has && m.Opcode == keyboardLeave:
		k.all[m.Object] = false
		k.focus.leave()
	}
}

func (k *keyboards) forget(id uint32) {
	if k.all[id] {
		k.focus.leave()
	}
	delete(k.all, id)
}

// end forgets all.
func (k *keyboards) end() {
	for id := range k.all {
		k.forget(id)
	}
}
