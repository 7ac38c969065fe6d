package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// exportHandle asks the compositor for a name of the window, by which a dialog of
// another process can belong to it (xdg-foreign). It holds until the window is
// hidden. Only who imports it can use it; hosts are not shown how to.
func (w *window) exportHandle() {
	c := w.e.c
	gdk := c.gtkWidgetGetWindow.call(w.win)
	if gdk == 0 || w.exported || w.e.exportsNothing || c.gdkWaylandWindowExportHandle == 0 || c.gdkWaylandWindowUnexportHandle == 0 {
		return
	}
	id := w.e.cb.add(callback{f: func(a args) uintptr {
		if handle := goString(a[1]); w.exported && len(handle) <= wire.MaxHandle {
			w.handle = handle
			w.changed()
		}
		return 0
	}})
	w.exported = isTrue(c.gdkWaylandWindowExportHandle.call(gdk, w.e.cb.signature[2], id, w.e.cb.remove))
	w.e.exportsNothing = !w.exported // the compositor has no xdg-foreign, of which GDK warns each time
}

// unexportHandle gives the name up.
func (w *window) unexportHandle() {
	if gdk := w.e.c.gtkWidgetGetWindow.call(w.win); gdk != 0 && w.exported {
		w.e.c.gdkWaylandWindowUnexportHandle.call(gdk)
	}
	w.exported, w.handle = false, ""
}

// applyFunctions tells the window manager what the user may not do, on X11.
// GTK does that for closing only, and forgets the rest each time.
func (w *window) applyFunctions(s *wire.WindowState) {
	const all, minimize, maximize, closing = 1, 1 << 3, 1 << 4, 1 << 5 // GDK_FUNC_ALL: but for those named besides
	gdk := w.e.c.gtkWidgetGetWindow.call(w.win)
	if gdk == 0 {
		return // it comes when the window has one
	}
	functions := uintptr(all)
	for _, f := range []struct {
		lacks bool
		bit   uintptr
	}{{s.NoMinimize, minimize}, {s.NoMaximize, maximize}, {!s.Closable, closing}} {
		if f.lacks {
			functions |= f.bit
		}
	}
	w.e.c.gdkWindowSetFunctions.call(gdk, functions)
}

// announceFrame tells compositors that draw frames, as KWin and sway do, whether
// the window is to have one. GTK 3 leaves that out: it asks for a frame unless it
// draws one itself. A surface has to be told anew each time it is shown.
func (w *window) announceFrame() {
	c := w.e.c
	gdk := c.gtkWidgetGetWindow.call(w.win)
	if !w.e.wayland || gdk == 0 || c.gdkWaylandWindowAnnounceCsd == 0 || c.gdkWaylandWindowAnnounceSsd == 0 {
		return
	}
	announce := c.gdkWaylandWindowAnnounceSsd
	if !w.state.Decorated {
		announce = c.gdkWaylandWindowAnnounceCsd
	}
	announce.call(gdk)
}
