package webview2

import (
	"cmp"
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

// A material is what Windows draws behind a window: a value of DWM_SYSTEMBACKDROP_TYPE, of dwmapi.h, and the theme that it has whatever
// that of the window is.
type material struct {
	kind  uint32
	theme string
}

const noMaterial = 1 // DWMSBT_NONE

// materials are those of Windows 11, by Tauri's names.
var materials = map[string]material{
	"mica": {2, ""}, "micaDark": {2, "dark"}, "micaLight": {2, "light"},
	"acrylic": {3, ""},
	"tabbed":  {4, ""}, "tabbedDark": {4, "dark"}, "tabbedLight": {4, "light"},
}

// material is the first that is wished for and there, or none.
func (w *window) material() material {
	for _, name := range w.state.Effects {
		if m, ok := materials[name]; ok {
			return m
		}
	}
	return material{kind: noMaterial}
}

func (w *window) applyEffects(s *wire.WindowState) error {
	m := w.material()
	if err := setMaterial(w.hwnd, m.kind); err != nil && len(s.Effects) > 0 {
		return fmt.Errorf("webview2: materials need Windows 11 of 2022 or newer: %w: %w", err, errors.ErrUnsupported)
	}
	setDarkFrame(w.hwnd, w.isDark())
	if len(s.Effects) > 0 && m.kind == noMaterial {
		return fmt.Errorf("webview2: Windows has none of the effects %q: %w", s.Effects, errors.ErrUnsupported)
	}
	return nil
}

// isDark reports whether the frame, and with it the material, is dark.
func (w *window) isDark() bool { return cmp.Or(w.material().theme, w.theme()) == "dark" }
