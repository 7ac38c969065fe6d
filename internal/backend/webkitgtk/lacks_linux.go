package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// Lacks implements backend.Lacker.
func (e *engine) Lacks() []wire.Lack {
	return []wire.Lack{
		{Command: "set_shadow", Reason: "shadows are drawn by the window manager on Linux"},
		{Command: "set_content_protected", Reason: "Linux has no way to keep a window out of screen captures"},
		{Command: "set_effects", Reason: "only Windows and macOS have materials behind windows"},
		{Command: "set_badge_label", Reason: "only the Dock of macOS has labels"},
		{Command: "set_overlay_icon", Reason: "only the task bar of Windows has overlay icons"},
		{Command: "set_title_bar_style", Reason: "only macOS has title bar styles"},
	}
}
