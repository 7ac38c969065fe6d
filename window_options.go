package mullion

import (
	"cmp"

	"github.com/mullion-dev/mullion/config"
)

// WindowOptions says which window to open. The zero value is a window named
// "main" that shows the root of the front end: visible, 800 by 600 pixels, with
// the app's name as title, and all that users may do to windows. Lengths are
// logical pixels: those of the screen divided by the scale factor of the
// monitor.
//
//	w, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: "about", URL: "about.html", Width: 400, Height: 300})
//
// The options are those of an entry of app.windows in the configuration.
// [App.WindowOptions] returns an entry, to be changed and opened, and
// [Window.Options] those of a window as it is. Options that a system lacks are
// named in the log, or refused where it would be wrong to go on without them.
type WindowOptions struct {
	// Label names the window and its webview: ASCII letters, digits and any
	// of "-/:_", different from all labels of windows and webviews. Empty is
	// "main".
	Label string
	// URL is the page: a path in the app's front end, or an address. Empty is
	// the root of the front end.
	URL string
	// Title is that of the window; empty is the app's name.
	Title string

	// X and Y place the outer frame. Both are set or both are nil, which
	// leaves it to the system. No effect under Wayland.
	X, Y *float64
	// Center puts the window in the middle of its monitor; it beats X and Y.
	Center bool
	// Width and Height are those of the content. Zero is 800 and 600.
	Width, Height float64
	// MinWidth, MinHeight, MaxWidth and MaxHeight limit what the content may
	// be resized to. Zero is no limit.
	MinWidth, MinHeight, MaxWidth, MaxHeight float64
	// PreventOverflow makes the window small enough for its monitor when it
	// opens; nil does not.
	PreventOverflow *config.PreventOverflow
	// Fullscreen and Maximized are how the window opens.
	Fullscreen, Maximized bool

	// Hidden opens the window without showing it, until [Window.SetVisible].
	Hidden bool
	// Unfocused opens it without giving it the keyboard. NotFocusable never
	// lets it have the keyboard. Under Wayland the compositor decides.
	Unfocused, NotFocusable bool
	// NotResizable, NotMaximizable, NotMinimizable and NotClosable keep the
	// user from that. Under X11 all but the first are hints to the window
	// manager; under Wayland the second and third have no effect.
	NotResizable, NotMaximizable, NotMinimizable, NotClosable bool
	// Undecorated leaves out the title bar and the borders.
	Undecorated bool
	// AlwaysOnTop and AlwaysOnBottom keep the window above or below others.
	// No effect under Wayland.
	AlwaysOnTop, AlwaysOnBottom bool
	// SkipTaskbar keeps it out of the task bar, and VisibleOnAllWorkspaces
	// shows it on each. No effect under Wayland.
	SkipTaskbar, VisibleOnAllWorkspaces bool
	// ContentProtected keeps it out of screen captures, on Windows; see
	// [Window.SetContentProtected].
	ContentProtected bool
	// NoShadow leaves out the shadow of an undecorated window, on Windows; see
	// [Window.SetShadow].
	NoShadow bool
	// Transparent shows what is behind the window where the page is
	// transparent. On X11 it is drawn well if the configuration has a
	// transparent window or the host is started for this one (docs/windows.md).
	Transparent bool
	// Effects are materials to be seen behind a transparent window, on Windows; see
	// [Window.SetEffects].
	Effects []config.Effect
	// BackgroundColor is what shows until the page is painted; nil is the
	// system's choice.
	BackgroundColor *config.Color
	// Theme is fixed, or empty for that of the system.
	Theme config.Theme
	// Parent is the label of a window of the same host process that this one
	// stays above. Modal keeps the user from the Parent, and from all other
	// windows of that process, while this one is open; without a Parent it is
	// refused.
	Parent string
	Modal  bool

	// Isolate gives the window a host process of its own, so that nothing
	// that happens to it reaches another window. A window that may come to
	// show a remote page always has one: because it is opened on one, or
	// because a capability of it has remote pages or web:allow-navigation.
	Isolate bool
	// Bare opens the window without a webview of its own; [Window.AddWebview]
	// gives it those that it is to have. What the options say of a page has no
	// effect then.
	Bare bool

	// UserAgent replaces that of the engine; empty leaves it.
	UserAgent string
	// Incognito keeps nothing of what the page stores. On Windows such pages of
	// one host process share what they store, as long as one is open.
	Incognito bool
	// Devtools allows the engine's inspector; nil means when the app runs with
	// [Options.Dev].
	Devtools *bool
	// JavascriptDisabled turns off scripts, and the bridge with them.
	JavascriptDisabled bool
	// ZoomHotkeysDisabled keeps the keys Ctrl and plus, minus or zero from
	// zooming the page; see [config.Window.ZoomHotkeysEnabled].
	ZoomHotkeysDisabled bool
	// DragDropDisabled leaves files that are dragged over the page to the
	// engine, as in a browser; see [config.Window.DragDropEnabled].
	DragDropDisabled bool

	// Other has the options that only other systems know. Its fields that are
	// above as well are not read. Nil is their defaults.
	Other *config.Window
}

// WindowOptions returns the options of a window with that label: those of the
// configuration if it has such a window (as with create set to false), else
// the defaults with the app's name as title.
func (a *App) WindowOptions(label string) WindowOptions {
	if w, ok := a.config.WindowByLabel(label); ok {
		return optionsOf(w).withDefaults(a)
	}
	return WindowOptions{Label: label}.withDefaults(a)
}

// withDefaults fills in what is left open.
func (o WindowOptions) withDefaults(a *App) WindowOptions {
	o.Label, o.URL, o.Title = cmp.Or(o.Label, "main"), cmp.Or(o.URL, "index.html"), cmp.Or(o.Title, a.Name())
	o.Width, o.Height = cmp.Or(o.Width, 800), cmp.Or(o.Height, 600)
	return o
}

// optionsOf are the options that an entry of the configuration stands for.
func optionsOf(w *config.Window) WindowOptions {
	o := WindowOptions{
		Label: w.Label, URL: w.URL, Title: w.Title,
		X: w.X, Y: w.Y, Center: w.Center, Width: w.Width, Height: w.Height,
		MinWidth: limit(w.MinWidth), MinHeight: limit(w.MinHeight), MaxWidth: limit(w.MaxWidth), MaxHeight: limit(w.MaxHeight),
		PreventOverflow: w.PreventOverflow, Fullscreen: w.Fullscreen, Maximized: w.Maximized,
		Hidden: !w.Visible, Unfocused: !w.Focus, NotFocusable: !w.Focusable,
		NotResizable: !w.Resizable, NotMaximizable: !w.Maximizable, NotMinimizable: !w.Minimizable, NotClosable: !w.Closable,
		Undecorated: !w.Decorations, AlwaysOnTop: w.AlwaysOnTop, AlwaysOnBottom: w.AlwaysOnBottom,
		SkipTaskbar: w.SkipTaskbar, VisibleOnAllWorkspaces: w.VisibleOnAllWorkspaces, ContentProtected: w.ContentProtected,
		NoShadow: !w.Shadow, Transparent: w.Transparent,
		BackgroundColor: w.BackgroundColor, Theme: w.Theme, Parent: w.Parent,
		UserAgent: w.UserAgent, Incognito: w.Incognito, Devtools: w.Devtools, JavascriptDisabled: w.JavascriptDisabled,
		ZoomHotkeysDisabled: !w.ZoomHotkeysEnabled, DragDropDisabled: !w.DragDropEnabled,
		Other: w,
	}
	if e := w.WindowEffects; e != nil {
		o.Effects = e.Effects
	}
	return o
}

// limit is a length that may be left open.
func limit(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// effects are those with what Other says of them beside their names.
func (o WindowOptions) effects() *config.WindowEffects {
	if len(o.Effects) == 0 {
		return nil
	}
	e := config.WindowEffects{}
	if o.Other != nil && o.Other.WindowEffects != nil {
		e = *o.Other.WindowEffects
	}
	e.Effects = o.Effects
	return &e
}

// entry is the entry of a configuration that stands for o.
func (o WindowOptions) entry() *config.Window {
	w := config.NewWindow()
	if o.Other != nil {
		*w = *o.Other
	}
	w.Label, w.URL, w.Title = o.Label, o.URL, o.Title
	w.X, w.Y, w.Center, w.Width, w.Height = o.X, o.Y, o.Center, o.Width, o.Height
	w.MinWidth, w.MinHeight, w.MaxWidth, w.MaxHeight = orNone(o.MinWidth), orNone(o.MinHeight), orNone(o.MaxWidth), orNone(o.MaxHeight)
	w.PreventOverflow, w.Fullscreen, w.Maximized = o.PreventOverflow, o.Fullscreen, o.Maximized
	w.Visible, w.Focus, w.Focusable = !o.Hidden, !o.Unfocused, !o.NotFocusable
	w.Resizable, w.Maximizable, w.Minimizable, w.Closable = !o.NotResizable, !o.NotMaximizable, !o.NotMinimizable, !o.NotClosable
	w.Decorations, w.AlwaysOnTop, w.AlwaysOnBottom = !o.Undecorated, o.AlwaysOnTop, o.AlwaysOnBottom
	w.SkipTaskbar, w.VisibleOnAllWorkspaces, w.ContentProtected = o.SkipTaskbar, o.VisibleOnAllWorkspaces, o.ContentProtected
	w.Shadow, w.Transparent = !o.NoShadow, o.Transparent
	w.WindowEffects = o.effects()
	w.BackgroundColor, w.Theme, w.Parent = o.BackgroundColor, o.Theme, o.Parent
	w.UserAgent, w.Incognito, w.Devtools, w.JavascriptDisabled = o.UserAgent, o.Incognito, o.Devtools, o.JavascriptDisabled
	w.ZoomHotkeysEnabled, w.DragDropEnabled = !o.ZoomHotkeysDisabled, !o.DragDropDisabled
	return w
}
