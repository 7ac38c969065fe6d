// Package windowoptions makes of options of windows and webviews, as they are in
// a configuration or come from a page, what the Core is to open.
package windowoptions

import (
	"cmp"
	"log/slog"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Reader reads the options of the windows of an app.
type Reader struct {
	// Log is told which options have no effect.
	Log *slog.Logger
	// Name is the app's, which titles windows that nobody has named.
	Name string
	// Dev allows developer tools where the options leave them open, and to pages.
	Dev bool
	// Root is the address of the front end, such as that of a dev server; empty
	// means [core.AppOrigin].
	Root string
}

// Window is what the Core is to open for an entry of a configuration, with the
// page at that full address.
func (r Reader) Window(o *config.Window, address string) core.WindowOptions {
	s := windowState(o)
	s.Title = cmp.Or(s.Title, r.Name)
	return core.WindowOptions{State: s, Webview: r.webviewState(o, address), Parent: o.Parent}
}

func windowState(o *config.Window) wire.WindowState {
	s := wire.WindowState{
		Label: o.Label, Title: o.Title,
		X: o.X, Y: o.Y, Center: o.Center, Width: o.Width, Height: o.Height,
		MinWidth: o.MinWidth, MinHeight: o.MinHeight, MaxWidth: o.MaxWidth, MaxHeight: o.MaxHeight,
		Visible: o.Visible, Focus: o.Focus, Focusable: o.Focusable,
		Resizable: o.Resizable, Closable: o.Closable, Decorated: o.Decorations,
		Fullscreen: o.Fullscreen, Maximized: o.Maximized, NoMaximize: !o.Maximizable, NoMinimize: !o.Minimizable,
		AlwaysOnTop: o.AlwaysOnTop, AlwaysOnBottom: o.AlwaysOnBottom, SkipTaskbar: o.SkipTaskbar,
		AllWorkspaces: o.VisibleOnAllWorkspaces, ContentProtected: o.ContentProtected, NoShadow: !o.Shadow, Transparent: o.Transparent, Theme: string(o.Theme),
	}
	s.Background = Color(o.BackgroundColor)
	if e := o.WindowEffects; e != nil {
		s.Effects = Effects(e.Effects)
	}
	if p := o.PreventOverflow; p != nil && p.Enabled {
		s.Margin = &wire.Point{X: p.Width, Y: p.Height}
	}
	return s
}

// Entry is what windowState was given: an entry of a configuration that opens a window in that state.
// What no entry has is left out, see TestFields.
func Entry(s *wire.WindowState) *config.Window {
	o := config.NewWindow()
	o.Label, o.Title = s.Label, s.Title
	o.X, o.Y, o.Center, o.Width, o.Height = s.X, s.Y, s.Center, s.Width, s.Height
	o.MinWidth, o.MinHeight, o.MaxWidth, o.MaxHeight = s.MinWidth, s.MinHeight, s.MaxWidth, s.MaxHeight
	o.Visible, o.Focus, o.Focusable = s.Visible, s.Focus, s.Focusable
	o.Resizable, o.Closable, o.Decorations = s.Resizable, s.Closable, s.Decorated
	o.Fullscreen, o.Maximized, o.Maximizable, o.Minimizable = s.Fullscreen, s.Maximized, !s.NoMaximize, !s.NoMinimize
	o.AlwaysOnTop, o.AlwaysOnBottom, o.SkipTaskbar = s.AlwaysOnTop, s.AlwaysOnBottom, s.SkipTaskbar
	o.VisibleOnAllWorkspaces, o.ContentProtected, o.Shadow = s.AllWorkspaces, s.ContentProtected, !s.NoShadow
	o.Transparent, o.Theme = s.Transparent, config.Theme(s.Theme)
	if c := s.Background; c != nil {
		o.BackgroundColor = &config.Color{Red: c[0], Green: c[1], Blue: c[2], Alpha: c[3]}
	}
	if len(s.Effects) > 0 {
		o.WindowEffects = &config.WindowEffects{}
		for _, name := range s.Effects {
			o.WindowEffects.Effects = append(o.WindowEffects.Effects, config.Effect(name))
		}
	}
	if m := s.Margin; m != nil {
		o.PreventOverflow = &config.PreventOverflow{Enabled: true, Width: m.X, Height: m.Y}
	}
	return o
}

// Effects is the form in which the Core has effects.
func Effects(list []config.Effect) (names []string) {
	for _, e := range list {
		names = append(names, string(e))
	}
	return names
}

// Color is the form in which the Core has a color.
func Color(c *config.Color) *[4]uint8 {
	if c == nil {
		return nil
	}
	return &[4]uint8{c.Red, c.Green, c.Blue, c.Alpha}
}

func (r Reader) webviewState(o *config.Window, address string) wire.WebviewState {
	devtools := r.Dev
	if o.Devtools != nil {
		devtools = *o.Devtools
	}
	return wire.WebviewState{
		URL:                address,
		UserAgent:          o.UserAgent,
		ZoomKeys:           o.ZoomHotkeysEnabled,
		PageDrops:          !o.DragDropEnabled,
		Devtools:           devtools,
		JavaScriptDisabled: o.JavascriptDisabled,
		Incognito:          o.Incognito,
		Background:         Color(o.BackgroundColor),
	}
}
