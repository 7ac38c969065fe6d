package core

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// builtin is one of the commands that every app has, if its capabilities
// grant them.
type builtin struct {
	namespace, name string
	// byDefault puts the command into the namespace's default set.
	byDefault bool
	handler   func(*Core) ipc.Handler
	// arguments is the struct that they are read into; nil if there is none.
	arguments reflect.Type
}

// Command is what is known of a command that every app has.
type Command struct {
	// Name is that by which pages call it, Permission what allows it.
	Name, Permission string
	// Arguments is the struct that its arguments are read into, as ipc.Typed
	// takes it; nil if it takes none.
	Arguments reflect.Type
}

// Commands lists the commands that every app has.
func Commands() []Command {
	var all []Command
	for _, b := range builtins {
		all = append(all, Command{"plugin:" + b.namespace + "|" + b.name, b.plugin() + ":allow-" + dashed(b.name), b.arguments})
	}
	return all
}

// Manifests declares what can be granted: that of the Core, and more.
// core:default is the union of the defaults of all that begin with "core:".
func Manifests(more ...capability.Manifest) []capability.Manifest {
	all := append(builtinManifests(), more...)
	core := capability.Manifest{Plugin: "core"}
	for _, m := range all {
		if strings.HasPrefix(m.Plugin, "core:") {
			core.Default = append(core.Default, m.Plugin+":default")
		}
	}
	return append(all, core)
}

type none = struct{}

// command makes a builtin of a function of the Core.
func command[A, R any](namespace, name string, byDefault bool, f func(*Core, context.Context, A) (R, error)) builtin {
	return builtin{namespace, name, byDefault, func(c *Core) ipc.Handler {
		h, err := ipc.Typed(func(ctx context.Context, a A) (R, error) { return f(c, ctx, a) })
		if err != nil {
			panic(fmt.Sprintf("builtin %s %s: %v", namespace, name, err))
		}
		return forPages(h)
	}, reflect.TypeFor[A]()}
}

// forPages makes the errors of a handler some for people who write pages.
func forPages(h ipc.Handler) ipc.Handler {
	return func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		r, err := h(ctx, m)
		if err != nil {
			err = pageError(err)
		}
		return r, err
	}
}

// RegisterBuiltin sets the handler of a command that every app has.
func (c *Core) RegisterBuiltin(name string, h ipc.Handler) error {
	return c.Register(name, forPages(h))
}

// maxErrorText bounds the text of an error of our own, in bytes: it may quote
// what the page has passed.
const maxErrorText = 1000

// shortError is an error whose text was cut.
type shortError struct {
	text string
	err  error
}

func (e *shortError) Error() string { return e.text }
func (e *shortError) Unwrap() error { return e.err }

// pageError makes the text of an error one for people who write pages.
func pageError(err error) error {
	err = ipc.ExplainJSON(err)
	if text := err.Error(); len(text) > maxErrorText {
		begin, end := text[:maxErrorText*3/4], text[len(text)-maxErrorText/8:]
		err = &shortError{strings.ToValidUTF8(begin+" … "+end, ""), err}
	}
	return err
}

// builtins is everything that pages can ask the Core itself for.
var builtins = slices.Concat(
	eventCommands, appCommands, windowCommands, windowSetters, iconCommands, launcherCommands, screenCommands, createCommands, stateCommands,
	webviewCommands, lifeCommands,
)

func (c *Core) registerBuiltins() {
	for _, b := range builtins {
		c.commands["plugin:"+b.namespace+"|"+b.name] = registered{b.handler(c), new(pace)}
	}
}

// coreNamespaces are those whose permissions have the prefix "core:".
var coreNamespaces = []string{"app", "event", "resources", "webview", "window"}

// plugin is what the permissions of the command begin with.
func (b builtin) plugin() string {
	if slices.Contains(coreNamespaces, b.namespace) {
		return "core:" + b.namespace
	}
	return b.namespace
}

// builtinManifests declares the permissions of the builtins.
func builtinManifests() []capability.Manifest {
	byName := map[string]*capability.Manifest{}
	var names []string
	for _, b := range builtins {
		plugin := b.plugin()
		m := byName[plugin]
		if m == nil {
			m = &capability.Manifest{Plugin: plugin}
			byName[plugin] = m
			names = append(names, plugin)
		}
		m.Commands = append(m.Commands, b.name)
		if b.byDefault {
			m.Default = append(m.Default, "allow-"+dashed(b.name))
		}
	}
	ms := []capability.Manifest{webManifest(), capability.SandboxManifest()}
	for _, n := range names {
		m := *byName[n]
		if n == "state" {
			m.Sets = stateSets
		}
		ms = append(ms, m)
	}
	return ms
}

func dashed(name string) string {
	b := []byte(name)
	for i := range b {
		if b[i] == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}

// callerDocument returns the document that a command was called from.
func callerDocument(ctx context.Context) (*document, error) {
	m, ok := ipc.MessageFrom(ctx)
	if ok {
		if o, ok := m.Channels.(opener); ok {
			return o.doc, nil
		}
	}
	return nil, fmt.Errorf("only pages can do this")
}

// The commands of event.

var eventCommands = []builtin{
	command("event", "listen", true, (*Core).cmdListen),
	command("event", "unlisten", true, (*Core).cmdUnlisten),
	command("event", "emit", true, (*Core).cmdEmit),
	command("event", "emit_to", true, (*Core).cmdEmitTo),
}

type listenArgs struct {
	Event   string     `json:"event"`
	Target  ipc.Target `json:"target"`
	Handler uint32     `json:"handler"`
	// Again is the number that the listener had with a Core before.
	Again *uint32 `json:"again,omitzero"`
}

func (c *Core) cmdListen(ctx context.Context, a listenArgs) (uint32, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return 0, err
	}
	if err := checkTarget(a.Target); err != nil {
		return 0, err
	}
	if err := inEventScope(ctx, a.Event); err != nil {
		return 0, err
	}
	l := &listener{name: a.Event, target: a.Target, doc: d, handler: a.Handler}
	if a.Again != nil {
		l.id, l.again = *a.Again, true
	}
	id, err := c.events.add(l)
	if err == nil && d.ctx.Err() != nil {
		c.events.dropDocument(d) // it ended in between
	}
	return id, err
}

type unlistenArgs struct {
	Event string `json:"event"`
	ID    uint32 `json:"eventId"`
}

func (c *Core) cmdUnlisten(ctx context.Context, a unlistenArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	c.events.remove(a.Event, func(l *listener) bool { return l.doc == d && l.id == a.ID })
	return none{}, nil
}

type emitArgs struct {
	Event   string         `json:"event"`
	Payload jsontext.Value `json:"payload,omitzero"`
}

func (c *Core) cmdEmit(ctx context.Context, a emitArgs) (none, error) {
	return c.emitFromPage(ctx, a, ipc.Target{Kind: ipc.Any})
}

type emitToArgs struct {
	Target  ipc.Target     `json:"target"`
	Event   string         `json:"event"`
	Payload jsontext.Value `json:"payload,omitzero"`
}

func (c *Core) cmdEmitTo(ctx context.Context, a emitToArgs) (none, error) {
	if err := checkTarget(a.Target); err != nil {
		return none{}, err
	}
	return c.emitFromPage(ctx, emitArgs{a.Event, a.Payload}, a.Target)
}

func (c *Core) emitFromPage(ctx context.Context, a emitArgs, t ipc.Target) (none, error) {
	m, _ := ipc.MessageFrom(ctx)
	if err := c.events.mayEmit(ctx, a.Event); err != nil {
		return none{}, err
	}
	return none{}, c.events.send(ctx, &ipc.Message{Kind: ipc.Event, Name: a.Event, From: m.From, Args: a.Payload, Target: t})
}

// checkTarget refuses kinds that do not exist. A label is only compared, so
// one that no window has, or can have, is no error: nobody hears.
func checkTarget(t ipc.Target) error {
	switch t.Kind {
	case ipc.Any, ipc.AppTarget, ipc.AnyLabel, ipc.Window, ipc.Webview, ipc.WebviewWindow:
		return nil
	}
	return fmt.Errorf("unknown event target kind %q", t.Kind)
}

// inEventScope checks the scope of an event permission, whose entries are
// globs of event names, alone or as {"event": glob}. Without entries every
// name is meant.
func inEventScope(ctx context.Context, name string) error {
	m, ok := ipc.MessageFrom(ctx)
	if !ok || m.Scope.Empty() {
		return nil
	}
	in := func(entries []jsontext.Value) (bool, error) { return matchesGlob(entries, "event", name) }
	if denied, err := in(m.Scope.Deny); denied || err != nil {
		return fmt.Errorf("event %q is denied by the scope of this permission", name)
	}
	if len(m.Scope.Allow) == 0 {
		return nil
	}
	if ok, err := in(m.Scope.Allow); !ok || err != nil {
		return &capability.OutOfScopeError{
			Err: fmt.Errorf("event %q is not in the scope of this permission", name), Allow: []any{map[string]string{"event": name}},
		}
	}
	return nil
}

// matchesGlob reports whether name matches one of the scope entries.
func matchesGlob(entries []jsontext.Value, key, name string) (bool, error) {
	for _, raw := range entries {
		text, err := scopeText(raw, key)
		if err != nil {
			return false, err
		}
		g, err := capability.ParseGlob(text)
		if err != nil {
			return false, err
		}
		if g.Match(name) {
			return true, nil
		}
	}
	return false, nil
}

// The commands of app and resources.

var appCommands = []builtin{
	command("app", "name", true, func(c *Core, _ context.Context, _ none) (string, error) { return c.opts.Name, nil }),
	command("app", "version", true, func(c *Core, _ context.Context, _ none) (string, error) { return c.opts.Version, nil }),
	command("app", "identifier", true, func(c *Core, _ context.Context, _ none) (string, error) { return c.opts.ID, nil }),
	command("app", "tauri_version", true, func(*Core, context.Context, none) (string, error) { return contractVersion, nil }),
	command("app", "exit", false, (*Core).cmdExit),
	command("resources", "close", true, (*Core).cmdCloseResource),
}

// contractVersion is the version of Tauri whose page-side contract is kept.
const contractVersion = "2.12.5"

// The commands of window and webview.

type labelArgs struct {
	Label string `json:"label,omitzero"`
}

// windowOrCaller finds the window with that label, or the caller's own.
func (c *Core) windowOrCaller(ctx context.Context, label string) (*Window, error) {
	if label == "" {
		d, err := callerDocument(ctx)
		if err != nil {
			return nil, err
		}
		return d.webview.Window(), nil
	}
	return c.Window(label)
}

// getter makes a command that tells something of a window.
func getter[R any](name string, get func(*Window) R) builtin {
	return command("window", name, true, func(c *Core, ctx context.Context, a labelArgs) (R, error) {
		w, err := c.windowOrCaller(ctx, a.Label)
		if err != nil {
			var zero R
			return zero, err
		}
		return get(w), nil
	})
}

// doer makes a command without arguments that does something to a window.
func doer(name string, do func(*Window, context.Context) error) builtin {
	return command("window", name, name == "internal_toggle_maximize", func(c *Core, ctx context.Context, a labelArgs) (none, error) {
		w, err := c.windowOrCaller(ctx, a.Label)
		if err != nil {
			return none{}, err
		}
		return none{}, do(w, ctx)
	})
}

// setter makes a command that changes a window by one value.
func setter[V any](name string, set func(*wire.WindowState, V)) builtin {
	type args struct {
		Label string `json:"label,omitzero"`
		Value V      `json:"value"`
	}
	return command("window", name, false, func(c *Core, ctx context.Context, a args) (none, error) {
		w, err := c.windowOrCaller(ctx, a.Label)
		if err != nil {
			return none{}, err
		}
		return none{}, w.Set(ctx, name, func(s *wire.WindowState) { set(s, a.Value) })
	})
}

func update(change func(*wire.WindowState)) func(*Window, context.Context) error {
	return func(w *Window, ctx context.Context) error { return w.Update(ctx, change) }
}

func action(name string) func(*Window, context.Context) error {
	return func(w *Window, ctx context.Context) error { return w.Do(ctx, name, nil) }
}

type pixels struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// windowCommands tell what a window is, and change what is plain text or on
// and off. The others are windowSetters and screenCommands.
var windowCommands = []builtin{
	command("window", "get_all_windows", true, func(c *Core, _ context.Context, _ none) ([]string, error) { return c.Windows(), nil }),
	command("webview", "get_all_webviews", true, func(c *Core, _ context.Context, _ none) ([]webviewInfo, error) { return c.webviewInfos(), nil }),
	getter("title", func(w *Window) string { return w.State().Title }),
	getter("scale_factor", (*Window).Scale),
	getter("inner_size", func(w *Window) pixels { o := w.Observed(); return pixels{o.Width, o.Height} }),
	getter("outer_size", func(w *Window) pixels { o := w.Observed(); return pixels{o.OuterWidth, o.OuterHeight} }),
	getter("inner_position", func(w *Window) point { o := w.Observed(); return point{o.InnerX, o.InnerY} }),
	getter("outer_position", func(w *Window) point { o := w.Observed(); return point{o.X, o.Y} }),
	getter("is_fullscreen", func(w *Window) bool { return w.Observed().Fullscreen }),
	getter("is_minimized", func(w *Window) bool { return w.Observed().Minimized }),
	getter("is_maximized", func(w *Window) bool { return w.Observed().Maximized }),
	getter("is_focused", func(w *Window) bool { return w.Observed().Focused }),
	getter("is_visible", func(w *Window) bool { return w.Observed().Visible }),
	getter("is_decorated", func(w *Window) bool { return w.State().Decorated }),
	getter("is_resizable", func(w *Window) bool { return w.State().Resizable }),
	getter("is_closable", func(w *Window) bool { return w.State().Closable }),
	getter("is_always_on_top", func(w *Window) bool { return w.State().AlwaysOnTop }),
	getter("is_enabled", func(w *Window) bool { return !w.State().Disabled }),
	getter("is_maximizable", func(w *Window) bool { return !w.State().NoMaximize }),
	getter("is_minimizable", func(w *Window) bool { return !w.State().NoMinimize }),
	getter("theme", (*Window).Theme),
	setter("set_title", func(s *wire.WindowState, v string) { s.Title = v }),
	setter("set_resizable", func(s *wire.WindowState, v bool) { s.Resizable = v }),
	setter("set_decorations", func(s *wire.WindowState, v bool) { s.Decorated = v }),
	setter("set_fullscreen", func(s *wire.WindowState, v bool) { s.Fullscreen = v }),
	setter("set_always_on_top", func(s *wire.WindowState, v bool) { s.AlwaysOnTop = v }),
	setter("set_always_on_bottom", func(s *wire.WindowState, v bool) { s.AlwaysOnBottom = v }),
	setter("set_maximizable", func(s *wire.WindowState, v bool) { s.NoMaximize = !v }),
	setter("set_minimizable", func(s *wire.WindowState, v bool) { s.NoMinimize = !v }),
	setter("set_closable", func(s *wire.WindowState, v bool) { s.Closable = v }),
	setter("set_enabled", func(s *wire.WindowState, v bool) { s.Disabled = !v }),
	setter("set_focusable", func(s *wire.WindowState, v bool) { s.Focusable = v }),
	setter("set_skip_taskbar", func(s *wire.WindowState, v bool) { s.SkipTaskbar = v }),
	setter("set_visible_on_all_workspaces", func(s *wire.WindowState, v bool) { s.AllWorkspaces = v }),
	setter("set_shadow", func(s *wire.WindowState, v bool) { s.NoShadow = !v }),
	setter("set_content_protected", func(s *wire.WindowState, v bool) { s.ContentProtected = v }),
	setter("set_simple_fullscreen", func(s *wire.WindowState, v bool) { s.Fullscreen = v }),
	setter("set_ignore_cursor_events", func(s *wire.WindowState, v bool) { s.IgnoreCursor = v }),
	setter("set_cursor_visible", func(s *wire.WindowState, v bool) { s.CursorHidden = !v }),
	setter("set_cursor_grab", func(s *wire.WindowState, v bool) { s.CursorGrab = v }),
	setter("set_cursor_icon", func(s *wire.WindowState, v string) { s.Cursor = cursorName(v) }),
	doer("show", update(func(s *wire.WindowState) { s.Visible = true })),
	doer("hide", update(func(s *wire.WindowState) { s.Visible = false })),
	doer("maximize", update(func(s *wire.WindowState) { s.Maximized = true })),
	doer("unmaximize", update(func(s *wire.WindowState) { s.Maximized = false })),
	doer("toggle_maximize", update(toggleMaximize)),
	doer("internal_toggle_maximize", update(func(s *wire.WindowState) {
		if s.Resizable && (s.Maximized || !s.NoMaximize) {
			toggleMaximize(s)
		}
	})),
	doer("minimize", update(func(s *wire.WindowState) { s.Minimized = true })),
	doer("unminimize", update(func(s *wire.WindowState) { s.Minimized = false })),
	doer("set_focus", (*Window).Focus),
	doer("start_dragging", action(wire.ActionDrag)),
	doer("center", action(wire.ActionCenter)),
	doer("close", func(w *Window, _ context.Context) error { w.pageWantsClose(); return nil }),
	doer("destroy", func(w *Window, _ context.Context) error { go w.Destroy(); return nil }),
}

func toggleMaximize(s *wire.WindowState) { s.Maximized = !s.Maximized }

type webviewInfo struct {
	Window string `json:"windowLabel"`
	Label  string `json:"label"`
}

func (c *Core) webviewInfos() []webviewInfo {
	views, windows := c.Webviews()
	var infos []webviewInfo
	for i := range views {
		infos = append(infos, webviewInfo{windows[i], views[i]})
	}
	return infos
}
