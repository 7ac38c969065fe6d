package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// zoomKeys are the keys that zoom together with Ctrl, by GDK's values.
var zoomKeys = map[uint32]string{
	'+': wire.ZoomIn, '=': wire.ZoomIn, 0xffab: wire.ZoomIn, // GDK_KEY_KP_Add
	'-': wire.ZoomOut, 0xffad: wire.ZoomOut, // GDK_KEY_KP_Subtract
	'0': wire.ZoomReset, 0xffb0: wire.ZoomReset, // GDK_KEY_KP_0
}

// watchZoomKeys reports the keys that zoom. They arrive here once neither a menu
// of the window nor the page has made something of them.
func (w *window) watchZoomKeys() {
	w.e.connectAfter(w.win, "key-press-event", func(a args) uintptr {
		const control, alt, super = 1 << 2, 1 << 3, 1 << 26 // GDK_CONTROL_MASK, GDK_MOD1_MASK, GDK_SUPER_MASK
		key, state := new(uint32), new(uint32)
		w.e.c.gdkEventGetKeyval.with(a[1], key)
		w.e.c.gdkEventGetState.with(a[1], state)
		zoom := zoomKeys[*key]
		if zoom == "" || *state&(control|alt|super) != control {
			return 0
		}
		for _, v := range w.webviews {
			if v.state.ZoomKeys && isTrue(w.e.c.gtkWidgetHasFocus.call(v.view)) {
				v.report(wire.PageZoom, "", zoom)
				return 1
			}
		}
		return 0
	})
}
