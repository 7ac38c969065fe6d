// Package process ends the app and starts it again, for pages by
// @tauri-apps/plugin-process:
//
//	app.AddPlugin(process.New().Plugin())
//
// Go code does the same with [mullion.App.Exit] and [mullion.App.Restart], or
// with the methods of [Process] where it has no App at hand.
package process

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

var errNotStarted = errors.New("process: the app does not run yet")

// Process is the plugin, and its API for Go. It is safe for concurrent use.
type Process struct {
	app atomic.Pointer[mullion.App] // nil until it was started
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Process { return &Process{} }

// Plugin describes it to the app.
func (p *Process) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "process",
		Commands: plugin.Commands{
			"exit": plugin.Typed(func(_ context.Context, a exitArgs) (none, error) { return none{}, p.Exit(int(a.Code)) }),
			// A page that asks for a restart of a kept app ends before it is done.
			"restart": plugin.Typed(func(ctx context.Context, _ none) (none, error) { return none{}, p.Restart(context.WithoutCancel(ctx)) }),
		},
		Default: []string{"allow-exit", "allow-restart"},
		Start: func(_ context.Context, app plugin.App) error {
			a, ok := mullion.AppOf(app)
			if !ok {
				return errors.New("it needs an app of package mullion")
			}
			p.app.Store(a)
			return nil
		},
	}
}

type none = struct{}

type exitArgs struct {
	// Code is an i32 in the published plugin.
	Code int32 `json:"code"`
}

// Exit is [mullion.App.Exit], and an error before the app runs.
func (p *Process) Exit(code int) error {
	a := p.app.Load()
	if a == nil {
		return errNotStarted
	}
	a.Exit(code)
	return nil
}

// Restart is [mullion.App.Restart], and an error before the app runs.
func (p *Process) Restart(ctx context.Context) error {
	a := p.app.Load()
	if a == nil {
		return errNotStarted
	}
	return a.Restart(ctx)
}
