package core

import (
	"cmp"
	"slices"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// HostConfinement tells how one running host is confined.
type HostConfinement struct {
	Host   string
	PID    int
	Status []sandbox.Status
}

// Confinement tells how the hosts that are running are confined, sorted by
// their names.
func (c *Core) Confinement() []HostConfinement {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var list []HostConfinement
	for name, h := range c.hosts {
		h.mu.Lock()
		if h.child != nil {
			list = append(list, HostConfinement{name, h.child.PID(), h.child.Status()})
		}
		h.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b HostConfinement) int { return cmp.Compare(a.Host, b.Host) })
	return list
}
