package core

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
)

// Resolve sets the permissions of the app's commands and resolves all
// capabilities against them.
func (c *Core) Resolve(manifests ...capability.Manifest) error {
	all := Manifests(slices.Concat(c.opts.Manifests, manifests)...)
	missing := slices.DeleteFunc(slices.Clone(c.opts.MissingPlugins), func(name string) bool {
		return slices.ContainsFunc(all, func(m capability.Manifest) bool { return m.Plugin == name })
	})
	caps, left := capability.WithoutPlugins(c.opts.Capabilities, missing)
	for _, name := range missing {
		if len(left[name]) > 0 {
			c.log.Warn("mullion: a plugin is not part of this app, and what capabilities grant of it is left out", "plugin", name, "permissions", strings.Join(left[name], " "))
		}
	}
	a, err := capability.Resolve(all, caps, c.opts.Platform)
	if err != nil {
		return err
	}
	c.missing.Store(&missing)
	c.auth.Store(a)
	return nil
}

// isMissing reports whether a plugin may be missing, and is.
func (c *Core) isMissing(plugin string) bool {
	missing := c.missing.Load()
	return missing != nil && slices.Contains(*missing, plugin)
}

// AddCapabilities grants more, or denies some, from now on. What processes may
// reach of the system is settled when they start: see Launch.
func (c *Core) AddCapabilities(caps ...capability.Capability) error {
	if missing := c.missing.Load(); missing != nil {
		caps, _ = capability.WithoutPlugins(caps, *missing)
	}
	for {
		old := c.auth.Load()
		a, err := old.With(caps...)
		if err != nil {
			return err
		}
		if c.auth.CompareAndSwap(old, a) {
			return nil
		}
	}
}

// Authority returns what the capabilities grant.
func (c *Core) Authority() *capability.Authority { return c.auth.Load() }
