package mullion

import (
	"context"
	"fmt"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/windowoptions"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Rect is a place in the content of a window, in logical pixels: those of the
// screen divided by the scale factor of the monitor. They are also those of
// CSS in a page that is not zoomed.
type Rect struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// WebviewOptions says which webview to add to a window.
type WebviewOptions struct {
	// Label names the webview: ASCII letters, digits and any of "-/:_",
	// different from all labels of windows and webviews. Capabilities name it
	// in their "webviews"; those that name the window in "windows" cover it
	// too.
	Label string
	// URL is the page: a path in the app's front end, or an address. Empty is
	// the root of the front end.
	URL string
	// Bounds is the webview's place in the window. Parts outside of the window
	// are not seen. Zero fills the window.
	Bounds Rect
	// AutoResize makes the webview keep its share of the window when that is
	// resized. Otherwise it keeps Bounds. One that fills the window always
	// does.
	AutoResize bool
	// Hidden adds it without showing it.
	Hidden bool
	// Zoom enlarges the page, by a factor of 0.05 to 20. Zero means 1.
	Zoom float64
	// UserAgent replaces that of the engine; empty leaves it.
	UserAgent string
	// Incognito keeps nothing of what the page stores. On Windows such pages of
	// one host process share what they store, as long as one is open.
	Incognito bool
	// Devtools allows the engine's inspector; nil means when the app runs with
	// [Options.Dev].
	Devtools *bool
	// Background is what shows until the page is painted, and where that is
	// transparent; nil means that of the window. With an alpha below 255 what
	// is below the webview shows through it.
	Background *config.Color
	// JavascriptDisabled turns off scripts, and the bridge with them.
	JavascriptDisabled bool
	// ZoomHotkeysDisabled keeps the keys Ctrl and plus, minus or zero from
	// zooming the page; see [config.Window.ZoomHotkeysEnabled].
	ZoomHotkeysDisabled bool
	// DragDropDisabled leaves files that are dragged over the page to the
	// engine, as in a browser: no tauri://drag- events, and no files by
	// web:allow-file-drop. See [config.Window.DragDropEnabled].
	DragDropDisabled bool
}

// Webview shows a page in a window, through any number of host processes. It
// is safe for concurrent use. Once it is closed its methods return
// [ErrNoWebview].
type Webview struct {
	app *App
	v   *core.Webview
}

// ErrNoWebview is returned for webviews that do not exist, or no longer exist.
var ErrNoWebview = core.ErrNoWebview

// ErrSharedHost is returned when a remote page is to be shown in a window
// that shares its host process with windows of the app's own pages. Such a
// page needs a window of its own, or one opened with [WindowOptions.Isolate].
var ErrSharedHost = core.ErrSharedHost

// AddWebview adds a webview to the window, above those that it has, and waits
// until it is there. Before Run it only notes the webview. A window has 32
// webviews at most.
//
// All webviews of a window are shown by one host process, though each page
// runs in a process of its own below it. Capabilities tell their pages apart,
// but a page that takes over the host could speak for the others in its
// window. So remote pages are added only to windows opened with
// [WindowOptions.Isolate], or that show such pages anyway; elsewhere the error
// wraps [ErrSharedHost]. What the processes may reach of the system is granted
// to the window.
func (w *Window) AddWebview(ctx context.Context, o WebviewOptions) (*Webview, error) {
	address, err := w.app.reader().Address(o.URL)
	if err != nil {
		return nil, fmt.Errorf("webview %q: %w", o.Label, err)
	}
	if o.Zoom != 0 {
		if err := core.CheckZoom(o.Zoom); err != nil {
			return nil, fmt.Errorf("webview %q: %w", o.Label, err)
		}
	}
	s := wire.WebviewState{
		Label: o.Label, URL: address, Hidden: o.Hidden, Zoom: o.Zoom,
		UserAgent: o.UserAgent, Devtools: w.app.dev, JavaScriptDisabled: o.JavascriptDisabled,
		Incognito: o.Incognito, Background: windowoptions.Color(o.Background),
		ZoomKeys: !o.ZoomHotkeysDisabled, PageDrops: o.DragDropDisabled,
	}
	if o.Devtools != nil {
		s.Devtools = *o.Devtools
	}
	if o.Bounds != (Rect{}) {
		r := wire.Rect(o.Bounds)
		s.Bounds = &r
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openTimeout)
		defer cancel()
	}
	v, err := w.app.core.AddWebview(ctx, w.w, core.WebviewOptions{State: s, AutoResize: o.AutoResize})
	if err != nil {
		return nil, err
	}
	return &Webview{w.app, v}, nil
}

// Webview returns the webview that the window was opened with, which fills it
// unless it was moved. It has the window's label and cannot be closed without
// it: then it is still returned, and its methods return [ErrNoWebview]. It is
// nil for a window opened with [WindowOptions.Bare].
func (w *Window) Webview() *Webview {
	if v := w.w.Webview(); v != nil {
		return &Webview{w.app, v}
	}
	return nil
}

// Webview returns the webview with that label, or an error wrapping
// [ErrNoWebview].
func (a *App) Webview(label string) (*Webview, error) {
	v, err := a.core.Webview(label)
	if err != nil {
		return nil, fmt.Errorf("webview %q: %w", label, err)
	}
	return &Webview{a, v}, nil
}

// Webviews returns the labels of all webviews.
func (a *App) Webviews() []string {
	labels, _ := a.core.Webviews()
	return labels
}

// Label returns the webview's label.
func (v *Webview) Label() string { return v.v.Label() }

// Window returns the window that the webview is in.
func (v *Webview) Window() *Window { return &Window{v.app, v.v.Window()} }

// URL returns the address of the page that is shown.
func (v *Webview) URL() string { return v.v.URL() }

// Painted reports whether the page that is shown has been drawn.
func (v *Webview) Painted() bool { return v.v.Painted() }

// Close removes the webview without asking anybody. That of [Window.Webview]
// takes the window along.
func (v *Webview) Close() { v.v.Close() }

// Done is closed when the webview has been closed, alone or with its window.
func (v *Webview) Done() <-chan struct{} { return v.v.Gone() }

// Bounds returns the webview's place in its window.
func (v *Webview) Bounds() Rect { return Rect(v.v.Bounds()) }

// SetBounds moves and resizes the webview. With [WebviewOptions.AutoResize] the
// new bounds are the share of the window that it keeps.
func (v *Webview) SetBounds(ctx context.Context, r Rect) error {
	return v.v.ChangeBounds(ctx, func(b *wire.Rect) { *b = wire.Rect(r) })
}

// SetAutoResize makes the webview keep its share of the window when that is
// resized, or else its place and size.
func (v *Webview) SetAutoResize(ctx context.Context, on bool) error {
	return v.v.SetAutoResize(ctx, on)
}

// SetVisible shows or hides the webview. The page keeps running.
func (v *Webview) SetVisible(ctx context.Context, visible bool) error {
	return v.v.SetVisible(ctx, visible)
}

// SetZoom enlarges the page by that factor, from 0.05 to 20: 1 is 100 %.
func (v *Webview) SetZoom(ctx context.Context, factor float64) error {
	return v.v.SetZoom(ctx, factor)
}

// Move takes the webview to another window, above the webviews there. The page
// keeps its state, and until it is left also its rights and the window that it
// takes for its own. Only windows that share a host process can exchange
// webviews; elsewhere the error wraps errors.ErrUnsupported. That of
// [Window.Webview] cannot be moved.
func (v *Webview) Move(ctx context.Context, to *Window) error { return v.v.Move(ctx, to.w) }

// ClearBrowsingData removes what the page, and all others of the same host
// process, have stored: cookies, databases, caches. Isolated windows have a
// store of their own, and so has each incognito webview.
func (v *Webview) ClearBrowsingData(ctx context.Context) error {
	return v.v.Do(ctx, wire.ActionClearData, nil)
}

// Print writes the page as a PDF, to where the user says in a dialog, or to
// [Options.DownloadDir]: the process that shows it sees no printers. It returns
// when the file is there, and functions of [App.OnDownload] hear of it. If the
// user cancels, the error is [ErrCancelled].
func (v *Webview) Print(ctx context.Context) error { return v.v.Print(ctx) }

// Focus gives the webview the keyboard, once its window has it.
func (v *Webview) Focus(ctx context.Context) error { return v.v.Do(ctx, wire.ActionFocus, nil) }

// Navigate loads another page; see [Window.Navigate].
func (v *Webview) Navigate(ctx context.Context, page string) error {
	address, err := v.app.reader().Address(page)
	if err != nil {
		return err
	}
	return v.v.Navigate(ctx, address)
}

// Reload loads the page again.
func (v *Webview) Reload(ctx context.Context) error { return v.v.Do(ctx, wire.ActionReload, nil) }

// Emit sends an event to the listeners of this webview; see [App.Emit].
func (v *Webview) Emit(ctx context.Context, event string, payload any) error {
	select {
	case <-v.Done():
		return ErrNoWebview
	default:
	}
	return v.app.EmitTo(ctx, Target{Kind: ipc.AnyLabel, Label: v.Label()}, event, payload)
}
