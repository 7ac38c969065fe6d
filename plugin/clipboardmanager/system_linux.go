package clipboardmanager

import (
	"context"
	"errors"
	"os"
	"time"
)

// openSystem connects to the display of this session. changed is told of changes,
// and does not wait.
func openSystem(ctx context.Context, patience time.Duration, changed func(Change)) (system, error) {
	if display := os.Getenv("DISPLAY"); display != "" {
		return openX11(ctx, display, patience, changed)
	}
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil, errors.New("this Wayland session has no display of X11, through which the clipboard is reached: install Xwayland")
	}
	return nil, errors.New("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
}
