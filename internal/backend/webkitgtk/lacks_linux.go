package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// Lacks implements backend.Lacker.
func (e *engine) Lacks() []wire.Lack {
	lacks := []wire.Lack{
		{Command: "set_shadow", Reason: "shadows are drawn by the window manager on Linux"},
		{Command: "set_content_protected", Reason: "Linux has no way to keep a window out of screen captures"},
		{Command: "set_effects", Reason: "only Windows and macOS have materials behind windows"},
		{Command: "set_badge_label", Reason: "only the Dock of macOS has labels"},
		{Command: "set_overlay_icon", Reason: "only the task bar of Windows has overlay icons"},
		{Command: "set_title_bar_style", Reason: "only macOS has title bar styles"},
	}
	if e.wayland { // as the properties of windows that are marked so
		const compositor = "under Wayland the compositor decides about it"
		lacks = append(lacks,
			wire.Lack{Command: "set_position", Reason: compositor},
			wire.Lack{Command: "set_always_on_top", Reason: compositor},
			wire.Lack{Command: "set_always_on_bottom", Reason: compositor},
			wire.Lack{Command: "set_skip_taskbar", Reason: compositor},
			wire.Lack{Command: "set_visible_on_all_workspaces", Reason: compositor},
			wire.Lack{Command: "set_maximizable", Reason: compositor},
			wire.Lack{Command: "set_minimizable", Reason: compositor},
			wire.Lack{Command: "set_focusable", Reason: compositor},
			wire.Lack{Command: "set_icon", Reason: "under Wayland desktops show the icon of the app's desktop file"},
			wire.Lack{Command: "set_cursor_grab", Reason: "GTK 3 has no way to ask a compositor under Wayland for it"},
		)
	}
	return lacks
}
