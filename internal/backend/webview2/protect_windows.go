package webview2

import (
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// applyProtection keeps the window out of screen captures. Systems before Windows 10 of 2020 (version
// 2004) can only have it black there.
func (w *window) applyProtection(s *wire.WindowState) error {
	const none, monitor, exclude = 0, 0x1, 0x11 // WDA_NONE, WDA_MONITOR, WDA_EXCLUDEFROMCAPTURE
	if !s.ContentProtected {
		return w.setAffinity(none)
	}
	if err := w.setAffinity(exclude); err == nil {
		return nil
	}
	return w.setAffinity(monitor)
}

func (w *window) setAffinity(affinity uintptr) error {
	if ok, _, err := procSetWindowDisplay.Call(w.hwnd, affinity); ok == 0 {
		return fmt.Errorf("webview2: SetWindowDisplayAffinity: %w", err)
	}
	return nil
}
