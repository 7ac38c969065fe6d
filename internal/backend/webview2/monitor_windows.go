package webview2

import (
	"encoding/json"
	"math"

	"github.com/mullion-dev/mullion/internal/wire"
)

// monitors are those of the desktop. The first monitor is at 0, 0: places on it are the same for the
// whole desktop. Names are those of Windows, such as \\.\DISPLAY1.
func monitors() wire.Screen {
	area := func(r rect) wire.Rect {
		return wire.Rect{X: float64(r.left), Y: float64(r.top), Width: float64(r.right - r.left), Height: float64(r.bottom - r.top)}
	}
	s := wire.Screen{Primary: -1}
	const primary = 1 // MONITORINFOF_PRIMARY
	for _, m := range enumMonitors(wire.MaxMonitors) {
		info := monitorByHandle(m)
		if info.flags&primary != 0 {
			s.Primary = len(s.Monitors)
		}
		s.Monitors = append(s.Monitors, wire.Monitor{Name: info.name(), Scale: monitorScale(m), Area: area(info.area), Work: area(info.work)})
	}
	return s
}

// placeOnDesktop is the place in pixels that a window has told as a logical one: by the scale of the monitor that it was on.
func placeOnDesktop(x, y float64) (at point, ok bool) {
	for _, m := range enumMonitors(wire.MaxMonitors) {
		scale, area := monitorScale(m), monitorByHandle(m).area
		at = point{int32(math.Round(x * scale)), int32(math.Round(y * scale))}
		if at.x >= area.left && at.x < area.right && at.y >= area.top && at.y < area.bottom {
			return at, true
		}
	}
	return point{}, false
}

// applyTheme makes the frame dark or light.
func (w *window) applyTheme(s *wire.WindowState) error {
	for _, v := range w.webviews {
		v.applyTheme()
	}
	setDarkFrame(w.hwnd, w.isDark())
	return nil
}

// applyTheme has the page hear of the window's theme as its reader's wish (prefers-color-scheme). The
// profile of WebView2 has one for all webviews of a host; the protocol of the developer tools for each.
func (v *webview) applyTheme() {
	theme := v.window.state.Theme
	if theme == v.themed || v.closed || v.core.isNil() {
		return
	}
	v.themed = theme
	features := []map[string]string{}
	if theme != "" {
		features = append(features, map[string]string{"name": "prefers-color-scheme", "value": theme})
	}
	params, err := json.Marshal(map[string]any{"features": features})
	if err != nil {
		return
	}
	v.callDevTools("Emulation.setEmulatedMedia", string(params), func(_ string, err error) { v.log(err) })
}

// theme is "light" or "dark": that of the window, or of the system.
func (w *window) theme() string {
	if w.state.Theme != "" {
		return w.state.Theme
	}
	return systemTheme()
}
