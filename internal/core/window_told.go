package core

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Whoever opens a window, the app hears of it: before, when it can still change
// where the window will be; when it is there; and when it is gone.

// windowsTold are the functions of the app that are told of windows.
type windowsTold struct {
	opening []func(label string, s *wire.WindowState) // guarded by Core.mu
	opened  []*inorder.Queue[*Window]                 // guarded by Core.mu
	closed  []*inorder.Queue[*Window]                 // guarded by Core.mu
}

// maxWindowsTold bounds the windows that wait to be told to one function.
const maxWindowsTold = 1024

// OnOpening adds a function that may change the state that a window opens with,
// before a host hears of it.
func (c *Core) OnOpening(f func(label string, s *wire.WindowState)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told.opening = append(slices.Clone(c.told.opening), f)
}

// OnOpened adds a function that is told of each window when its host has shown
// what it is like for the first time.
func (c *Core) OnOpened(f func(*Window)) {
	c.addTold(&c.told.opened, "OnWindowOpened", f)
}

// OnClosed adds a function that is told of each window that is gone, and of
// those that end with the app.
func (c *Core) OnClosed(f func(*Window)) {
	c.addTold(&c.told.closed, "OnWindowClosed", f)
}

func (c *Core) addTold(list *[]*inorder.Queue[*Window], name string, f func(*Window)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*list = append(slices.Clone(*list), inorder.New(c.app, inorder.Options[*Window]{Name: name, Most: maxWindowsTold}, f))
}

// tellOpened is called when a host has first reported a window.
func (w *Window) tellOpened() { w.tell(&w.core.told.opened) }

// tellClosed is called when a window is gone, or ends with the app.
func (w *Window) tellClosed() {
	if w.told.CompareAndSwap(false, true) {
		w.tell(&w.core.told.closed)
	}
}

func (w *Window) tell(list *[]*inorder.Queue[*Window]) {
	w.core.mu.RLock()
	queues := *list
	w.core.mu.RUnlock()
	for _, q := range queues {
		_ = q.Push(w) // or the app has ended
	}
}

// askApp returns the state with what the functions of OnOpening make of it. It
// is called on a goroutine that may wait, without locks.
func (c *Core) askApp(s wire.WindowState) (wire.WindowState, error) {
	functions := c.openingFunctions()
	if len(functions) == 0 {
		return s, nil // it fits already
	}
	label := s.Label
	for _, f := range functions {
		changed := s
		if c.app.Call("OnWindowOpening", func() { f(label, &changed) }) {
			changed.Label = label
			s = changed
		}
	}
	return s, fits(&s)
}

func (c *Core) openingFunctions() []func(string, *wire.WindowState) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.told.opening
}

// askForNoted asks about a window that was noted before Run.
func (c *Core) askForNoted(w *Window) error {
	if len(c.openingFunctions()) == 0 {
		return nil
	}
	before := w.State()
	after, err := c.askApp(before)
	if err != nil {
		return fmt.Errorf("window %q: %w", w.label, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Whoever has the window may have changed it meanwhile.
	s := merged(bare(before), bare(w.state), bare(after))
	s.Icon, s.Menu, s.Touch = w.state.Icon, w.state.Menu, w.state.Touch
	w.state = s
	return nil
}

// lastWindows are those that end with the app, if they are not closed meanwhile.
// Windows that outlive this Core do not.
func (c *Core) lastWindows() []*Window {
	if c.hasLeft() {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Collect(maps.Values(c.windows))
}
