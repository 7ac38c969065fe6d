package core

import (
	"github.com/mullion-dev/mullion/internal/desktop/preferences"
	"github.com/mullion-dev/mullion/internal/wire"
)

// watchPreferences has windows follow the preferences of the user. Nothing waits
// for them: a host that is up before the desktop has answered is told later.
func (c *Core) watchPreferences() {
	if watch := c.opts.Preferences; watch != nil {
		c.tasks.Go(func() { watch(c.ctx, c.prefer) })
	}
}

// prefer takes what the desktop says, and tells all that show something.
func (c *Core) prefer(p preferences.Preferences) {
	w := wire.Preferences(p)
	c.preferences.Store(&w)
	c.mu.RLock()
	hosts := make([]*host, 0, len(c.hosts))
	for _, h := range c.hosts {
		hosts = append(hosts, h)
	}
	c.mu.RUnlock()
	for _, h := range hosts {
		h.mu.Lock()
		if h.ready {
			c.tellPreferences(h.child.Conn())
		}
		h.mu.Unlock()
	}
	g := &c.dialogs
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.life != nil {
		c.tellPreferences(g.life.child.Conn())
	}
}

// tellPreferences sends the latest that are known. Who calls it holds the lock of
// the connection's owner, so none is told older ones after newer ones. That it
// failed is seen by the reader.
func (c *Core) tellPreferences(conn *wire.Conn) {
	if p := c.preferences.Load(); p != nil {
		_ = conn.SendJSON(wire.KindPreferences, 0, 0, p)
	}
}
