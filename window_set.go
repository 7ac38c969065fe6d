package mullion

import (
	"context"
	"fmt"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/windowoptions"
	"github.com/mullion-dev/mullion/internal/wire"
)

// SetMinSize limits how small the content may become, in logical pixels. Zero
// lifts the limit of that side.
func (w *Window) SetMinSize(ctx context.Context, width, height float64) error {
	if err := units.CheckAll(width, height); err != nil {
		return fmt.Errorf("window %q: smallest size: %w", w.Label(), err)
	}
	return w.w.Update(ctx, func(s *wire.WindowState) { s.MinWidth, s.MinHeight = orNone(width), orNone(height) })
}

// SetMaxSize limits how large the content may become, in logical pixels. Zero
// lifts the limit of that side.
func (w *Window) SetMaxSize(ctx context.Context, width, height float64) error {
	if err := units.CheckAll(width, height); err != nil {
		return fmt.Errorf("window %q: largest size: %w", w.Label(), err)
	}
	return w.w.Update(ctx, func(s *wire.WindowState) { s.MaxWidth, s.MaxHeight = orNone(width), orNone(height) })
}

func orNone(length float64) *float64 {
	if length <= 0 {
		return nil
	}
	return &length
}

// SetResizable lets the user resize the window, or not.
func (w *Window) SetResizable(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Resizable = on })
}

// SetMaximizable lets the user maximise the window, or not. Under X11 it is a
// hint that not every window manager heeds; under Wayland it is an error
// wrapping errors.ErrUnsupported.
func (w *Window) SetMaximizable(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_maximizable", func(s *wire.WindowState) { s.NoMaximize = !on })
}

// SetMinimizable lets the user minimise the window, or not; see
// [Window.SetMaximizable].
func (w *Window) SetMinimizable(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_minimizable", func(s *wire.WindowState) { s.NoMinimize = !on })
}

// SetClosable says whether the user can close the window. [Window.Close] works
// in any case.
func (w *Window) SetClosable(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Closable = on })
}

// SetDecorations shows the title bar and borders, or not.
func (w *Window) SetDecorations(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Decorated = on })
}

// SetFocusable lets the window take the keyboard, or not. Under Wayland it is an
// error wrapping errors.ErrUnsupported. On Windows a click does
// not activate such a window; the engine may still give the keyboard to a page
// that is clicked.
func (w *Window) SetFocusable(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_focusable", func(s *wire.WindowState) { s.Focusable = on })
}

// SetEnabled lets mouse and keyboard reach the content, or not.
func (w *Window) SetEnabled(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Disabled = !on })
}

// SetAlwaysOnBottom keeps the window below others or undoes it. Under Wayland
// it is an error wrapping errors.ErrUnsupported.
func (w *Window) SetAlwaysOnBottom(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_always_on_bottom", func(s *wire.WindowState) { s.AlwaysOnBottom = on })
}

// SetSkipTaskbar keeps the window out of task bars and pagers or undoes it.
// Under Wayland it is an error wrapping errors.ErrUnsupported.
func (w *Window) SetSkipTaskbar(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_skip_taskbar", func(s *wire.WindowState) { s.SkipTaskbar = on })
}

// SetVisibleOnAllWorkspaces shows the window on every workspace or undoes it.
// Under Wayland it is an error wrapping errors.ErrUnsupported.
func (w *Window) SetVisibleOnAllWorkspaces(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_visible_on_all_workspaces", func(s *wire.WindowState) { s.AllWorkspaces = on })
}

// SetContentProtected keeps the window out of screenshots, recordings and shared
// screens, or undoes it. On Windows before 10 of 2020 it is black there instead.
// On Linux, which has no way to, it is an error wrapping errors.ErrUnsupported.
// It does not keep the screen from being photographed.
func (w *Window) SetContentProtected(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_content_protected", func(s *wire.WindowState) { s.ContentProtected = on })
}

// SetShadow shows the shadow of a window that is not decorated, or not. With one,
// Windows also draws a line at its sides and below, since Windows 11 all around it
// and with round corners, and lets it be resized from some pixels outside of these;
// without one, from as many pixels inside. Windows with decorations keep theirs. On Linux, where shadows are
// the window manager's, false is an error wrapping errors.ErrUnsupported.
func (w *Window) SetShadow(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_shadow", func(s *wire.WindowState) { s.NoShadow = !on })
}

// SetEffects shows a material behind a transparent window: the first of the
// effects that the system has; none of them without any. Windows 11 of 2022 (22H2)
// or newer has [config.EffectMica], [config.EffectTabbed] and [config.EffectAcrylic],
// and those of the first two that are dark or light. Where there is none of them it is an error wrapping
// errors.ErrUnsupported, as it is on Linux.
func (w *Window) SetEffects(ctx context.Context, effects ...config.Effect) error {
	return w.w.Set(ctx, "set_effects", func(s *wire.WindowState) { s.Effects = windowoptions.Effects(effects) })
}

// SetBackgroundColor changes what is shown until the page has painted. Nil is
// the system's choice.
func (w *Window) SetBackgroundColor(ctx context.Context, c *config.Color) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Background = windowoptions.Color(c) })
}

// SetTheme makes the window light or dark; with the zero Theme it follows the
// system. On Linux the windows of one host have the theme that was set last;
// see [App.SetTheme] for all windows.
func (w *Window) SetTheme(ctx context.Context, t config.Theme) error {
	if t != "" && t != config.ThemeLight && t != config.ThemeDark {
		return fmt.Errorf("window %q: theme %q: want %q, %q or none", w.Label(), t, config.ThemeLight, config.ThemeDark)
	}
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Theme = string(t) })
}

// SetCursorIcon sets the mouse pointer over the window, by its name in CSS,
// such as "col-resize". Where a page sets a pointer of its own, that one shows.
// Empty leaves it to the page. On Windows frames in a page keep theirs, and what
// the system has no picture of is an arrow.
func (w *Window) SetCursorIcon(ctx context.Context, name string) error {
	if name != "" && !core.IsCursor(strings.ToLower(name)) {
		return fmt.Errorf("window %q: cursor %q: want a name of CSS, such as \"col-resize\"", w.Label(), name)
	}
	return w.w.Update(ctx, func(s *wire.WindowState) { s.Cursor = strings.ToLower(name) })
}

// SetCursorVisible shows the mouse pointer over the window, or not.
func (w *Window) SetCursorVisible(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.CursorHidden = !on })
}

// SetCursorGrab keeps the mouse inside the window while that has the keyboard,
// or lets it go. Users leave the window by the keyboard, as with Alt and Tab.
// Under Wayland it is an error wrapping errors.ErrUnsupported: GTK 3 has no way
// to ask compositors for it.
func (w *Window) SetCursorGrab(ctx context.Context, on bool) error {
	return w.w.Set(ctx, "set_cursor_grab", func(s *wire.WindowState) { s.CursorGrab = on })
}

// SetIgnoreCursorEvents lets the mouse through to what is behind the window,
// or undoes it.
func (w *Window) SetIgnoreCursorEvents(ctx context.Context, on bool) error {
	return w.w.Update(ctx, func(s *wire.WindowState) { s.IgnoreCursor = on })
}

// SetCursorPosition moves the mouse to a point of the content, in logical
// pixels. Under Wayland it is an error wrapping errors.ErrUnsupported.
func (w *Window) SetCursorPosition(ctx context.Context, x, y float64) error {
	if err := units.CheckAll(x, y); err != nil {
		return fmt.Errorf("window %q: cursor: %w", w.Label(), err)
	}
	return w.w.Do(ctx, wire.ActionCursor, wire.Point{X: x, Y: y})
}

// RequestAttention asks for the user's attention, for example by a flashing
// entry in the task bar, or withdraws that. Under Wayland to ask is an error
// wrapping errors.ErrUnsupported: a notification is the way there.
func (w *Window) RequestAttention(ctx context.Context, on bool) error {
	return w.w.Do(ctx, wire.ActionAttention, on)
}
