package e2e

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/await"
)

//go:embed ui
var ui embed.FS

// Options says what kind of app a test wants.
type Options struct {
	// Config is merged over the default configuration.
	Config string
	// Permissions are granted to every window, beside those that the harness
	// needs.
	Permissions []any
	// Offline leaves out the network that every window is granted otherwise:
	// all servers of this machine, which is where those of tests are.
	Offline bool
	// Capabilities are added as they are.
	Capabilities []capability.Capability
	// Files are further files of the front end, by path without a slash.
	Files map[string]string
	// Embedded is what ships inside the executable, beside the configuration
	// and the front end.
	Embedded fs.FS
	// Setup registers commands before the app runs.
	Setup func(*mullion.App)
	// NoWindow leaves the window "main" out.
	NoWindow bool
	// DataDir is kept between two starts; empty means a fresh one.
	DataDir string
	// DownloadDir is that of the app's options.
	DownloadDir string
	// OnFault is told of faults, after the harness has noted them.
	OnFault func(mullion.Fault)
	// OnHang and HangTimeout are those of the app's options.
	OnHang      func(mullion.Hang) mullion.HangAction
	HangTimeout time.Duration
	// MinConfinement and WithoutLayers are those of the app's options.
	MinConfinement mullion.ConfinementLevel
	WithoutLayers  []string
	// OnLink is that of the app's options.
	OnLink func(mullion.Link) mullion.LinkAction
	// Dev and HTTPOrigin are those of the app's options.
	Dev, HTTPOrigin bool
	// SingleInstance is that of the app's options.
	SingleInstance bool
	// Logger gets the log instead of the test.
	Logger *slog.Logger
}

// App is a running app under test.
type App struct {
	*mullion.App
	t    testing.TB
	done chan struct{}
	err  error // of Run; set before done is closed

	files *files
	Log   *Log

	mu     sync.Mutex
	pages  map[string]*queue // guarded by mu; by webview label
	faults []mullion.Fault   // guarded by mu
	lastID int               // guarded by mu
}

// queue hands scripts to the runner of one window.
type queue struct {
	scripts chan int
	mu      sync.Mutex
	waiting map[int]chan result // guarded by mu
	handed  int                 // guarded by mu; the last script that a runner was given
}

type result struct {
	Value jsontext.Value
	Error *string
}

const defaultConfig = `{
	"identifier": "dev.mullion.e2e",
	"productName": "e2e",
	"version": "1.2.3",
	"build": {"frontendDist": "ui"},
	"app": {"windows": [{"label": "main", "title": "main", "url": "page.html", "width": 600, "height": 400}]}
}`

// Start runs an app until the test ends.
func Start(t testing.TB, o Options) *App {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	a := &App{t: t, done: make(chan struct{}), pages: map[string]*queue{}, files: newFiles(o.Files), Log: &Log{}}
	var overlays [][]byte
	if o.NoWindow {
		overlays = append(overlays, []byte(`{"app":{"windows":[]}}`))
	}
	if o.Config != "" {
		overlays = append(overlays, []byte(o.Config))
	}
	conf, err := config.Load(oneFile{"mullion.conf.json", defaultConfig}, config.Options{Overlays: overlays})
	if err != nil {
		t.Fatal(err)
	}
	granted := []any{"allow-e2e-next", "allow-e2e-done"}
	granted = append(granted, o.Permissions...)
	if !o.Offline {
		granted = append(granted, map[string]any{
			"identifier": "sandbox:allow-network", "allow": []string{"http://127.0.0.1:*", "http://[::1]:*", "http://localhost:*"},
		})
	}
	text, err := json.Marshal(map[string]any{"identifier": "e2e", "windows": []string{"*"}, "permissions": granted})
	if err != nil {
		t.Fatal(err)
	}
	caps, err := capability.Parse("capabilities/e2e.json", text)
	if err != nil {
		t.Fatal(err)
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.NewTextHandler(a.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	dir := o.DataDir
	if dir == "" {
		dir = t.TempDir()
	}
	a.App, err = mullion.New(mullion.Options{
		Config:       conf,
		Files:        o.Embedded,
		Assets:       a.files,
		Capabilities: append(caps, o.Capabilities...),
		Logger:       logger,
		DataDir:      dir,
		StayOpen:     true,
		OnHang:       o.OnHang,
		OnLink:       o.OnLink,
		HangTimeout:  o.HangTimeout,
		DownloadDir:  o.DownloadDir,
		Dev:          o.Dev,
		HTTPOrigin:   o.HTTPOrigin,

		SingleInstance: o.SingleInstance,
		MinConfinement: o.MinConfinement,
		WithoutLayers:  o.WithoutLayers,
		OnFault: func(f mullion.Fault) {
			a.mu.Lock()
			a.faults = append(a.faults, f)
			a.mu.Unlock()
			if o.OnFault != nil {
				o.OnFault(f)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mullion.Handle(a.App, "e2e_next", a.next)
	mullion.Handle(a.App, "e2e_done", a.finished)
	if o.Setup != nil {
		o.Setup(a.App)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		a.err = a.App.Run(ctx)
		close(a.done)
	}()
	if err := WaitFor(Timeout, func() error {
		select {
		case <-a.done:
			return nil // Run's error is reported below
		default:
		}
		if len(a.Windows()) < len(conf.App.Windows) {
			return errors.New("the windows of the configuration are not there")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	t.Cleanup(func() {
		cancel()
		select {
		case <-a.done:
			if a.err != nil && !errors.Is(a.err, context.Canceled) {
				t.Errorf("Run: %v", a.err)
			}
		case <-await.Hang(context.Background(), Timeout):
			t.Error("the app does not end")
		}
		if t.Failed() {
			t.Logf("log of the app:\n%s", a.Log.Tail(200))
		}
	})
	return a
}

// SetFile adds a file to the front end, or replaces it.
func (a *App) SetFile(name, text string) { a.files.set(name, text) }

// Stop ends the app before the test does, and returns what Run returned.
func (a *App) Stop() error {
	a.Quit()
	<-a.done
	return a.err
}

// Done is closed when Run has returned.
func (a *App) Done() <-chan struct{} { return a.done }

// Faults returns what broke so far.
func (a *App) Faults() []mullion.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]mullion.Fault(nil), a.faults...)
}

// Open opens a window with the test page.
func (a *App) Open(label string, change func(*mullion.WindowOptions)) *Page {
	a.t.Helper()
	o := a.WindowOptions(label)
	o.URL = "page.html"
	if change != nil {
		change(&o)
	}
	ctx, cancel := await.Context(context.Background(), Timeout)
	defer cancel()
	if _, err := a.OpenWindow(ctx, o); err != nil {
		a.t.Fatal(err)
	}
	return a.Page(label)
}

// Page returns the test page in a webview.
func (a *App) Page(label string) *Page { return &Page{a, label} }

// Main returns the page in the first window.
func (a *App) Main() *Page { return a.Page("main") }

// Page is a test page, which runs scripts.
type Page struct {
	app   *App
	label string
}

func (a *App) queue(label string) *queue {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.pages[label]
	if q == nil {
		q = &queue{scripts: make(chan int, 1000), waiting: map[int]chan result{}}
		a.pages[label] = q
	}
	return q
}

type none = struct{}

// next gives the runner of the calling page its next script.
func (a *App) next(ctx context.Context, _ none) (int, error) {
	c, _ := mullion.CallerFrom(ctx)
	q := a.queue(c.Webview)
	q.mu.Lock()
	lost := q.handed
	left, waiting := q.waiting[lost]
	begun := a.files.wasOpened(scriptName(lost))
	if waiting && begun {
		delete(q.waiting, lost)
	}
	q.mu.Unlock()
	switch {
	case waiting && !begun:
		return lost, nil // the page that it was handed to ended before it could begin
	case waiting:
		// A runner asks when it has told what the last one returned: this is
		// another page than the one that has begun it.
		why := "the page was left while the script ran"
		left <- result{Error: &why}
	}
	select {
	case id := <-q.scripts:
		q.mu.Lock()
		q.handed = id
		q.mu.Unlock()
		return id, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func scriptName(id int) string { return fmt.Sprintf("run/%d.js", id) }

type doneArgs struct {
	ID    int            `json:"id"`
	Value jsontext.Value `json:"value,omitzero"`
	Error *string        `json:"error"`
}

func (a *App) finished(ctx context.Context, d doneArgs) (none, error) {
	c, _ := mullion.CallerFrom(ctx)
	q := a.queue(c.Webview)
	q.mu.Lock()
	ch := q.waiting[d.ID]
	delete(q.waiting, d.ID)
	q.mu.Unlock()
	if ch != nil {
		ch <- result{d.Value, d.Error}
	}
	return none{}, nil
}

// Run runs the body of an async JavaScript function in the page and decodes
// what it returns into v, unless that is nil. In the body, `invoke`, `listen`,
// `emit`, `Channel` and `state` come from the app's module.
func (p *Page) Run(body string, v any) error {
	ctx, cancel := await.Context(context.Background(), Timeout)
	defer cancel()
	return p.RunContext(ctx, body, v)
}

// RunContext is Run with a deadline of the caller's.
func (p *Page) RunContext(ctx context.Context, body string, v any) error {
	a := p.app
	a.mu.Lock()
	a.lastID++
	id := a.lastID
	a.mu.Unlock()
	a.files.set(scriptName(id), "import { invoke, listen, emit, Channel, convertFileSrc, state } from '/_mullion/api.js';\nexport default async function () {\n"+body+"\n}\n")
	q := a.queue(p.label)
	ch := make(chan result, 1)
	q.mu.Lock()
	q.waiting[id] = ch
	q.mu.Unlock()
	q.scripts <- id
	select {
	case r := <-ch:
		if r.Error != nil {
			return errors.New(*r.Error)
		}
		if v == nil {
			return nil
		}
		return json.Unmarshal(r.Value, v)
	case <-a.done:
		return fmt.Errorf("the app has ended: %w", a.err)
	case <-ctx.Done():
		return fmt.Errorf("page %q did not answer: %w", p.label, ctx.Err())
	}
}

// Must is Run for scripts that have to work.
func (p *Page) Must(body string, v any) {
	p.app.t.Helper()
	if err := p.Run(body, v); err != nil {
		p.app.t.Fatalf("page %q: %v", p.label, err)
	}
}

// Reload has the page load itself again, and does not wait until it has: that
// may be before the script has come back, which is no failure.
func (p *Page) Reload() {
	p.app.t.Helper()
	if err := p.Run(`location.reload()`, nil); err != nil && !strings.Contains(err.Error(), "the page was left") {
		p.app.t.Fatalf("page %q: %v", p.label, err)
	}
}

// files is a front end to which tests add.
type files struct {
	mu     sync.Mutex
	more   map[string]string // guarded by mu
	opened map[string]bool   // guarded by mu
}

func newFiles(more map[string]string) *files {
	f := &files{more: map[string]string{}, opened: map[string]bool{}}
	maps.Copy(f.more, more)
	return f
}

func (f *files) set(name, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.more[name] = text
}

func (f *files) wasOpened(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened[name]
}

// Open implements fs.FS.
func (f *files) Open(name string) (fs.File, error) {
	f.mu.Lock()
	f.opened[name] = true
	text, ok := f.more[name]
	f.mu.Unlock()
	if ok {
		return oneFile{name, text}.Open(name)
	}
	return ui.Open(path.Join("ui", name))
}

// oneFile is a file system with one file at its root.
type oneFile struct{ name, text string }

// Open implements fs.FS.
func (o oneFile) Open(name string) (fs.File, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{o, strings.NewReader(o.text)}, nil
}

type memFile struct {
	file oneFile
	*strings.Reader
}

func (m *memFile) Stat() (fs.FileInfo, error) { return m, nil }
func (m *memFile) Close() error               { return nil }
func (m *memFile) Name() string               { return path.Base(m.file.name) }
func (m *memFile) Mode() fs.FileMode          { return 0o444 }
func (m *memFile) ModTime() time.Time         { return time.Time{} }
func (m *memFile) IsDir() bool                { return false }
func (m *memFile) Sys() any                   { return nil }

// Log keeps what an app logs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

var _ io.Writer = (*Log)(nil)

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Contains reports whether text was logged.
func (l *Log) Contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.buf.Bytes(), []byte(text))
}

// Tail returns the last n lines.
func (l *Log) Tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimRight(l.buf.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
