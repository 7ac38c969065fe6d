package core

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/inorder"
)

// Answer returns when this Core is able to serve its windows, which it is not
// while it cannot get the locks that everything needs.
func (c *Core) Answer() {
	c.PIDs()
	for _, label := range c.Windows() {
		if w, err := c.Window(label); err == nil {
			w.State()
		}
	}
}

// Kept tells the app of what it has taken over.
type Kept struct {
	Crash, Failed string // see Keeping
	// Windows are those that the Core before opened while it ran.
	Windows []*Window
}

// OnKept adds a function that is told once Run has begun, if there was a Core
// before.
func (c *Core) OnKept(f func(Kept)) {
	q := inorder.New(c.app, inorder.Options[Kept]{Name: "OnKept", Most: 1}, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onKept = append(c.onKept, q)
}

// TellKept tells the app.
func (c *Core) TellKept(k Kept) {
	c.mu.RLock()
	list := slices.Clone(c.onKept)
	c.mu.RUnlock()
	for _, q := range list {
		_ = q.Push(k) // an error means that the app ends
	}
}
