package wire

import "github.com/go-json-experiment/json/jsontext"

// WindowState is everything about a window that is wanted rather than done:
// the Core keeps it, a host applies the difference to the last one it was
// sent. Lengths are logical pixels; positions are those of the outer frame.
// The zero value of a pointer field leaves the choice to the system.
type WindowState struct {
	Label  string   `json:"label"`
	Title  string   `json:"title"`
	X      *float64 `json:"x,omitzero"` // needs Y
	Y      *float64 `json:"y,omitzero"`
	Center bool     `json:"center,omitzero"` // only when created; beats X and Y
	// Width and Height are those of the content.
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	// Margin is only for when the window is created: it becomes so small that
	// its monitor's work area holds it, with X and Y to spare.
	Margin    *Point   `json:"margin,omitzero"`
	MinWidth  *float64 `json:"minWidth,omitzero"`
	MinHeight *float64 `json:"minHeight,omitzero"`
	MaxWidth  *float64 `json:"maxWidth,omitzero"`
	MaxHeight *float64 `json:"maxHeight,omitzero"`

	Visible   bool `json:"visible"`
	Focus     bool `json:"focus"` // focused when created
	Focusable bool `json:"focusable"`
	// Parent is the number of a window of the same host that this one stays
	// above, 0 for none. One that the host does not have is none. Modal keeps
	// the user from all other windows of the host.
	Parent uint32 `json:"parent,omitzero"`
	Modal  bool   `json:"modal,omitzero"`

	Resizable bool `json:"resizable"`
	Closable  bool `json:"closable"`
	Decorated bool `json:"decorated"`
	// NoMaximize and NoMinimize keep the user from doing that.
	NoMaximize bool `json:"noMaximize,omitzero"`
	NoMinimize bool `json:"noMinimize,omitzero"`
	Fullscreen bool `json:"fullscreen,omitzero"`
	Maximized  bool `json:"maximized,omitzero"`
	Minimized  bool `json:"minimized,omitzero"`

	AlwaysOnTop    bool `json:"alwaysOnTop,omitzero"`
	AlwaysOnBottom bool `json:"alwaysOnBottom,omitzero"`
	SkipTaskbar    bool `json:"skipTaskbar,omitzero"`
	AllWorkspaces  bool `json:"allWorkspaces,omitzero"`
	// ContentProtected keeps the window out of screen captures.
	ContentProtected bool `json:"contentProtected,omitzero"`
	// NoShadow leaves out the shadow that Windows draws around a window that is
	// not decorated.
	NoShadow    bool `json:"noShadow,omitzero"`
	Transparent bool `json:"transparent,omitzero"` // only when created
	// Disabled keeps mouse and keyboard from the content, IgnoreCursor lets
	// the mouse through to what is behind the window.
	Disabled     bool `json:"disabled,omitzero"`
	IgnoreCursor bool `json:"ignoreCursor,omitzero"`
	// Cursor is the name of a cursor as in CSS, "" for the page's own. It
	// stays until the page wants another one. CursorHidden shows none.
	Cursor       string `json:"cursor,omitzero"`
	CursorHidden bool   `json:"cursorHidden,omitzero"`
	// CursorGrab keeps the mouse inside the window while that has the keyboard.
	CursorGrab bool `json:"cursorGrab,omitzero"`

	// Effects are materials to be seen behind a transparent window, by Tauri's
	// names: the first that the system has counts.
	Effects []string `json:"effects,omitzero"`

	// Background is shown until the page has painted: red, green, blue, alpha.
	Background *[4]uint8 `json:"background,omitzero"`
	// Theme is "light", "dark" or "" for the system's.
	Theme string `json:"theme,omitzero"`

	// Icon is what the desktop shows for the window, at most MaxIconSide pixels
	// wide and high; nil leaves it to the system.
	Icon *Picture `json:"icon,omitzero"`

	// Overlay is what the window's button in the taskbar shows over its icon, in
	// the place of a badge, at most MaxOverlaySide pixels wide and high; nil is
	// nothing.
	Overlay *Picture `json:"overlay,omitzero"`

	// Menu is the menu bar; none without items. Its height comes on top of
	// that of the content.
	Menu []MenuItem `json:"menu,omitzero"`

	// Taskbar is what the window's button in the taskbar shows beside its icon,
	// where windows have one (Windows). It is the same for all of an app.
	Taskbar *Taskbar `json:"taskbar,omitzero"`

	// Touch names what this state means to change of all that the user can
	// change too: what is not in it stays as the user has it. It plays no
	// part when a window is made.
	Touch []Touch `json:"touch,omitzero"`
}

// Taskbar is a number and a progress bar on a button of the taskbar.
type Taskbar struct {
	Badge int64 `json:"badge,omitzero"` // 0 is none
	// Status is "normal", "indeterminate", "paused" or "error"; "" is no bar.
	Status   string  `json:"status,omitzero"`
	Progress float64 `json:"progress,omitzero"` // from 0 to 1
}

// The most pixels on a side of a window's icon, and of what is shown over it.
const (
	MaxIconSide    = 128
	MaxOverlaySide = 32 // Windows shows 16, and 32 on a screen of that scale
)

// Touch is a part of a window that its user can change as well as the app.
type Touch string

// The values of Touch.
const (
	TouchSize       Touch = "size"
	TouchPosition   Touch = "position"
	TouchMaximized  Touch = "maximized"
	TouchMinimized  Touch = "minimized"
	TouchFullscreen Touch = "fullscreen"
)

// WebviewState is the wanted state of one webview. A window may hold several.
type WebviewState struct {
	Label  string `json:"label"`
	Window uint32 `json:"window"`
	// URL is loaded when the webview is made. Later navigation is an Action,
	// for a state that is sent again must not load a page again.
	URL string `json:"url"`
	// Bounds is the webview's place in its window; nil fills the window.
	Bounds *Rect `json:"bounds,omitzero"`
	// Share is its place in fractions of the window's content, of 0 to 1: it
	// follows when the window is resized. It beats Bounds.
	Share  *Rect `json:"share,omitzero"`
	Hidden bool  `json:"hidden,omitzero"`
	// Origins are the patterns of addresses into whose top frame the bridge
	// is injected, such as "app://localhost/*". None: no bridge at all.
	Origins []string `json:"origins,omitzero"`
	// Script runs in the page's own world at document start, in the top
	// frame of the same addresses, after the page's half of the bridge.
	Script string `json:"script,omitzero"`

	UserAgent string  `json:"userAgent,omitzero"`
	Zoom      float64 `json:"zoom,omitzero"` // 0 means 1
	// ZoomKeys has the host report the keys that zoom a page: see PageZoom.
	ZoomKeys bool `json:"zoomKeys,omitzero"`
	// PageDrops leaves files that are dragged over the page to the engine:
	// the Core hears nothing of them. It does not change.
	PageDrops          bool      `json:"pageDrops,omitzero"`
	Devtools           bool      `json:"devtools,omitzero"`
	JavaScriptDisabled bool      `json:"javaScriptDisabled,omitzero"`
	Incognito          bool      `json:"incognito,omitzero"`
	Background         *[4]uint8 `json:"background,omitzero"`

	// Session is what a host reported last of the history and the scroll
	// position of this webview, as KindSession. It plays a part only when the
	// webview is made. Only the engine that wrote it can read it, and it may
	// come from a compromised host.
	Session []byte `json:"session,omitzero"`
}

// Rect is a rectangle in logical pixels.
type Rect struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// WindowObserved is what a host sees of a window. Lengths are physical pixels.
type WindowObserved struct {
	Scale float64 `json:"scale"`
	// X and Y place the outer frame, InnerX and InnerY the content. A system
	// that does not tell (Wayland) reports zeros.
	X           int  `json:"x"`
	Y           int  `json:"y"`
	InnerX      int  `json:"innerX"`
	InnerY      int  `json:"innerY"`
	Width       int  `json:"width"` // of the content
	Height      int  `json:"height"`
	OuterWidth  int  `json:"outerWidth"`
	OuterHeight int  `json:"outerHeight"`
	Visible     bool `json:"visible"`
	Focused     bool `json:"focused"`
	Fullscreen  bool `json:"fullscreen"`
	Maximized   bool `json:"maximized"`
	Minimized   bool `json:"minimized"`
	// Theme is "light" or "dark", "" where the system does not tell.
	Theme string `json:"theme,omitzero"`
	// XID is the number of the window on X11, or its HWND, for dialogs that belong to it.
	XID uint32 `json:"xid,omitzero"`
	// Handle is what the compositor calls the window under Wayland (xdg-foreign),
	// likewise. It has at most MaxHandle bytes.
	Handle string `json:"handle,omitzero"`
}

// MaxHandle bounds the handle of a window. Compositors make them of some 40 bytes.
const MaxHandle = 256

// An Action is something done once to a window or a webview, as opposed to
// state. Which names exist is listed in PROTOCOL.md.
type Action struct {
	Name string         `json:"name"`
	Args jsontext.Value `json:"args,omitzero"`
}

// Focus are the arguments of ActionFocus.
type Focus struct {
	// Token is what the desktop has given for it (xdg-activation), at most
	// MaxToken bytes.
	Token string `json:"token,omitzero"`
}

// MaxToken is how long a token of the desktop may be, in bytes.
const MaxToken = 1024

// The actions of a window.
const (
	ActionFocus     = "focus"     // Args: Focus, or none
	ActionDrag      = "drag"      // start moving the window with the pointer
	ActionAttention = "attention" // ask for the user's attention. Args: false ends it
	ActionCenter    = "center"    // put the window in the middle of its monitor
	// ActionResize lets the user resize the window with the button that is
	// held down. Args: the edge, such as "NorthEast".
	ActionResize = "resize"
	// ActionCursor moves the mouse. Args: X and Y in the content, in logical
	// pixels.
	ActionCursor = "cursor"
	// ActionFullscreenAt makes the window cover the monitor that has a point.
	// Args: X and Y on the desktop, in physical pixels.
	ActionFullscreenAt = "fullscreen-at"
	// ActionScreen asks about monitors and mouse. The result is a Screen.
	ActionScreen = "screen"
	ActionPopup  = "popup" // show a menu. Args: Popup
)

// The actions of a webview.
const (
	ActionNavigate  = "navigate" // Args: the URL, a string
	ActionReload    = "reload"
	ActionBack      = "back"
	ActionForward   = "forward"
	ActionStop      = "stop"       // ends the load that goes on; what is there stays
	ActionDevtools  = "devtools"   // Args: true opens, false closes, DevtoolsToggle does either
	ActionProbe     = "probe"      // the result comes when the page gives a sign of life
	ActionPrint     = "print"      // writes the page to a new file, as a PDF. Args: Print
	ActionClearData = "clear-data" // removes what its pages, and others of its host, have stored
	ActionTerminate = "terminate"  // ends the web process, as a crash would
	ActionEval      = "eval"       // runs a script. Args: its text. The result is an Evaluation
	// ActionCancelDownload ends a download. Args: its number, see Verdict.
	ActionCancelDownload = "cancel-download"
)

// Evaluation is what became of a script: its value, or what it has thrown.
type Evaluation struct {
	Value   jsontext.Value `json:"value,omitzero"`
	Message string         `json:"message,omitzero"`
	Stack   string         `json:"stack,omitzero"`
}

// MaxScript is how long a script may be, in bytes, and MaxValue how long its
// value, as JSON in units of UTF-16.
const (
	MaxScript = 128 << 10
	MaxValue  = 256 << 10
)

// Print is the argument of ActionPrint.
type Print struct {
	// Path is where the host may write the file. Nothing is there.
	Path string `json:"path"`
}

// DevtoolsToggle is an argument of ActionDevtools.
const DevtoolsToggle = "toggle"

// PageEventKind says what a webview went through.
type PageEventKind string

const (
	PageStarted   PageEventKind = "started"   // a navigation began
	PageCommitted PageEventKind = "committed" // a new document replaced the old one
	PageDocument  PageEventKind = "document"  // the bridge of the new document is up; Doc and Origin are set
	PageFinished  PageEventKind = "finished"
	PageFailed    PageEventKind = "failed"  // Detail says why
	PagePainted   PageEventKind = "painted" // the first frame of a document was drawn
	PageCrashed   PageEventKind = "crashed" // the web process is gone; Detail is a CrashReason
	PageTitle     PageEventKind = "title"   // Detail is the title
	PageHung      PageEventKind = "hung"
	// PageState tells Loading, Back and Forward, and the address with the steps
	// that were made within the document.
	PageState   PageEventKind = "state"
	PageAnswers PageEventKind = "answers" // no longer hung
	// PageAsks says that the page stands still until the user has answered what
	// it asks, by alert, confirm, prompt or beforeunload, PageAsked that it goes
	// on. A document that is left, or whose process ends, asks nothing more.
	PageAsks  PageEventKind = "asks"
	PageAsked PageEventKind = "asked"
	PageClose PageEventKind = "close" // window.close() was called, and the engine lets the page do that
	// PageTicket says that the bridge of Doc may open a WebSocket for bytes, once,
	// with the ticket in Detail.
	PageTicket PageEventKind = "ticket"
	PageZoom   PageEventKind = "zoom" // the user wants it larger or smaller; Detail is a Zoom constant
)

// The keys in the Detail of PageZoom.
const (
	ZoomIn    = "in"
	ZoomOut   = "out"
	ZoomReset = "reset"
)

// The reasons in the Detail of PageCrashed.
const (
	CrashCrashed    = "crashed"
	CrashMemory     = "memory"
	CrashTerminated = "terminated" // by ActionTerminate
)

// PageEvent is reported by a host.
type PageEvent struct {
	Kind   PageEventKind `json:"kind"`
	URL    string        `json:"url,omitzero"`
	Doc    string        `json:"doc,omitzero"`    // the bridge's random id of its document
	Origin string        `json:"origin,omitzero"` // as the bridge and the engine agree on
	Detail string        `json:"detail,omitzero"`
	// Media is of PageDocument the random token by which the page asks for media.
	Media string `json:"media,omitzero"`
	// Cancelled says of PageFailed that the load was stopped, or was refused
	// by the Core, or gave way to another one.
	Cancelled bool `json:"cancelled,omitzero"`
	Loading   bool `json:"loading,omitzero"` // of PageState: something is being loaded
	Back      bool `json:"back,omitzero"`    // of PageState: there is a page to go back to
	Forward   bool `json:"forward,omitzero"` // of PageState
	// Kept says of PageDocument that a Core before knew the document.
	Kept bool `json:"kept,omitzero"`
}

// DecisionKind is a question of the engine that the Core answers.
type DecisionKind string

const (
	DecideNavigation  DecisionKind = "navigation"
	DecideNewWindow   DecisionKind = "new-window"
	DecidePermission  DecisionKind = "permission" // What: "camera", "location", "clipboard-read", "notification", …
	DecideDownload    DecisionKind = "download"
	DecideFileChooser DecisionKind = "file-chooser"
	DecideDrop        DecisionKind = "drop" // Paths are held over the page, at X and Y
)

// Decision asks the Core about something that a page wants of the engine.
// The answer to everything is no until the Core has said yes.
type Decision struct {
	Kind DecisionKind `json:"kind"`
	// URL is where a navigation, window or download leads to.
	URL string `json:"url,omitzero"`
	// Page is the address of the top document that asks.
	Page string `json:"page"`
	What string `json:"what,omitzero"`
	// Accept are the media types that a file chooser is to offer, such as
	// "image/*". None: all.
	Accept []string `json:"accept,omitzero"`
	// Paths are the files and folders that are dragged, as the bytes that the
	// system knows them by. X and Y are where, in logical pixels of the webview.
	Paths [][]byte `json:"paths,omitzero"`
	X     float64  `json:"x,omitzero"`
	Y     float64  `json:"y,omitzero"`
	// MainFrame is false for a navigation of an iframe, as far as the engine
	// tells.
	MainFrame   bool `json:"mainFrame,omitzero"`
	UserGesture bool `json:"userGesture,omitzero"`
	Redirect    bool `json:"redirect,omitzero"`
	// Clicked is set where the user has just pressed a key or a button over
	// the webview, and a link or a script leads there because of it: no form,
	// no step in the history. Each press, and each release, sets it once.
	Clicked bool `json:"clicked,omitzero"`
	// Features are those that window.open was called with, at most MaxFeatures
	// bytes: the page's word, as "width=400,height=300".
	Features string `json:"features,omitzero"`
	// Response is set when the engine asks about an answer that it has, as
	// opposed to a request that it is about to make.
	Response bool `json:"response,omitzero"`
}

// MaxFeatures is how long the features of a window may be, in bytes.
const MaxFeatures = 4 << 10

// Verdict answers a Decision. The zero value refuses.
type Verdict struct {
	Allow bool `json:"allow"`
	// Path is the file that an allowed download is written to, which is not
	// there yet. Paths are the chosen files, which are in the host's inbox.
	Path  string   `json:"path,omitzero"`
	Paths []string `json:"paths,omitzero"`
	// Download is the number by which the host reports about an allowed
	// download, given by the Core and never used again.
	Download uint64 `json:"download,omitzero"`
}

// DragPhase is what became of files that are held over a page, once the
// Core has allowed them by a Verdict.
type DragPhase string

const (
	DragOver  DragPhase = "over"  // they were moved
	DragDrop  DragPhase = "drop"  // they were let go of; the end
	DragLeave DragPhase = "leave" // they were taken elsewhere; the end
)

// DragEvent is reported by a host about files that are held over a webview.
type DragEvent struct {
	Phase DragPhase `json:"phase"`
	// X and Y are in logical pixels of the webview.
	X float64 `json:"x,omitzero"`
	Y float64 `json:"y,omitzero"`
}

// Field is one header field.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
