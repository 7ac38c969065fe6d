package webkitgtk

// holdCursor keeps the mouse inside the window, or lets it go, as is wanted of
// a window that has the keyboard. It is called whenever something of that may
// have changed, and when the mouse has left all the same: menus and drags take
// the grab over, and end it.
//
// The grab is that of X11's core, made behind GDK's back: GDK 3 grabs by XInput
// 2, which has no way to confine the mouse. With the owner's events on, all
// that is in windows of this process goes where it always does.
func (w *window) holdCursor() {
	c := w.e.c
	if w.closed || w.e.wayland || !w.state.CursorGrab && !w.grabbed || c.grabPointer == 0 || c.gdkX11GetDefaultXdisplay == 0 {
		return
	}
	display := c.gdkX11GetDefaultXdisplay.call()
	if !w.state.CursorGrab || !isTrue(c.gtkWindowIsActive.call(w.win)) || !isTrue(c.gtkWidgetGetMapped.call(w.win)) {
		w.letCursorGo()
		return
	}
	if grab := c.gtkGrabGetCurrent.call(); grab != 0 && grab != w.win { // its own is that of a modal window
		return // a menu or a drag has it
	}
	const ownerEvents, async, none = 1, 1, 0 // True, GrabModeAsync, None
	xid := c.gdkX11WindowGetXid.call(c.gtkWidgetGetWindow.call(w.win))
	w.grabbed = c.grabPointer.call(display, xid, ownerEvents, 0, async, async, xid, none, currentTime) == 0 // GrabSuccess
}

const currentTime = 0 // CurrentTime of X11

// letCursorGo ends the grab. holdCursor begins it again. Where it is held, a
// menu cannot have the mouse: the X server gives no grab by XInput to who has
// one of the core.
func (w *window) letCursorGo() {
	if w.grabbed {
		w.grabbed = false
		w.e.c.ungrabPointer.call(w.e.c.gdkX11GetDefaultXdisplay.call(), currentTime)
	}
}
