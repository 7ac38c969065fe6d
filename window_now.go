package mullion

import (
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Title returns the window's title.
func (w *Window) Title() string { return w.w.State().Title }

// Options returns options that open a window like this one as it is now, with
// all that the app, a page and the user have changed: for instance to open it
// again when the app next starts. Options that have no effect on this system
// have their defaults.
//
// The size is that to which a maximised or fullscreen window goes back.
func (w *Window) Options() WindowOptions {
	s, o := w.w.Current(), w.app.WindowOptions(w.Label())
	now := WindowOptions{Isolate: w.w.Isolated(), Bare: w.w.Webview() == nil, Modal: s.Modal, Window: config.Window{
		Label: s.Label, Create: true, Title: s.Title,
		X: s.X, Y: s.Y, Center: s.Center, Width: s.Width, Height: s.Height,
		MinWidth: s.MinWidth, MinHeight: s.MinHeight, MaxWidth: s.MaxWidth, MaxHeight: s.MaxHeight,
		Visible: s.Visible, Focus: o.Focus, Focusable: s.Focusable,
		Resizable: s.Resizable, Closable: s.Closable, Decorations: s.Decorated,
		Fullscreen: s.Fullscreen, Maximized: s.Maximized, Maximizable: !s.NoMaximize, Minimizable: !s.NoMinimize,
		AlwaysOnTop: s.AlwaysOnTop, AlwaysOnBottom: s.AlwaysOnBottom, SkipTaskbar: s.SkipTaskbar,
		VisibleOnAllWorkspaces: s.AllWorkspaces, Transparent: s.Transparent, Theme: config.Theme(s.Theme),
		Shadow: o.Shadow, DragDropEnabled: true, AllowLinkPreview: o.AllowLinkPreview, GeneralAutofillEnabled: o.GeneralAutofillEnabled,
		BackgroundColor: configColor(s.Background),
	}}
	if p := w.w.Parent(); p != nil {
		now.Parent = p.Label()
	}
	if own := w.w.Webview(); own != nil {
		v := own.State()
		now.URL, now.UserAgent, now.Devtools = own.URL(), v.UserAgent, &v.Devtools
		now.JavascriptDisabled, now.Incognito = v.JavaScriptDisabled, v.Incognito
		now.ZoomHotkeysEnabled, now.DragDropEnabled = v.ZoomKeys, !v.PageDrops
	}
	return now
}

func configColor(c *[4]uint8) *config.Color {
	if c == nil {
		return nil
	}
	return &config.Color{Red: c[0], Green: c[1], Blue: c[2], Alpha: c[3]}
}

// CursorPosition returns where the mouse is on the desktop, in physical
// pixels. Wayland does not tell; there it is an error wrapping
// errors.ErrUnsupported.
func (w *Window) CursorPosition(ctx context.Context) (x, y int, err error) {
	s, err := w.w.Screen(ctx)
	if err != nil {
		return 0, 0, err
	}
	if s.Cursor == nil {
		return 0, 0, fmt.Errorf("position of the cursor: Wayland does not tell where the mouse is: %w", errors.ErrUnsupported)
	}
	return int(s.Cursor.X), int(s.Cursor.Y), nil
}

// SetBackgroundColor sets what shows until the page is painted, and where it
// is transparent. Nil leaves that to the window.
func (v *Webview) SetBackgroundColor(ctx context.Context, c *config.Color) error {
	return v.v.Update(ctx, func(s *wire.WebviewState) { s.Background = color(c) })
}

// SetDevtoolsOpen opens the engine's inspector for the webview, or closes it.
// It must be allowed, as with [WebviewOptions.Devtools]; otherwise it stays
// closed.
func (v *Webview) SetDevtoolsOpen(ctx context.Context, open bool) error {
	return v.v.Do(ctx, wire.ActionDevtools, open)
}
