package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// variant is one run of the tests.
type variant struct {
	// name is what the tests know it by, see Run in harness.ts.
	name string
	// global takes the modules from window.__TAURI__ instead of the package.
	global bool
	// intercept puts an interceptor before everything.
	intercept bool
}

var variants = []variant{
	{name: "package"},
	{name: "global", global: true, intercept: true},
}

// house is the app that the tests run in: commands whose answers the tests
// know, and ways to do things to windows.
type house struct {
	*e2e.App
	t         *testing.T
	variant   variant
	published *published
	dir       string // of files
	tray      *session.Tray
	dock      *session.Dock
	scale     *e2e.DesktopSettings
	screen    *display.Screen

	mu      sync.Mutex
	keep    map[string]bool                     // guarded by mu; windows that the app does not let go
	kept    map[string]ipc.Channel              // guarded by mu; channels of commands that have returned
	hangs   map[string]*hang                    // guarded by mu
	heard   map[string][]heard                  // guarded by mu; events that reached the app
	changed chan struct{}                       // guarded by mu; closed and replaced when one of these has
	plugins map[string]map[listener]ipc.Channel // guarded by mu; by plugin
	lacking map[string]string                   // guarded by mu; why options have no effect, by row
	loads   map[string]int                      // guarded by mu; how often a window has loaded its page
}

type hang struct {
	ended bool
	cause string
}

type heard struct {
	From    string         `json:"from"`
	Payload jsontext.Value `json:"payload"`
}

type listener struct {
	event string
	id    uint32
}

type none = struct{}

// page is what windows load: it tells that it did before it takes tests.
const page = `<!doctype html>
<meta charset="utf-8">
<title>conformance</title>
<body>
<script type="module" src="/load.js"></script>
`

const load = `await window.__TAURI_INTERNALS__.invoke('loaded');
await import('/runner.js');
`

// windowPermissions are those of the namespace window that are no defaults.
var windowPermissions = strings.Fields(`
	center create hide maximize minimize request-user-attention set-always-on-bottom set-always-on-top set-background-color
	set-badge-count set-badge-label set-closable set-content-protected set-cursor-grab set-cursor-icon set-cursor-position
	set-cursor-visible set-decorations set-effects set-enabled set-focus set-focusable set-fullscreen set-fullscreen-on-monitor
	set-icon set-ignore-cursor-events set-max-size set-maximizable set-min-size set-minimizable set-overlay-icon set-position
	set-progress-bar set-resizable set-shadow set-simple-fullscreen set-size set-size-constraints set-skip-taskbar set-theme
	set-title set-title-bar-style set-visible-on-all-workspaces show start-dragging start-resize-dragging toggle-maximize
	unmaximize unminimize
`)

// webviewPermissions are those of the namespace webview that are no defaults.
var webviewPermissions = strings.Fields(`
	clear-all-browsing-data create-webview create-webview-window print reparent set-webview-auto-resize
	set-webview-background-color set-webview-focus set-webview-position set-webview-size set-webview-zoom webview-close
	webview-hide webview-show
`)

// frame is a page without a bridge: it is shown in a frame only.
const frame = `<!doctype html>
<meta charset="utf-8">
<script type="module" src="/frame.js"></script>
`

const frameScript = `window.conformance = await import('/conformance.js');
`

// startHouse starts the app with two windows, main and second.
func startHouse(t *testing.T, v variant, bundle string, p *published) *house {
	h := &house{
		t: t, variant: v, published: p, dir: t.TempDir(),
		keep: map[string]bool{}, kept: map[string]ipc.Channel{}, hangs: map[string]*hang{}, heard: map[string][]heard{},
		changed: make(chan struct{}), plugins: map[string]map[listener]ipc.Channel{}, loads: map[string]int{},
		lacking: map[string]string{},
	}
	h.writePictures()
	bus := session.StartBus(t)
	h.tray, h.dock, h.scale = bus.StartTray(), bus.StartDock(), e2e.NewDesktopSettings(t)
	h.screen = display.Open(t)
	commands := h.commands()
	permissions := []any{"core:default", "core:window:allow-close", "core:window:allow-destroy", "older:default"}
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		if name != "forbidden" {
			permissions = append(permissions, "allow-"+strings.ReplaceAll(name, "_", "-"))
		}
	}
	permissions = append(permissions, "allow-folder", "core:app:allow-app-show", "core:app:allow-app-hide", "core:app:allow-set-dock-visibility",
		"core:app:allow-set-app-theme", "core:app:allow-fetch-data-store-identifiers", "core:app:allow-remove-data-store",
		"core:app:allow-default-window-icon")
	for _, name := range []string{"register-listener", "remove-listener", "trigger", "check-permissions", "request-permissions"} {
		permissions = append(permissions, "test:allow-"+name)
	}
	for _, name := range windowPermissions {
		permissions = append(permissions, "core:window:allow-"+name)
	}
	for _, name := range webviewPermissions {
		permissions = append(permissions, "core:webview:allow-"+name)
	}
	permissions = append(permissions, h.userPermissions()...)
	conf := fmt.Sprintf(`{"app": {
		"withGlobalTauri": %t,
		"security": {"assetProtocol": {"enable": true, "scope": [%q]}},
		"windows": [
			{"label": "main", "title": "main", "url": "conformance.html", "width": 600, "height": 400},
			{"label": "second", "title": "second", "url": "conformance.html", "width": 300, "height": 200}
		]
	}}`, v.global, filepath.ToSlash(filepath.Join(h.dir, "inside"))+"/**")
	files := map[string]string{"conformance.html": page, "load.js": load, "frame.html": frame, "frame.js": frameScript, "conformance.js": bundle}
	if v.global {
		files["tauri.global.js"] = globals(t)
	}
	h.App = e2e.Start(t, e2e.Options{
		Config:      conf,
		Permissions: permissions,
		Files:       files,
		Setup: func(a *mullion.App) {
			for name, c := range commands {
				a.HandleRaw(name, c)
			}
			a.HandleRaw("folder", folder(a))
			h.addPlugins(a)
			a.OnCloseRequested(func(w *mullion.Window) bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return h.keep[w.Label()]
			})
			if v.intercept {
				a.Use(h.race(a))
			}
		},
	})
	return h
}

// writePictures makes a picture that the asset protocol may show, and one
// that it may not.
func (h *house) writePictures() {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		h.t.Fatal(err)
	}
	for _, name := range []string{h.inside(), h.outside()} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			h.t.Fatal(err)
		}
		if err := os.WriteFile(name, picture.Bytes(), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *house) inside() string  { return filepath.Join(h.dir, "inside", "ж 50% a?b#c&d+e.png") }
func (h *house) outside() string { return filepath.Join(h.dir, "outside.png") }

// race passes everything on. Between the registration of a listener of an
// event named "race-…" and the answer that tells the page of it, it sends
// that event twice.
func (h *house) race(a *mullion.App) ipc.Interceptor {
	return func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		r, err := next(ctx, m)
		if err == nil && m.Name == "plugin:event|listen" {
			var args struct {
				Event string `json:"event"`
			}
			if json.Unmarshal(m.Args, &args) == nil && strings.HasPrefix(args.Event, "race-") {
				err = errors.Join(a.Emit(ctx, args.Event, "early"), a.Emit(ctx, args.Event, "early too"))
			}
		}
		return r, err
	}
}

// change runs f under the lock and wakes those who wait for what it changed.
func (h *house) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait waits until f, which is called under the lock, reports true.
func (h *house) wait(ctx context.Context, f func() bool) error {
	for {
		h.mu.Lock()
		done, changed := f(), h.changed
		h.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// handler makes a handler of an ordinary function.
func handler[A, R any](f func(context.Context, A) (R, error)) ipc.Handler {
	h, err := ipc.Typed(f)
	if err != nil {
		panic(err)
	}
	return h
}

// folder tells where the app has a folder; null if nowhere.
func folder(a *mullion.App) ipc.Handler {
	return handler(func(_ context.Context, args struct {
		Directory mullion.BaseDirectory `json:"directory"`
	}) (*string, error) {
		dir, err := a.Dir(args.Directory)
		if errors.Is(err, mullion.ErrNoDirectory) {
			return nil, nil
		}
		return &dir, err
	})
}

// pattern is what the tests expect of bytes.
func pattern(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

type channelArgs struct {
	Channel mullion.Channel[jsontext.Value] `json:"channel"`
	N       int                             `json:"n,omitzero"`
	Key     string                          `json:"key,omitzero"`
	Values  []jsontext.Value                `json:"values,omitzero"`
	End     bool                            `json:"end,omitzero"`
}

type bytesArgs struct {
	Channel byteChannel `json:"channel"`
	Sizes   []int       `json:"sizes"`
	End     bool        `json:"end,omitzero"`
}

// byteChannel is a channel for bytes and JSON.
type byteChannel struct{ ipc.Channel }

func (c *byteChannel) SetChannel(ch ipc.Channel) { c.Channel = ch }

type nestedArgs struct {
	Options struct {
		Items []struct {
			ID      string                   `json:"id"`
			Handler *mullion.Channel[string] `json:"handler,omitzero"`
		} `json:"items"`
	} `json:"options"`
}

type typedArgs struct {
	Text   string  `json:"text"`
	Count  int     `json:"count"`
	Option *string `json:"option"`
}

type tokenArgs struct {
	Token string `json:"token"`
}

type labelArgs struct {
	Label string `json:"label"`
}

// commands are those of the app, by name.
func (h *house) commands() map[string]ipc.Handler {
	commands := map[string]ipc.Handler{
		"describe":  describe,
		"give":      give,
		"fail":      fail,
		"forbidden": handler(func(context.Context, none) (none, error) { return none{}, nil }),
		"nothing":   handler(func(context.Context, none) (none, error) { return none{}, nil }),
		"panic":     handler(func(context.Context, none) (none, error) { panic("on purpose") }),
		"typed":     handler(func(_ context.Context, a typedArgs) (typedArgs, error) { return a, nil }),
		"raw_echo":  handler(func(_ context.Context, b []byte) ([]byte, error) { return b, nil }),
		"bytes": handler(func(_ context.Context, a struct {
			Size   int  `json:"size"`
			Stream bool `json:"stream,omitzero"`
		}) (ipc.Result, error) {
			if a.Stream {
				return ipc.Result{Stream: io.NopCloser(bytes.NewReader(pattern(a.Size))), StreamSize: -1}, nil
			}
			return ipc.Result{Bytes: pattern(a.Size)}, nil
		}),
		"text": handler(func(_ context.Context, a struct {
			Size int `json:"size"`
		}) (string, error) {
			return strings.Repeat("x", a.Size), nil
		}),
		"header_values": handler(func(ctx context.Context, a struct {
			Names []string `json:"names"`
		}) (map[string]*string, error) {
			m, _ := ipc.MessageFrom(ctx)
			values := map[string]*string{}
			for _, n := range a.Names {
				values[n] = nil
				if v, ok := m.Header.Get(n); ok {
					values[n] = &v
				}
			}
			return values, nil
		}),
	}
	maps.Copy(commands, h.channelCommands())
	maps.Copy(commands, h.eventCommands())
	maps.Copy(commands, h.windowCommands())
	maps.Copy(commands, h.trayCommands())
	maps.Copy(commands, h.mouseCommands())
	maps.Copy(commands, h.optionCommands())
	return commands
}

// describe tells what it was called with.
func describe(_ context.Context, m *ipc.Message) (ipc.Result, error) {
	args, numbers, headers := jsontext.Value("null"), (*[]int)(nil), [][2]string{}
	if m.Args != nil {
		args = m.Args
	}
	if m.Body != nil {
		b, err := io.ReadAll(m.Body)
		if err != nil {
			return ipc.Result{}, err
		}
		list := make([]int, len(b))
		for i := range b {
			list[i] = int(b[i])
		}
		numbers = &list
	}
	for _, f := range m.Header {
		headers = append(headers, [2]string{f.Name, f.Value})
	}
	out, err := json.Marshal(struct {
		Args    jsontext.Value `json:"args"`
		Bytes   *[]int         `json:"bytes"`
		Headers [][2]string    `json:"headers"`
	}{args, numbers, headers})
	return ipc.Result{JSON: out}, err
}

// value reads the argument of that name as it is, null included.
func value(m *ipc.Message, name string) (jsontext.Value, bool) {
	var args map[string]jsontext.Value
	if json.Unmarshal(m.Args, &args) != nil {
		return nil, false
	}
	v, ok := args[name]
	return v, ok
}

// give returns its argument.
func give(_ context.Context, m *ipc.Message) (ipc.Result, error) {
	v, ok := value(m, "value")
	if !ok {
		return ipc.Result{}, errors.New("no value")
	}
	return ipc.Result{JSON: v}, nil
}

// fail fails with a text or with a value.
func fail(_ context.Context, m *ipc.Message) (ipc.Result, error) {
	if v, ok := value(m, "value"); ok {
		return ipc.Result{}, mullion.ErrorValue(v, errors.New("with a value"))
	}
	text, _ := value(m, "text")
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return ipc.Result{}, err
	}
	return ipc.Result{}, errors.New(s)
}

func (h *house) channelCommands() map[string]ipc.Handler {
	send := func(ctx context.Context, c ipc.Channel, sizes []int, mixed bool) error {
		for i, n := range sizes {
			if mixed {
				if err := c.Send(ctx, jsontext.Value(fmt.Sprint(i))); err != nil {
					return err
				}
			}
			if err := c.SendBytes(ctx, pattern(n)); err != nil {
				return err
			}
		}
		return nil
	}
	return map[string]ipc.Handler{
		"count": handler(func(ctx context.Context, a channelArgs) (none, error) {
			for i := range a.N {
				if err := a.Channel.Send(ctx, jsontext.Value(fmt.Sprint(i))); err != nil {
					return none{}, err
				}
			}
			if a.End {
				return none{}, a.Channel.Close()
			}
			return none{}, nil
		}),
		"send": handler(func(ctx context.Context, a channelArgs) (none, error) {
			for _, v := range a.Values {
				if err := a.Channel.Send(ctx, v); err != nil {
					return none{}, err
				}
			}
			return none{}, nil
		}),
		"send_bytes": handler(func(ctx context.Context, a bytesArgs) (none, error) {
			err := send(ctx, a.Channel, a.Sizes, false)
			if err == nil && a.End {
				err = a.Channel.Close()
			}
			return none{}, err
		}),
		"send_mixed": handler(func(ctx context.Context, a bytesArgs) (none, error) {
			return none{}, send(ctx, a.Channel, a.Sizes, true)
		}),
		"send_nested": handler(func(ctx context.Context, a nestedArgs) (none, error) {
			for _, item := range a.Options.Items {
				if item.Handler == nil {
					continue
				}
				if err := item.Handler.Send(ctx, item.ID); err != nil {
					return none{}, err
				}
			}
			return none{}, nil
		}),
		"keep": handler(func(_ context.Context, a struct {
			Channel byteChannel `json:"channel"`
			Key     string      `json:"key"`
		}) (none, error) {
			h.change(func() { h.kept[a.Key] = a.Channel.Channel })
			return none{}, nil
		}),
		"send_kept": handler(func(ctx context.Context, a struct {
			Key    string           `json:"key"`
			Values []jsontext.Value `json:"values"`
			End    bool             `json:"end,omitzero"`
		}) (none, error) {
			h.mu.Lock()
			c := h.kept[a.Key]
			h.mu.Unlock()
			if c == nil {
				return none{}, fmt.Errorf("no channel %q", a.Key)
			}
			for _, v := range a.Values {
				if err := c.Send(ctx, v); err != nil {
					return none{}, err
				}
			}
			if a.End {
				return none{}, c.Close()
			}
			return none{}, nil
		}),
		"hang": handler(func(ctx context.Context, a tokenArgs) (none, error) {
			h.change(func() { h.hangs[a.Token] = &hang{} })
			<-ctx.Done()
			h.change(func() { *h.hangs[a.Token] = hang{true, context.Cause(ctx).Error()} })
			return none{}, ctx.Err()
		}),
		"hang_began": handler(func(ctx context.Context, a tokenArgs) (none, error) {
			return none{}, h.wait(ctx, func() bool { return h.hangs[a.Token] != nil })
		}),
		"hang_ended": handler(func(ctx context.Context, a tokenArgs) (cause string, err error) {
			err = h.wait(ctx, func() bool {
				k := h.hangs[a.Token]
				if k != nil {
					cause = k.cause
				}
				return k != nil && k.ended
			})
			return cause, err
		}),
		"hang_known": handler(func(_ context.Context, a tokenArgs) (bool, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.hangs[a.Token] != nil, nil
		}),
	}
}

func (h *house) eventCommands() map[string]ipc.Handler {
	type emitArgs struct {
		Event   string          `json:"event"`
		Target  *mullion.Target `json:"target"`
		Payload jsontext.Value  `json:"payload"`
	}
	type burstArgs struct {
		Event string `json:"event"`
		N     int    `json:"n,omitzero"`
	}
	return map[string]ipc.Handler{
		"core_emit": handler(func(ctx context.Context, a emitArgs) (none, error) {
			if a.Target == nil {
				return none{}, h.Emit(ctx, a.Event, a.Payload)
			}
			return none{}, h.EmitTo(ctx, *a.Target, a.Event, a.Payload)
		}),
		"burst": handler(func(ctx context.Context, a burstArgs) (none, error) {
			for i := range a.N {
				if err := h.Emit(ctx, a.Event, i); err != nil {
					return none{}, err
				}
			}
			return none{}, nil
		}),
		"core_listen": handler(func(_ context.Context, a burstArgs) (none, error) {
			h.On(a.Event, func(_ context.Context, e mullion.Event) {
				h.change(func() { h.heard[a.Event] = append(h.heard[a.Event], heard{e.From.Window, e.Payload}) })
			})
			return none{}, nil
		}),
		"core_heard": handler(func(ctx context.Context, a burstArgs) (list []heard, err error) {
			err = h.wait(ctx, func() bool {
				list = slices.Clone(h.heard[a.Event])
				return len(list) >= a.N
			})
			return list, err
		}),
	}
}

func (h *house) windowCommands() map[string]ipc.Handler {
	return map[string]ipc.Handler{
		"info": handler(func(context.Context, none) (any, error) {
			return map[string]any{"run": h.variant.name, "inside": h.inside(), "outside": h.outside(), "exports": h.published.Modules, "methods": h.published.Methods}, nil
		}),
		"loaded": handler(func(ctx context.Context, _ none) (none, error) {
			c, _ := mullion.CallerFrom(ctx)
			h.change(func() { h.loads[c.Window]++ })
			return none{}, nil
		}),
		"remote": handler(func(ctx context.Context, a struct {
			Label    string         `json:"label"`
			Helper   string         `json:"helper"`
			Argument jsontext.Value `json:"argument,omitzero"`
		}) (v jsontext.Value, err error) {
			if a.Argument == nil {
				a.Argument = jsontext.Value("null")
			}
			err = h.Page(a.Label).RunContext(ctx, fmt.Sprintf(
				"const { helpers } = await import('/conformance.js');\nreturn await helpers.get(%q)(%s)", a.Helper, a.Argument), &v)
			if v == nil {
				v = jsontext.Value("null")
			}
			return v, err
		}),
		"open": handler(func(ctx context.Context, a labelArgs) (none, error) {
			before := h.loadsOf(a.Label)
			o := h.WindowOptions(a.Label)
			o.URL, o.Title, o.Width, o.Height = "conformance.html", a.Label, 300, 200
			if _, err := h.OpenWindow(ctx, o); err != nil {
				return none{}, err
			}
			return none{}, h.loadedSince(ctx, a.Label, before)
		}),
		"page_loaded": handler(func(ctx context.Context, a labelArgs) (none, error) {
			return none{}, h.loadedSince(ctx, a.Label, 0)
		}),
		"reload": handler(func(ctx context.Context, a labelArgs) (none, error) {
			before := h.loadsOf(a.Label)
			w, err := h.Window(a.Label)
			if err == nil {
				err = w.Reload(ctx)
			}
			if err == nil {
				err = h.loadedSince(ctx, a.Label, before)
			}
			return none{}, err
		}),
		"gone": handler(func(ctx context.Context, a labelArgs) (none, error) {
			w, err := h.Window(a.Label)
			if err != nil {
				return none{}, nil
			}
			select {
			case <-w.Done():
				return none{}, nil
			case <-ctx.Done():
				return none{}, ctx.Err()
			}
		}),
		"settled": handler(h.settled),
		"window":  handler(h.act),
	}
}

func (h *house) loadsOf(label string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.loads[label]
}

func (h *house) loadedSince(ctx context.Context, label string, before int) error {
	return h.wait(ctx, func() bool { return h.loads[label] > before })
}

// settled gives the closing of a window the time that opening another one
// takes: the Core decides right after it has sent close-requested, so that a
// window that should stay and does not is gone by then.
func (h *house) settled(ctx context.Context, _ none) (none, error) {
	label := fmt.Sprintf("settle-%d", time.Now().UnixNano())
	o := h.WindowOptions(label)
	o.URL, o.Width, o.Height, o.Hidden = "conformance.html", 100, 100, true
	w, err := h.OpenWindow(ctx, o)
	if err == nil {
		w.Close()
	}
	return none{}, err
}

// act does something to a window.
func (h *house) act(ctx context.Context, a struct {
	Label     string  `json:"label"`
	Operation string  `json:"operation"`
	A         float64 `json:"a"`
	B         float64 `json:"b"`
}) (none, error) {
	w, err := h.Window(a.Label)
	if err != nil {
		if a.Operation == "destroy" {
			err = nil
		}
		return none{}, err
	}
	switch a.Operation {
	case "resize":
		err = w.SetSize(ctx, a.A, a.B)
	case "move":
		err = w.SetPosition(ctx, a.A, a.B)
	case "focus":
		err = h.focus(ctx, w)
	case "destroy":
		w.Close()
	case "keep":
		h.change(func() { h.keep[a.Label] = a.A != 0 })
	case "user close":
		err = h.userClose(ctx, w)
	default:
		err = fmt.Errorf("unknown operation %q", a.Operation)
	}
	return none{}, err
}

// focus gives a window the keyboard. The window manager decides about that;
// it has when the host has seen it. The host may have seen it long ago: the
// server says who has it now.
func (h *house) focus(ctx context.Context, w *mullion.Window) error {
	if err := w.Focus(ctx); err != nil {
		return err
	}
	return e2e.WaitFor(e2e.Timeout, func() error {
		if !w.Geometry().Focused {
			return fmt.Errorf("window %q does not get the focus", w.Label())
		}
		id, err := h.screen.Focused()
		if err != nil {
			return err
		}
		if on, err := h.screen.Look(id); err != nil || on.Title != w.Title() {
			return fmt.Errorf("the window %q has the focus, not %q: %v", on.Title, w.Title(), err)
		}
		return nil
	})
}

// userClose closes a window as a user does, by a key of the window manager.
func (h *house) userClose(ctx context.Context, w *mullion.Window) error {
	if err := h.focus(ctx, w); err != nil {
		return err
	}
	return h.screen.Press("alt+F4")
}

// addPlugins adds a plugin with all commands that the package knows of, and
// one that has the older name of one of them.
func (h *house) addPlugins(a *mullion.App) {
	a.AddPlugin(plugin.Plugin{Name: "test", Commands: plugin.Commands{
		"register_listener": h.registerListener("test"),
		"remove_listener":   h.removeListener("test"),
		"trigger":           h.trigger("test"),
		"check_permissions": plugin.Typed(func(context.Context, none) (map[string]string, error) {
			return map[string]string{"camera": "prompt", "location": "prompt-with-rationale"}, nil
		}),
		"request_permissions": plugin.Typed(func(context.Context, none) (map[string]string, error) {
			return map[string]string{"camera": "granted", "location": "denied"}, nil
		}),
		"secret": plugin.Typed(func(context.Context, none) (none, error) { return none{}, nil }),
	}})
	a.AddPlugin(plugin.Plugin{
		Name: "older", Default: []string{"allow-registerListener", "allow-remove-listener", "allow-trigger"},
		Commands: plugin.Commands{
			"registerListener": h.registerListener("older"),
			"remove_listener":  h.removeListener("older"),
			"trigger":          h.trigger("older"),
		},
	})
}

func (h *house) registerListener(name string) plugin.Command {
	return plugin.Typed(func(ctx context.Context, a struct {
		Event   string `json:"event"`
		Handler string `json:"handler"`
	}) (none, error) {
		id, err := ipc.ParseChannel(a.Handler)
		if err != nil {
			return none{}, err
		}
		m, _ := ipc.MessageFrom(ctx)
		c, err := m.Channels.OpenChannel(id)
		if err != nil {
			return none{}, err
		}
		h.change(func() {
			if h.plugins[name] == nil {
				h.plugins[name] = map[listener]ipc.Channel{}
			}
			h.plugins[name][listener{a.Event, id}] = c
		})
		return none{}, nil
	})
}

func (h *house) removeListener(name string) plugin.Command {
	return plugin.Typed(func(_ context.Context, a struct {
		Event string `json:"event"`
		ID    uint32 `json:"channelId"`
	}) (none, error) {
		var c ipc.Channel
		h.change(func() {
			key := listener{a.Event, a.ID}
			c = h.plugins[name][key]
			delete(h.plugins[name], key)
		})
		if c == nil {
			return none{}, errors.New("no such listener")
		}
		return none{}, c.Close()
	})
}

// trigger sends an event of a plugin and tells how many listeners it has.
func (h *house) trigger(name string) plugin.Command {
	return plugin.Typed(func(ctx context.Context, a struct {
		Event   string         `json:"event"`
		Payload jsontext.Value `json:"payload"`
	}) (int, error) {
		h.mu.Lock()
		listeners := maps.Clone(h.plugins[name])
		h.mu.Unlock()
		n := 0
		for l, c := range listeners {
			if l.event == a.Event {
				n++
				if err := c.Send(ctx, a.Payload); err != nil {
					return n, err
				}
			}
		}
		return n, nil
	})
}
