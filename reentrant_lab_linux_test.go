package mullion_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/durable"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/host"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// patience is how long one method may take on a busy machine.
const patience = 30 * time.Second

// lab is an app on an engine in memory, in whose functions methods are called.
type lab struct {
	callback callback
	bus      *session.Bus
	tray     *session.Tray
	notes    *session.Notifications
	buffer   *lockedBuffer
	// job is what the app's function is to do the next time that it is called.
	job atomic.Pointer[func()]

	app     *mullion.App
	ran     chan error
	window  *mullion.Window
	webview *mullion.Webview // in the window, beside its own
	state   *mullion.State[int]
	icon    *mullion.TrayIcon
	last    atomic.Int64 // makes names

	mu      sync.Mutex
	engines map[string]*fake.Engine // guarded by mu; by the name of their host
}

// next is a number that there was not.
func (l *lab) next() int64 { return l.last.Add(1) }

// hook is what each function of the app calls.
func (l *lab) hook() {
	if job := l.job.Swap(nil); job != nil {
		(*job)()
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (l *lab) log() string {
	l.buffer.mu.Lock()
	defer l.buffer.mu.Unlock()
	return l.buffer.b.String()
}

// receivers says where the objects come from whose methods are called.
var receivers = map[string]func(*lab) any{
	"App":      func(l *lab) any { return l.app },
	"Window":   func(l *lab) any { return l.window },
	"Webview":  func(l *lab) any { return l.webview },
	"TrayIcon": func(l *lab) any { return l.icon },
	"State":    func(l *lab) any { return l.state },
	"Worker":   func(*lab) any { return sum },
}

func newLab(t *testing.T, c callback) *lab {
	t.Helper()
	l := &lab{callback: c, buffer: &lockedBuffer{}, bus: session.StartBus(t)}
	l.tray, l.notes = l.bus.StartTray(), l.bus.StartNotifications("actions", "inline-reply")
	t.TempDir() // folders are removed when the app has stopped, not before
	t.Cleanup(func() { l.stop(t) })
	l.start(t)
	return l
}

func (l *lab) stop(t *testing.T) {
	if l.app == nil {
		return
	}
	l.app.Quit()
	select {
	case err := <-l.ran:
		var exit *mullion.ExitError // of App.Exit and App.Restart
		if err != nil && !errors.As(err, &exit) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		t.Error("the app does not end")
	}
	l.app = nil
}

// start makes the app, anew where there was one.
func (l *lab) start(t *testing.T) {
	t.Helper()
	l.stop(t)
	o := mullion.Options{
		Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.reentrant", "version": "1.0.0", "app": {"windows": []}, "build": {"frontendDist": "dist"}}`)},
			"dist/index.html":   {Data: []byte("<!doctype html>")},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["*"], "permissions": ["core:default", "allow-typed", "allow-raw", "probe:allow-go", "probe:allow-keep",
				{"identifier": "web:allow-download", "allow": ["https://example.org/*"]}]}`)},
		},
		Logger: slog.New(slog.NewTextHandler(l.buffer, nil)), DataDir: t.TempDir(), DownloadDir: t.TempDir(), StayOpen: true,
		HangTimeout: time.Millisecond,
	}
	if l.callback.options != nil {
		l.callback.options(l, &o)
	}
	o.ChangeCore(func(c *core.Options) {
		c.Launch = l.launch
		c.LaunchDialogs = func(context.Context) (core.Child, error) { return nil, errors.New("there are no dialogs") }
		c.Links.Open = func(context.Context, string) error { return nil }
		c.Restarts = supervise.Policy{First: time.Millisecond, Most: 10 * time.Millisecond, Useless: 1000, Burst: 100_000, Window: time.Hour, Outage: patience}
	})
	var err error
	if l.app, err = mullion.New(o); err != nil {
		t.Fatal(err)
	}
	l.engines = map[string]*fake.Engine{}
	l.state = mullion.NewState(l.app, "state", 0, mullion.StateOptions[int]{})
	mullion.Handle(l.app, "typed", func(context.Context, struct{}) (int, error) { l.typed(); return 0, nil })
	l.app.HandleRaw("raw", func(context.Context, *ipc.Message) (ipc.Result, error) { l.raw(); return ipc.Result{}, nil })
	l.app.AddPlugin(plugin.Plugin{Name: "probe", Commands: plugin.Commands{
		"go": plugin.Raw(func(context.Context, *ipc.Message) (ipc.Result, error) { l.plugin("command"); return ipc.Result{}, nil }),
		"keep": plugin.Typed(func(ctx context.Context, _ struct{}) (struct{}, error) {
			rid, err := plugin.AddResource(ctx, 1, func() { l.plugin("resource") })
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, plugin.CloseResource(ctx, rid)
		}),
	}, Script: func(context.Context, plugin.Webview) (string, error) { l.plugin("script"); return "", nil }})
	if l.callback.setup != nil {
		l.callback.setup(l)
	}
	app, ran := l.app, make(chan error, 1)
	l.ran = ran
	go func() { ran <- app.Run(context.Background()) }()
	l.window, l.webview, l.icon = nil, nil, nil
	l.mend(t)
}

// typed, raw and plugin are the commands of the app.
func (l *lab) typed() {
	if l.callback.name == "Handle" {
		l.hook()
	}
}

func (l *lab) raw() {
	if l.callback.name == "App.HandleRaw" {
		l.hook()
	}
}

func (l *lab) plugin(what string) {
	if l.callback.name == "App.AddPlugin/"+what {
		l.hook()
	}
}

// mend makes what an earlier method has closed.
func (l *lab) mend(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	closed := func(done <-chan struct{}) bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	if l.window == nil || closed(l.window.Done()) {
		if l.window, err = l.app.OpenWindow(ctx, mullion.WindowOptions{Label: fmt.Sprint("window-", l.next())}); err != nil {
			t.Fatal(err)
		}
		l.webview = nil
		if l.callback.window != nil {
			l.callback.window(l)
		}
	}
	if l.webview == nil || closed(l.webview.Done()) {
		if l.webview, err = l.window.AddWebview(ctx, mullion.WebviewOptions{Label: fmt.Sprint("webview-", l.next())}); err != nil {
			t.Fatal(err)
		}
	}
	if l.icon != nil {
		if _, err := l.app.TrayIcon(l.icon.ID()); err == nil {
			return
		}
	}
	o := mullion.TrayOptions{ID: fmt.Sprint("icon-", l.next()), Title: fmt.Sprint("icon ", l.next())}
	if l.callback.name == "TrayOptions.OnEvent" {
		o.OnEvent = func(mullion.TrayEvent) { l.hook() }
	}
	if l.icon, err = l.app.NewTrayIcon(ctx, o); err != nil {
		t.Fatal(err)
	}
}

// argument makes up an argument of a method.
func (l *lab) argument(typ reflect.Type, ctx context.Context) reflect.Value {
	switch typ {
	case reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case reflect.TypeFor[*mullion.App]():
		return reflect.ValueOf(l.app)
	case reflect.TypeFor[*mullion.Window]():
		return reflect.ValueOf(l.window)
	case reflect.TypeFor[image.Image]():
		return reflect.ValueOf(image.NewNRGBA(image.Rect(0, 0, 16, 16)))
	}
	v := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.String:
		v.SetString(core.AppOrigin + "/")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(100)
	case reflect.Float64:
		v.SetFloat(10)
	case reflect.Func:
		v.Set(reflect.MakeFunc(typ, func([]reflect.Value) (out []reflect.Value) {
			for i := range typ.NumOut() {
				out = append(out, reflect.Zero(typ.Out(i)))
			}
			return out
		}))
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() && f.Type.Kind() == reflect.String && (f.Name == "Label" || f.Name == "Title" || f.Name == "Text") {
				v.Field(i).SetString(fmt.Sprint("made-", l.next()))
			}
		}
	}
	return v
}

// child is a host in this process.
type child struct {
	conn *wire.Conn
	kill func()
	done chan struct{}
}

func (c *child) Conn() *wire.Conn         { return c.conn }
func (c *child) Proxy() net.Listener      { return nil }
func (c *child) Status() []sandbox.Status { return nil }
func (c *child) PID() int                 { return os.Getpid() }
func (c *child) Kill()                    { c.kill() }

func (c *child) Wait() supervise.Ending {
	<-c.done
	return supervise.Ending{Kind: supervise.Killed}
}

func (l *lab) launch(_ context.Context, launch core.Launch) (core.Child, error) {
	e := fake.New()
	coreEnd, hostEnd := wire.Pipe()
	l.mu.Lock()
	l.engines[launch.Name] = e
	l.mu.Unlock()
	c := &child{conn: coreEnd, done: make(chan struct{})}
	c.kill = func() { e.Quit(); hostEnd.Close() }
	go func() {
		defer close(c.done)
		defer e.End()
		_ = host.Run(hostEnd, e)
	}()
	return c, nil
}

// find looks for the window and its own webview in the engines.
func (l *lab) find() (*fake.Window, *fake.Webview) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.engines {
		for _, id := range e.Webviews() {
			v := e.Webview(id)
			if v == nil || v.State().Label != l.window.Label() {
				continue
			}
			for _, id := range e.Windows() {
				if w := e.Window(id); w != nil && w.State().Label == l.window.Label() {
					return w, v
				}
			}
		}
	}
	return nil, nil
}

// page calls a command as a new document does.
func (l *lab) page(command string) {
	_, v := l.find()
	if v == nil {
		return // its host is starting again
	}
	doc := fmt.Sprintf("%032x", l.next())
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := v.Message(ctx, "h "+doc+" "+core.AppOrigin); err != nil {
			return
		}
		_, _ = v.Message(ctx, fmt.Sprintf(`c %s 1 - ["%s",{}]`, doc, command))
	}()
}

// oldState writes a state of an earlier version.
func (l *lab) oldState() string {
	name := fmt.Sprint("old-", l.next())
	if err := durable.Write(filepath.Join(l.app.DataDir(), "states", name+".json"), durable.Value{Version: 1, JSON: jsontext.Value("1")}); err != nil {
		panic(err)
	}
	return name
}
