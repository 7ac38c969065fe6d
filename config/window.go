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
	// ContentProtected keeps the window out of screen captures. It has an
	// effect on Windows only: Linux has no way to.
	ContentProtected bool `conf:"contentProtected"`
	// SkipTaskbar keeps the window out of the task bar. No effect on macOS.
	SkipTaskbar bool `conf:"skipTaskbar"`
	// WindowClassname is the class of the native window on Windows. No effect:
	// it is Mullion for all.
	WindowClassname string `conf:"windowClassname,null"`
	// NoRedirectionBitmap makes a transparent window of Windows flash less. No
	// effect: there are none yet.
	NoRedirectionBitmap bool `conf:"noRedirectionBitmap"`
	// Theme is fixed, or empty for that of the system. Any case is read.
	Theme Theme `conf:"theme,null"`
	// TitleBarStyle is "visible" by default. Any case is read. It is for macOS.
	// No effect yet.
	TitleBarStyle TitleBarStyle `conf:"titleBarStyle"`
	// TrafficLightPosition moves the window's buttons when the title bar style
	// is "overlay"; nil leaves them. It is for macOS. No effect yet.
	TrafficLightPosition *Point `conf:"trafficLightPosition"`
	// HiddenTitle hides the title in the title bar. It is for macOS. No effect
	// yet.
	HiddenTitle bool `conf:"hiddenTitle"`
	// AcceptFirstMouse passes the click that activates the window to the page.
	// It is for macOS. No effect yet.
	AcceptFirstMouse bool `conf:"acceptFirstMouse"`
	// TabbingIdentifier groups windows as tabs; empty means none. It is for
	// macOS. No effect yet.
	TabbingIdentifier string `conf:"tabbingIdentifier,null"`
	// AdditionalBrowserArgs are command line arguments of the engine of Windows.
	// No effect: its arguments keep pages to what capabilities grant.
	AdditionalBrowserArgs string `conf:"additionalBrowserArgs,null"`
	// Shadow is true by default; false leaves out that of a window without
	// decorations. It has an effect on Windows only: on Linux shadows are the
	// window manager's.
	Shadow bool `conf:"shadow"`
	// WindowEffects are materials behind a transparent window; nil means none.
	// They have an effect on Windows 11 only, and of macOS yet none.
	WindowEffects *WindowEffects `conf:"windowEffects"`
	// Incognito keeps nothing of what the page stores.
	Incognito bool `conf:"incognito"`
	// Parent is the label of the owner: the owner window on Windows, the
	// transient parent on Linux, the parent window on macOS. Empty means none.
	Parent string `conf:"parent,null"`
	// ProxyURL is an http:// or socks5:// proxy for the traffic of the
	// webview. No effect: a window that has one is refused, since the network
	// is reached by what sandbox:allow-network grants.
	ProxyURL string `conf:"proxyUrl,null"`
	// ZoomHotkeysEnabled zooms the page with Ctrl (macOS: Cmd) and plus, minus
	// or zero, from 20 % to 1000 %, unless the page makes something else of the
	// keys, which it cannot on Windows: there the keys never reach it. It needs no
	// permission. True by default, other than in Tauri.
	ZoomHotkeysEnabled bool `conf:"zoomHotkeysEnabled"`
	// BrowserExtensionsEnabled lets the engine load extensions. No effect: they
	// are code that no capability speaks of.
	BrowserExtensionsEnabled bool `conf:"browserExtensionsEnabled"`
	// UseHTTPSScheme serves the app under https:// in place of http:// on
	// Windows. No effect: it is app://localhost on all systems.
	UseHTTPSScheme bool `conf:"useHttpsScheme"`
	// Devtools allows the engine's inspector; nil means in debug builds.
	Devtools *bool `conf:"devtools"`
	// BackgroundColor is what shows before the page is painted; nil means the
	// engine's default.
	BackgroundColor *Color `conf:"backgroundColor"`
	// BackgroundThrottling is what happens to a page that is not visible;
	// empty means the engine's default. It is for macOS 14 and newer. No effect
	// yet.
	BackgroundThrottling BackgroundThrottling `conf:"backgroundThrottling,null"`
	// JavascriptDisabled turns off scripts, and the bridge with them.
	JavascriptDisabled bool `conf:"javascriptDisabled"`
	// AllowLinkPreview shows a preview of a link. True by default. It is for
	// macOS. No effect yet.
	AllowLinkPreview bool `conf:"allowLinkPreview"`
	// DataDirectory is a path below the app's local data directory in which
	// the webview keeps its storage. No effect: windows that may reach the same
	// of the system share a folder, and others never do.
	DataDirectory string `conf:"dataDirectory,null"`
	// DataStoreIdentifier selects the webview's storage; nil means the
	// default. It is for macOS 14 and newer. No effect yet.
	DataStoreIdentifier *DataStoreIdentifier `conf:"dataStoreIdentifier"`
	// ScrollBarStyle is "default" by default; "fluentOverlay" is for Windows. No
	// effect yet.
	ScrollBarStyle ScrollBarStyle `conf:"scrollBarStyle"`
	// GeneralAutofillEnabled lets the engine fill in forms. True by default. No
	// effect: they are never filled in.
	GeneralAutofillEnabled bool `conf:"generalAutofillEnabled"`

	// DisableInputAccessoryView hides the bar above the keyboard of a phone. No
	// effect.
	DisableInputAccessoryView bool `conf:"disableInputAccessoryView,alias=disable_input_accessory_view"`
	// LimitNavigationsToAppBoundDomains keeps the page on the domains that
	// the app is bound to, on phones. No effect.
	LimitNavigationsToAppBoundDomains bool `conf:"limitNavigationsToAppBoundDomains"`
	// ActivityName, CreatedByActivityName and RequestedBySceneIdentifier say
	// where the window belongs on a phone. No effect.
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
