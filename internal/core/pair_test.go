package core_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/host"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is a Core whose hosts run in this process, on engines in memory.
type pair struct {
	*core.Core
	t   testing.TB
	ran chan error

	mu      sync.Mutex
	engines map[string][]*fake.Engine // guarded by mu; by host name, the last is the living one
	// initErr is what new engines fail with.
	initErr error // guarded by mu
	// launchErr is what starts of hosts fail with.
	launchErr error // guarded by mu
	// draws and deadly are those of new engines, see fake.Engine.
	draws  func(wire.Rendering) bool // guarded by mu
	deadly func(string) bool         // guarded by mu
	// undrawn is set while no engine draws anything.
	undrawn atomic.Bool
	// unloadable is set while no engine loads any page but error pages, and
	// broken while all others break off.
	unloadable, broken atomic.Bool
	// proxied is set where hosts have a proxy.
	proxied atomic.Bool
	// silent is set while engines get no answer from a dev server.
	silent   atomic.Bool
	launches []core.Launch // guarded by mu
	starts   atomic.Int32  // of hosts, also those that failed
	faults   []core.Fault
}

// inProcess is a host that runs in this process.
type inProcess struct {
	conn  *wire.Conn
	kill  func()
	done  chan struct{}
	proxy net.Listener
}

func (c *inProcess) Conn() *wire.Conn    { return c.conn }
func (c *inProcess) Proxy() net.Listener { return c.proxy }

// Status implements core.Child.
func (c *inProcess) Status() []sandbox.Status { return nil }
func (c *inProcess) PID() int                 { return 1 }
func (c *inProcess) Kill()                    { c.kill() }

func (c *inProcess) Wait() supervise.Ending {
	<-c.done
	return supervise.Ending{Kind: supervise.Killed}
}

const limit = 60 * time.Second

// noFolders is an app for plugins that has no folders.
type noFolders struct {
	plugin.App
	log *slog.Logger
}

// Name implements plugin.App.
func (noFolders) Name() string { return "test" }

// Log implements plugin.App.
func (f noFolders) Log() *slog.Logger { return f.log }

// Directory implements plugin.App.
func (noFolders) Directory(string) (string, bool) { return "", false }

// newPair makes a Core; setup may register commands before it runs.
func newPair(t testing.TB, capabilities string, o core.Options, setup func(*core.Core)) *pair {
	t.Helper()
	caps, err := capability.Parse("capabilities/test.json", []byte(capabilities))
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, ran: make(chan error, 1), engines: map[string][]*fake.Engine{}}
	o.ID, o.Name, o.Version, o.Platform, o.Capabilities = "dev.mullion.test", "test", "1.0.0", capability.Linux, caps
	o.StayOpen = true
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	tell := o.OnFault
	o.OnFault = func(f core.Fault) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, f)
		if tell != nil {
			tell(f)
		}
	}
	o.Launch = p.launch
	o.Restarts = supervise.Policy{First: time.Millisecond, Most: 10 * time.Millisecond, Useless: 5, Burst: 1000, Window: time.Hour, Outage: limit}
	o.Manifests = builtin.Own()
	if p.Core, err = core.New(o); err != nil {
		t.Fatal(err)
	}
	desktop := notify.New(notify.App{}, p.Owner())
	desktop.Stop() // whoever runs the tests is shown nothing
	ended, end := context.WithCancel(t.Context())
	end()
	icons := trayicons.New(ended, trayicons.App{})
	for _, b := range builtin.Plugins(builtin.App{Core: p.Core, Notify: desktop, Icons: icons}) {
		if b.Start != nil {
			if err := b.Start(p.Context(), noFolders{log: o.Log}); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range b.Commands {
			if err := p.RegisterBuiltin("plugin:"+b.Name+"|"+name, c.Handler); err != nil {
				t.Fatal(err)
			}
		}
	}
	var own capability.Manifest
	add := func(name string, h ipc.Handler) {
		own.Commands = append(own.Commands, name)
		if err := p.Register(name, h); err != nil {
			t.Fatal(err)
		}
	}
	add("echo", func(_ context.Context, m *ipc.Message) (ipc.Result, error) { return ipc.Result{JSON: m.Args}, nil })
	add("fail", func(context.Context, *ipc.Message) (ipc.Result, error) { return ipc.Result{}, errors.New("it failed") })
	add("panic", func(context.Context, *ipc.Message) (ipc.Result, error) { panic("oh") })
	add("block", func(ctx context.Context, _ *ipc.Message) (ipc.Result, error) {
		<-ctx.Done()
		return ipc.Result{}, context.Cause(ctx)
	})
	if setup != nil {
		setup(p.Core)
	}
	if err := p.Resolve(own); err != nil {
		t.Fatal(err)
	}
	go func() { p.ran <- p.Run(context.Background()) }()
	t.Cleanup(func() {
		p.Quit()
		select {
		case err := <-p.ran:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-await.Hang(context.Background(), limit):
			t.Error("the Core does not end")
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for name, es := range p.engines {
			for _, e := range es {
				for _, m := range e.Misuse() {
					t.Errorf("host %q misused its engine: %s", name, m)
				}
			}
		}
	})
	return p
}

// launch runs a host of its own on a new engine.
func (p *pair) launch(_ context.Context, l core.Launch) (core.Child, error) {
	name := l.Name
	e := fake.New()
	p.starts.Add(1)
	p.mu.Lock()
	if p.launchErr != nil {
		defer p.mu.Unlock()
		return nil, p.launchErr
	}
	coreEnd, hostEnd := wire.Pipe()
	draws := p.draws
	e.InitErr, e.Deadly = p.initErr, p.deadly
	e.Draws = func(r wire.Rendering) bool { return !p.undrawn.Load() && (draws == nil || draws(r)) }
	e.Unloadable = func(address string) bool { return p.unloadable.Load() && !strings.HasPrefix(address, "mullion:") }
	e.Broken = func(address string) bool { return p.broken.Load() && !strings.HasPrefix(address, "mullion:") }
	e.Silent = func(address string) bool { return p.silent.Load() && strings.HasPrefix(address, "http:") }
	p.engines[name] = append(p.engines[name], e)
	p.launches = append(p.launches, l)
	p.mu.Unlock()
	c := &inProcess{conn: coreEnd, done: make(chan struct{})}
	c.kill = func() { e.Quit(); hostEnd.Close() }
	if p.proxied.Load() {
		l, err := net.Listen("unix", filepath.Join(p.t.TempDir(), "proxy"))
		if err != nil {
			return nil, err
		}
		c.proxy = l
	}
	go func() {
		defer close(c.done)
		defer e.End() // a host that is killed early never gets as far as Run
		_ = host.Run(hostEnd, e)
	}()
	return c, nil
}

// hosts returns the names of all hosts that were started.
func (p *pair) hosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.engines))
}

// engine returns the living engine of a host.
func (p *pair) engine(name string) *fake.Engine {
	p.mu.Lock()
	defer p.mu.Unlock()
	es := p.engines[name]
	if len(es) == 0 {
		return nil
	}
	return es[len(es)-1]
}

func wait[T any](t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-await.Hang(context.Background(), limit):
		t.Fatal("nothing came")
	}
	return v
}

// open opens a window and returns its webview, with a document whose bridge
// is up.
func (p *pair) open(label, url string) *page {
	p.t.Helper()
	ctx, cancel := await.Context(p.t.Context(), limit)
	defer cancel()
	w, err := p.OpenWindow(ctx, core.WindowOptions{
		State:   wire.WindowState{Label: label, Title: label, Width: 300, Height: 200, Visible: true, Resizable: true},
		Webview: wire.WebviewState{URL: url},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.page(w)
}

// page waits for the page of a window in the living host and says hello.
func (p *pair) page(w *core.Window) *page {
	p.t.Helper()
	pg := &page{pair: p, window: w}
	pg.find()
	return pg
}

// page acts as the bridge of a document.
type page struct {
	pair   *pair
	window *core.Window
	label  string // of the webview, empty for the window's own
	view   *fake.Webview
	doc    string
	last   int
}

var docs int

func (g *page) find() {
	g.pair.t.Helper()
	g.look()
	g.hello(core.AppOrigin)
}

// look waits until the page is there.
func (g *page) look() {
	t := g.pair.t
	t.Helper()
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	for ctx.Err() == nil {
		for _, name := range g.pair.hosts() {
			e := g.pair.engine(name)
			for _, id := range e.Webviews() {
				v := e.Webview(id)
				if v != nil && v.State().Label == cmp.Or(g.label, g.window.Label()) {
					if _, err := e.WaitWebview(ctx, id); err != nil {
						continue
					}
					g.view = v
					return
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("window %q does not appear", g.window.Label())
}

func (g *page) hello(origin string) {
	g.pair.t.Helper()
	docs++
	g.doc = fmt.Sprintf("%032x", docs)
	g.last = 0
	if got := g.say("h " + g.doc + " " + origin); got != "" {
		g.pair.t.Fatalf("hello: %s", got)
	}
}

// say sends a message of the bridge and returns the answer.
func (g *page) say(text string) string {
	ctx, cancel := await.Context(context.Background(), limit)
	defer cancel()
	answer, err := g.view.Message(ctx, text)
	if err != nil {
		return "error: " + err.Error()
	}
	return answer
}

// call makes a call and returns its answer, see PROTOCOL.md 2.3.
func (g *page) call(json string) string {
	g.last++
	return g.say(fmt.Sprintf("c %s %d - %s", g.doc, g.last, json))
}

const everything = `{"identifier": "all", "windows": ["main*"], "permissions": ["core:default", "allow-echo", "allow-fail", "allow-panic", "allow-block"]}`

func TestCalls(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	for _, test := range []struct {
		name, call, want string
		page             *page
	}{
		{"echo", `["echo",{"x":[1,"жи"]},[]]`, `o{"x":[1,"жи"]}`, main},
		{"no arguments", `["echo",null]`, `onull`, main},
		{"error", `["fail",{}]`, `e"it failed"`, main},
		{"panic", `["panic",{}]`, "e\"internal error in command `panic`\"", main},
		{"unknown", `["nope",{}]`, `e"Command nope not found"`, main},
		{"decision as command", `["plugin:web|camera",{}]`, `e"Command plugin:web|camera not found"`, main},
		{"not JSON", `["echo",`, `e"malformed call`, main},
		{"not a list", `{"cmd":"echo"}`, `e"malformed call`, main},
		{"too few", `["echo"]`, `e"malformed call`, main},
		{"command no string", `[1,{}]`, `e"malformed call`, main},
		{"headers no pairs", `["echo",{},[["a"]]]`, `e"malformed call`, main},
		{"deep", `["echo",` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `]`, `e"malformed call: arguments nest deeper than 256"`, main},
		{"duplicate key", `["echo",{"a":1,"a":2}]`, `e"malformed call`, main},
		{"other window", `["echo",{}]`, `e"Command echo not allowed by ACL`, other},
		{"builtin in other window", `["plugin:app|name",{}]`, `e"Command plugin:app|name not allowed by ACL`, other},
		{"builtin", `["plugin:app|name",{}]`, `o"test"`, main},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.page.call(test.call); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestUnknownCommand: the log says what was meant.
func TestUnknownCommand(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, nil)
	main := p.open("main", "app://localhost/")
	if got, want := main.call(`["ecko",{}]`), `e"Command ecko not found"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := `did you mean \"echo\"?`; !log.contains(want) {
		t.Errorf("the log lacks %s:\n%s", want, log.b.String())
	}
}

func TestAbort(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	answer := make(chan string)
	go func() { answer <- main.say(fmt.Sprintf("c %s 1 - [\"block\",{}]", main.doc)) }()
	main.last = 1
	for {
		// The call may not have begun; giving it up again is harmless.
		main.say("a " + main.doc + " 1")
		select {
		case got := <-answer:
			if !strings.Contains(got, "gave the call up") {
				t.Errorf("got %s", got)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func TestInterceptors(t *testing.T) {
	var mu sync.Mutex
	var log []string
	note := func(name string) ipc.Interceptor {
		return func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Kind == ipc.Command { // and not an event of the window, which may come at any time
				mu.Lock()
				log = append(log, name+" "+m.Name)
				mu.Unlock()
			}
			return next(ctx, m)
		}
	}
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(note("first"), note("second"))
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			switch {
			case m.Kind != ipc.Command:
			case string(m.Args) == `{"change":1}`:
				m.Args = []byte(`{"changed":true}`)
			case string(m.Args) == `{"refuse":1}`:
				return ipc.Result{}, errors.New("refused")
			case string(m.Args) == `{"widen":1}`:
				m.Name = "secret"
			case string(m.Args) == `{"answer":1}`:
				return ipc.Result{JSON: []byte(`"answered"`)}, nil
			}
			return next(ctx, m)
		})
		if err := c.Register("secret", func(context.Context, *ipc.Message) (ipc.Result, error) {
			return ipc.Result{JSON: []byte(`"secret"`)}, nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	main := p.open("main", "app://localhost/")
	for _, test := range []struct{ args, want string }{
		{`{"pass":1}`, `o{"pass":1}`},
		{`{"change":1}`, `o{"changed":true}`},
		{`{"refuse":1}`, `e"refused"`},
		{`{"widen":1}`, `e"Command secret not allowed`},
		{`{"answer":1}`, `o"answered"`},
	} {
		if got := main.call(`["echo",` + test.args + `]`); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.args, got, test.want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(log) != 10 || log[0] != "first echo" || log[1] != "second echo" {
		t.Errorf("interceptors saw %q", log)
	}
}

func TestDecisions(t *testing.T) {
	caps := `[{"identifier": "web", "windows": ["main"], "permissions": [
		{"identifier": "web:allow-navigation", "allow": [{"url": "https://*.example.org"}], "deny": ["https://bad.example.org"]},
		{"identifier": "web:allow-new-window", "allow": ["https://example.org"]}, "web:allow-camera"]}]`
	p := newPair(t, caps, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			switch m.URL {
			case "https://vetoed.example.org/":
				return ipc.Result{}, errors.New("vetoed")
			case "https://elsewhere.org/":
				return ipc.Result{}, nil // tries to allow by not asking
			}
			return next(ctx, m)
		})
	})
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	for _, test := range []struct {
		page *page
		kind wire.DecisionKind
		what string // a URL or a permission
		want bool
	}{
		{main, wire.DecideNavigation, "app://localhost/other.html", true},
		{main, wire.DecideNavigation, "about:blank", true},
		{main, wire.DecideNavigation, "https://a.example.org/x", true},
		{main, wire.DecideNavigation, "https://bad.example.org/", false},
		{main, wire.DecideNavigation, "https://vetoed.example.org/", false},
		{main, wire.DecideNavigation, "https://elsewhere.org/", false},
		{main, wire.DecideNavigation, "https://example.org/", false},
		{main, wire.DecideNavigation, "app://evil/", false},
		{main, wire.DecideNavigation, "javascript:alert(1)", false},
		{main, wire.DecideNavigation, "file:///etc/passwd", false},
		{main, wire.DecideNavigation, "data:text/html,x", false},
		{main, wire.DecideNavigation, "asset://localhost/x", false},
		{main, wire.DecideNavigation, "mullion://localhost/body/1", false},
		{other, wire.DecideNavigation, "https://a.example.org/x", false},
		{main, wire.DecideNewWindow, "https://example.org/", true},
		{main, wire.DecideNewWindow, "https://other.org/", false},
		{main, wire.DecidePermission, "camera", true},
		{main, wire.DecidePermission, "location", false},
		{main, wire.DecidePermission, "made-up", false},
		{other, wire.DecidePermission, "camera", false},
		{main, wire.DecideDownload, "https://example.org/file", false},
		{main, wire.DecideFileChooser, "", false},
	} {
		d := wire.Decision{Kind: test.kind, URL: test.what, MainFrame: true}
		if test.kind == wire.DecidePermission {
			d.URL, d.What = "", test.what
		}
		v, err := test.page.view.Decide(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if v.Allow != test.want {
			t.Errorf("%s: %s %s: got %v", test.page.window.Label(), test.kind, test.what, v.Allow)
		}
	}
}

// TestDataDownload: a link with a download attribute to a data: address is
// refused, and the log says what to do instead.
func TestDataDownload(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Log: logger(log)}, nil)
	g := p.open("main", "app://localhost/")
	v, err := g.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: "data:text/csv,a", MainFrame: true, UserGesture: true})
	if err != nil || v.Allow {
		t.Errorf("got %v, %v", v, err)
	}
	if !log.contains("data: addresses are never navigated to; for a file to download make a Blob") {
		t.Error("the log does not say how to download")
	}
}

// TestHostComesBack checks what a new host is told.
func TestHostComesBack(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/page.html?x=1")
	if err := main.window.Update(t.Context(), func(s *wire.WindowState) { s.Title = "changed" }); err != nil {
		t.Fatal(err)
	}
	old := p.engine("app")
	answer := make(chan string)
	go func() { answer <- main.say(fmt.Sprintf("c %s 1 - [\"block\",{}]", main.doc)) }()
	old.Quit()
	<-answer // whatever it is, it comes
	for p.engine("app") == old {
		time.Sleep(time.Millisecond)
	}
	again := p.page(main.window)
	if got := again.view.State().URL; got != "app://localhost/page.html?x=1" {
		t.Errorf("the page is %s", got)
	}
	if got := again.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
	w, err := p.engine("app").WaitWindow(t.Context(), p.engine("app").Windows()[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := w.State().Title; got != "changed" {
		t.Errorf("title %q", got)
	}
	until(t, "the fault", func() bool { return len(p.kinds()) > 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) != 1 || !p.faults[0].Restarting {
		t.Errorf("faults: %+v", p.faults)
	}
}

// TestNoEngine checks that an engine that cannot work ends the app at once,
// with a text that says why.
func TestNoEngine(t *testing.T) {
	launched := 0
	c, err := core.New(core.Options{
		ID: "x", Platform: capability.Linux, Log: slog.New(slog.DiscardHandler),
		Launch: func(context.Context, core.Launch) (core.Child, error) {
			launched++
			p := &pair{engines: map[string][]*fake.Engine{}, initErr: &backend.InitError{Code: backend.InitLibrary, Err: errors.New("no library"), Hint: "install it"}}
			return p.launch(nil, core.Launch{Name: "app"})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}}); err != nil {
		t.Fatal(err)
	}
	err = c.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install it") || launched != 1 {
		t.Errorf("got %v after %d starts", err, launched)
	}
}

// TestCrashLoop checks that a host that never shows anything is given up.
func TestCrashLoop(t *testing.T) {
	n := 0
	c, err := core.New(core.Options{
		ID: "x", Platform: capability.Linux, Log: slog.New(slog.DiscardHandler),
		Restarts: supervise.Policy{First: time.Microsecond, Most: time.Millisecond, Useless: 3, Burst: 100, Window: time.Hour},
		Launch: func(context.Context, core.Launch) (core.Child, error) {
			n++
			return nil, errors.New("no")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}}); err != nil {
		t.Fatal(err)
	}
	var gaveUp *supervise.Error
	if err := c.Run(t.Context()); !errors.As(err, &gaveUp) || n != 3 {
		t.Errorf("got %v after %d starts", err, n)
	}
}

// TestPopup checks that a page that may open windows gets one, but no window
// that may do more than the page itself.
func TestPopup(t *testing.T) {
	caps := `[{"identifier": "main", "windows": ["main", "weak"], "permissions": [{"identifier": "web:allow-new-window", "allow": ["app://localhost/*", "https://example.org"]}]},
		{"identifier": "strong", "windows": ["main", "popup-*"], "permissions": ["allow-echo", {"identifier": "web:allow-new-window", "allow": ["app://localhost/*", "https://example.org"]}]}]`
	log := &logBuffer{}
	p := newPair(t, caps, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, nil)
	main, weak := p.open("main", "app://localhost/"), p.open("weak", "app://localhost/")
	ask := func(g *page, url string) bool {
		v, err := g.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNewWindow, URL: url})
		if err != nil {
			t.Fatal(err)
		}
		return v.Allow
	}
	if ask(main, "https://evil.org/") {
		t.Error("a window was opened out of scope")
	}
	if !ask(weak, "app://localhost/x") { // allowed, and then judged by what it would get
		t.Error("the decision was refused")
	}
	if !ask(main, "app://localhost/x") {
		t.Error("the decision was refused")
	}
	deadline := time.Now().Add(limit)
	for (len(p.Windows()) < 3 || !log.contains("does not hold: echo")) && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if !log.contains("window not opened") || !log.contains("does not hold: echo") {
		t.Errorf("the log does not say what the weak window lacks:\n%s", log.b.String())
	}
	if got := p.Windows(); len(got) != 3 {
		t.Fatalf("windows %q", got)
	}
}

// logBuffer keeps a log.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), text)
}
