package x11

import (
	"slices"
	"time"
)

// How long something that the user has done lets a host do something.
const (
	gestureTime = 5 * time.Second // a grab, an own selection
	clickTime   = time.Second     // the focus: after that the user may type elsewhere
	pasteTime   = 5 * time.Second // the clipboard
	bellTime    = 200 * time.Millisecond
	focusTime   = 2 * time.Second  // after WM_TAKE_FOCUS
	peerTime    = 30 * time.Second // a program that drags something to the host
	requestTime = 30 * time.Second // a program that asks for what the host has
	dropTime    = 10 * time.Second // after the button is let go that drags
	freshTime   = time.Second      // a key that came during a grab
)

// Limits of what a client may have, for the guard keeps a note of each.
const (
	maxWindows  = 4096
	maxPixmaps  = 16384
	maxPictures = 16384
	maxPeers    = 64
	// maxPixmapBytes bounds the memory that the pixmaps of a host take in the
	// server. A window on a screen of 8K takes 130 MB, and twice that while it is
	// resized.
	maxPixmapBytes = 1 << 30
	// pixmapStep is after how much the server is asked what they take.
	pixmapStep = 64 << 20
)

// state is what the guard knows of a client.
type state struct {
	gesture   time.Time // of any key or button in one of the client's windows
	paste     time.Time // of what asks for the clipboard
	middle    time.Time // of a middle click, which asks for the primary selection
	takeFocus time.Time
	pings     [maxPings]ping // the latest of the window manager, the latest first

	stock    *stock // of the host
	things   map[uint32]*thing
	windows  map[uint32]*window
	pixmaps  map[uint32]uint64 // their sizes in bytes
	pictures map[uint32]uint32 // of windows, with the window
	bytes    uint64            // of all pixmaps, where the server does not tell
	made     uint64            // bytes of pixmaps since the server was asked

	requestors map[uint32]*requestor // who asks for them
	peers      map[uint32]time.Time  // who drags something to the client
	methods    map[uint32]*method    // by the windows of input methods that have answered
	dragging   bool                  // the client drags something
	dropped    time.Time             // when the button was let go that drags
	pressed    bool                  // a button was pressed in the client's windows, and is held
	grabs      map[uint32]grab       // by the device
	ungrabbed  time.Time             // when the last of them ended
	outside    time.Time             // of a click outside the client's windows, while it has a grab
	watched    bool                  // somebody looks after menus and grabs
	pointer    spot                  // where the client saw it last
}

// spot is a place of the root window, in pixels.
type spot struct{ x, y uint16 }

// ping is what a window manager asks with whether a program lives, which answers
// with the same. The standard has the window in it; mutter 43 leaves whatever is
// there, and goes by the time.
type ping [20]byte

// maxPings is how many are remembered: one for each window that is used.
const maxPings = 16

// pinged reports whether the window manager has asked so.
func (s *state) pinged(data []byte) bool {
	return len(data) >= len(ping{}) && slices.Contains(s.pings[:], ping(data))
}

// window is a window of the client.
type window struct {
	parent    uint32
	inputOnly bool
	override  bool // no window manager looks after it: a menu, a tooltip
	menu      bool // it is shown so
	managed   bool // a window manager has looked after it
	mapped    bool
	shown     time.Time // when it was, if a window manager looks after it
	width     int
	height    int
	border    int
	frames    []uint32 // what the window manager has put around it
}

// area is how much of the screen it covers.
func (w *window) area() int { return (w.width + 2*w.border) * (w.height + 2*w.border) }

// grab is a device that a client has to itself.
type grab struct {
	window   uint32
	confined bool // the pointer stays in a window
}

// requestor is a window that asks the client for a selection.
type requestor struct {
	until      time.Time
	properties map[uint32]bool // where it wants them
}

func newState(stock *stock) state {
	return state{
		stock: stock, things: map[uint32]*thing{},
		windows: map[uint32]*window{}, pixmaps: map[uint32]uint64{}, pictures: map[uint32]uint32{},
		requestors: map[uint32]*requestor{}, peers: map[uint32]time.Time{}, methods: map[uint32]*method{}, grabs: map[uint32]grab{},
	}
}

func within(t time.Time, d time.Duration) bool { return time.Since(t) < d }

// with calls f with the state. f does not wait.
func (c *client) with(f func(*state)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.state)
}

// frame reports whether a window is what the window manager has put around one
// of the client's.
func (c *client) frame(id uint32) (is bool) {
	c.with(func(s *state) {
		for _, w := range s.windows {
			for _, f := range w.frames {
				is = is || f == id
			}
		}
	})
	return is
}

// near reports whether a window is the client's, the root or a frame.
func (c *client) near(id uint32) bool {
	return c.own(id) || c.guard.server.roots[id] || c.frame(id)
}

// peer reports whether a window belongs to a program that has begun something
// with the client: it drags something there, or asks for a selection.
func (c *client) peer(id uint32) (is bool) {
	c.with(func(s *state) {
		r := s.requestors[id]
		is = time.Now().Before(s.peers[id]) || r != nil && time.Now().Before(r.until)
	})
	return is
}

// gestured reports whether the user has just done something in the client's
// windows.
func (c *client) gestured() (is bool) {
	c.with(func(s *state) { is = s.pressed || within(s.gesture, gestureTime) })
	return is
}

// dragging reports whether the user drags something out of the client's
// windows: then the client looks for who might take it.
func (c *client) dragging() (is bool) {
	c.with(func(s *state) {
		s.dragging = s.dragging && (s.pressed || within(s.dropped, dropTime))
		is = s.dragging
	})
	return is
}

// watchButton waits until the button is let go that the user pressed in the client's
// windows, and notes it: the next may be for another program. A drag ends with it.
// Where the client hears of it, letGo notes it at once.
func (c *client) watchButton() {
	running := false
	c.with(func(s *state) { running, s.pressed = s.pressed, true })
	if running {
		return
	}
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for held := true; held; {
			select {
			case <-tick.C:
			case <-c.done:
				return
			}
			if _, mask := c.guard.server.pointer(); mask&maskButtons == 0 {
				c.letGo()
			}
			c.with(func(s *state) { held = s.pressed })
		}
	}()
}

// letGo notes that no button is held any more.
func (c *client) letGo() {
	c.with(func(s *state) {
		if s.pressed {
			s.pressed, s.dropped = false, time.Now()
		}
	})
}

// owns reports whether one of the client's windows owns a selection. The server
// knows it: it refuses one that comes too late, and tells nobody when the window
// of an owner is destroyed.
func (c *client) owns(selection string) bool {
	return c.own(c.guard.server.owner(c.guard.atoms.numbers[selection]))
}

// focused reports whether one of the client's windows has the keyboard.
func (c *client) focused() bool {
	focus := c.guard.server.focus()
	if focus == 1 { // PointerRoot
		return c.pointed()
	}
	return c.own(focus)
}

// grabs reports whether the client has a device to itself.
func (c *client) grabs() (is bool) {
	c.with(func(s *state) { is = len(s.grabs) > 0 })
	return is
}

// above reports whether the pointer is above one of the client's windows.
func (c *client) above() bool {
	child, _ := c.guard.server.pointer()
	return child != 0 && (c.own(child) || c.frame(child))
}

// pointed reports whether the pointer is above one of the client's windows, or
// held by it.
func (c *client) pointed() bool {
	held := false
	c.with(func(s *state) { held = s.pressed })
	return held || c.dragging() || c.above()
}

// maskButtons are the buttons in the state of an event.
const maskButtons = 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12

// prune removes what has expired from a table that has grown.
func prune[V any](m map[uint32]V, limit int, expired func(V) bool) {
	if len(m) < limit {
		return
	}
	for k, v := range m {
		if expired(v) {
			delete(m, k)
		}
	}
}
