package webview2

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// seeThrough reports whether what is behind the window shows where nothing is drawn in it.
func (w *window) seeThrough() bool {
	const opaque = 0xFF
	c := w.state.Background
	return w.state.Transparent && (c == nil || c[3] != opaque)
}

func (w *window) applyBackground(*wire.WindowState) error {
	for _, v := range w.webviews {
		v.applyBackground()
	}
	if !w.state.Transparent {
		return nil
	}
	err := setSeeThrough(w.hwnd, w.seeThrough())
	// Below the engine's windows, too, where it is never asked for.
	withWindowDC(w.hwnd, func(dc uintptr) { w.erase(dc, clientRect(w.hwnd)) })
	if err != nil {
		return fmt.Errorf("webview2: transparent windows: %w: %w", err, errors.ErrUnsupported)
	}
	return nil
}

// erase draws what the window has below all else, and reports whether it has something.
func (w *window) erase(dc uintptr, area rect) bool {
	switch c := w.state.Background; {
	case w.seeThrough():
		fill(dc, area, 0) // black of GDI has no alpha
	case c != nil:
		fill(dc, area, uint32(c[0])|uint32(c[1])<<8|uint32(c[2])<<16)
	default:
		return false
	}
	return true
}
