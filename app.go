package mullion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/acl"
	"github.com/mullion-dev/mullion/internal/appinfo"
	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/choose"
	"github.com/mullion-dev/mullion/internal/desktop/login"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/internal/desktop/preferences"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/displayguard"
	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/harness"
	"github.com/mullion-dev/mullion/internal/kept"
	"github.com/mullion-dev/mullion/internal/launch"
	"github.com/mullion-dev/mullion/internal/logging"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/worker"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// Options says what an app is made of. Only Files, or Config, is required.
type Options struct {
	// Files is what ships inside the executable, as a rule an embed.FS: the
	// configuration (mullion.conf.json or tauri.conf.json), the folders
	// capabilities and permissions, and the front end in the folder that
	// build.frontendDist names.
	Files fs.FS
	// Dir is the folder in Files with the configuration, capabilities and
	// permissions; empty means its root. The paths in the configuration are
	// relative to it and may lead to other folders of Files. So a project of
	// Tauri needs no change: embed the files of its root (all:dist,
	// package.json, src-tauri/tauri.conf.json, src-tauri/capabilities) and say
	// "src-tauri" here.
	Dir string
	// Config is used instead of a configuration in Files.
	Config *config.Config
	// Assets is the front end instead of the one in Files; build.frontendDist is
	// not looked up then. Its root is that of the pages. Of an embed.FS, which
	// keeps the folder that was embedded, it is the folder named as
	// build.frontendDist ends: with "../dist" that is dist, so what
	//
	//	//go:embed all:dist
	//	var front embed.FS
	//
	// embeds can be passed as it is. Without "all:" embed leaves out files and
	// folders whose names begin with "_" or ".", as those of some bundlers do.
	Assets fs.FS
	// Capabilities are added to those in Files.
	Capabilities []capability.Capability
	// Logger gets the app's log, that of its hosts included. Nil means
	// slog.Default. Records are passed to its handler one after the other, on
	// a goroutine of their own. The app waits for each, but only for a second,
	// and not at all until the handler has caught up: where nobody reads the
	// log, up to 1024 records are kept, and the rest is counted. Of each kind
	// 500 records are passed on, and one more a second, and about each window,
	// worker or host 4 MiB; a record says how many were left out. The kind is the place in the source, and the window,
	// worker or host that it is about. Texts are cut at 8 KiB, and line breaks and control characters
	// in them escaped, except for line breaks of the attribute "stack".
	Logger *slog.Logger
	// DataDir is where states are persisted and the engine keeps its files.
	// Empty means the system's place for an app of that identifier:
	// ~/.local/share on Linux.
	DataDir string
	// Dev loads pages from build.devUrl instead of the files, if there is one:
	// then no front end needs to be built in. It also turns developer tools on
	// where the configuration leaves it open.
	// On Linux it logs, besides, which files and system calls are refused to hosts
	// and workers, and which permission would grant them; starts take longer
	// for it. Refused connections are logged in any case.
	//
	// Programs that "mullion dev" builds run as if Dev were set.
	Dev bool
	// HTTPOrigin has the app's own pages at http://app.localhost in the place of
	// app://localhost. Engines give them cookies, the Cache API, service workers
	// and media from the app's files there; calls, events and capabilities are the
	// same. The Core answers in the proxy of the app's own windows: no port is open.
	//
	// What pages have stored belongs to their origin, so it is for apps that are
	// new, or whose pages fetch what they had. It has an effect on Linux, where
	// other programs can be kept out of the proxy: by namespaces or the broker.
	// Elsewhere pages are at app://localhost, and the log says so. Pages of a dev
	// server (Dev) have its origin.
	HTTPOrigin bool
	// WebDriver lets a WebDriver client see and use the windows of an app that
	// WebKitGTK's driver has started: see [ErrWebDriverRefused].
	WebDriver bool
	// DownloadDir takes what pages download, under names that were not taken:
	// an absolute path, or one that begins with a variable as in capability
	// files, such as "$DOWNLOAD" for the user's own folder. Empty means that
	// the user is asked about each file.
	DownloadDir string
	// MinConfinement is how confined hosts must be at least. Where the system
	// cannot give that, no window is shown, and Run returns an error that says
	// which layer is missing and why. Zero demands nothing, except that
	// windows that may show remote pages need ConfinementFiles.
	MinConfinement ConfinementLevel
	// WithoutLayers switches layers of the confinement off, to test the app as
	// on a system without them: "namespaces", "seccomp", "broker",
	// "display", "landlock", or "landlock:N" for no newer ABI of it than N. It is not for
	// releases.
	WithoutLayers []string
	// DesktopFile is the name of the app's desktop file on Linux, by which docks
	// find its icon. Empty means the identifier with ".desktop".
	DesktopFile string
	// StayOpen keeps the app running when its last window has closed.
	StayOpen bool
	// Keep lets the windows outlive a crash of the app. Its program then runs
	// twice: once as a keeper, which starts the hosts and runs none of the app's
	// code, and once as the Core. If the Core panics, or is killed, it is started
	// again under its windows: pages keep what they show and what was typed into
	// them. Calls that ran are rejected, later ones wait for the new Core;
	// listeners and subscriptions to states go on, and pages get the event
	// mullion://core-replaced. What the app has in memory is lost, except the
	// values of persisted states. OnFault and [App.OnKept] are told.
	// An update can take the place of the program in the same way: [App.Swap].
	// Windows of the configuration, and others that are opened before Run, are
	// taken over by their labels, as the user and the pages have left them, with
	// the options that the app has changed since. Windows that were opened later are
	// there again when Run begins, and are announced by tauri://window-created
	// as new ones are. The first OpenWindow of such a label returns that window.
	// A Core that hangs for 30 seconds is killed, unless it is in a debugger.
	// One that crashes twice before it has its windows, or more than five
	// times within ten minutes, is not started again: the app ends.
	//
	// The first New of the process starts the program again, so what run has
	// done until then is done twice: call it first. It costs some 10 MB of
	// memory. It does nothing on systems other than Linux, and in tests.
	Keep bool
	// SingleInstance makes further starts of the app, by the same user and with
	// the same DataDir, tell the instance that runs: see [App.OnInstance]. New
	// then returns ErrHandedOver. It waits up to 15 seconds for an instance that
	// has not begun to listen or does not answer, and then returns an error.
	// Without it Run returns an error that names the folder and the process:
	// what two instances keep there would be lost to one of them.
	SingleInstance bool
	// OnFault is called when a host, a web process or a worker has ended, and
	// says whether it is started again. While something is missing that was
	// there before, such as the display, it is called once. Calls come in order,
	// one at a time, on a goroutine of their own; OnFault may block. If more than
	// 256 faults are queued for it, the oldest are dropped, and the log says so.
	OnFault func(Fault)
	// ErrorTexts are the words of error pages, in English where they are missing.
	ErrorTexts ErrorTexts
	// OnHang decides what to do about a page that does not answer. It is called
	// when that is first noticed, which takes some seconds, and then every
	// HangTimeout until the page answers or is gone. It may wait for the user. Nil means
	// HangReload after HangTimeout, and HangWait for windows with developer
	// tools, whose pages may stand at a breakpoint.
	OnHang func(Hang) HangAction
	// OnLink is asked about each link that leads out of the app, before it is
	// opened in the user's browser: a link to another site or to a new window
	// that no capability grants, mailto: and tel:. The user has clicked, or
	// pressed a key, just before. It may wait for the user, and is called on a
	// goroutine of its own, for at most 10 links at once. Nil opens each link.
	// Remote pages need the permission web:allow-open-url; web:deny-open-url
	// takes it from the app's own pages.
	OnLink func(Link) LinkAction
	// MissingPlugins are names of plugins, such as "fs", that capabilities may
	// grant permissions of though the app has no such plugin: these are left out,
	// with a warning, and pages are told that the plugin is not part of this
	// app. It is for apps that are moved step by step.
	MissingPlugins []string

	// LinkSchemes are schemes of addresses that may be opened by links and
	// App.OpenURL besides http, https, mailto and tel, such as "slack". Those
	// that stand for code or files, such as javascript and file, are refused.
	LinkSchemes []string
	// HangTimeout is how long a page may take to answer the app.
	// Zero means 30 seconds. A page that waits for the user, by alert, confirm,
	// prompt or beforeunload, does not hang, however long that takes.
	HangTimeout time.Duration

	// change makes the Core of a test, whose hosts need no processes.
	change func(*core.Options)
}

// App is a running app. It is safe for concurrent use.
type App struct {
	core     *core.Core
	config   *config.Config
	log      *slog.Logger
	folders  appinfo.Folders
	dev      bool
	root     string // address of the front end; see windowoptions.Reader
	stayOpen bool
	own      capability.Manifest // the app's own commands
	grants   bool                // there are capabilities
	files    fs.FS               // Options.Files
	dir      string              // Options.Dir
	makeTray func() error        // makes app.trayIcon, once
	workers  worker.Pools
	without  sandbox.Without  // layers that are switched off
	hidden   []string         // see Folders.MakeHidden
	written  *launch.Written  // by workers
	resolver egress.Resolver  // of names for workers; nil but in tests
	builtins []plugin.Plugin  // those that every app has
	notify   *notify.Client   // shows notifications, also those of pages
	icons    *trayicons.Icons // in the tray, also those of pages

	mu       sync.Mutex
	problems []error         // guarded by mu; of registrations, returned by Run
	running  bool            // guarded by mu
	plugins  []plugin.Plugin // guarded by mu
	shared   map[any]any     // guarded by mu; of plugins, see plugin.App.Share

	assetJudges []func(path string) error // guarded by mu; see AllowAssets

	onInstance []func(Instance) // guarded by mu

	instances *instances // nil without Options.SingleInstance
	folder    folder
	holding   sync.Mutex
	hold      func() // guarded by holding; gives the folder up; nil: it is not held yet
	held      error  // guarded by holding; why it cannot be
}

// New makes an app. It opens nothing on the screen yet; windows of the
// configuration open in Run.
func New(o Options) (*App, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = slog.New(logging.Limit(logging.Handler(o.Logger.Handler())))
	conf := o.Config
	if conf == nil {
		if o.Files == nil {
			return nil, errors.New("mullion: Options has neither Files nor Config")
		}
		var err error
		if conf, err = config.Load(o.Files, config.Options{Dir: o.Dir}); err != nil {
			if errors.Is(err, config.ErrNotFound) {
				err = fmt.Errorf("%w; Options.Files has what is embedded: //go:embed mullion.conf.json", err)
			}
			return nil, fmt.Errorf("mullion: %w", err)
		}
	}
	conf = develop(&o, conf)
	a := &App{config: conf, log: o.Logger, dev: o.Dev, stayOpen: o.StayOpen, files: o.Files, dir: o.Dir}
	if err := configkeys.Check(conf); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	if o.Keep {
		kept.Become(o.Logger)
	}
	a.folder.log = o.Logger
	var err error
	if a.folders, err = appinfo.OwnFolders(o.DataDir, conf); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	a.folder.dir = a.folders.Data
	cacheDir := a.folders.Cache
	if a.hidden, err = a.folders.MakeHidden(); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}

	if a.without, err = sandbox.ParseWithout(o.WithoutLayers); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	driver, err := o.webDriver(os.Getenv)
	if err != nil {
		return nil, err
	}
	area := transfer.New(filepath.Join(cacheDir, "files"))
	a.written = &launch.Written{Log: o.Logger, Path: filepath.Join(a.folders.Data, "engine", "written.json")}
	hosts := &launch.Hosts{
		Log: o.Logger, App: conf.Identifier, Area: area, Least: sandbox.Level(o.MinConfinement), Without: a.without,
		Hidden: a.hidden, Written: a.written, Watch: o.Dev, Driver: driver, Keeper: kept.Link(),
	}
	co := core.Options{
		ID:        conf.Identifier,
		Name:      a.Name(),
		Version:   appinfo.Version(conf),
		Log:       o.Logger,
		Platform:  capability.PlatformOf(runtime.GOOS),
		DataDir:   filepath.Join(a.folders.Data, "engine"),
		CacheDir:  filepath.Join(cacheDir, "engine"),
		Launch:    hosts.Launch,
		Processes: func(pid int) core.Processes { return sandbox.NewTree(pid) },
		StayOpen:  o.StayOpen,

		MissingPlugins: o.MissingPlugins,

		Keep: kept.Keeping(),

		DesktopFile:   o.DesktopFile,
		MayShowOthers: func(s []sandbox.Status) error { return sandbox.CheckLevel(s, max(hosts.Least, sandbox.LevelFiles)) },

		Cursor: displayguard.Pointer,

		LaunchDialogs: launch.Dialogs(o.Logger), ChooseFiles: choose.Asker(),
		Transfer: area,

		LibraryCacheDir: filepath.Join(cacheDir, "host"),
		PathVariable:    a.pathVariable,
		Icon:            sync.OnceValues(func() (*core.Image, error) { return windowIcon(o.Files, o.Dir, conf.Bundle.Icon) }),
	}
	co.Driven = driver.IsValid()
	if windows := conf.App.Windows; len(windows) > 0 {
		co.MainWindow = windows[0].Label
		co.Clear = slices.ContainsFunc(windows, func(w config.Window) bool {
			return w.Transparent || w.BackgroundColor != nil && w.BackgroundColor.Alpha < 255
		})
	}
	if co.Downloads.Dir, err = a.downloadDir(o.DownloadDir); err != nil {
		return nil, err
	}
	co.Patience.Page, co.Rendering, co.ErrorTexts = o.HangTimeout, a.rendering(), core.ErrorTexts(o.ErrorTexts)
	if o.OnHang != nil {
		co.OnHang = func(h core.Hang) core.HangAction { return core.HangAction(o.OnHang(Hang{h.Window, h.For})) }
	}
	if o.OnFault != nil {
		co.OnFault = func(f core.Fault) {
			o.OnFault(Fault{
				Component: f.Component, Windows: f.Windows, Worker: f.Worker, Reason: string(f.Ending.Kind), Detail: f.Ending.Detail,
				Failures: f.Failures, Restarting: f.Restarting,
			})
		}
	}
	if co.Links, err = linkOptions(o); err != nil {
		return nil, err
	}
	if co.Capabilities, err = acl.Capabilities(conf, o.Files, path.Join(o.Dir, "capabilities")); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	co.Capabilities = append(co.Capabilities, o.Capabilities...)
	a.grants = len(co.Capabilities) > 0
	for _, c := range co.Capabilities {
		if len(c.Windows) == 0 && len(c.Webviews) == 0 && (len(c.Platforms) == 0 || slices.Contains(c.Platforms, co.Platform)) {
			a.log.Warn("mullion: a capability covers no window", "capability", c.Identifier, "file", c.File, "hint", `name the windows, as in "windows": ["main"]`)
		}
	}
	if err := a.serve(o, &co); err != nil {
		return nil, err
	}
	options := a.reader()
	co.PageWindow, co.PageWebview = options.PageWindow, options.PageWebview
	tray, err := a.configuredTray()
	if err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	a.makeTray = sync.OnceValue(tray)
	co.Login, co.Preferences = login.New(os.Getenv), preferences.Watch
	if o.change != nil {
		o.change(&co)
	}
	co.Manifests, co.EndDesktop = builtin.Own(), a.endDesktop
	if a.core, err = core.New(co); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	a.notify = notify.New(notify.App{Name: a.Name(), DesktopEntry: conf.Identifier}, a.core.Owner())
	a.icons = trayicons.New(a.core.Context(), trayicons.App{
		ID: conf.Identifier, Log: a.core.Log(), Owner: a.core.Owner(), Menus: a.core.MenuStore(), Quit: a.core.Quit,
	})
	if err := a.registerBuiltins(); err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	a.ownScripts()
	if o.SingleInstance {
		if err := a.single(); err != nil {
			return nil, fmt.Errorf("mullion: %w", err)
		}
	}
	return a, nil
}

// Name returns the app's name for people: productName, or else the last part
// of the identifier.
func (a *App) Name() string { return appinfo.Name(a.config) }

// Config returns the app's configuration, which must not be changed.
func (a *App) Config() *config.Config { return a.config }

// DataDir returns the app's own folder for data.
func (a *App) DataDir() string { return a.folders.Data }

// Use adds interceptors, which see every message from then on; see package
// ipc.
func (a *App) Use(in ...ipc.Interceptor) { a.core.Use(in...) }

// problem notes what was wrong with a registration. Run returns it, so that
// setting an app up needs no error check per line.
func (a *App) problem(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.problems = append(a.problems, err)
}

// Run opens the windows of the configuration and returns when ctx is done,
// Quit is called, the last window has closed, or windows cannot be shown.
func (a *App) Run(ctx context.Context) error {
	a.mu.Lock()
	err := errors.Join(a.problems...)
	if a.running {
		err = errors.New("Run was called twice")
	}
	a.running = true
	plugins := a.plugins
	a.mu.Unlock()
	test := harness.From(ctx)
	if err == nil && (test == nil || !test.Windowless) {
		err = afterMain()
	}
	if err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	if err := a.holdFolder(); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	if test != nil {
		test.Attach(a, a.core)
	}
	defer a.leaveFolder()
	defer a.instances.end()
	defer a.workers.Close(ErrClosed)
	returned := make(chan struct{})
	defer close(returned)
	go func() {
		// Whoever waits for a worker must not keep the app from ending.
		select {
		case <-a.core.Done():
			a.workers.Close(ErrClosed)
		case <-returned:
		}
	}()
	manifests, err := a.manifests(plugins)
	if err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	configkeys.LogUnused(a.log, a.config, plugins)
	if err := a.core.Resolve(manifests...); err != nil {
		return fmt.Errorf("mullion: %w%s", err, pluginHint(err))
	}
	stop, err := a.startPlugins(slices.Concat(a.builtins, plugins))
	if err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	defer stop()
	if err := a.makeTray(); err != nil { // as on a system without a session bus
		a.log.Warn("mullion: app.trayIcon is not shown", "error", err)
	}
	for i := range a.config.App.Windows {
		w := &a.config.App.Windows[i]
		if !w.Create {
			continue
		}
		if _, err := a.OpenWindow(ctx, optionsOf(w)); err != nil {
			return fmt.Errorf("mullion: %w", err)
		}
	}
	if err := kept.Resume(a.core); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	a.warnOfNothing()
	a.instances.begin()
	if test != nil {
		test.Ready()
	}
	if err := a.core.Run(ctx); err != nil {
		var exit *core.ExitError
		if errors.As(err, &exit) {
			return err
		}
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// isRunning reports whether Run was called.
func (a *App) isRunning() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.running
}

// Quit ends the app: Run returns.
func (a *App) Quit() { a.core.Quit() }

// Processes returns the process ids of the hosts and workers that run just now,
// by name. Those of a worker are "worker:NAME", "worker:NAME:2" and so on.
func (a *App) Processes() map[string]int {
	pids := a.core.PIDs()
	for name, child := range a.workers.Processes() {
		pids[name] = child.PID()
	}
	return pids
}

// openTimeout bounds how long a window may take to appear where the caller
// set no deadline.
const openTimeout = time.Minute
