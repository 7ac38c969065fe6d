package webkitgtk

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

func sameCursor(old, s *wire.WindowState) bool {
	return old.Cursor == s.Cursor && old.CursorHidden == s.CursorHidden && old.Visible == s.Visible
}

// applyCursor sets the cursor of the window and of its pages. A page that
// wants another one, for what the mouse then is on, gets it.
func (w *window) applyCursor(s *wire.WindowState) {
	c := w.e.c
	name := s.Cursor
	if s.CursorHidden {
		name = "none"
	}
	var cursor uintptr // NULL: that of the parent window
	if name != "" {
		cursor = c.gdkCursorNewFromName.with(c.gdkDisplayGetDefault.call(), name)
	}
	widgets := []uintptr{w.win}
	for _, v := range w.webviews {
		widgets = append(widgets, v.view)
	}
	for _, widget := range widgets {
		if gdk := c.gtkWidgetGetWindow.call(widget); gdk != 0 {
			c.gdkWindowSetCursor.call(gdk, cursor)
		}
	}
	if cursor != 0 {
		c.gObjectUnref.call(cursor)
	}
}

// applyIgnoreCursor takes all of the window out of what the mouse can hit.
func (w *window) applyIgnoreCursor(s *wire.WindowState) {
	c := w.e.c
	if !s.IgnoreCursor {
		c.gtkWidgetInputShapeCombineRegion.call(w.win, 0)
		return
	}
	region := c.cairoRegionCreate.call()
	c.gtkWidgetInputShapeCombineRegion.call(w.win, region)
	c.cairoRegionDestroy.call(region)
}

// pointer returns the mouse and where it is, in logical pixels.
func (e *engine) pointer() (device uintptr, x, y int32) {
	seat := e.c.gdkDisplayGetDefaultSeat.call(e.c.gdkDisplayGetDefault.call())
	device = e.c.gdkSeatGetPointer.call(seat)
	if device == 0 {
		return 0, 0, 0 // a machine without a mouse
	}
	px, py := new(int32), new(int32)
	e.c.gdkDeviceGetPosition.with(device, nil, px, py)
	return device, *px, *py
}

// button is the one that is taken to be held down in drags.
const button = 1

// held reports whether it is. A window manager of X11 moves a window also after it
// came up, until the next press: the window would stick to the mouse. Compositors
// look themselves.
func (w *window) held() bool {
	if w.e.wayland {
		return true
	}
	device, _, _ := w.e.pointer()
	gdk := w.e.c.gtkWidgetGetWindow.call(w.win)
	if device == 0 || gdk == 0 {
		return false
	}
	mask := new(uint32)
	w.e.c.gdkDeviceGetState.with(device, gdk, nil, mask)
	const button1 = 1 << 8 // GDK_BUTTON1_MASK
	return *mask&button1 != 0
}

// drag lets the user move the window with the button that is held down.
func (w *window) drag() {
	if !w.held() {
		return
	}
	_, x, y := w.e.pointer()
	w.e.c.gtkWindowBeginMoveDrag.with(w.win, button, int(x), int(y), uint32(w.now()))
}

// edges are the values of GdkWindowEdge.
var edges = map[string]int{
	"NorthWest": 0, "North": 1, "NorthEast": 2, "West": 3, "East": 4, "SouthWest": 5, "South": 6, "SouthEast": 7,
}

// resize lets the user resize the window with the button that is held down.
func (w *window) resize(a wire.Action) error {
	var name string
	if err := json.Unmarshal(a.Args, &name); err != nil {
		return fmt.Errorf("webkitgtk: resize: %w", err)
	}
	edge, ok := edges[name]
	if !ok {
		return fmt.Errorf("webkitgtk: resize: there is no edge %q", name)
	}
	if !w.held() {
		return nil
	}
	_, x, y := w.e.pointer()
	w.e.c.gtkWindowBeginResizeDrag.with(w.win, edge, button, int(x), int(y), uint32(w.now()))
	return nil
}

// moveCursor puts the mouse somewhere in the content.
func (w *window) moveCursor(a wire.Action) error {
	if w.e.wayland {
		return unsupportedOn("moving the cursor")
	}
	var p wire.Point
	if err := json.Unmarshal(a.Args, &p); err != nil {
		return fmt.Errorf("webkitgtk: cursor: %w", err)
	}
	gdk := w.e.c.gtkWidgetGetWindow.call(w.overlay)
	device, _, _ := w.e.pointer()
	if gdk == 0 || device == 0 {
		return errors.New("webkitgtk: cursor: the window was never shown, or there is no mouse")
	}
	x, y := new(int32), new(int32)
	w.e.c.gdkWindowGetOrigin.with(gdk, x, y)
	w.e.c.gdkDeviceWarp.with(device, w.e.c.gdkScreenGetDefault.call(), int(*x+pixels(p.X)), int(*y+w.menu.height+pixels(p.Y)))
	return nil
}
