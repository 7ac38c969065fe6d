package mullion

import (
	"context"
	"fmt"
	"image"

	"github.com/mullion-dev/mullion/internal/core"
)

// SetOverlayIcon shows a small picture over the icon of the window's button in the
// taskbar, such as a dot for something new, in the place of a number that
// [Window.SetBadgeCount] shows there. What is larger than 32 pixels on a side is
// made smaller, and Windows makes it 16 logical pixels large. Nil shows none. On
// Linux a picture is an error wrapping errors.ErrUnsupported.
func (w *Window) SetOverlayIcon(ctx context.Context, icon image.Image) error {
	if icon == nil {
		return w.w.SetOverlayIcon(ctx, nil)
	}
	i, err := core.ImageOf(icon)
	if err != nil {
		return fmt.Errorf("window %q: overlay icon: %w", w.Label(), err)
	}
	return w.w.SetOverlayIcon(ctx, i)
}

// SetIcon changes what the desktop shows for the window in task bars, lists of
// windows and title bars. What is larger than 128 pixels on a side is made
// smaller. Nil is the app's icon again: the first PNG of bundle.icon that is
// in [Options.Files]. Under Wayland, where the icon is that of the app's
// desktop file, it is an error wrapping errors.ErrUnsupported.
func (w *Window) SetIcon(ctx context.Context, icon image.Image) error {
	if icon == nil {
		return w.w.SetIcon(ctx, nil)
	}
	i, err := core.ImageOf(icon)
	if err != nil {
		return fmt.Errorf("window %q: icon: %w", w.Label(), err)
	}
	return w.w.SetIcon(ctx, i)
}
