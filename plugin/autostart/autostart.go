// Package autostart has an app started when the user logs in, if the user wants
// that: for the npm package @tauri-apps/plugin-autostart, and for Go.
//
//	start := autostart.New(autostart.Options{Args: []string{"--hidden"}})
//	app.AddPlugin(start.Plugin())
//	…
//	err := start.Enable(ctx)
package autostart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mullion-dev/mullion/plugin"
)

// Options say how the app is started. The zero value is useful.
type Options struct {
	// Name is by what the desktop knows the app, and the name of the file.
	// Empty is the app's name.
	Name string
	// Args are the arguments that the app is started with.
	Args []string
}

// Autostart is the plugin, and its API for Go. It is safe for concurrent use.
type Autostart struct {
	options Options

	turn chan struct{} // has room for the one that changes or reads

	mu  sync.Mutex
	app plugin.App // guarded by mu; nil before Start
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Autostart {
	o.Args = slices.Clone(o.Args)
	return &Autostart{options: o, turn: make(chan struct{}, 1)}
}

// Plugin describes it to the app.
func (a *Autostart) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "autostart",
		Commands: plugin.Commands{
			"enable":     plugin.Typed(func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, a.Enable(ctx) }),
			"disable":    plugin.Typed(func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, a.Disable(ctx) }),
			"is_enabled": plugin.Typed(func(ctx context.Context, _ struct{}) (bool, error) { return a.Enabled(ctx) }),
		},
		Default: []string{"allow-enable", "allow-disable", "allow-is-enabled"},
		Start: func(_ context.Context, app plugin.App) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.app = app
			return nil
		},
	}
}

// Enable has the app started at login, by the path that it has now, or that of
// its AppImage. On Linux it writes an entry into the folder autostart of the
// user's settings, and in Flatpak it asks the desktop portal, which may ask the
// user. On Windows it writes a value into the key Run of the user's registry, whose
// command has at most 260 characters. On macOS the error wraps errors.ErrUnsupported
// for now.
func (a *Autostart) Enable(ctx context.Context) error {
	return a.with(ctx, func(app plugin.App) error { return a.enable(ctx, app) })
}

// Disable ends that. If it is not enabled nothing is done.
func (a *Autostart) Disable(ctx context.Context) error {
	return a.with(ctx, func(app plugin.App) error { return a.disable(ctx, app) })
}

// Enabled reports whether the app is started at login. In Flatpak it is what the
// portal has answered last, since nothing tells more there.
func (a *Autostart) Enabled(ctx context.Context) (enabled bool, err error) {
	err = a.with(ctx, func(app plugin.App) error {
		enabled, err = a.enabled(app)
		return err
	})
	return enabled, err
}

var errNotStarted = errors.New("the app does not run yet, or has no plugin autostart: call this after Run has begun")

// with calls f, one at a time.
func (a *Autostart) with(ctx context.Context, f func(plugin.App) error) error {
	a.mu.Lock()
	app := a.app
	a.mu.Unlock()
	if app == nil {
		return fmt.Errorf("autostart: %w", errNotStarted)
	}
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return fmt.Errorf("autostart: %w", ctx.Err())
	}
	if err := f(app); err != nil {
		return fmt.Errorf("autostart: %w", err)
	}
	return nil
}

func (a *Autostart) name(app plugin.App) string {
	if a.options.Name != "" {
		return a.options.Name
	}
	return app.Name()
}
