package webview2

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// engine is one main loop with its windows. Fields without a remark belong to the main loop.
type engine struct {
	mu      sync.Mutex
	posted  []func()      // guarded by mu
	waked   bool          // guarded by mu: the main loop will call drain
	window  uintptr       // guarded by mu: gets the message that wakes; 0 while there is no main loop
	arrived chan struct{} // has one element when something was posted
	version string        // guarded by mu

	a           *apartment
	options     backend.Options
	handler     backend.Handler
	environment object
	taskbar     object // ITaskbarList3; none until it is needed
	buttonMade  uint32 // a message: the window has a button in the taskbar
	failure     error  // why Run ends
	quits       bool   // Run is about to return
	windows     map[uint32]*window
	handles     map[uintptr]*window // by HWND
	grips       map[uintptr]*window // by the HWND of their grip
	modals      []*window           // that are shown, the one that blocks all others last
	webviews    map[uint32]*webview
	requests    map[*request]struct{} // not answered yet
}

var _ backend.Engine = (*engine)(nil)

// New returns the engine.
func New() backend.Engine {
	return &engine{
		arrived:  make(chan struct{}, 1),
		windows:  map[uint32]*window{},
		handles:  map[uintptr]*window{},
		grips:    map[uintptr]*window{},
		webviews: map[uint32]*webview{},
		requests: map[*request]struct{}{},
	}
}

// wakeMessage is WM_APP: what was posted waits.
const wakeMessage = 0x8000

// perMonitorAware is DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2.
const perMonitorAware = ^uintptr(3)

// Run implements backend.Engine. It can be called once in a process.
func (e *engine) Run(o backend.Options, h backend.Handler, ready func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if o.Log == nil {
		o.Log = func(text string) { slog.Warn(text) }
	}
	e.options, e.handler = o, h
	library, fixed, err := findRuntime()
	if err != nil {
		return err
	}
	if procSetDpiAwareness.Find() == nil {
		procSetDpiAwareness.Call(perMonitorAware) // it fails where the manifest has said so
	}
	var leave func()
	if e.a, leave, err = newApartment(o.Log); err != nil {
		return err
	}
	defer leave()
	const arrow = 32512 // IDC_ARROW
	cursor, _, _ := procLoadCursor.Call(0, arrow)
	unregister, err := win32.RegisterClass(className, cursor, e.message)
	if err != nil {
		return err
	}
	defer unregister()
	e.buttonMade = registerMessage("TaskbarButtonCreated")
	waker, err := win32.NewWindow(className, "", 0, 0, 0, 0, messageOnly)
	if err != nil {
		return err
	}
	defer win32.DestroyWindow.Call(waker)
	e.mu.Lock()
	e.window = waker
	e.mu.Unlock()

	if err := e.createEnvironment(library, fixed, ready); err != nil {
		return err
	}
	win32.Loop()
	e.cleanUp()
	return e.failure
}

// createEnvironment starts the browser process. ready is called when it is there.
func (e *engine) createEnvironment(library string, fixed bool, ready func()) error {
	dataDir := e.options.DataDir
	if dataDir == "" {
		var err error
		if dataDir, err = os.MkdirTemp("", "mullion-webview2-"); err != nil {
			return err
		}
	}
	settings := e.serveOptions()
	defer settings.release()
	return e.a.handler("ICoreWebView2CreateCoreWebView2EnvironmentCompletedHandler", func(code, environment uintptr) {
		if r := result(uint32(code)); int32(r) < 0 || environment == 0 {
			e.fail(initError(r))
			return
		}
		e.environment = e.a.borrow(environment).keep()
		version := e.environment.text(browserVersion)
		e.mu.Lock()
		e.version = version
		e.mu.Unlock()
		e.guard(ready)
	}, func(h *face) error {
		r, err := createEnvironment(library, fixed, filepath.Clean(dataDir), settings, h)
		if err == nil && int32(r) < 0 {
			err = initError(r)
		}
		var init *backend.InitError
		if err != nil && !errors.As(err, &init) {
			err = &backend.InitError{Code: backend.InitLibrary, Hint: "repair or update the WebView2 Runtime", Err: err}
		}
		return err
	})
}

// initError says why there is no environment, as the documentation of
// CreateCoreWebView2EnvironmentWithOptions has it.
func initError(r result) error {
	hints := map[result]string{
		0x80070002: "install the WebView2 Runtime",                                                     // ERROR_FILE_NOT_FOUND
		0x800700B7: "another program uses the folder for the engine's data",                            // ERROR_FILE_EXISTS
		0x80070005: "the folder for the engine's data cannot be written",                               // E_ACCESSDENIED
		0x8007139F: "another process uses the folder for the engine's data with other options: end it", // ERROR_INVALID_STATE
		0x80070032: "the WebView2 Runtime is older than " + targetVersion + ": update it",              // ERROR_NOT_SUPPORTED
	}
	return &backend.InitError{
		Code: backend.InitLibrary,
		Hint: cmp.Or(hints[r], "update the WebView2 Runtime, and see whether an app of Microsoft's that uses it starts"),
		Err:  &failed{"CreateWebViewEnvironmentWithOptionsInternal", r},
	}
}

// fail ends Run with an error. The host ends then, and the Core starts another one.
func (e *engine) fail(err error) {
	if e.failure == nil {
		e.failure = err
	}
	e.quits = true
	win32.PostQuitMessage.Call(0)
}

// cleanUp closes what is open after the main loop has ended.
func (e *engine) cleanUp() {
	e.mu.Lock()
	e.window = 0
	e.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(e.windows)) {
		e.windows[id].Close()
	}
	for r := range maps.Clone(e.requests) {
		r.Fail("the app is closing")
	}
	e.environment.release()
	e.taskbar.release()
	if held, served := e.a.balance(); held != 0 || served != 0 {
		e.options.Log(fmt.Sprintf("webview2: at the end %d references are held and %d interfaces served", held, served))
	}
}

// Post implements backend.Engine. All that is posted until the main loop comes to it is run in one
// turn.
func (e *engine) Post(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.posted = append(e.posted, f)
	select {
	case e.arrived <- struct{}{}:
	default:
	}
	if e.window != 0 && !e.waked {
		e.waked = true
		win32.PostMessage.Call(e.window, wakeMessage, 0, 0)
	}
}

// drain runs what was posted until now.
func (e *engine) drain() {
	e.mu.Lock()
	todo := e.posted
	e.posted, e.waked = nil, false
	e.mu.Unlock()
	for _, f := range todo {
		e.guard(f)
	}
}

// answerLimit is how long waitFor waits.
const answerLimit = 5 * time.Second

// waitFor does what is posted until answered says that it is enough, or for answerLimit. Some
// events of WebView2 have to be answered before their handler returns, and it forbids a loop of
// messages in there: windows stand still meanwhile, so this is for answers of the Core alone.
func (e *engine) waitFor(answered func() bool) {
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	for !answered() && !e.quits {
		select {
		case <-e.arrived:
			e.drain()
		case <-limit.C:
			return
		}
	}
}

// guard runs f and survives its panic.
func (e *engine) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			e.options.Log(fmt.Sprintf("webview2: panic: %v", p))
		}
	}()
	f()
}

// Quit implements backend.Engine.
func (e *engine) Quit() {
	e.Post(func() {
		e.quits = true
		win32.PostQuitMessage.Call(0)
	})
}

// Version implements backend.Engine. Before Run it has no number.
func (e *engine) Version() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.version == "" {
		return "WebView2"
	}
	return "WebView2 " + e.version
}

// Lacks implements backend.Lacker.
func (e *engine) Lacks() []wire.Lack { return commandLacks() }

// NewWindow implements backend.Engine.
func (e *engine) NewWindow(id uint32, s *wire.WindowState) (backend.Window, error) {
	if e.windows[id] != nil {
		return nil, fmt.Errorf("webview2: window %d exists", id)
	}
	w, err := newWindow(e, id, s)
	if w == nil {
		return nil, err
	}
	e.windows[id] = w
	return w, err
}

// NewWebview implements backend.Engine.
func (e *engine) NewWebview(id uint32, w backend.Window, s *wire.WebviewState) (backend.Webview, error) {
	if e.webviews[id] != nil {
		return nil, fmt.Errorf("webview2: webview %d exists", id)
	}
	parent, isOurs := w.(*window)
	if !isOurs || parent.closed {
		return nil, fmt.Errorf("webview2: webview %d needs an open window", id)
	}
	v, err := newWebview(e, id, parent, s)
	if v == nil {
		return nil, err
	}
	e.webviews[id] = v
	return v, err
}
