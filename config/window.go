package config

// Window is one entry of "app.windows". Lengths are in logical pixels: device
// pixels divided by the scale factor of the monitor.
type Window struct {
	// Label names the window and its webview: ASCII letters, digits and any of
	// "-/:_", unique in the app. "main" by default.
	Label string `conf:"label"`
	// Create makes the window at start. True by default; a window with false
	// is only a template for code.
	Create bool `conf:"create"`
	// URL is the page: a path in the app's front end, http:// or https:// for
	// an external page, or an address of another scheme. "index.html", the
	// root of the front end, by default.
	URL string `conf:"url"`
	// UserAgent replaces that of the engine; empty leaves it.
	UserAgent string `conf:"userAgent,null"`
	// DragDropEnabled turns files dropped from outside into events. True by
	// default; false leaves them to the engine, as in a browser. What else is
	// dragged is the engine's anyway, but on Windows, where the drag and drop
	// of HTML needs false. WebKitGTK gives pages no files that were dropped
	// any more (since 2.50.3, for CVE-2025-13947).
	DragDropEnabled bool `conf:"dragDropEnabled"`

	// Center puts the window in the middle of its monitor; it beats X and Y.
	Center bool `conf:"center"`
	// X and Y are the outer position. Both are set or both are nil, which
	// leaves it to the system. No effect under Wayland.
	X *float64 `conf:"x"`
	Y *float64 `conf:"y"`
	// Width and Height are the inner size, 800 by 600 by default.
	Width  float64 `conf:"width,size"`
	Height float64 `conf:"height,size"`
	// MinWidth, MinHeight, MaxWidth and MaxHeight limit the inner size; nil
	// means no limit.
	MinWidth  *float64 `conf:"minWidth,size"`
	MinHeight *float64 `conf:"minHeight,size"`
	MaxWidth  *float64 `conf:"maxWidth,size"`
	MaxHeight *float64 `conf:"maxHeight,size"`
	// PreventOverflow shrinks a new window to the work area of its monitor;
	// nil means no.
	PreventOverflow *PreventOverflow `conf:"preventOverflow"`

	// Resizable is true by default; without it the window cannot be maximised
	// either.
	Resizable bool `conf:"resizable"`
	// Maximizable and Minimizable are true by default. Under X11 they are hints
	// to the window manager; no effect under Wayland.
	Maximizable bool `conf:"maximizable"`
	Minimizable bool `conf:"minimizable"`
	// Closable is true by default. On Linux it is a hint to the window
	// manager.
	Closable bool `conf:"closable"`
	// Title is the name of the app if empty: productName, or else the last part
	// of the identifier.
	Title string `conf:"title"`
	// Fullscreen, Maximized, Visible and Focus are the state at creation;
	// Visible and Focus are true by default.
	Fullscreen bool `conf:"fullscreen"`
	Maximized  bool `conf:"maximized"`
	Visible    bool `conf:"visible"`
	Focus      bool `conf:"focus"`
	// Focusable lets the window take the keyboard. True by default.
	Focusable bool `conf:"focusable"`
	// Transparent shows what is behind the window where the page is
	// transparent.
	Transparent bool `conf:"transparent"`
	// Decorations are the title bar and borders. True by default.
	Decorations bool `conf:"decorations"`
	// AlwaysOnBottom and AlwaysOnTop keep the window below or above others;
	// both at once are refused. No effect under Wayland.
	AlwaysOnBottom bool `conf:"alwaysOnBottom"`
	AlwaysOnTop    bool `conf:"alwaysOnTop"`
	// VisibleOnAllWorkspaces has no effect on Windows.
	VisibleOnAllWorkspaces bool `conf:"visibleOnAllWorkspaces"`
	// ContentProtected keeps the window out of screen captures. No effect on
	// Linux.
	ContentProtected bool `conf:"contentProtected"`
	// SkipTaskbar keeps the window out of the task bar. No effect on macOS.
	SkipTaskbar bool `conf:"skipTaskbar"`
	// WindowClassname is the class of the native window; empty means the
	// default. Windows only.
	WindowClassname string `conf:"windowClassname,null"`
	// NoRedirectionBitmap makes a transparent window flash less. Windows only.
	NoRedirectionBitmap bool `conf:"noRedirectionBitmap"`
	// Theme is fixed, or empty for that of the system. Any case is read.
	Theme Theme `conf:"theme,null"`
	// TitleBarStyle is "visible" by default. Any case is read. macOS only.
	TitleBarStyle TitleBarStyle `conf:"titleBarStyle"`
	// TrafficLightPosition moves the window's buttons when the title bar style
	// is "overlay"; nil leaves them. macOS only.
	TrafficLightPosition *Point `conf:"trafficLightPosition"`
	// HiddenTitle hides the title in the title bar. macOS only.
	HiddenTitle bool `conf:"hiddenTitle"`
	// AcceptFirstMouse passes the click that activates the window to the page.
	// macOS only.
	AcceptFirstMouse bool `conf:"acceptFirstMouse"`
	// TabbingIdentifier groups windows as tabs; empty means none. macOS only.
	TabbingIdentifier string `conf:"tabbingIdentifier,null"`
	// AdditionalBrowserArgs are command line arguments of the engine. Webviews
	// that share a data directory must agree. Windows only.
	AdditionalBrowserArgs string `conf:"additionalBrowserArgs,null"`
	// Shadow is true by default. No effect on Linux; without decorations it
	// draws a border of one pixel on Windows.
	Shadow bool `conf:"shadow"`
	// WindowEffects are materials behind a transparent window; nil means none.
	// No effect on Linux.
	WindowEffects *WindowEffects `conf:"windowEffects"`
	// Incognito keeps nothing of what the page stores.
	Incognito bool `conf:"incognito"`
	// Parent is the label of the owner: the owner window on Windows, the
	// transient parent on Linux, the parent window on macOS. Empty means none.
	Parent string `conf:"parent,null"`
	// ProxyURL is an http:// or socks5:// proxy for the traffic of the
	// webview; empty means that of the system.
	ProxyURL string `conf:"proxyUrl,null"`
	// ZoomHotkeysEnabled zooms the page with Ctrl (macOS: Cmd) and plus, minus
	// or zero, from 20 % to 1000 %, unless the page makes something else of the
	// keys, which it cannot on Windows: there the keys never reach it. It needs no
	// permission. True by default, other than in Tauri.
	ZoomHotkeysEnabled bool `conf:"zoomHotkeysEnabled"`
	// BrowserExtensionsEnabled lets the engine load extensions. Windows and
	// Linux.
	BrowserExtensionsEnabled bool `conf:"browserExtensionsEnabled"`
	// UseHTTPSScheme serves the app under https:// in place of http://. It
	// changes the origin, and so what was stored is out of reach. Windows
	// only.
	UseHTTPSScheme bool `conf:"useHttpsScheme"`
	// Devtools allows the engine's inspector; nil means in debug builds.
	Devtools *bool `conf:"devtools"`
	// BackgroundColor is what shows before the page is painted; nil means the
	// engine's default.
	BackgroundColor *Color `conf:"backgroundColor"`
	// BackgroundThrottling is what happens to a page that is not visible;
	// empty means the engine's default. macOS 14 or newer only.
	BackgroundThrottling BackgroundThrottling `conf:"backgroundThrottling,null"`
	// JavascriptDisabled turns off scripts, and the bridge with them.
	JavascriptDisabled bool `conf:"javascriptDisabled"`
	// AllowLinkPreview shows a preview of a link. True by default. macOS only.
	AllowLinkPreview bool `conf:"allowLinkPreview"`
	// DataDirectory is a path below the app's local data directory in which
	// the webview keeps its storage; empty means the default. No effect on
	// macOS.
	DataDirectory string `conf:"dataDirectory,null"`
	// DataStoreIdentifier selects the webview's storage; nil means the
	// default. macOS 14 or newer only.
	DataStoreIdentifier *DataStoreIdentifier `conf:"dataStoreIdentifier"`
	// ScrollBarStyle is "default" by default; "fluentOverlay" on Windows only.
	ScrollBarStyle ScrollBarStyle `conf:"scrollBarStyle"`
	// GeneralAutofillEnabled lets the engine fill in forms. True by default.
	// Windows only.
	GeneralAutofillEnabled bool `conf:"generalAutofillEnabled"`

	// DisableInputAccessoryView hides the bar above the keyboard. Phones only.
	DisableInputAccessoryView bool `conf:"disableInputAccessoryView,alias=disable_input_accessory_view"`
	// LimitNavigationsToAppBoundDomains keeps the page on the domains that
	// the app is bound to. Phones only.
	LimitNavigationsToAppBoundDomains bool `conf:"limitNavigationsToAppBoundDomains"`
	// ActivityName, CreatedByActivityName and RequestedBySceneIdentifier say
	// where the window belongs on a phone.
	ActivityName               string `conf:"activityName,null"`
	CreatedByActivityName      string `conf:"createdByActivityName,null"`
	RequestedBySceneIdentifier string `conf:"requestedBySceneIdentifier,null"`
}

// NewWindow returns a window with the defaults.
func NewWindow() *Window {
	w := &Window{}
	w.setDefaults()
	return w
}

func (w *Window) setDefaults() {
	*w = Window{
		Label:                  "main",
		Create:                 true,
		URL:                    "index.html",
		DragDropEnabled:        true,
		Width:                  800,
		Height:                 600,
		Resizable:              true,
		Maximizable:            true,
		Minimizable:            true,
		Closable:               true,
		Visible:                true,
		Focus:                  true,
		Focusable:              true,
		Decorations:            true,
		TitleBarStyle:          TitleBarVisible,
		Shadow:                 true,
		ZoomHotkeysEnabled:     true,
		AllowLinkPreview:       true,
		ScrollBarStyle:         ScrollBarDefault,
		GeneralAutofillEnabled: true,
	}
}
