// Package updater looks for new versions of the app, downloads them, and checks
// their signatures.
//
//	app.AddPlugin(updater.New(updater.Options{}).Plugin())
//
// Pages use it by @tauri-apps/plugin-updater. The section plugins.updater of the
// configuration says where versions are announced, and with which key packages
// are signed:
//
//	"updater": {
//		"endpoints": ["https://example.com/{{target}}/{{arch}}/{{current_version}}"],
//		"pubkey": "dW50cnVzdGVkIGNvbW1lbnQ6…"
//	}
//
// What is announced and how packages are signed is as with Tauri's updater: its
// static and dynamic JSON, and signatures of minisign. Servers and signatures
// that exist can be used as they are.
//
// Installing is up to the app, by [Options.Install]. Without it, versions can be
// found and downloaded, and installing is an error.
package updater

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"aead.dev/minisign"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

const (
	// maxUpdates bounds the updates that pages hold, all pages together.
	maxUpdates = 64
	// maxDownloads bounds the packages on disk, those that are on their way
	// included: those of all pages, and those of Go. maxDownloadsPerPage bounds
	// those of a page.
	maxDownloads, maxDownloadsPerPage = 4, 2
	// maxChecks bounds the checks of Go that run at the same time, and
	// maxChecksPerPage those of a page; others wait.
	maxChecks, maxChecksPerPage = 4, 2
	// checkTime is how long a check may take, if its caller says nothing.
	checkTime = time.Minute
	// defaultMaxSize is the size of a package, in bytes, if Options says nothing.
	defaultMaxSize = 2 << 30
)

// Options are what an app can say in Go. The zero value takes everything from
// the configuration, and installs nothing.
type Options struct {
	// Endpoints are used in place of those of the configuration, in the same form.
	Endpoints []string
	// PublicKey is used in place of plugins.updater.pubkey, in the same form.
	PublicKey string
	// Target is what {{target}} stands for, and the key in the platforms of a
	// static announcement. Empty means linux, darwin or windows for {{target}}, and
	// the keys OS-ARCH-BUNDLE, then OS-ARCH, such as linux-x86_64.
	Target string
	// Bundle is what the app was installed as, if it knows: appimage, deb, rpm, app,
	// msi or nsis. {{bundle_type}} stands for it. Empty means "unknown" there.
	Bundle string
	// Header goes with every request.
	Header http.Header
	// Accept decides whether a release is an update for the app, of which it gets
	// the version. nil means: if its version is higher, or with allowDowngrades if
	// it is another one. It is called by Check, on the same goroutine.
	Accept func(current string, r Release) bool
	// Install installs a package that was downloaded and verified. It is called on
	// the goroutine of whoever installs, for one package at a time, and may block.
	// ctx ends with the app, not with the page that asked. nil means that
	// installing is an error, which wraps errors.ErrUnsupported.
	Install func(ctx context.Context, p Package) error
	// Transport may change how requests are made, such as the certificates that are
	// trusted. It gets a new transport for each request.
	Transport func(t *http.Transport)
	// MaxSize bounds a package, in bytes. Zero means 2 GiB.
	MaxSize int64
}

// Updater is the plugin, and its API for Go. It is safe for concurrent use once
// the app runs. Make it by [New].
type Updater struct {
	options  Options
	settings settings

	// Set by start.
	current   string
	endpoints []string
	key       minisign.PublicKey
	dir       string // where packages are downloaded to
	log       *slog.Logger

	checks     slots
	installing chan struct{} // has one while a package is installed
	stall      time.Duration // how long a server may send nothing
	total      time.Duration // how long a check may take

	mu        sync.Mutex
	ctx       context.Context // guarded by mu; ends with the app, nil before start
	stopped   bool            // guarded by mu
	running   sync.WaitGroup  // guarded by mu: nothing is added once stopped
	updates   int             // guarded by mu; those that pages hold
	downloads map[*Download]bool
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Updater {
	o.Endpoints, o.Header = slices.Clone(o.Endpoints), o.Header.Clone()
	return &Updater{
		options: o, checks: slots{of: map[ipc.Page]*slot{}}, installing: make(chan struct{}, 1), stall: stallTimeout, total: checkTime,
		downloads: map[*Download]bool{},
	}
}

// Plugin describes it to the app.
func (u *Updater) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "updater",
		Commands: plugin.Commands{
			"check": plugin.Typed(u.check), "download": plugin.Typed(u.download),
			"install": plugin.Typed(u.install), "download_and_install": plugin.Typed(u.downloadAndInstall),
		},
		Default: []string{"allow-check", "allow-download", "allow-install", "allow-download-and-install"},
		Config:  &u.settings, Start: u.start, Stop: u.stop,
	}
}

func (u *Updater) start(ctx context.Context, app plugin.App) error {
	endpoints, key := u.settings.Endpoints, u.settings.PublicKey
	if len(u.options.Endpoints) > 0 {
		endpoints = u.options.Endpoints
	}
	if u.options.PublicKey != "" {
		key = u.options.PublicKey
	}
	if key == "" {
		return errors.New("there is no public key: set plugins.updater.pubkey in the configuration, or Options.PublicKey")
	}
	var err error
	if u.key, err = parseKey(key); err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	for _, e := range endpoints {
		if _, err := u.address(e, variables{version: "1.0.0", target: "linux", arch: "x86_64", bundle: "unknown"}); err != nil {
			return err
		}
	}
	if _, err := parseVersion(app.Version()); err != nil {
		return fmt.Errorf("the app's own version: %w", err)
	}
	cache, ok := app.Directory("APPCACHE")
	if !ok {
		return errors.New("this system has no folder for caches")
	}
	u.current, u.endpoints, u.log, u.dir = app.Version(), endpoints, app.Log(), filepath.Join(cache, "updates")
	// What was downloaded is of no use to another run of the app, and nobody else
	// has this folder.
	if err := os.RemoveAll(u.dir); err != nil {
		u.log.Warn("updater: downloads of an earlier run are still there", "error", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ctx = ctx
	return nil
}

// stop waits for what runs, which ends with the app's context, and removes all
// packages.
func (u *Updater) stop(ctx context.Context) {
	u.mu.Lock()
	u.stopped = true
	u.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		u.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		u.log.Warn("updater: something still runs while the app ends, such as the app's function that installs")
	}
	u.mu.Lock()
	var left []*Download
	for d := range u.downloads {
		left = append(left, d)
	}
	u.mu.Unlock()
	for _, d := range left {
		d.Close()
	}
	os.Remove(u.dir) // if nothing is in it
}

// begin returns a context that also ends with the app. end has to be called.
func (u *Updater) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ctx == nil {
		return nil, nil, errors.New("the app does not run yet")
	}
	if u.stopped {
		return nil, nil, errors.New("the app is about to end")
	}
	u.running.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	unwatch := context.AfterFunc(u.ctx, cancel)
	return ctx, func() {
		unwatch()
		cancel()
		u.running.Done()
	}, nil
}

// guard calls a function of the app. A panic becomes an error and a line in the
// log.
func (u *Updater) guard(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			u.log.Error("updater: a function of the app panicked", "function", what, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s panicked, see the log", what)
		}
	}()
	return f()
}

// systemName is how announcements call this system, "" where they have no name
// for it.
func systemName() string {
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		return runtime.GOOS
	}
	return ""
}

// archName is how announcements call this processor.
func archName() string {
	return map[string]string{
		"386": "i686", "amd64": "x86_64", "arm": "armv7", "arm64": "aarch64", "riscv64": "riscv64",
	}[runtime.GOARCH]
}
