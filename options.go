package mullion

import (
	"io/fs"
	"log/slog"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
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
