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
