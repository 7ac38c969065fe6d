// Package harness lets a test take hold of an app that runs in its own
// process: whoever runs the app passes a Harness with the context, and App.Run
// looks for it there. Package mulliontest is what tests use.
package harness

import (
	"context"

	"github.com/mullion-dev/mullion/internal/core"
)

// Harness is what a test does to the app that it runs.
type Harness struct {
	// Windowless apps have no host processes, so Run does without what these
	// need, and may be called in a process that never came to Main.
	Windowless bool
	// Attach is called once, when the app has been set up and before anything
	// is started. The app is a *mullion.App.
	Attach func(app any, c *core.Core)
	// Ready is called once, when the windows of the configuration are open.
	Ready func()
}

type key struct{}

// With returns a context that passes h to App.Run.
func With(ctx context.Context, h *Harness) context.Context {
	return context.WithValue(ctx, key{}, h)
}

// From returns the harness of a context, or nil.
func From(ctx context.Context) *Harness {
	h, _ := ctx.Value(key{}).(*Harness)
	return h
}
