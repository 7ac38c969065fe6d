// Package backend is what a host needs of an engine: a main loop, windows,
// webviews. One directory below it per engine; package fake is the one that
// tests use. Everything that is decided (who may call, what is loaded, which
// window exists) is decided by the Core; a backend only does and reports.
//
// Except for Engine.Post and Engine.Quit, all methods are called on the
// thread of the main loop, and all methods of Handler are called there too.
package backend

import (
	"io"
	"os"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Engine is one system's web view and toolkit.
type Engine interface {
	// Run opens the engine's libraries, calls ready on the main loop and
	// returns after Quit. It must be called on the main thread of the
	// process. An *InitError tells that the engine cannot be used here.
	Run(o Options, h Handler, ready func()) error
	// Post runs f on the main loop, in the order of the calls. Any goroutine
	// may call it.
	Post(f func())
	// Quit ends Run. Any goroutine may call it.
	Quit()
	// Version names the engine and its version, such as "WebKitGTK 2.50.6".
	Version() string

	// NewWindow returns a usable window even where the error wraps
	// errors.ErrUnsupported: the system lacks a part of s.
	NewWindow(id uint32, s *wire.WindowState) (Window, error)
	NewWebview(id uint32, w Window, s *wire.WebviewState) (Webview, error)
}

// Lacker is implemented by engines that do not do all that pages can ask for. The
// Core says so in its errors.
type Lacker interface {
	// Lacks may be called before Run. There are at most wire.MaxLacks.
	Lacks() []wire.Lack
}

// Watcher is implemented by engines whose main loop can wait for a descriptor
// of ours together with its own, which saves a thread in between.
type Watcher interface {
	// Watch calls f on the main loop whenever fd can be read, until f
	// returns false. It is for the main loop only.
	Watch(fd int, f func() (more bool))
}

// Preferrer is implemented by engines, and by Dialogs, whose toolkit does not
// follow all preferences of the user by itself.
type Preferrer interface {
	// Prefer makes all windows follow them. It is for the main loop only.
	Prefer(p wire.Preferences)
}

// BusJoiner is implemented by Dialogs whose toolkit looks for the accessibility bus
// only when it is started.
type BusJoiner interface {
	// JoinBus has the toolkit join the bus, unless it has. It is for the main loop
	// only.
	JoinBus()
}

// Networker is implemented by engines that leave the network, and what pages
// store, to a process of its own. That one can stand still while all others
// go on, and then whatever is loaded waits for ever.
type Networker interface {
	// ProbeNetwork asks that process for a sign of life. done is called on
	// the main loop when it has come, or when the process has ended.
	ProbeNetwork(done func())
	// EndNetwork ends the process. The engine starts another one.
	EndNetwork() error
}

// Dialogs shows native dialogs, without any engine. Except for Post and Quit,
// all methods are called on the thread of the main loop.
type Dialogs interface {
	// Run opens the toolkit, calls ready on the main loop and returns after
	// Quit. It must be called on the main thread of the process. An
	// *InitError tells that the toolkit cannot be used here. Of o only AppID,
	// AppName and Log count.
	Run(o Options, ready func()) error
	// Post runs f on the main loop, in the order of the calls. Any goroutine
	// may call it.
	Post(f func())
	// Quit ends Run. Any goroutine may call it.
	Quit()
	// Show opens a dialog. answer is called once, on the main loop, unless
	// there was an error: by the user, or with the answer of a dialog that
	// was cancelled when dismiss is called. dismiss may be called again.
	Show(d wire.Dialog, answer func(wire.DialogResult)) (dismiss func(), err error)
}

// Options are the same for every webview of a host.
type Options struct {
	// AppID is the app's identifier, such as "org.example.notes".
	AppID string
	// AppName is shown by the system where a window has no title.
	AppName string
	// DataDir and CacheDir are private folders of the app for the engine's
	// own files. Both empty: nothing is kept.
	DataDir, CacheDir string
	// Proxy is where all connections to the network go, those to this machine
	// included, as "socks5://127.0.0.1:1080"; what has no network gets an
	// address where nothing listens. Empty means as the system has it, which
	// is for tests of engines alone.
	Proxy string
	// Schemes are the custom schemes whose requests come to Handler.Request.
	Schemes []string
	// World is the name of the script world of the bridge.
	World string
	// MessageName is the name of the script message handler in that world.
	MessageName string
	// MemoryLimit is how much memory a process that runs pages may take, in
	// bytes. Zero means as much as the engine likes. A page whose process has
	// taken more has crashed with wire.CrashMemory.
	MemoryLimit int64
	// MemoryPoll is how often such a process looks at what it takes; zero is as
	// often as the engine likes.
	MemoryPoll time.Duration
	// Rendering is how to draw.
	Rendering wire.Rendering
	// NoCache keeps no copies of what servers have answered, and of pages that
	// are left.
	NoCache bool
	// Log gets the engine's own complaints.
	Log func(text string)
}

// Window is a top-level window.
type Window interface {
	// Apply makes the window follow from old to s. What the system cannot do
	// is an error wrapping errors.ErrUnsupported; the rest is still done.
	Apply(old, s *wire.WindowState) error
	// Do performs an action; an unknown one is an error.
	Do(a wire.Action) error
	// Screen answers wire.ActionScreen.
	Screen() (wire.Screen, error)
	Observe() wire.WindowObserved
	// Close destroys the window and its webviews without asking.
	Close()
}

// Noticer is implemented by windows that can show a notice above all pages.
type Noticer interface {
	// Notice shows it in the place of the one before; without a title there is
	// none any more.
	Notice(title, text string)
}

// Webview shows one page.
type Webview interface {
	Apply(old, s *wire.WebviewState) error
	Do(a wire.Action) error
	// SetScripts replaces the user scripts: bridge runs in the world of the
	// bridge, page in the page's own, both at document start, in the top
	// frame only, where the address matches one of the patterns: scheme, host,
	// and port, which is that of the scheme where there is none.
	SetScripts(bridge, page string, patterns []string)
	// Deliver calls the bridge's function `mullion` + "Deliver" with data as
	// its only argument, never as program text, in the world of the bridge.
	// done is called on the main loop once the page has run it, or has not.
	Deliver(data string, done func(error))
	// Load starts the first navigation, on top of the history in
	// WebviewState.Session if there is one.
	Load(url string)
	// ClearData answers wire.ActionClearData: it removes what the pages of
	// the webview's store have stored. done is called on the main loop.
	ClearData(done func(error))
	// Print answers wire.ActionPrint: it writes the page to a new file at
	// path, as a PDF. done is called on the main loop.
	Print(path string, done func(error))
	// Eval answers wire.ActionEval: it runs script as the body of an async
	// function in the page's own world. done is called on the main loop, with
	// a wire.Evaluation as JSON, or with an error when there is none, as when
	// the page is left before.
	Eval(script string, done func(result string, err error))
	Close()
}

// DeliverFunction is the name of the global function of the bridge's world
// that Deliver calls.
const DeliverFunction = "mullionDeliver"

// Handler is called by an engine on the main loop and must not block it.
type Handler interface {
	// Observed reports that something of a window changed: size, position,
	// focus, state, scale. Calls may be merged.
	Observed(window uint32, o wire.WindowObserved)
	// CloseRequested reports that the user wants to close a window. The
	// engine does not close it.
	CloseRequested(window uint32)
	// MenuChosen reports that the user has chosen an item of a window's menu,
	// or of one that ActionPopup has shown, by its number.
	MenuChosen(window, item uint32)
	// Page reports PageStarted, PageCommitted, PageFinished, PageFailed,
	// PageCrashed, PageTitle, PageHung, PageAnswers, PageState, PageClose, PageAsks,
	// PageAsked, PageZoom. URL is always set.
	Page(webview uint32, e wire.PageEvent)
	// Session reports the webview's history and scroll position in a form of
	// the engine's own, whenever they have changed and then stood still. A
	// webview that is made with it as WebviewState.Session comes back there.
	// It has at most wire.MaxSession bytes.
	Session(webview uint32, data []byte)
	// Message is a script message of the bridge's world. url is the address
	// of the webview's top document at that time. r must be answered once.
	Message(webview uint32, url, body string, r Reply)
	// Request is a request on one of Options.Schemes. webview is 0 where the
	// engine does not know it. r must be answered once.
	Request(webview uint32, r Request)
	// Decide asks for a decision; answer may be called later, on the main
	// loop, once.
	Decide(webview uint32, d wire.Decision, answer func(wire.Verdict))
	// Download reports about a download that a Verdict has allowed, by the
	// number in it; nothing comes after its end.
	Download(webview uint32, download uint64, e wire.DownloadEvent)
	// Dragged reports what becomes of files that are held over a webview,
	// after a Decision about them was answered with a yes. What they are the
	// engine's page never learns.
	Dragged(webview uint32, e wire.DragEvent)
}

// Reply answers one script message. Both methods are for the main loop only.
type Reply interface {
	Return(text string)
	Fail(message string)
}

// Request is one request on a custom scheme, for the main loop only.
type Request interface {
	Method() string
	URL() string
	// Header returns all fields of the request.
	Header() []wire.Field
	// Body returns the request's body. It must be called only for requests
	// of the bridge: WebKitGTK 2.50 crashes on the body of a page's own
	// request that holds a Blob or FormData.
	Body() io.ReadCloser
	// Respond answers. The body is data, or what can be read from file when
	// it is not nil (Respond owns it), length bytes long or -1.
	Respond(status int, header []wire.Field, data []byte, file *os.File, length int64)
	// Fail answers with a network error.
	Fail(message string)
}

// InitError tells why an engine cannot be used.
type InitError struct {
	// Code is one of the Init constants.
	Code string
	// Hint says what the user or developer can do about it.
	Hint string
	Err  error
}

// The codes of InitError.
const (
	InitLibrary     = "library" // a system library is missing or too old
	InitDisplay     = "display" // there is no display, or it refuses us
	InitUnsupported = "unsupported"
)

func (e *InitError) Error() string {
	s := e.Err.Error()
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

func (e *InitError) Unwrap() error { return e.Err }
