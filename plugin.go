package mullion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/acl"
	"github.com/mullion-dev/mullion/internal/appinfo"
	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// stopTimeout is how long Run waits for a plugin to stop.
const stopTimeout = 5 * time.Second

var (
	pluginName  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	commandName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// registerBuiltins makes the plugins that every app has, and names the events
// that only the app emits.
func (a *App) registerBuiltins() error {
	if err := a.core.ReserveEvents(instanceEvent); err != nil {
		return err
	}
	a.builtins = builtin.Plugins(builtin.App{Core: a.core, Notify: a.notify, Icons: a.icons})
	for _, p := range a.builtins {
		for name, c := range p.Commands {
			if err := errors.Join(c.Err, a.core.RegisterBuiltin(pluginCommand(p.Name, name), c.Handler)); err != nil {
				return fmt.Errorf("%s: %w", pluginCommand(p.Name, name), err)
			}
		}
	}
	return nil
}

// AddPlugin adds a plugin, before Run. Pages call its commands as
// plugin:NAME|COMMAND, if a capability grants them a permission of the plugin.
// Permission files of the app in the folder permissions/NAME add to its own.
//
// What is wrong with a plugin is reported by [App.Run].
func (a *App) AddPlugin(p plugin.Plugin) {
	if err := a.addPlugin(p); err != nil {
		a.problem(fmt.Errorf("plugin %q: %w", p.Name, err))
	}
}

func (a *App) addPlugin(p plugin.Plugin) error {
	if !pluginName.MatchString(p.Name) {
		return errors.New("its name has to begin with a letter and have lower-case letters, digits and hyphens only")
	}
	for _, m := range builtin.Manifests() {
		if m.Plugin == p.Name || m.Plugin == "core:"+p.Name {
			return errors.New("the framework has commands of that name")
		}
	}
	if c := p.Config; c != nil {
		if v := reflect.ValueOf(c); v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return fmt.Errorf("its Config is a %T; want a pointer to a struct", c)
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Commands)) {
		switch c := p.Commands[name]; {
		case !commandName.MatchString(name):
			errs = append(errs, fmt.Errorf("command %q: a name has letters, digits and underscores, and begins with a letter", name))
		case c.Err != nil:
			errs = append(errs, fmt.Errorf("command %q: %w", name, c.Err))
		case c.Handler == nil:
			errs = append(errs, fmt.Errorf("command %q has no handler: make it by plugin.Typed or plugin.Raw", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running {
		return errors.New("it was added after Run; capabilities are resolved there")
	}
	if slices.ContainsFunc(a.plugins, func(other plugin.Plugin) bool { return other.Name == p.Name }) {
		return errors.New("it was added twice")
	}
	if err := a.core.ReserveEvents(p.Events...); err != nil {
		return fmt.Errorf("its Events: %w", err)
	}
	for name, c := range p.Commands {
		if err := a.core.Register(pluginCommand(p.Name, name), c.Handler); err != nil {
			return fmt.Errorf("command %q: %w", name, err)
		}
	}
	a.plugins = append(a.plugins, p)
	return nil
}

// pluginCommand is how pages name a command of a plugin.
func pluginCommand(plugin, command string) string { return "plugin:" + plugin + "|" + command }

// manifests returns what the app and its plugins offer to capabilities.
func (a *App) manifests(plugins []plugin.Plugin) ([]capability.Manifest, error) {
	list := []capability.Manifest{a.own}
	for _, p := range plugins {
		m, err := acl.Plugin(p)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if a.files == nil {
		return list, nil
	}
	return acl.WithFiles(a.files, path.Join(a.dir, "permissions"), list)
}

// pluginHint names the packages of missing plugins that come with Mullion.
func pluginHint(err error) string {
	switch e := err.(type) {
	case *capability.MissingPluginError:
		if folder, ok := builtin.Packages[e.Plugin]; ok {
			return fmt.Sprintf("\nthe plugin %s comes with Mullion: import github.com/mullion-dev/mullion/plugin/%s; see docs/plugins/%s.md", e.Plugin, folder, e.Plugin)
		}
	case interface{ Unwrap() []error }:
		var hints strings.Builder
		for _, one := range e.Unwrap() {
			hints.WriteString(pluginHint(one))
		}
		return hints.String()
	case interface{ Unwrap() error }:
		return pluginHint(e.Unwrap())
	}
	return ""
}

// configure reads the sections of plugins.
func (a *App) configure(plugins []plugin.Plugin) error {
	var errs []error
	for _, p := range plugins {
		section := a.config.Plugins[p.Name]
		if section == nil || p.Config == nil {
			continue
		}
		if err := ipc.Unmarshal(section, p.Config); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", configkeys.Place(a.config, "plugins."+p.Name), ipc.ExplainJSON(err)))
		}
	}
	return errors.Join(errs...)
}

// startPlugins starts the plugins. stop stops those that were started.
func (a *App) startPlugins(plugins []plugin.Plugin) (stop func(), err error) {
	if err := a.configure(plugins); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(a.core.Context())
	var started []plugin.Plugin
	stop = func() {
		cancel()
		for _, p := range slices.Backward(started) {
			a.stopPlugin(p)
		}
	}
	for _, p := range plugins {
		if p.Start != nil {
			err := errors.New("it panicked, see the log")
			a.core.Owner().Call("Start of the plugin "+p.Name, func() { err = p.Start(ctx, pluginApp{a, p.Name}) })
			if err != nil {
				stop()
				return nil, fmt.Errorf("plugin %q: %w", p.Name, err)
			}
		}
		started = append(started, p)
		a.addScript(p)
	}
	return stop, nil
}

// stopPlugin has a plugin stop, as long as it may take.
func (a *App) stopPlugin(p plugin.Plugin) {
	if p.Stop == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.core.Owner().Call("Stop of the plugin "+p.Name, func() { p.Stop(ctx) })
	}()
	select {
	case <-done:
	case <-ctx.Done():
		a.log.Warn("mullion: a plugin has not stopped; the app goes on to end without it", "plugin", p.Name, "after", stopTimeout)
	}
}

func (a *App) addScript(p plugin.Plugin) {
	if p.Script == nil {
		return
	}
	m := core.ScriptMaker{Plugin: p.Name, Make: func(ctx context.Context, window, webview string) (string, error) {
		return p.Script(ctx, plugin.Webview{Window: window, Label: webview})
	}}
	for name := range p.Commands {
		m.Commands = append(m.Commands, pluginCommand(p.Name, name))
	}
	a.core.AddScript(m)
}

// pluginApp implements [plugin.App].
type pluginApp struct {
	*App
	plugin string
}

// AppOf returns the app that a plugin was started by, for plugins that need more
// of it than [plugin.App] has, such as its windows and dialogs. ok is false for
// other implementations, which tests may have.
func AppOf(app plugin.App) (a *App, ok bool) {
	p, ok := app.(pluginApp)
	return p.App, ok
}

// Share implements [plugin.App].
func (a pluginApp) Share(key any, make func() any) any {
	a.mu.Lock()
	v, ok := a.shared[key]
	a.mu.Unlock()
	if ok {
		return v
	}
	v = make() // without the lock: it is the plugin's
	a.mu.Lock()
	defer a.mu.Unlock()
	if first, ok := a.shared[key]; ok {
		return first
	}
	if a.shared == nil {
		a.shared = map[any]any{}
	}
	a.shared[key] = v
	return v
}

func (a pluginApp) Version() string    { return appinfo.Version(a.config) }
func (a pluginApp) Identifier() string { return a.config.Identifier }
func (a pluginApp) Log() *slog.Logger  { return a.log.With("plugin", a.plugin) }

func (a pluginApp) Directory(name string) (string, bool) { return a.pathVariable(name) }
