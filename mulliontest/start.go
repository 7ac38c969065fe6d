package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/host"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// App is an app that runs without windows. Windows that it opens exist for it,
// with the state that it gives them; nothing is shown, and no script of a page
// runs: the test is the script, see [App.Page].
type App struct {
	*mullion.App
	r       *running
	engines *engines

	mu    sync.Mutex
	pages map[string]*Page // guarded by mu; by the label of the webview
}

// Start runs an app without windows until the test ends. The function is the
// one that main gives to [mullion.Main], or one that makes an app for the test;
// it must pass its context to [mullion.App.Run]. Start returns when the windows
// of the configuration are open.
//
// There is no session bus: the app finds no tray and no notifications. Dialogs
// go to [App.Dialog].
func Start(t testing.TB, run func(ctx context.Context) error, o *Options) *App {
	t.Helper()
	// Whoever runs the tests must not see what the app shows.
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+os.DevNull)
	a := &App{engines: &engines{all: map[string]*fake.Engine{}}, pages: map[string]*Page{}}
	a.r = begin(t, run, o.orZero(), true, core.Substitutes{Launch: a.engines.launch, Unconfined: true})
	a.App = a.r.app
	if a.App == nil {
		t.Fatalf("run returned without a call of App.Run: %v", a.r.err)
	}
	if a.r.ended() && a.r.err != nil {
		t.Fatal(a.r.whyEnded())
	}
	return a
}

// Page returns what is loaded in the window of that label, or in a webview that
// was added to one. It waits until that is open.
func (a *App) Page(label string) *Page {
	a.r.t.Helper()
	a.mu.Lock()
	p := a.pages[label]
	if p == nil {
		p = newPage(a, label)
		a.pages[label] = p
	}
	a.mu.Unlock()
	a.r.until(fmt.Sprintf("page %q", label), p.connect)
	return p
}

// Listen hears each event of that name, whoever it is for.
func (a *App) Listen(event string) *Listener { return listenCore(a.r, event) }

// State reads the value of a state of that name into v.
func (a *App) State(name string, v any) { a.r.t.Helper(); a.r.state(name, v) }

// Dialog waits for the next dialog that the app shows.
func (a *App) Dialog() *Dialog { a.r.t.Helper(); return a.r.nextDialog() }

// Links returns the addresses that were to be opened with the programs of the
// user, such as the browser: by [mullion.App.OpenURL], [mullion.App.OpenExternal]
// and [mullion.App.RevealFiles], where files are file: addresses, and by links.
func (a *App) Links() []string { return a.r.links.opened() }

// Log returns what the app has logged so far. It is empty for an app that sets
// [mullion.Options.Logger].
func (a *App) Log() string { return a.r.log.String() }

// Stop ends the app before the test does, and returns what run has returned.
func (a *App) Stop() error { a.r.t.Helper(); return a.r.stop() }

// engines are those of hosts in this process.
type engines struct {
	mu  sync.Mutex
	all map[string]*fake.Engine // guarded by mu; by the name of the host
}

// launch runs a host in this process, on an engine in memory.
func (e *engines) launch(_ context.Context, l core.Launch) (core.Child, error) {
	engine := fake.New()
	e.mu.Lock()
	e.all[l.Name] = engine
	e.mu.Unlock()
	conn, end := wire.Pipe()
	return inProcess(conn, func() { engine.Quit(); end.Close() }, func() {
		defer engine.End() // a host that is killed early never gets as far as Run
		_ = host.Run(end, engine)
	}), nil
}

// find returns the webview of that label.
func (e *engines) find(label string) (*fake.Webview, error) {
	e.mu.Lock()
	all := slices.Collect(maps.Values(e.all))
	e.mu.Unlock()
	var labels []string
	for _, engine := range all {
		for _, id := range engine.Webviews() {
			v := engine.Webview(id)
			if v == nil {
				continue
			}
			l := v.State().Label
			if l == label {
				return v, nil
			}
			labels = append(labels, l)
		}
	}
	slices.Sort(labels)
	return nil, fmt.Errorf("there is no window or webview of that label; there are %q", labels)
}

// child is a process of the app that is none.
type child struct {
	conn *wire.Conn
	kill func()
	done chan struct{}
}

func inProcess(conn *wire.Conn, kill, run func()) *child {
	c := &child{conn: conn, kill: kill, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		run()
	}()
	return c
}

// Conn implements core.Child.
func (c *child) Conn() *wire.Conn { return c.conn }

// Proxy implements core.Child.
func (c *child) Proxy() net.Listener { return nil }

// Status implements core.Child.
func (c *child) Status() []sandbox.Status { return nil }

// PID implements core.Child.
func (c *child) PID() int { return os.Getpid() }

// Kill implements core.Child.
func (c *child) Kill() { c.kill() }

// Wait implements core.Child.
func (c *child) Wait() supervise.Ending {
	<-c.done
	return supervise.Ending{Kind: supervise.Killed}
}

var errNotLoaded = errors.New("its page is not loaded")
