package mullion

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/windowoptions"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Title returns the window's title.
func (w *Window) Title() string { return w.w.State().Title }

// Options returns options that open a window like this one as it is now, with
// all that the app, a page and the user have changed: for instance to open it
// again when the app next starts. Those that only other systems know are those
// of the configuration.
//
// The size is that to which a maximised or fullscreen window goes back.
func (w *Window) Options() WindowOptions {
	s, o := w.w.Current(), w.app.WindowOptions(w.Label())
	now := optionsOf(windowoptions.Entry(&s))
	now.Unfocused = o.Unfocused // it is of the moment when a window opens
	now.URL, now.UserAgent, now.Devtools = "", "", nil
	now.Isolate, now.Bare, now.Modal, now.Other = w.w.Isolated(), w.w.Webview() == nil, s.Modal, o.Other
	if p := w.w.Parent(); p != nil {
		now.Parent = p.Label()
	}
	if own := w.w.Webview(); own != nil {
		v := own.State()
		now.URL, now.UserAgent, now.Devtools = cmp.Or(own.URL(), v.URL), v.UserAgent, &v.Devtools
		now.JavascriptDisabled, now.Incognito = v.JavaScriptDisabled, v.Incognito
		now.ZoomHotkeysDisabled, now.DragDropDisabled = !v.ZoomKeys, v.PageDrops
	}
	return now
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
	return v.v.Update(ctx, func(s *wire.WebviewState) { s.Background = windowoptions.Color(c) })
}

// SetDevtoolsOpen opens the engine's inspector for the webview, or closes it.
// It must be allowed, as with [WebviewOptions.Devtools]; otherwise it stays
// closed.
func (v *Webview) SetDevtoolsOpen(ctx context.Context, open bool) error {
	return v.v.Do(ctx, wire.ActionDevtools, open)
}
