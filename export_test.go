package mullion

import (
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/egress"
)

// ChangeCore changes what the Core of an app is made of.
func (o *Options) ChangeCore(change func(*core.Options)) { o.change = change }

// SetResolver sets what looks names up for workers.
func (a *App) SetResolver(r egress.Resolver) { a.resolver = r }

// TellKept tells an app that it was started again.
func (a *App) TellKept() { a.core.TellKept(core.Kept{}) }
