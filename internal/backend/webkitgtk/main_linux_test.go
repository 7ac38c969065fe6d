package webkitgtk

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

// childVariable marks the test binary that TestMain starts again, under a
// display of its own and with the environment of a host.
const childVariable = "MULLION_WEBKITGTK_TEST_CHILD"

const (
	testAppID = "dev.mullion.webkitgtk.test"
	testWorld = "mullion"
	testName  = "bridge"
	deadline  = await.Limit
	// testMemory is the limit of memory of the tests' pages.
	testMemory = 512 << 20
)

func TestMain(m *testing.M) {
	flag.Parse()
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(parent())
	case "init":
		os.Exit(initOnly())
	}
	os.Exit(child(m))
}

// missing fails in CI and skips elsewhere.
func missing(what string, err error) int {
	if os.Getenv("CI") == "true" {
		fmt.Fprintf(os.Stderr, "FAIL: the tests of WebKitGTK need %s: %v\n", what, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "SKIP: the tests of WebKitGTK need %s: %v\n", what, err)
	return 0
}

// parent starts a display and a window manager and runs the tests there.
func parent() int {
	for _, name := range []string{"Xvfb", "openbox", "xprop", "pgrep"} {
		if _, err := exec.LookPath(name); err != nil {
			return missing(name, err)
		}
	}
	// Pdeathsig follows the thread that starts a process.
	runtime.LockOSThread()
	d, err := display.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: start a display:", err)
		return 1
	}
	defer d.Stop()
	env := append(os.Environ(), childVariable+"=1",
		"GDK_BACKEND=x11", "JSC_SIGNAL_FOR_GC=34", "GODEBUG=gcshrinkstackoff=1",
		"NO_AT_BRIDGE=1", "GTK_A11Y=none", "DBUS_SESSION_BUS_ADDRESS=disabled:", "GSETTINGS_BACKEND=memory")

	code, crashed := runTests(env)
	if crashed {
		// WebKitGTK 2.50.6 follows a null pointer now and then when many
		// webviews have come and gone in a process, with none of our callbacks
		// on the stack. An app's Core would start the host again, once more.
		fmt.Fprintln(os.Stderr, "the engine has crashed in code of its own; all tests run once more")
		code, _ = runTests(env)
	}
	return code
}

// runTests runs the tests in a process of their own. crashed is set if that
// was ended by a fault in C code.
func runTests(env []string) (code int, crashed bool) {
	var complaints bytes.Buffer
	tests := exec.Command("/proc/self/exe", os.Args[1:]...)
	tests.Env = env
	tests.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	tests.Stdin, tests.Stdout, tests.Stderr = os.Stdin, os.Stdout, io.MultiWriter(os.Stderr, &complaints)
	if err := tests.Run(); err != nil {
		if exit := new(exec.ExitError); !errors.As(err, &exit) || !exit.Exited() {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			return 1, false
		}
	}
	for line := range bytes.Lines(complaints.Bytes()) {
		if bytes.Contains(line, []byte("WEBKIT_IS_URI_SCHEME_REQUEST")) {
			fmt.Fprintf(os.Stderr, "FAIL: a request was used after its end: %s", line)
			return 1, false
		}
	}
	return tests.ProcessState.ExitCode(), bytes.Contains(complaints.Bytes(), []byte("signal arrived during cgo execution"))
}

// The engine under test: there is one in a process. Set before the tests run.
var (
	testEngine *engine
	testSite   *site
	testLog    logged
)

// child runs the engine on the main thread and the tests beside it.
func child(m *testing.M) int {
	testEngine = New().(*engine)
	testSite = &site{tabs: make(map[uint32]*tab)}
	code := 1
	data, err := os.MkdirTemp("", "mullion-webkitgtk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(data)
	o := backend.Options{
		AppID: testAppID, AppName: "Mullion Test", World: testWorld, MessageName: testName,
		Schemes: []string{"app", "mullion", "other"},
		DataDir: data + "/data", CacheDir: data + "/cache",
		MemoryLimit: testMemory, MemoryPoll: 2 * time.Second,
		Log: testLog.add,
	}
	err = testEngine.Run(o, testSite, func() {
		if driven() {
			noteSession()
		}
		go func() {
			defer testEngine.Quit()
			code = m.Run()
		}()
	})
	if init := new(backend.InitError); errors.As(err, &init) && init.Code == backend.InitLibrary {
		return missing(libraryName, err)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	return code
}

type logged struct {
	mu    sync.Mutex
	lines []string // guarded by mu
}

func (l *logged) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, text)
}

func (l *logged) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

// do runs f on the main loop and waits.
func do(f func()) {
	done := make(chan struct{})
	testEngine.Post(func() { defer close(done); f() })
	<-done
}

var lastID atomic.Uint32

// site is the handler: it gives every call to the tab that it is about.
type site struct {
	mu   sync.Mutex
	tabs map[uint32]*tab // guarded by mu; by window and by webview, which have the same id
}

func (s *site) add(x *tab) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tabs[x.id] = x
}

func (s *site) tab(id uint32) *tab {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tabs[id]
}

func (s *site) Observed(id uint32, o wire.WindowObserved) {
	if t := s.tab(id); t != nil {
		put(t.observed, o)
	}
}

func (s *site) CloseRequested(id uint32) {
	if t := s.tab(id); t != nil {
		put(t.closing, struct{}{})
	}
}

func (s *site) Page(id uint32, e wire.PageEvent) {
	if t := s.tab(id); t != nil {
		put(t.events, e)
	}
}

func (s *site) Download(id uint32, download uint64, e wire.DownloadEvent) {
	if t := s.tab(id); t != nil && e.State != wire.DownloadProgress {
		put(t.downloads, e)
	}
}

func (s *site) Dragged(id uint32, e wire.DragEvent) {
	if t := s.tab(id); t != nil {
		put(t.dragged, e)
	}
}

func (s *site) Session(id uint32, data []byte) {
	if t := s.tab(id); t != nil {
		put(t.sessions, data)
	}
}

func (s *site) Message(id uint32, url, body string, r backend.Reply) {
	if t := s.tab(id); t != nil {
		t.message(url, body, r)
	}
}

func (s *site) Request(id uint32, r backend.Request) {
	t := s.tab(id)
	if t == nil {
		r.Fail("no such tab")
		return
	}
	t.request(r)
}

// bridge is what the tests inject: it answers what is asked for by message
// and keeps what is delivered.
const bridge = `
globalThis.delivered = [];
globalThis.mullionDeliver = data => { delivered.push(data) };
globalThis.send = text => window.webkit.messageHandlers.` + testName + `.postMessage(text);
`

// tab is a window with one webview, as a test sees it. The functions are
// called on the main loop and may be set before open.
type tab struct {
	t       testing.TB
	id      uint32
	window  backend.Window
	webview *webview
	state   wire.WindowState

	bridge, script string
	patterns       []string
	pages          map[string]string // path to HTML, for the default request
	options        wire.WebviewState

	message func(url, body string, r backend.Reply)
	request func(r backend.Request)
	decide  func(d wire.Decision, answer func(wire.Verdict))

	said      chan said
	events    chan wire.PageEvent
	observed  chan wire.WindowObserved
	closing   chan struct{}
	chosen    chan uint32
	asked     chan wire.Decision
	sessions  chan []byte
	downloads chan wire.DownloadEvent
	dragged   chan wire.DragEvent
}

// newTab prepares a tab; open shows it.
func newTab(t testing.TB, html string) *tab {
	t.Helper()
	x := &tab{
		t: t, id: lastID.Add(1), bridge: bridge, patterns: []string{"app://localhost/*"},
		state: wire.WindowState{
			Title: t.Name(), Width: 400, Height: 300, Visible: true, Focus: true,
			Focusable: true, Resizable: true, Closable: true, Decorated: true,
		},
		pages:     map[string]string{"/": html},
		said:      make(chan said, 1000),
		events:    make(chan wire.PageEvent, 1000),
		observed:  make(chan wire.WindowObserved, 1000),
		closing:   make(chan struct{}, 10),
		chosen:    make(chan uint32, 10),
		asked:     make(chan wire.Decision, 1000),
		sessions:  make(chan []byte, 1000),
		downloads: make(chan wire.DownloadEvent, 1000),
		dragged:   make(chan wire.DragEvent, 1000),
	}
	x.message = func(url, body string, r backend.Reply) {
		put(x.said, said{url, body})
		r.Return(body)
	}
	x.request = x.serve
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		put(x.asked, d)
		answer(wire.Verdict{Allow: d.Kind == wire.DecideNavigation})
	}
	return x
}

// serve answers with the page of the path, on every scheme and host.
func (x *tab) serve(r backend.Request) {
	_, path, _ := strings.Cut(strings.SplitN(r.URL(), "://", 2)[1], "/")
	html, ok := x.pages["/"+path]
	if !ok {
		r.Respond(404, []wire.Field{{Name: "Content-Type", Value: "text/plain"}}, []byte("no such page"), nil, -1)
		return
	}
	r.Respond(200, []wire.Field{
		{Name: "Content-Type", Value: "text/html; charset=utf-8"},
		{Name: "Access-Control-Allow-Origin", Value: "*"},
	}, []byte(html), nil, -1)
}

// open makes the window and loads app://localhost/.
func (x *tab) open() *tab {
	x.t.Helper()
	return x.openAt("app://localhost/")
}

func (x *tab) openAt(url string) *tab {
	x.t.Helper()
	var err error
	testSite.add(x)
	do(func() { x.window, err = testEngine.NewWindow(x.id, &x.state) })
	if err != nil {
		x.t.Fatal(err)
	}
	return x.openIn(x, url)
}

// openIn makes the webview in the window of another tab.
func (x *tab) openIn(parent *tab, url string) *tab {
	x.t.Helper()
	var err error
	testSite.add(x)
	do(func() {
		x.window = parent.window
		var v backend.Webview
		if v, err = testEngine.NewWebview(x.id, x.window, &x.options); err != nil {
			return
		}
		x.webview = v.(*webview)
		v.SetScripts(x.bridge, x.script, x.patterns)
		v.Load(url)
	})
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() {
		x.leave()
		for _, line := range testLog.take() {
			x.t.Error("logged:", line)
		}
	})
	return x
}

// leave closes the window and waits until the window manager has seen that, or
// its frame could be in the way of the next test's mouse.
func (x *tab) leave() {
	var id uint32
	do(func() {
		if w := x.window.(*window); !w.closed {
			id = w.Observe().XID
		}
	})
	x.close()
	if err := await.Until(deadline, func() error {
		managed, err := screen(x.t).Numbers(screen(x.t).Root(), "_NET_CLIENT_LIST")
		if err == nil && slices.Contains(managed, id) {
			err = fmt.Errorf("window %q is still there", x.state.Title)
		}
		return err
	}); err != nil {
		x.t.Error(err)
	}
}

func (x *tab) close() {
	do(func() { x.window.Close() })
	testSite.mu.Lock()
	delete(testSite.tabs, x.id)
	testSite.mu.Unlock()
}

// wait reads from c until what comes satisfies ok.
func wait[T any](t testing.TB, what string, c chan T, ok func(T) bool) T {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), deadline)
	defer cancel()
	var seen []T
	for {
		select {
		case v := <-c:
			if ok(v) {
				return v
			}
			seen = append(seen, v)
		case <-ctx.Done():
			t.Fatalf("%s did not come; what came instead: %+v", what, seen)
		}
	}
}

func (x *tab) event(kind wire.PageEventKind) wire.PageEvent {
	x.t.Helper()
	return wait(x.t, "page event "+string(kind), x.events, func(e wire.PageEvent) bool { return e.Kind == kind })
}

// loaded waits until the page has been loaded.
func (x *tab) loaded() *tab {
	x.t.Helper()
	x.event(wire.PageFinished)
	return x
}

// eval runs a function body in the world of the bridge; what it returns, as a
// string, comes back as a message.
func (x *tab) eval(body string) string {
	x.t.Helper()
	do(func() { x.webview.callAsync("send(String(await (async () => {"+body+"})()))", 0, nil) })
	return wait(x.t, "result of "+body, x.said, func(said) bool { return true }).body
}

func readAll(r io.ReadCloser) (string, error) {
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// navigate asks the webview to load an address.
func (x *tab) navigate(url string) {
	x.t.Helper()
	var err error
	do(func() {
		err = x.webview.Do(wire.Action{Name: wire.ActionNavigate, Args: []byte(quoteNUL(url))})
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

// watchRequests has the addresses of all requests sent to c.
func (x *tab) watchRequests(c chan string) {
	serve := x.request
	x.request = func(r backend.Request) {
		if strings.Contains(r.URL(), "/report?") {
			put(c, r.URL())
		}
		serve(r)
	}
}

// poll waits for something that sends no event.
func poll(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), deadline)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s did not come", what)
		}
	}
}
