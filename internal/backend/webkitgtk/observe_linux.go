package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// watch connects all that may change what is observed of a window.
func (w *window) watch() {
	changed := func(args) uintptr { w.holdCursor(); w.followFocus(); w.changed(); return 0 }
	for _, signal := range []string{
		"configure-event", "window-state-event", "notify::is-active",
		"map-event", "unmap-event", "hide", "notify::scale-factor",
	} {
		w.e.connect(w.win, signal, changed)
	}
	w.e.connect(w.win, "map-event", func(args) uintptr { w.mapped(); return 0 })
	w.e.connect(w.win, "leave-notify-event", func(args) uintptr { w.holdCursor(); return 0 })
	w.e.connect(w.win, "grab-notify", func(args) uintptr { w.e.Post(w.holdCursor); return 0 })
	w.e.connect(w.overlay, "size-allocate", changed)
}

// changed posts a report, one for all changes of this turn of the main loop.
func (w *window) changed() {
	if w.observing || w.closed {
		return
	}
	w.observing = true
	w.e.Post(func() {
		w.observing = false
		if w.closed {
			return
		}
		if w.fitting {
			w.shrink()
		}
		if o := w.Observe(); o != w.observed {
			w.observed = o
			w.e.handler.Observed(w.id, o)
		}
	})
}

// The bits of GdkWindowState.
const (
	stateIconified  = 1 << 1
	stateMaximized  = 1 << 2
	stateFullscreen = 1 << 4
)

// Observe implements backend.Window.
func (w *window) Observe() wire.WindowObserved {
	if w.closed {
		return wire.WindowObserved{}
	}
	c := w.e.c
	scale := int32(c.gtkWidgetGetScaleFactor.call(w.win))
	o := wire.WindowObserved{Scale: float64(scale), Visible: isTrue(c.gtkWidgetGetVisible.call(w.win)), Theme: w.e.theme()}
	width, height := new(int32), new(int32)
	if isTrue(c.gtkWidgetGetMapped.call(w.overlay)) {
		*width = int32(c.gtkWidgetGetAllocatedWidth.call(w.overlay))
		*height = int32(c.gtkWidgetGetAllocatedHeight.call(w.overlay))
	} else {
		c.gtkWindowGetSize.with(w.win, width, height)
		*height -= w.menu.height
	}
	o.Width, o.Height = int(*width*scale), int(*height*scale)
	o.OuterWidth, o.OuterHeight = o.Width, o.Height+int(w.menu.height*scale)

	gdk := c.gtkWidgetGetWindow.call(w.win)
	if gdk == 0 {
		return o
	}
	state := uint32(c.gdkWindowGetState.call(gdk))
	o.Focused = isTrue(c.gtkWindowIsActive.call(w.win))
	o.Fullscreen = state&stateFullscreen != 0
	o.Maximized = state&stateMaximized != 0
	o.Minimized = state&stateIconified != 0
	if w.e.wayland {
		o.Minimized = w.sight.iconified && !o.Focused
		o.Handle = w.handle
		if o.Visible { // the frame is GTK's own, or the compositor's, which says nothing of it
			outer := new(rectangle)
			c.gdkWindowGetFrameExtents.with(gdk, outer)
			o.OuterWidth, o.OuterHeight = max(o.OuterWidth, int(outer.width*scale)), max(o.OuterHeight, int(outer.height*scale))
		}
		return o
	}
	if c.gdkX11WindowGetXid != 0 {
		o.XID = uint32(c.gdkX11WindowGetXid.call(gdk))
	}
	outer := new(rectangle)
	c.gdkWindowGetFrameExtents.with(gdk, outer)
	x, y := new(int32), new(int32)
	c.gdkWindowGetOrigin.with(gdk, x, y)
	o.X, o.Y = int(outer.x*scale), int(outer.y*scale)
	o.OuterWidth, o.OuterHeight = int(outer.width*scale), int(outer.height*scale)
	o.InnerX, o.InnerY = int(*x*scale), int((*y+w.menu.height)*scale)
	return o
}
