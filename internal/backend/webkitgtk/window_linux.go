package webkitgtk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

var errClosed = errors.New("webkitgtk: closed")

// window is a GtkWindow that holds a GtkBox with the menu bar, if there is
// one, and a GtkOverlay that holds the webviews.
type window struct {
	e        *engine
	id       uint32
	win      uintptr // GtkWindow
	box      uintptr // GtkBox
	overlay  uintptr // GtkOverlay
	menu     menuBar
	notice   notice
	state    wire.WindowState
	webviews []*webview
	closed   bool

	placing   func() // puts a hidden window in its place once it is shown; nil: nothing to do
	claiming  bool   // the window is to have the focus when it is shown, see claimFocus
	fitting   bool   // the frame is not known yet, see shrink
	resizing  resizing
	grabbed   bool // see holdCursor
	sight     sight
	handle    string              // see exportHandle
	exported  bool                // the handle was asked for
	observed  wire.WindowObserved // reported last
	observing bool                // a report is posted
}

// defaults is the state of a window that GTK has just made.
var defaults = wire.WindowState{Focus: true, Focusable: true, Resizable: true, Closable: true, Decorated: true}

func newWindow(e *engine, id uint32, s *wire.WindowState) (*window, error) {
	c := e.c
	const toplevel = 0 // GTK_WINDOW_TOPLEVEL
	w := &window{e: e, id: id}
	w.win = c.gtkWindowNew.call(toplevel)
	c.gObjectRef.call(w.win)
	w.overlay = c.gtkOverlayNew.call()
	const vertical, fill = 1, 1 // GTK_ORIENTATION_VERTICAL, TRUE
	w.box = c.gtkBoxNew.call(vertical, 0)
	c.gtkContainerAdd.call(w.win, w.box)
	c.gtkBoxPackStart.call(w.box, w.overlay, fill, fill, 0)
	c.gtkWidgetShow.call(w.overlay)
	c.gtkWidgetShow.call(w.box)
	e.connect(w.overlay, "draw", func(a args) uintptr { return w.draw(a[1]) })
	e.connect(w.overlay, "get-child-position", func(a args) uintptr { return w.place(a[1], a[2]) })
	e.connectFallback(w.win, "delete-event", 1, func(args) uintptr { w.requestClose(); return 1 })
	if e.wayland {
		e.connectAfter(w.win, "map", func(args) uintptr { w.announceFrame(); w.exportHandle(); return 0 })
		e.connect(w.win, "unmap", func(args) uintptr { w.unexportHandle(); return 0 })
	} else {
		e.connect(w.win, "realize", func(args) uintptr { w.hideMachine(); w.applyFunctions(&w.state); w.claimFocus(); return 0 })
	}
	w.watch()
	w.watchZoomKeys()

	var errs []error
	if s.Transparent {
		errs = append(errs, w.makeTransparent())
	}
	switch {
	case s.Center && e.wayland:
		errs = append(errs, unsupportedOn("center"))
	case s.Center:
		const center = 1 // GTK_WIN_POS_CENTER
		c.gtkWindowSetPosition.call(w.win, center)
	}
	c.gtkWindowSetFocusOnMap.call(w.win, gboolean(s.Focus))
	c.gtkWindowSetTitle.with(w.win, w.title(s))
	old := defaults
	old.Title = s.Title
	old.Center, old.Transparent = s.Center, s.Transparent
	if e.wayland {
		old.Icon = s.Icon // desktops show that of the app's desktop file, and nobody has asked for another one yet
	}
	if s.Center {
		old.X, old.Y = s.X, s.Y
	}
	if s.Margin != nil {
		s = w.fitted(s)
	}
	errs = append(errs, w.Apply(&old, s))
	return w, errors.Join(errs...)
}

// hideMachine removes the name of the machine from the window, and from the
// leader of the program's windows, on X11. A confined host does not know the
// true one, and window managers add to the title what they take for another
// machine (seen in openbox 3.6).
func (w *window) hideMachine() {
	c := w.e.c
	name := c.gdkAtomIntern.with("WM_CLIENT_MACHINE", false)
	c.gdkPropertyDelete.call(c.gtkWidgetGetWindow.call(w.win), name)
	c.gdkPropertyDelete.call(c.gdkDisplayGetDefaultGroup.call(c.gdkDisplayGetDefault.call()), name)
}

func unsupportedOn(what string) error {
	return fmt.Errorf("webkitgtk: %s on Wayland: %w", what, errors.ErrUnsupported)
}

// A property is one thing of a window that is wanted.
type property struct {
	name string
	same func(old, s *wire.WindowState) bool
	// apply makes it so.
	apply func(w *window, s *wire.WindowState)
	// x11 is set where Wayland leaves no way to ask for it.
	x11 bool
}

// properties in the order in which they are applied: what limits the size
// before the size, what shows the window last.
var properties = []property{
	{"title", func(old, s *wire.WindowState) bool { return old.Title == s.Title },
		func(w *window, s *wire.WindowState) { w.e.c.gtkWindowSetTitle.with(w.win, w.title(s)) }, false},
	{"decorated", func(old, s *wire.WindowState) bool { return old.Decorated == s.Decorated },
		func(w *window, s *wire.WindowState) {
			w.set(w.e.c.gtkWindowSetDecorated, s.Decorated)
			w.announceFrame()
		}, false},
	{"closable", func(old, s *wire.WindowState) bool { return old.Closable == s.Closable },
		func(w *window, s *wire.WindowState) {
			w.set(w.e.c.gtkWindowSetDeletable, s.Closable)
			w.applyFunctions(s)
		}, false},
	{"maximizable and minimizable", func(old, s *wire.WindowState) bool {
		return old.NoMaximize == s.NoMaximize && old.NoMinimize == s.NoMinimize
	}, (*window).applyFunctions, true},
	{"icon", sameIcon, (*window).applyIcon, true},
	{"focusable", func(old, s *wire.WindowState) bool { return old.Focusable == s.Focusable },
		func(w *window, s *wire.WindowState) { w.set(w.e.c.gtkWindowSetAcceptFocus, s.Focusable) }, true},
	{"parent", func(old, s *wire.WindowState) bool { return old.Parent == s.Parent }, (*window).applyParent, false},
	{"modal", func(old, s *wire.WindowState) bool { return old.Modal == s.Modal },
		func(w *window, s *wire.WindowState) { w.set(w.e.c.gtkWindowSetModal, s.Modal) }, false},
	{"menu", func(old, s *wire.WindowState) bool { return reflect.DeepEqual(old.Menu, s.Menu) }, (*window).applyMenu, false},
	{"limits", sameLimits, (*window).applyLimits, false},
	{"resizable", func(old, s *wire.WindowState) bool { return old.Resizable == s.Resizable }, (*window).applySize, false},
	{"size", func(old, s *wire.WindowState) bool { return old.Width == s.Width && old.Height == s.Height }, (*window).applySize, false},
	{"position", func(old, s *wire.WindowState) bool { return same(old.X, s.X) && same(old.Y, s.Y) }, (*window).applyPosition, true},
	{"background", func(old, s *wire.WindowState) bool { return same(old.Background, s.Background) }, (*window).applyBackground, false},
	{"theme", func(old, s *wire.WindowState) bool { return old.Theme == s.Theme },
		func(w *window, s *wire.WindowState) { w.e.settings.choose(s.Theme) }, false},
	{"always on top", func(old, s *wire.WindowState) bool { return old.AlwaysOnTop == s.AlwaysOnTop },
		func(w *window, s *wire.WindowState) { w.set(w.e.c.gtkWindowSetKeepAbove, s.AlwaysOnTop) }, true},
	{"always on bottom", func(old, s *wire.WindowState) bool { return old.AlwaysOnBottom == s.AlwaysOnBottom },
		func(w *window, s *wire.WindowState) { w.set(w.e.c.gtkWindowSetKeepBelow, s.AlwaysOnBottom) }, true},
	{"skip taskbar", func(old, s *wire.WindowState) bool { return old.SkipTaskbar == s.SkipTaskbar },
		func(w *window, s *wire.WindowState) {
			w.set(w.e.c.gtkWindowSetSkipTaskbarHint, s.SkipTaskbar)
			w.set(w.e.c.gtkWindowSetSkipPagerHint, s.SkipTaskbar)
		}, true},
	{"all workspaces", func(old, s *wire.WindowState) bool { return old.AllWorkspaces == s.AllWorkspaces },
		func(w *window, s *wire.WindowState) {
			w.either(s.AllWorkspaces, w.e.c.gtkWindowStick, w.e.c.gtkWindowUnstick)
		}, true},
	{"maximized", func(old, s *wire.WindowState) bool { return old.Maximized == s.Maximized },
		func(w *window, s *wire.WindowState) {
			w.either(s.Maximized, w.e.c.gtkWindowMaximize, w.e.c.gtkWindowUnmaximize)
		}, false},
	{"fullscreen", func(old, s *wire.WindowState) bool { return old.Fullscreen == s.Fullscreen },
		func(w *window, s *wire.WindowState) {
			w.either(s.Fullscreen, w.e.c.gtkWindowFullscreen, w.e.c.gtkWindowUnfullscreen)
		}, false},
	{"minimized", func(old, s *wire.WindowState) bool { return old.Minimized == s.Minimized },
		func(w *window, s *wire.WindowState) {
			w.either(s.Minimized, w.e.c.gtkWindowIconify, w.e.c.gtkWindowDeiconify)
			w.iconify(s.Minimized)
			w.comeBack()
		}, false},
	{"visible", func(old, s *wire.WindowState) bool { return old.Visible == s.Visible },
		func(w *window, s *wire.WindowState) {
			w.claimFocus()
			w.either(s.Visible, w.e.c.gtkWidgetShow, w.e.c.gtkWidgetHide)
		}, false},
	{"enabled", func(old, s *wire.WindowState) bool { return old.Disabled == s.Disabled },
		func(w *window, s *wire.WindowState) { w.set(w.e.c.gtkWidgetSetSensitive, !s.Disabled) }, false},
	{"cursor grab, which GTK 3 has no way to ask for,", func(old, s *wire.WindowState) bool { return old.CursorGrab == s.CursorGrab },
		func(w *window, _ *wire.WindowState) { w.holdCursor() }, true},
	// These two need a window that has been shown, see realized.
	{"cursor", sameCursor, (*window).applyCursor, false},
	{"ignore cursor events", func(old, s *wire.WindowState) bool {
		return old.IgnoreCursor == s.IgnoreCursor && old.Visible == s.Visible
	}, (*window).applyIgnoreCursor, false},
}

// applyParent keeps the window above another one, which the Core has had made
// before. GTK itself forgets a parent that is destroyed.
func (w *window) applyParent(s *wire.WindowState) {
	var parent uintptr
	if p := w.e.windows[s.Parent]; p != nil && p != w {
		parent = p.win
	}
	w.e.c.gtkWindowSetTransientFor.call(w.win, parent)
}

// same compares two optional values.
func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func sameLimits(old, s *wire.WindowState) bool {
	return same(old.MinWidth, s.MinWidth) && same(old.MinHeight, s.MinHeight) &&
		same(old.MaxWidth, s.MaxWidth) && same(old.MaxHeight, s.MaxHeight)
}

func (w *window) set(f cfunc, value bool) { f.call(w.win, gboolean(value)) }

func (w *window) either(value bool, yes, no cfunc) {
	if value {
		yes.call(w.win)
	} else {
		no.call(w.win)
	}
}

// Apply implements backend.Window.
func (w *window) Apply(old, s *wire.WindowState) error {
	if w.closed {
		return errClosed
	}
	var errs []error
	w.state = *s
	for _, p := range properties {
		switch {
		case p.same(old, s):
		case p.x11 && w.e.wayland:
			errs = append(errs, unsupportedOn(p.name))
		default:
			p.apply(w, s)
		}
	}
	if old.Minimized && !s.Minimized {
		errs = append(errs, w.staysIconified())
	}
	if old.Transparent != s.Transparent {
		errs = append(errs, fmt.Errorf("webkitgtk: changing transparent of an open window: %w", errors.ErrUnsupported))
	}
	if !same(old.Background, s.Background) {
		for _, v := range w.webviews {
			v.applyBackground()
		}
	}
	w.changed()
	return errors.Join(append(errs, w.menu.err)...)
}

func (w *window) title(s *wire.WindowState) string {
	return cmp.Or(s.Title, w.e.options.AppName)
}

// pixels rounds a length to what X11 and GTK 3 can have.
func pixels(f float64) int32 {
	return int32(math.Round(min(max(f, -maxPixels), maxPixels)))
}

const maxPixels = 32767

func (w *window) applyLimits(s *wire.WindowState) {
	const minSize, maxSize = 1 << 1, 1 << 2 // GDK_HINT_MIN_SIZE, GDK_HINT_MAX_SIZE
	or := func(p *float64, other int32) int32 {
		if p == nil {
			return other
		}
		return max(pixels(*p), 1)
	}
	g := &geometry{
		minWidth: or(s.MinWidth, 1), minHeight: or(s.MinHeight, 1),
		maxWidth: or(s.MaxWidth, maxPixels), maxHeight: or(s.MaxHeight, maxPixels),
	}
	g.minHeight, g.maxHeight = g.minHeight+w.menu.height, min(g.maxHeight+w.menu.height, maxPixels)
	g.maxWidth, g.maxHeight = max(g.maxWidth, g.minWidth), max(g.maxHeight, g.minHeight)
	w.e.c.gtkWindowSetGeometryHints.with(w.win, nil, g, minSize|maxSize)
}

func (w *window) applyPosition(s *wire.WindowState) {
	if s.X != nil && s.Y != nil {
		w.onceMapped(func() { w.applyPosition(s) })
		w.e.c.gtkWindowMove.with(w.win, int(pixels(*s.X)), int(pixels(*s.Y)))
	}
}

func (w *window) applyBackground(s *wire.WindowState) {
	if s.Transparent {
		return // GTK paints nothing
	}
	var color any // NULL: the theme's
	if s.Background != nil {
		color = newRGBA(*s.Background)
	}
	w.e.c.gtkWidgetOverrideBackgroundColor.with(w.win, 0, color)
}

func newRGBA(b [4]uint8) *rgba {
	return &rgba{float64(b[0]) / 255, float64(b[1]) / 255, float64(b[2]) / 255, float64(b[3]) / 255}
}

// makeTransparent must be called before the window has a GdkWindow.
func (w *window) makeTransparent() error {
	c := w.e.c
	visual := c.gdkScreenGetRgbaVisual.call(c.gdkScreenGetDefault.call())
	if visual == 0 {
		return fmt.Errorf("webkitgtk: transparent on a display without alpha: %w", errors.ErrUnsupported)
	}
	c.gtkWidgetSetVisual.call(w.win, visual)
	c.gtkWidgetSetAppPaintable.call(w.win, 1)
	return nil
}

func (w *window) remove(v *webview) {
	w.webviews = slices.DeleteFunc(w.webviews, func(o *webview) bool { return o == v })
}

// draw lays webviews that are clear over what is below them, which WebKitGTK
// 2.50.6 wipes out first where it paints without acceleration. The lowest of a
// transparent window has nothing below it and needs no surface of its own.
func (w *window) draw(cr uintptr) (drawn uintptr) {
	c := w.e.c
	needed := false
	for i, v := range w.webviews {
		needed = needed || v.clear && (i > 0 || !w.state.Transparent)
	}
	if !needed {
		return gboolean(false)
	}
	w.drawWhole(cr)
	for _, v := range w.webviews {
		c.cairoPushGroup.call(cr)
		c.gtkContainerPropagateDraw.call(w.overlay, v.view, cr)
		c.cairoPopGroupToSource.call(cr)
		c.cairoPaint.call(cr)
	}
	if w.notice.box != 0 {
		c.gtkContainerPropagateDraw.call(w.overlay, w.notice.box, cr)
	}
	return gboolean(true)
}

// drawWhole has the content drawn once more where only a part of it is drawn
// now: there an accelerated webview below a clear one paints nothing (seen in
// WebKitGTK 2.50.6).
func (w *window) drawWhole(cr uintptr) {
	if w.e.options.Rendering.Software {
		return
	}
	c, r := w.e.c, new(rectangle)
	c.gdkCairoGetClipRectangle.with(cr, r)
	if r.width < int32(c.gtkWidgetGetAllocatedWidth.call(w.overlay)) || r.height < int32(c.gtkWidgetGetAllocatedHeight.call(w.overlay)) {
		w.e.Post(func() {
			if !w.closed {
				c.gtkWidgetQueueDraw.call(w.overlay)
			}
		})
	}
}

// place answers where in the overlay a webview belongs.
func (w *window) place(widget, to uintptr) uintptr {
	i := slices.IndexFunc(w.webviews, func(v *webview) bool { return v.view == widget })
	if i < 0 {
		return 0
	}
	width := int32(w.e.c.gtkWidgetGetAllocatedWidth.call(w.overlay))
	height := int32(w.e.c.gtkWidgetGetAllocatedHeight.call(w.overlay))
	setRectangle(to, placeOf(&w.webviews[i].state, width, height))
	return 1
}

// placeOf is the place of a webview in a content of that size.
func placeOf(s *wire.WebviewState, width, height int32) rectangle {
	switch b := s.Bounds; {
	case s.Share != nil:
		// Edges are rounded, not lengths: what touches goes on touching.
		edge := func(share float64, of int32) int32 { return pixels(share * float64(of)) }
		x, y := edge(s.Share.X, width), edge(s.Share.Y, height)
		right, bottom := edge(s.Share.X+s.Share.Width, width), edge(s.Share.Y+s.Share.Height, height)
		return rectangle{x, y, max(right-x, 1), max(bottom-y, 1)}
	case b != nil:
		return rectangle{pixels(b.X), pixels(b.Y), max(pixels(b.Width), 1), max(pixels(b.Height), 1)}
	}
	return rectangle{0, 0, width, height}
}

// requestClose is what the user wants. A window that is not closable has no
// button, but there are keys.
func (w *window) requestClose() {
	if w.state.Closable && !w.closed {
		w.e.handler.CloseRequested(w.id)
	}
}

// Do implements backend.Window.
func (w *window) Do(a wire.Action) error {
	if w.closed {
		return errClosed
	}
	switch a.Name {
	case wire.ActionFocus:
		return w.focus(a)
	case wire.ActionDrag:
		w.drag()
	case wire.ActionCenter:
		return w.center()
	case wire.ActionResize:
		return w.resize(a)
	case wire.ActionCursor:
		return w.moveCursor(a)
	case wire.ActionFullscreenAt:
		return w.fullscreenAt(a)
	case wire.ActionPopup:
		return w.popUp(a.Args)
	case wire.ActionAttention:
		want := true
		if len(a.Args) > 0 {
			if err := json.Unmarshal(a.Args, &want); err != nil {
				return fmt.Errorf("webkitgtk: attention: %w", err)
			}
		}
		if w.e.wayland && want { // what there is, an activation without a token of the user, may take the keyboard
			return unsupportedOn("a request for attention")
		}
		w.set(w.e.c.gtkWindowSetUrgencyHint, want)
	default:
		return fmt.Errorf("webkitgtk: a window has no action %q", a.Name)
	}
	return nil
}

// claimFocus tells the window manager that a window which is about to be shown
// comes of what the user does just now. GTK goes by what the user has last done
// in this process, which is older than what they do in another program, such
// as to press a key that the app has claimed everywhere; and then the window
// manager keeps the focus where it is (_NET_WM_USER_TIME). Some keep it there
// also because the window belongs to a program that has no focus (seen in
// openbox 3.6), and have to be asked once more; see mapped.
func (w *window) claimFocus() {
	c := w.e.c
	w.claiming = w.state.Visible && w.state.Focus && w.state.Focusable && !w.e.wayland
	if gdk := c.gtkWidgetGetWindow.call(w.win); w.claiming && gdk != 0 && c.gdkX11WindowSetUserTime != 0 {
		c.gdkX11WindowSetUserTime.call(gdk, w.now())
	}
}

// now is the time of the X server, without which a window manager takes a
// wish for focus for one that is out of date.
func (w *window) now() uintptr {
	const current = 0 // GDK_CURRENT_TIME
	if gdk := w.e.c.gtkWidgetGetWindow.call(w.win); gdk != 0 && !w.e.wayland && w.e.c.gdkX11GetServerTime != 0 {
		return w.e.c.gdkX11GetServerTime.call(gdk)
	}
	return current
}

// Close implements backend.Window.
func (w *window) Close() {
	if w.closed {
		return
	}
	for len(w.webviews) > 0 {
		w.webviews[len(w.webviews)-1].Close()
	}
	w.closed = true
	w.dropPopup()
	w.dropMenuBar()
	delete(w.e.windows, w.id)
	w.e.c.gtkWidgetDestroy.call(w.win)
	w.e.c.gObjectUnref.call(w.win)
}
