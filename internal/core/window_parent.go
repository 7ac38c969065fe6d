package core

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Parent returns the window that this one stays above; nil for none, or if it
// is gone.
func (w *Window) Parent() *Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.parent
}

// adoptBy puts a window that is about to be opened above another one. Only a
// window that is there already can be a parent, so there are no circles. c.mu
// is held.
func (c *Core) adoptBy(w *Window, label string, modal bool) error {
	if label == "" {
		if modal {
			return errors.New("modal: it has no parent")
		}
		return nil
	}
	p := c.windows[label]
	if p == nil {
		return fmt.Errorf("parent window %q: %w", label, ErrNoWindow)
	}
	if c.started && p.host() != w.host() {
		return fmt.Errorf("parent window %q is shown by another host process, for it may reach other things of the system: %w", label, errors.ErrUnsupported)
	}
	w.parent, w.state.Parent, w.state.Modal = p, p.id, modal
	return nil
}

// orphan leaves the windows above one that is gone without a parent.
func (c *Core) orphan(gone *Window) {
	c.mu.RLock()
	var children []*Window
	for _, w := range c.windows {
		if w.Parent() == gone {
			children = append(children, w)
		}
	}
	c.mu.RUnlock()
	for _, w := range children {
		w.mu.Lock()
		w.parent = nil
		w.state.Parent, w.state.Modal = 0, false
		s := w.state
		s.Touch = nil
		if !w.closing {
			w.host().send(wire.KindWindow, w.id, s)
		}
		w.mu.Unlock()
	}
}
