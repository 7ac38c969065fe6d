package mullion

import "github.com/mullion-dev/mullion/internal/egress"

// SetResolver sets what looks names up for workers.
func (a *App) SetResolver(r egress.Resolver) { a.resolver = r }
