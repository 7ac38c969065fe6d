// Package core is the app's one process with full rights: it keeps the
// wanted state of every window, supervises the hosts that show them, and
// routes every message through interceptors and capabilities. It loads no GUI
// library.
//
// Lock order: Core.mu, then Window.mu, then Webview.mu, then outbox.mu. No lock is held
// while code of the app runs, and none across a round trip to a host.
package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/desktop/choose"
	"github.com/mullion-dev/mullion/internal/desktop/launcher"
	"github.com/mullion-dev/mullion/internal/desktop/login"
	"github.com/mullion-dev/mullion/internal/desktop/preferences"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/logging"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/internal/rendering"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// AppOrigin is the origin of the app's own pages, if they do not have [HTTPOrigin].
const AppOrigin = "app://localhost"

// The errors that callers test for.
var (
	ErrClosed         = errors.New("the app is shutting down")
	ErrNoWindow       = errors.New("window not found")
	ErrNoWebview      = errors.New("webview not found")
	ErrHostLost       = errors.New("the host process was lost")
	ErrBackpressure   = errors.New("the page does not keep up")
	ErrNoSuchCommand  = errors.New("not found")
	errDocumentClosed = errors.New("the page was left")
)

// Options is what an app is made of.
type Options struct {
	ID, Name, Version string
	Log               *slog.Logger
	// Manifests are the permissions of the app and of its plugins; those of
	// the built-in commands are added by New.
	Manifests    []capability.Manifest
	Capabilities []capability.Capability
	Platform     capability.Platform
	// App answers app:// and Files asset:// requests. Either may be nil.
	App, Files assets.Handler
	// Policy is the Content-Security-Policy of the pages that App answers with.
	Policy ContentPolicy
	// HTTPOrigin is set where the app's own pages are at [HTTPOrigin]; see there.
	HTTPOrigin bool
	// DevOrigin is the origin of the dev server, which counts as local, and
	// DevCommand is what starts it.
	DevOrigin, DevCommand string
	// Script runs in every page after the bridge.
	Script string
	// DataDir and CacheDir are for what the engine keeps, LibraryCacheDir is for
	// the libraries that it uses. Each host has a folder in each of them.
	DataDir, CacheDir, LibraryCacheDir string
	// MainWindow is the label of the window whose host is named "app"; empty
	// means "main".
	MainWindow string
	// Clear is set where the app may come to open windows that let see what is behind
	// them, whichever host is theirs.
	Clear bool
	// DesktopFile is the name of the app's desktop file; empty means that of ID.
	DesktopFile string
	// Icon is the icon of windows; it may be nil, or return nil.
	Icon func() (*Image, error)
	// PathVariable resolves the variables with which granted paths begin,
	// named without $; nil knows none.
	PathVariable func(name string) (dir string, ok bool)
	// Launch starts a host.
	Launch func(ctx context.Context, l Launch) (Child, error)
	// Processes looks at a process and those below it. Nil: nobody looks.
	Processes func(pid int) Processes
	// Cursor says where the mouse is, in pixels, on a display of which hosts see
	// only what is their own; ok is false on others. Nil leaves it to hosts.
	Cursor func() (x, y int, ok bool, err error)
	// MayShowOthers says why a host that is confined like that must not show
	// remote pages. Nil: each may.
	MayShowOthers func([]sandbox.Status) error
	// LaunchDialogs starts the process for dialogs. Nil: there are none.
	LaunchDialogs func(ctx context.Context) (Child, error)
	// ChooseFiles shows a dialog for files in another way, if it can: the error
	// wraps choose.ErrUnavailable otherwise. Nil: there is none.
	ChooseFiles func(ctx context.Context, r choose.Request) ([]string, error)
	// Transfer is the place for files between the user and hosts. Nil: pages
	// get no files, and nothing is downloaded.
	Transfer  *transfer.Area
	Links     LinkOptions
	Downloads DownloadOptions
	// Preferences tells those of the user, and each change of them, until ctx
	// ends. Nil: windows are as the toolkit has them.
	Preferences func(ctx context.Context, told func(preferences.Preferences))
	// Login is the login session that the app ends with. Nil: none.
	Login *login.Session
	// Restarts bounds the restarts of hosts; the zero value means
	// supervise.Default.
	Restarts supervise.Policy
	// ErrorTexts are the words of error pages; those that are missing are English.
	ErrorTexts ErrorTexts
	// OnFault is told about everything that broke, in order; it may be nil.
	OnFault func(Fault)
	// OnHang is asked what to do about a page that does not answer; nil means
	// to load it again after Patience.Page.
	OnHang func(Hang) HangAction
	// Patience bounds how long is waited for what does not answer.
	Patience Patience
	// Rendering says how hosts draw; nil means as they like.
	Rendering *rendering.Ladder
	// PageWindow reads the options with which a page opens a window, or a bare
	// one. Nil: pages open none.
	PageWindow func(options jsontext.Value, bare bool) (WindowOptions, error)
	// PageWebview reads the options with which a page adds a webview to a
	// window. Nil: pages add none.
	PageWebview func(options jsontext.Value) (PageWebviewOptions, error)
	// MissingPlugins are those that capabilities may speak of though the app
	// does not have them.
	MissingPlugins []string
	// StayOpen keeps the app running when its last window has closed.
	StayOpen bool
	// Driven is set where a WebDriver client controls the app. It closes windows
	// in the way in which pages do, without their permissions.
	Driven bool
	// EndDesktop ends what the app has on the desktop besides windows, when hosts
	// and commands have ended, and before the app is told that its last windows are
	// gone. Nil: nothing.
	EndDesktop func()
	// Keep is set where a keeper has started this Core.
	Keep *Keeping
}

// Child is a started host: its connection and its process.
type Child interface {
	Conn() *wire.Conn
	PID() int
	// Proxy is where the host asks for connections to the network; nil if
	// Launch.Resources has none, or the system cannot give it.
	Proxy() net.Listener
	// Status tells how it is confined.
	Status() []sandbox.Status
	// Wait waits for the process to end and classifies how it did.
	Wait() supervise.Ending
	Kill()
}

// Core is the running app. It is safe for concurrent use.
type Core struct {
	opts Options
	log  *slog.Logger
	auth atomic.Pointer[capability.Authority]
	// devServer is granted to the app's own pages; nil if there is none.
	devServer *capability.NetworkRule

	ctx    context.Context
	cancel context.CancelCauseFunc
	tasks  tasks // hosts, commands, streams

	// app owns all queues to functions of the app.
	app    *inorder.Owner
	faults *inorder.Queue[Fault] // nil if nobody wants to know

	hosted   atomic.Bool   // a host was up once
	requests atomic.Int64  // on custom schemes, not answered yet
	popups   atomic.Int64  // windows that pages have opened by window.open
	files    chan struct{} // like those of webviews, where the engine names none

	chains        atomic.Pointer[chains]
	events        events
	dialogs       dialogs
	downloads     downloads
	violations    violations
	pageResources resourceTable
	menus         menus
	journal       *journal // nil without a keeper
	base          uint64   // numbers up to here are those of Cores before
	launcher      *launcher.Entry
	links         links
	menuStore     menu.Store
	icon          func() *wire.Picture             // of windows that have none of their own; nil: none
	preferences   atomic.Pointer[wire.Preferences] // nil until the desktop has told them

	mu           sync.RWMutex
	commands     map[string]registered    // guarded by mu
	scripts      []ScriptMaker            // guarded by mu
	missing      atomic.Pointer[[]string] // of Options.MissingPlugins, those that are
	interceptors []ipc.Interceptor        // guarded by mu
	windows      map[string]*Window       // guarded by mu; by label
	webviews     map[string]*Webview      // guarded by mu; by label
	windowIDs    map[uint32]*Window       // guarded by mu
	webviewIDs   map[uint32]*Webview      // guarded by mu
	hosts        map[string]*host         // guarded by mu
	mainKey      string                   // guarded by mu; of what the host "app" may reach
	onClose      []func(*Window) bool     // guarded by mu; report true to keep the window
	told         windowsTold              // who is told of windows
	onKept       []*inorder.Queue[Kept]   // guarded by mu
	states       map[string]*State        // guarded by mu
	lastSub      atomic.Uint64            // of subscriptions to states
	lastID       uint32                   // guarded by mu
	lastPopup    uint32                   // guarded by mu
	closed       bool                     // guarded by mu
	left         bool                     // guarded by mu; for another Core
	kept         map[string]*keptWindow   // guarded by mu; of the Core before, by label, as long as nobody has opened them
	theme        string                   // guarded by mu; of windows that have none of their own
	started      bool                     // guarded by mu; Run was called, hosts may start
	hadWindow    bool                     // guarded by mu
	focused      uint64                   // guarded by mu; counts the times that a window came to the front
}

// New makes a Core. Nothing is started until Run.
func New(o Options) (*Core, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Log = slog.New(logging.Limit(o.Log.Handler()))
	if o.Restarts == (supervise.Policy{}) {
		o.Restarts = supervise.Default
	}
	o.Patience.setDefaults()
	c := &Core{
		opts:       o,
		log:        o.Log,
		commands:   map[string]registered{},
		windows:    map[string]*Window{},
		webviews:   map[string]*Webview{},
		windowIDs:  map[uint32]*Window{},
		webviewIDs: map[uint32]*Webview{},
		hosts:      map[string]*host{},
		files:      make(chan struct{}, maxFiles),
	}
	if o.DevOrigin != "" {
		rule, err := capability.ParseNetworkRule(o.DevOrigin)
		if err != nil {
			return nil, fmt.Errorf("dev server: %w", err)
		}
		c.devServer = &rule
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.app = inorder.NewOwner(o.Log)
	if o.OnFault != nil {
		c.faults = inorder.New(c.app, inorder.Options[Fault]{Name: "OnFault", Most: maxFaults}, o.OnFault)
	}
	if o.Downloads.OnEvent != nil {
		c.OnDownload(o.Downloads.OnEvent)
	}
	c.events.core = c
	c.icon = sync.OnceValue(c.readIcon)
	c.dialogs.core = c
	c.launcher = launcher.New(c.desktopFile())
	if o.Keep != nil {
		c.beginLife(o.Keep)
	}
	c.registerBuiltins()
	c.rechain()
	return c, nil
}

// MenuStore has the items of all menus.
func (c *Core) MenuStore() *menu.Store { return &c.menuStore }

// Owner owns the queues to functions of the app.
func (c *Core) Owner() *inorder.Owner { return c.app }

// Log returns the app's logger.
func (c *Core) Log() *slog.Logger { return c.log }

// Register adds a command under the name by which pages call it.
func (c *Core) Register(name string, h ipc.Handler) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.commands[name]; ok {
		return errors.New("it is registered twice")
	}
	c.commands[name] = registered{h, new(pace)}
	return nil
}

// Use adds interceptors behind those that are there.
func (c *Core) Use(in ...ipc.Interceptor) {
	c.mu.Lock()
	c.interceptors = append(slices.Clone(c.interceptors), in...)
	c.mu.Unlock()
	c.rechain()
}

// Run starts the hosts that windows need and returns when ctx is done, Quit
// was called, the last window has closed, or a host cannot be kept alive.
func (c *Core) Run(ctx context.Context) error {
	if c.Authority() == nil {
		return errors.New("core: Resolve was not called")
	}
	var again []*Window
	if c.journal != nil {
		again = c.reopen(ctx)
	}
	if err := c.lockAllScripted(ctx); err != nil {
		return err
	}
	if c.started {
		c.mu.Unlock()
		return errors.New("core: Run was called twice")
	}
	if t := c.opts.Transfer; t != nil {
		if err := t.Open(); err != nil {
			c.mu.Unlock()
			return err
		}
	}
	c.started = true
	c.watchPreferences()
	c.mainKey = c.mainResources().Key()
	for _, w := range c.windows {
		// What capabilities grant them was not known when they were noted.
		w.placed.Store(c.hostFor(w))
		c.startHost(w.host())
		for _, v := range w.webviewList() {
			c.tellUnheeded(w, v.label)
		}
	}
	c.mu.Unlock()

	for _, w := range again {
		c.announce(w)
	}
	if k := c.opts.Keep; k != nil {
		if k.Life > 1 {
			c.TellKept(Kept{k.Crash, k.Failed, again})
		}
		c.settles(k.Settled)
	}
	c.watchLogin()
	stop := context.AfterFunc(ctx, func() { c.shutdown(nil) })
	defer stop()
	<-c.ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), tasksGrace)
	defer cancel()
	last := c.lastWindows() // before what closes windows just now is waited for
	c.waitForTasks(grace)
	if end := c.opts.EndDesktop; end != nil {
		end()
	}
	c.launcher.Close()
	for _, w := range last {
		w.tellClosed()
	}
	c.app.End()
	if c.app.Wait(grace) != nil {
		c.log.Warn("mullion: a callback of the app has not returned; the app exits without it")
	}
	if t := c.opts.Transfer; t != nil && c.hasLeft() {
		t.Leave()
	} else if t != nil {
		if err := t.Close(); err != nil {
			c.log.Warn("mullion: files given to pages could not be removed; they will be when the app starts again", "error", err)
		}
	}
	if err := context.Cause(c.ctx); !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

// waitForTasks waits for hosts, commands and streams to end, but not for ever
// for a command that does not look at its context.
func (c *Core) waitForTasks(ctx context.Context) {
	done := make(chan struct{})
	go func() { c.tasks.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		c.log.Warn("mullion: a command or an interceptor has not returned after its context ended; the app exits without it")
	}
}

// Quit ends the app.
func (c *Core) Quit() { c.shutdown(nil) }

// Done is closed when the app has begun to end.
func (c *Core) Done() <-chan struct{} { return c.ctx.Done() }

// shutdown ends everything; err is what Run returns.
func (c *Core) shutdown(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	windows := make([]*Window, 0, len(c.windowIDs))
	for _, w := range c.windowIDs {
		windows = append(windows, w)
	}
	hosts := make([]*host, 0, len(c.hosts))
	for _, h := range c.hosts {
		hosts = append(hosts, h)
	}
	c.mu.Unlock()

	for _, w := range windows {
		for _, v := range w.webviewList() {
			v.endDocument(ErrClosed)
		}
	}
	for _, h := range hosts {
		h.quit()
	}
	if err == nil {
		err = ErrClosed
	}
	c.cancel(err)
}

// tasksGrace is how long all that runs may take to end with the app. It is
// longer than a host may take.
const tasksGrace = 5 * time.Second

// quitGrace is how long a host may take to end by itself.
const quitGrace = 2 * time.Second

// Windows returns the labels of all windows.
func (c *Core) Windows() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	labels := make([]string, 0, len(c.windows))
	for l := range c.windows {
		labels = append(labels, l)
	}
	slices.Sort(labels)
	return labels
}

// Webviews returns the labels of all webviews and of their windows.
func (c *Core) Webviews() (webviews, windows []string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for l := range c.webviews {
		webviews = append(webviews, l)
	}
	slices.Sort(webviews)
	for _, l := range webviews {
		windows = append(windows, c.webviews[l].Window().label)
	}
	return webviews, windows
}

// Window finds a window by its label.
func (c *Core) Window(label string) (*Window, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if w := c.windows[label]; w != nil {
		return w, nil
	}
	return nil, ErrNoWindow
}

// Webview finds a webview by its label.
func (c *Core) Webview(label string) (*Webview, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if v := c.webviews[label]; v != nil {
		return v, nil
	}
	return nil, ErrNoWebview
}

// OnClose adds a function that is asked before a window that the user closes
// goes away; true keeps the window.
func (c *Core) OnClose(f func(*Window) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onClose = append(slices.Clone(c.onClose), f)
}
