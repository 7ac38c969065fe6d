package mullion

import (
	"context"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/windowoptions"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Window is a window of the app, through any number of host processes. It is
// safe for concurrent use. Once the window is destroyed its methods return
// [ErrNoWindow].
type Window struct {
	app *App
	w   *core.Window
}

var (
	// ErrNoWindow is returned for windows that do not exist, or no longer
	// exist.
	ErrNoWindow = core.ErrNoWindow
	// ErrNotRunning is returned before [App.Run] by calls that need a window on
	// the screen. Calls that only set how a window will be work before Run,
	// too.
	ErrNotRunning = core.ErrNotRunning
)

// OpenWindow opens a window and waits until it is there. Before Run it only
// notes the window.
func (a *App) OpenWindow(ctx context.Context, o WindowOptions) (*Window, error) {
	o = o.withDefaults(a)
	entry := o.entry()
	if err := configkeys.CheckWindow(a.log, entry, false); err != nil {
		return nil, err
	}
	r := a.reader()
	address, err := r.Address(o.URL)
	if err != nil {
		return nil, fmt.Errorf("window %q: %w", o.Label, err)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openTimeout)
		defer cancel()
	}
	wanted := r.Window(entry, address)
	wanted.Isolate, wanted.Bare, wanted.Modal = o.Isolate, o.Bare, o.Modal
	w, err := a.core.OpenWindow(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return &Window{a, w}, nil
}

// reader reads the options of windows.
func (a *App) reader() windowoptions.Reader {
	return windowoptions.Reader{Log: a.log, Name: a.Name(), Dev: a.dev, Root: a.root}
}

// Window returns the window with that label, or an error wrapping
// [ErrNoWindow].
func (a *App) Window(label string) (*Window, error) {
	w, err := a.core.Window(label)
	if err != nil {
		if !a.isRunning() && slices.ContainsFunc(a.config.App.Windows, func(w config.Window) bool { return w.Label == label && w.Create }) {
			err = fmt.Errorf("the windows of the configuration open in App.Run: %w", err)
		}
		return nil, fmt.Errorf("window %q: %w", label, err)
	}
	return &Window{a, w}, nil
}

// Windows returns the labels of all windows.
func (a *App) Windows() []string { return a.core.Windows() }

// OnCloseRequested adds a function that is called when the user or a page wants
// to close a window. If it returns true the window stays. Pages that listen for
// tauri://close-requested keep the window as well and decide themselves, except
// one that gives no sign of life for 5 seconds and does not wait for the user,
// with confirm for example.
//
// f may block, for example to ask the user, and may call everything here. It is
// called on a goroutine of its own for each window, or on that of
// [Window.RequestClose]; while it is asked about a window, further requests to
// close that window are ignored.
func (a *App) OnCloseRequested(f func(w *Window) (keep bool)) {
	a.core.OnClose(func(w *core.Window) bool { return f(&Window{a, w}) })
}

// Label returns the window's label.
func (w *Window) Label() string { return w.w.Label() }

// URL returns the address of the page that is shown in the window's own
// webview; empty if it has none.
func (w *Window) URL() string {
	if v := w.w.Webview(); v != nil {
		return v.URL()
	}
	return ""
}

// Painted reports whether the page that is shown in the window's own webview
// has been drawn.
func (w *Window) Painted() bool {
	v := w.w.Webview()
	return v != nil && v.Painted()
}

// open returns ErrNoWindow once the window is destroyed.
func (w *Window) open() error {
	select {
	case <-w.Done():
		return ErrNoWindow
	default:
		return nil
	}
}

// own returns the window's own webview, or an error wrapping [ErrNoWebview].
func (w *Window) own() (*Webview, error) {
	if err := w.open(); err != nil {
		return nil, err
	}
	if v := w.w.Webview(); v != nil {
		return &Webview{w.app, v}, nil
	}
	return nil, fmt.Errorf("window %q was opened without a webview of its own: %w", w.Label(), ErrNoWebview)
}

// Close destroys the window without asking anybody.
func (w *Window) Close() { w.w.Destroy() }

// Done is closed when the window has been destroyed.
func (w *Window) Done() <-chan struct{} { return w.w.Gone() }

// SetTitle sets the title.
func (w *Window) SetTitle(ctx context.Context, title string) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Title = title })
}

// SetSize sets the size of the content, in logical pixels.
func (w *Window) SetSize(ctx context.Context, width, height float64) error {
	if err := units.CheckAll(width, height); err != nil {
		return fmt.Errorf("window %q: size: %w", w.Label(), err)
	}
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Width, s.Height = width, height })
}

// SetPosition moves the outer frame, in logical pixels. Wayland does not let
// windows choose their place; there it is an error wrapping
// errors.ErrUnsupported.
func (w *Window) SetPosition(ctx context.Context, x, y float64) error {
	if err := units.CheckAll(x, y); err != nil {
		return fmt.Errorf("window %q: position: %w", w.Label(), err)
	}
	return w.w.Set(ctx, "set_position", func(s *wire.WindowState) { s.X, s.Y, s.Center = &x, &y, false })
}

// SetVisible shows or hides the window.
func (w *Window) SetVisible(ctx context.Context, visible bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Visible = visible })
}

// SetMaximized maximises the window or undoes it.
func (w *Window) SetMaximized(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Maximized = on })
}

// ToggleMaximized maximises the window, or undoes it if it is maximised, be it
// by the user.
func (w *Window) ToggleMaximized(ctx context.Context) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Maximized = !s.Maximized })
}

// SetMinimized minimises the window or undoes it. Under Wayland a minimised window
// comes back by the user, or by [Window.Activate] with a token; undoing it there is
// an error wrapping errors.ErrUnsupported. Some compositors, such as sway, minimise
// nothing.
func (w *Window) SetMinimized(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Minimized = on })
}

// SetFullscreen makes the window cover its monitor or undoes it.
func (w *Window) SetFullscreen(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Fullscreen = on })
}

// SetAlwaysOnTop keeps the window above others or undoes it. Under Wayland it is
// an error wrapping errors.ErrUnsupported.
func (w *Window) SetAlwaysOnTop(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_always_on_top", func(s *wire.WindowState) { s.AlwaysOnTop = on })
}

// Focus brings the window to the front and gives it the keyboard, as far as
// the system lets apps do that. Under Wayland compositors decide by what the user
// did last: a window gets the keyboard from another one of the same host, or from
// another program by [Window.Activate] with a token. Where it has not come after half
// a second it is an error wrapping errors.ErrUnsupported, but for a window that has
// just been shown.
func (w *Window) Focus(ctx context.Context) error { return w.w.Focus(ctx) }

// Activate brings the window to the front because the user has asked for it
// elsewhere on the desktop: with the token of what was clicked, see
// [NotificationActivation] and [TrayEvent], compositors under Wayland let it
// have the keyboard. A window that is hidden or minimised is shown. Without a
// token it is as with [Window.Focus].
func (w *Window) Activate(ctx context.Context, token string) error { return w.w.Activate(ctx, token) }

// Navigate loads another page: a path of the app or an address. No capability
// has to allow it, and the page may then move within the origin of that
// address. A window that shares its host with others shows pages of the app
// only.
func (w *Window) Navigate(ctx context.Context, page string) error {
	v, err := w.own()
	if err != nil {
		return err
	}
	return v.Navigate(ctx, page)
}

// Reload loads the page again.
func (w *Window) Reload(ctx context.Context) error {
	v, err := w.own()
	if err != nil {
		return err
	}
	return v.Reload(ctx)
}

// Geometry is where a window is. Lengths are physical pixels.
type Geometry struct {
	// X and Y place the outer frame, InnerX and InnerY the content. They are 0
	// under Wayland.
	X, Y, InnerX, InnerY int
	// Width and Height are those of the content, OuterWidth and OuterHeight
	// those of the outer frame. Wayland does not tell of frames that the
	// compositor draws, as KWin and sway do; under GNOME the frame is counted.
	Width, Height, OuterWidth, OuterHeight int
	// Scale is the number of physical pixels in a logical one.
	Scale                 float64
	Visible, Focused      bool
	Maximized, Fullscreen bool
	// Minimized under Wayland: the app has asked for it, and the window has not had
	// the keyboard since. What the user minimises is not told there.
	Minimized bool
}

// Geometry returns what was last seen of the window on the screen.
func (w *Window) Geometry() Geometry {
	o := w.w.Observed()
	return Geometry{
		X: o.X, Y: o.Y, InnerX: o.InnerX, InnerY: o.InnerY, Width: o.Width, Height: o.Height, OuterWidth: o.OuterWidth, OuterHeight: o.OuterHeight,
		Scale: o.Scale, Visible: o.Visible, Focused: o.Focused, Maximized: o.Maximized, Minimized: o.Minimized, Fullscreen: o.Fullscreen,
	}
}

// Emit sends an event to the listeners of this window; see [App.Emit].
func (w *Window) Emit(ctx context.Context, event string, payload any) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.app.EmitTo(ctx, Target{Kind: ipc.AnyLabel, Label: w.Label()}, event, payload)
}
