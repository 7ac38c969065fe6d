package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// openSystem connects to the display of this session: to the Wayland compositor, if
// it lets clients without a window have the clipboard, else to the X server. changed is told of changes,
// and does not wait.
func openSystem(ctx context.Context, patience time.Duration, changed func(Change)) (system, error) {
	display, wayland := os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY")
	if wayland != "" {
		s, err := openWayland(ctx, patience, changed)
		switch {
		case err == nil:
			return s, nil
		case display == "":
			return nil, fmt.Errorf("%w, and there is no X server beside it: install Xwayland", err)
		}
	}
	if display != "" {
		return openX11(ctx, display, patience, changed)
	}
	return nil, errors.New("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
}
