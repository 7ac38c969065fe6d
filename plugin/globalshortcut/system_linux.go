package globalshortcut

import (
	"context"
	"errors"
	"os"
)

// openSystem connects to what reports keys in this session. report does not wait.
// On Wayland that is the desktop's portal: an X server there hears keys only while
// a window of X11 has the keyboard.
func openSystem(ctx context.Context, app appInfo, report func(Shortcut, State)) (system, error) {
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		return openPortal(ctx, app, report)
	}
	if display := os.Getenv("DISPLAY"); display != "" {
		return openX11(ctx, display, app, report)
	}
	return nil, errors.New("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
}
