package webkitgtk

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// monitors are those of the display.
func (e *engine) monitors() (list []uintptr) {
	display := e.c.gdkDisplayGetDefault.call()
	n := int32(e.c.gdkDisplayGetNMonitors.call(display))
	for i := range min(n, wire.MaxMonitors) {
		m := e.c.gdkDisplayGetMonitor.with(display, int(i))
		if m == 0 {
			continue
		}
		// One that has just been attached has no size yet.
		if area, _ := e.area(e.c.gdkMonitorGetGeometry, m); area.width > 0 && area.height > 0 {
			list = append(list, m)
		}
	}
	return list
}

// monitorName is that of the connector, such as HDMI-A-1, which no two monitors
// share; models are not told under every compositor. GTK 3 has it by the monitor's
// number only.
func (e *engine) monitorName(monitor uintptr) string {
	display := e.c.gdkDisplayGetDefault.call()
	n := int32(e.c.gdkDisplayGetNMonitors.call(display))
	for i := range int(n) {
		if e.c.gdkDisplayGetMonitor.with(display, i) == monitor {
			name := e.c.gdkScreenGetMonitorPlugName.with(e.c.gdkScreenGetDefault.call(), i)
			defer e.c.gFree.call(name)
			if name := goString(name); name != "" {
				return name
			}
		}
	}
	return goString(e.c.gdkMonitorGetModel.call(monitor))
}

// area is what a function of GdkMonitor writes into a rectangle, and the scale
// of that monitor.
func (e *engine) area(f cfunc, monitor uintptr) (rectangle, float64) {
	r := new(rectangle)
	f.with(monitor, r)
	return *r, float64(int32(e.c.gdkMonitorGetScaleFactor.call(monitor)))
}

func physical(r rectangle, scale float64) wire.Rect {
	return wire.Rect{X: float64(r.x) * scale, Y: float64(r.y) * scale, Width: float64(r.width) * scale, Height: float64(r.height) * scale}
}

// monitor is the one that shows most of the window, or NULL.
func (w *window) monitor() uintptr {
	c := w.e.c
	display := c.gdkDisplayGetDefault.call()
	if gdk := c.gtkWidgetGetWindow.call(w.win); gdk != 0 {
		return c.gdkDisplayGetMonitorAtWindow.call(display, gdk)
	}
	return c.gdkDisplayGetPrimaryMonitor.call(display)
}

// Screen implements backend.Window.
func (w *window) Screen() (wire.Screen, error) {
	if w.closed {
		return wire.Screen{}, errClosed
	}
	c := w.e.c
	s := wire.Screen{Primary: -1, Current: -1}
	current := w.monitor()
	primary := c.gdkDisplayGetPrimaryMonitor.call(c.gdkDisplayGetDefault.call())
	for i, m := range w.e.monitors() {
		area, scale := w.e.area(c.gdkMonitorGetGeometry, m)
		work, _ := w.e.area(c.gdkMonitorGetWorkarea, m)
		s.Monitors = append(s.Monitors, wire.Monitor{
			Name: w.e.monitorName(m), Scale: scale,
			Area: physical(area, scale), Work: physical(work, scale),
		})
		if m == current {
			s.Current = i
		}
		if m == primary {
			s.Primary = i
		}
	}
	if device, x, y := w.e.pointer(); device != 0 && !w.e.wayland {
		scale := float64(int32(c.gtkWidgetGetScaleFactor.call(w.win)))
		s.Cursor = &wire.Point{X: float64(x) * scale, Y: float64(y) * scale}
	}
	return s, nil
}

// onceMapped does f when a window that is hidden is shown. GTK keeps the place
// of one that was never shown; for others window managers choose one anew (seen
// in openbox 3.6), and know the frame only then.
func (w *window) onceMapped(f func()) {
	w.placing = nil
	if !isTrue(w.e.c.gtkWidgetGetMapped.call(w.win)) {
		w.placing = f
	}
}

// mapped is called when the window is shown.
func (w *window) mapped() {
	if w.e.wayland && !w.closed {
		w.appeared()
	}
	if f := w.placing; f != nil && !w.closed {
		w.placing = nil
		f()
	}
	if w.claiming && !w.closed {
		w.claiming = false
		if !isTrue(w.e.c.gtkWindowIsActive.call(w.win)) {
			w.e.c.gtkWindowPresentWithTime.call(w.win, w.now())
		}
	}
}

// center puts the window in the middle of what panels leave of its monitor.
func (w *window) center() error {
	if w.e.wayland {
		return unsupportedOn("center")
	}
	w.onceMapped(func() { _ = w.center() })
	m := w.monitor()
	if m == 0 {
		return errors.New("webkitgtk: center: there is no monitor")
	}
	c := w.e.c
	work, _ := w.e.area(c.gdkMonitorGetWorkarea, m)
	width, height := w.size()
	if gdk := c.gtkWidgetGetWindow.call(w.win); gdk != 0 {
		// Both are what the X server says now.
		outer, inner := new(rectangle), new(rectangle)
		c.gdkWindowGetFrameExtents.with(gdk, outer)
		c.gdkWindowGetGeometry.with(gdk, &inner.x, &inner.y, &inner.width, &inner.height)
		width += outer.width - inner.width
		height += outer.height - inner.height
	}
	c.gtkWindowMove.with(w.win, int(work.x+(work.width-width)/2), int(work.y+(work.height-height)/2))
	return nil
}

// fullscreenAt makes the window cover the monitor that has a point.
func (w *window) fullscreenAt(a wire.Action) error {
	var p wire.Point
	if err := json.Unmarshal(a.Args, &p); err != nil {
		return fmt.Errorf("webkitgtk: fullscreen: %w", err)
	}
	display := w.e.c.gdkDisplayGetDefault.call()
	for i := range int(int32(w.e.c.gdkDisplayGetNMonitors.call(display))) {
		r, scale := w.e.area(w.e.c.gdkMonitorGetGeometry, w.e.c.gdkDisplayGetMonitor.with(display, i))
		if physical(r, scale).Contains(p) {
			w.e.c.gtkWindowFullscreenOnMonitor.with(w.win, w.e.c.gdkScreenGetDefault.call(), i)
			return nil
		}
	}
	return fmt.Errorf("webkitgtk: fullscreen: no monitor has the point %v, %v", p.X, p.Y)
}
