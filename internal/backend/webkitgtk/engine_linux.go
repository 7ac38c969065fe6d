package webkitgtk

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// engine is one main loop with its windows. Fields without a remark belong
// to the main loop.
type engine struct {
	mu      sync.Mutex
	posted  []func() // guarded by mu
	waked   bool     // guarded by mu: the main loop will call drain
	wake    func()   // guarded by mu: nil while there is no main loop
	version string   // guarded by mu

	c       *library
	cb      *callbacks
	options backend.Options
	handler backend.Handler

	loop    uintptr        // GMainLoop
	context uintptr        // WebKitWebContext
	scripts uintptr        // JSCContext, for its effect on signals only
	actions map[int32]bool // context menu items that are always removed
	inspect int32          // the one that is removed without devtools
	// fileTargets is the GtkTargetList of what may be files.
	fileTargets uintptr

	// C strings that live as long as the process.
	world, deliver, deliverQuoted uintptr

	wayland        bool
	exportsNothing bool // see exportHandle
	smears         bool // see setClear
	settings       *settings
	font           string // family of system-ui; empty: the engine's
	// textScale is what all texts are enlarged by; textStyle is the GtkCssProvider
	// that does it to widgets.
	textScale float64
	textStyle uintptr
	messaged  bool        // a script message has arrived
	leaving   int         // webviews whose pages are being left: see leave
	quits     bool        // as soon as there are none
	ending    atomic.Bool // Quit was called
	// contextLife is the constant, but for tests.
	contextLife time.Duration
	windows     map[uint32]*window
	webviews    map[uint32]*webview
	views       map[uintptr]*webview  // by WebKitWebView
	requests    map[*request]struct{} // not answered yet
	launches    launches
}

var (
	_ backend.Engine    = (*engine)(nil)
	_ backend.Watcher   = (*engine)(nil)
	_ backend.Preferrer = (*engine)(nil)
)

func newEngine() backend.Engine {
	return &engine{
		contextLife: contextLife,
		windows:     make(map[uint32]*window),
		webviews:    make(map[uint32]*webview),
		views:       make(map[uintptr]*webview),
		requests:    make(map[*request]struct{}),
		launches:    launches{begun: make(map[*webview]bool)},
	}
}

// stackDepth is the room on the main goroutine's stack: see growStack.
const stackDepth = 1 << 20

// Run implements backend.Engine. It can be called once in a process.
func (e *engine) Run(o backend.Options, h backend.Handler, ready func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	growStack(stackDepth)

	if o.Log == nil {
		o.Log = func(text string) { slog.Warn(text) }
	}
	e.options, e.handler = o, h
	var err error
	if e.c, err = openLibrary(libraryName); err != nil {
		return err
	}
	e.cb = newCallbacks(o.Log)
	for _, kv := range o.Rendering.Environment {
		// Go's own os.Setenv does not reach C without cgo.
		name, value, _ := strings.Cut(kv, "=")
		e.c.gSetenv.with(name, value, true)
	}
	if err := e.initToolkit(); err != nil {
		return err
	}
	if err := e.initWebKit(); err != nil {
		return err
	}
	defer e.cleanUp()
	defer e.awaitBus()()
	e.watchTheme()
	e.watchFont()

	e.loop = e.c.gMainLoopNew.call(0, 0)
	drain := e.cb.add(callback{f: func(args) uintptr { return gboolean(e.drain()) }})
	e.mu.Lock()
	e.version = e.c.version()
	e.wake = func() { e.c.gIdleAddFull.call(priorityDefault, e.cb.signature[0], drain, 0) }
	e.posted = append([]func(){ready}, e.posted...)
	e.waked = true
	e.wake()
	e.mu.Unlock()
	e.c.gMainLoopRun.call(e.loop)
	return nil
}

// priorityDefault is G_PRIORITY_DEFAULT, that of events of the display.
const priorityDefault = 0

// initToolkit names the process and opens the display.
func (e *engine) initToolkit() error {
	// WM_CLASS on X11, the app id on Wayland.
	id := cmp.Or(e.options.AppID, filepath.Base(os.Args[0]))
	e.c.gSetPrgname.with(id)
	e.c.gSetApplicationName.with(cmp.Or(e.options.AppName, id))
	if !isTrue(e.c.gtkInitCheck.call(0, 0)) {
		return displayError()
	}
	// What is printed goes on a list of files in the user's home otherwise.
	e.c.gObjectSet.with(e.c.gtkSettingsGetDefault.call(), "gtk-recent-files-enabled", false, nil)
	e.c.gdkSetProgramClass.with(id)
	display := e.c.gdkDisplayGetDefault.call()
	e.wayland = goString(e.c.gTypeNameFromInstance.call(display)) == "GdkWaylandDisplay"
	e.spareEGL()
	e.settings = newSettings(&e.c.settings, e.wayland, func(object uintptr, signal string, called func()) {
		e.connect(object, signal, func(args) uintptr { called(); return 0 })
	})
	e.takeTextScale()
	return nil
}

// initWebKit makes the web context. The order matters: a script context that
// is made before the web context hangs WebKit, and signal handlers can be
// mended only once both are there.
func (e *engine) initWebKit() error {
	c := e.c
	data, dir := e.newDataManager()
	defer c.gObjectUnref.call(data)
	const fail = 1 // WEBKIT_TLS_ERRORS_POLICY_FAIL
	c.webkitWebsiteDataManagerSetTlsErrorsPolicy.call(data, fail)
	c.webkitWebsiteDataManagerSetPersistentCredentialStorageEnabled.call(data, 0)
	if e.options.Proxy != "" {
		e.useProxy(data)
	}

	// WebKit's own sandbox is off and there is no favicon database: both are
	// so unless asked for.
	e.context = e.newContext(data)
	if dir != "" {
		// WebKit forgets all cookies at the end otherwise.
		const sqlite = 1 // WEBKIT_COOKIE_PERSISTENT_STORAGE_SQLITE
		c.webkitCookieManagerSetPersistentStorage.with(c.webkitWebContextGetCookieManager.call(e.context), filepath.Join(dir, "cookies.sqlite"), sqlite)
	}
	if e.options.NoCache {
		// WebKit 2.50 also asks at once for what a page has used the time before. A
		// dev server that was started anew does not know it yet, as Vite 8, and
		// the page stays blank with that answer.
		const documentViewer = 0 // WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER
		c.webkitWebContextSetCacheModel.call(e.context, documentViewer)
	}
	e.applyLanguage()
	c.webkitWebContextSetSpellCheckingEnabled.call(e.context, 0)
	e.scripts = c.jscContextNew.call()
	if err := useSignalStack(scriptSignals); err != nil {
		return fmt.Errorf("webkitgtk: %w", err)
	}

	security := c.webkitWebContextGetSecurityManager.call(e.context)
	for _, scheme := range e.options.Schemes {
		id := e.cb.add(callback{f: func(a args) uintptr { e.onRequest(a[0]); return 0 }})
		c.webkitWebContextRegisterUriScheme.with(e.context, scheme, e.cb.signature[1], id, e.cb.remove)
		c.webkitSecurityManagerRegisterUriSchemeAsSecure.with(security, scheme)
		c.webkitSecurityManagerRegisterUriSchemeAsCorsEnabled.with(security, scheme)
	}
	e.connect(e.context, "download-started", func(a args) uintptr { e.onDownload(a[1]); return 0 })
	if driven() {
		e.allowDriver()
	}
	e.initMenu()
	e.fileTargets = c.gtkTargetListNew.with(nil, 0)
	c.gtkTargetListAddUriTargets.with(e.fileTargets, 0)

	e.world = c.gStrdup.with(e.options.World)
	e.deliver = c.gStrdup.with(deliverBody)
	e.deliverQuoted = c.gStrdup.with(deliverQuotedBody)
	return nil
}

// useProxy sends all connections through the proxy. WebKit leaves no address
// out, not even localhost, if there is no list of those to ignore.
func (e *engine) useProxy(data uintptr) {
	const custom = 2 // WEBKIT_NETWORK_PROXY_MODE_CUSTOM
	settings := e.c.webkitNetworkProxySettingsNew.with(e.options.Proxy, 0)
	e.c.webkitWebsiteDataManagerSetNetworkProxySettings.call(data, custom, settings)
	e.c.webkitNetworkProxySettingsFree.call(settings)
}

// newContext makes a web context whose web processes are ended when they need
// more than the limit; WebKit frees what it can before, from a third of it on. A web
// process looks every 30 seconds, for it reads all of /proc/self/smaps, some
// milliseconds each time (WebKitGTK 2.50.6): the Core looks more often.
func (e *engine) newContext(data uintptr) uintptr {
	c := e.c
	var settings uintptr
	if limit := e.options.MemoryLimit >> 20; limit > 0 {
		settings = c.webkitMemoryPressureSettingsNew.call()
		defer c.webkitMemoryPressureSettingsFree.call(settings)
		c.webkitMemoryPressureSettingsSetMemoryLimit.with(settings, uint32(min(limit, math.MaxUint32)))
		c.webkitMemoryPressureSettingsSetKillThreshold(settings, 1)
		if e.options.MemoryPoll > 0 {
			c.webkitMemoryPressureSettingsSetPollInterval(settings, e.options.MemoryPoll.Seconds())
		}
	}
	return c.gObjectNew.with(c.webkitWebContextGetType.call(), "website-data-manager", data, "memory-pressure-settings", settings, nil)
}

// newDataManager makes what keeps the data of pages, in a folder or, without one,
// in memory.
func (e *engine) newDataManager() (manager uintptr, dir string) {
	data, cache := e.options.DataDir, e.options.CacheDir
	switch {
	case data == "" && cache == "":
		return e.c.webkitWebsiteDataManagerNewEphemeral.call(), ""
	case data == "":
		data = filepath.Join(cache, "data")
	case cache == "":
		cache = filepath.Join(data, "cache")
	}
	return e.c.webkitWebsiteDataManagerNew.with("base-data-directory", data, "base-cache-directory", cache, nil), data
}

// cleanUp closes what is open after the main loop has ended.
func (e *engine) cleanUp() {
	e.mu.Lock()
	e.wake = nil
	e.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(e.windows)) {
		e.windows[id].Close()
	}
	for r := range e.requests {
		r.Fail("the app is closing")
	}
	if e.loop != 0 {
		e.c.gMainLoopUnref.call(e.loop)
	}
	e.c.gObjectUnref.call(e.scripts)
	e.c.gObjectUnref.call(e.context)
	endConnections()
}

// Post implements backend.Engine. All that is posted until the main loop
// comes to it is run in one turn.
func (e *engine) Post(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.posted = append(e.posted, f)
	if e.wake != nil && !e.waked {
		e.waked = true
		e.wake()
	}
}

// drain runs what was posted until now. What is posted meanwhile waits for
// the next turn, so that the display gets its own.
func (e *engine) drain() (more bool) {
	e.mu.Lock()
	todo := e.posted
	e.posted = nil
	e.mu.Unlock()
	for _, f := range todo {
		e.guard(f)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waked = len(e.posted) > 0
	return e.waked
}

// Watch implements backend.Watcher.
func (e *engine) Watch(fd int, f func() (more bool)) {
	const readable = 1 | 8 | 16 // G_IO_IN | G_IO_ERR | G_IO_HUP
	const goOn = 1              // G_SOURCE_CONTINUE, after a panic too
	id := e.cb.add(callback{f: func(args) uintptr { return gboolean(f()) }, fallback: goOn})
	e.c.gUnixFdAddFull.with(priorityDefault, fd, readable, e.cb.signature[2], id, e.cb.remove)
}

// guard runs f and survives its panic.
func (e *engine) guard(f func()) {
	defer e.cb.rescue("a posted function")
	f()
}

// after runs f on the main loop in ms milliseconds. It is for the main loop
// only.
func (e *engine) after(ms uint, f func()) {
	const remove = 0 // G_SOURCE_REMOVE
	id := e.cb.add(callback{f: func(args) uintptr { f(); return remove }})
	e.c.gTimeoutAddFull.call(priorityDefault, uintptr(ms), e.cb.signature[0], id, e.cb.remove)
}

// Quit implements backend.Engine. Pages that are being left are waited for:
// see leave.
func (e *engine) Quit() {
	e.ending.Store(true)
	e.Post(func() {
		e.quits = true
		e.quitIfLeft()
	})
}

func (e *engine) quitIfLeft() {
	if e.quits && e.leaving == 0 {
		e.c.gMainLoopQuit.call(e.loop)
	}
}

// Version implements backend.Engine. Before Run it has no number.
func (e *engine) Version() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.version == "" {
		return "WebKitGTK"
	}
	return "WebKitGTK " + e.version
}

// connect calls f for a signal. The handler lives as long as the object, or
// until disconnected.
func (e *engine) connect(object uintptr, signal string, f func(args) uintptr) (handler uintptr) {
	return e.connectFallback(object, signal, 0, f)
}

// connectFallback is connect for a signal whose default is not the safe
// choice: fallback is returned where f panics.
func (e *engine) connectFallback(object uintptr, signal string, fallback uintptr, f func(args) uintptr) uintptr {
	return e.cb.connectSignal(&e.c.signals, object, signal, callback{f: f, fallback: fallback}, 0)
}

// connectAfter is connect for what the object's own handler has left.
func (e *engine) connectAfter(object uintptr, signal string, f func(args) uintptr) uintptr {
	const after = 1 // G_CONNECT_AFTER
	return e.cb.connectSignal(&e.c.signals, object, signal, callback{f: f}, after)
}

// asyncResult returns a GAsyncReadyCallback and its user data.
func (e *engine) asyncResult(f func(source, result uintptr)) (fn, data uintptr) {
	return e.cb.signature[2], e.cb.add(callback{once: true, f: func(a args) uintptr { f(a[0], a[1]); return 0 }})
}

// takeError turns a GError into a Go error and frees it.
func (e *engine) takeError(p uintptr) error {
	if p == 0 {
		return nil
	}
	_, _, message := readError(p)
	e.c.gErrorFree.call(p)
	return errors.New(message)
}

// newError makes a GError.
func (e *engine) newError(message string) uintptr {
	domain := e.c.gQuarkFromString.with("mullion")
	return e.c.gErrorNewLiteral.with(uint32(domain), 1, message)
}

// NewWindow implements backend.Engine.
func (e *engine) NewWindow(id uint32, s *wire.WindowState) (backend.Window, error) {
	if e.windows[id] != nil {
		return nil, fmt.Errorf("webkitgtk: window %d exists", id)
	}
	w, err := newWindow(e, id, s)
	e.windows[id] = w
	return w, err
}

// NewWebview implements backend.Engine.
func (e *engine) NewWebview(id uint32, w backend.Window, s *wire.WebviewState) (backend.Webview, error) {
	if e.webviews[id] != nil {
		return nil, fmt.Errorf("webkitgtk: webview %d exists", id)
	}
	parent, ok := w.(*window)
	if !ok || parent.closed {
		return nil, fmt.Errorf("webkitgtk: webview %d needs an open window", id)
	}
	v, err := newWebview(e, id, parent, s)
	if err != nil {
		return nil, err
	}
	e.webviews[id] = v
	e.views[v.view] = v
	return v, nil
}
