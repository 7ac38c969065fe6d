package webview2

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

var errClosed = errors.New("webview2: closed")

// className is the class of all windows of this package.
const className = "Mullion"

// The styles of windows that are used, of winuser.h.
const (
	styleOverlapped  = 0x00000000
	styleCaption     = 0x00C00000
	styleSystemMenu  = 0x00080000
	styleThickFrame  = 0x00040000
	styleMinimizeBox = 0x00020000
	styleMaximizeBox = 0x00010000
	stylePopup       = 0x80000000
	styleVisible     = 0x10000000
	styleMaximize    = 0x01000000
	styleChild       = 0x40000000
	styleClip        = 0x02000000 // WS_CLIPCHILDREN

	// styleNow is what in a style is no wish.
	styleNow = styleVisible | styleMaximize | 0x08000000 | 0x20000000 // WS_DISABLED, WS_MINIMIZE
)

// The places of GetWindowLongPtr that are used.
const (
	longStyle  = -16 // GWL_STYLE
	longExtra  = -20 // GWL_EXSTYLE
	longParent = -8  // GWLP_HWNDPARENT: the owner
)

// The flags of SetWindowPos, and the places in the order of windows.
const (
	posNoSize     = 0x0001
	posNoMove     = 0x0002
	posNoZOrder   = 0x0004
	posNoActivate = 0x0010
	posFrame      = 0x0020 // SWP_FRAMECHANGED

	orderTop       = ^uintptr(0) // HWND_TOPMOST
	orderNotTop    = ^uintptr(1) // HWND_NOTOPMOST
	orderBottom    = uintptr(1)  // HWND_BOTTOM
	orderUnchanged = uintptr(0)
)

// The commands of ShowWindow.
const (
	showHide                = 0
	showMaximized           = 3
	showNoActivate          = 4
	showNormal              = 5 // SW_SHOW: as it is
	showMinimized           = 6
	showMinimizedNoActivate = 7
	showAsIs                = 8 // SW_SHOWNA
	showRestore             = 9
)

// window is an HWND. Its webviews have windows of the browser in it.
type window struct {
	e        *engine
	id       uint32
	hwnd     uintptr
	state    wire.WindowState
	webviews []*webview
	closed   bool

	bar        menuBar
	grip       uintptr // HWND of the edges by which a window without borders is resized, or 0
	dropTarget *dropTarget
	icon       uintptr       // HICON, or 0
	popups     []*wire.Popup // that are to be shown
	shown      bool          // ShowWindow was called for the first time
	full       bool          // it covers a monitor
	covering   fullscreen
	minimized  bool                // as Windows has said last
	borders    rect                // its frame when that was applied last
	placing    bool                // its place is fixed in pixels, whatever the scale
	observed   wire.WindowObserved // reported last
	observing  bool                // a report is posted
	grabbed    bool                // the cursor is kept in it
}

// defaults is the state of a window that was just made.
var defaults = wire.WindowState{Focus: true, Focusable: true, Resizable: true, Closable: true, Decorated: true}

func newWindow(e *engine, id uint32, s *wire.WindowState) (*window, error) {
	w := &window{e: e, id: id, state: *s}
	style := w.style()
	const usual = 96 // pixels per inch, until the monitor is known
	frame := frameOf(style, false, usual)
	width, height := w.pixels(s.Width, usual)+frame.right-frame.left, w.pixels(s.Height, usual)+frame.bottom-frame.top
	hwnd, err := win32.NewWindow(className, w.title(s), style, 0, width, height, 0)
	if err != nil {
		return nil, err
	}
	w.hwnd = hwnd
	e.handles[hwnd] = w
	w.borders = w.frame()
	w.dropTarget = newDropTarget(w)
	var errs []error
	for _, p := range properties {
		if !p.same(&defaults, s) || p.always {
			errs = append(errs, p.apply(w, s))
		}
	}
	w.applyVisible(s)
	w.changed()
	return w, errors.Join(errs...)
}

// A property is a part of a window's state.
type property struct {
	same   func(old, s *wire.WindowState) bool
	apply  func(w *window, s *wire.WindowState) error
	always bool // also of a new window with the usual value
}

// lacking is a property that this engine does not have.
func lacking(what string, same func(old, s *wire.WindowState) bool) property {
	return property{same: same, apply: func(*window, *wire.WindowState) error { return unsupported(what) }}
}

// properties are in the order in which they are applied. Visible comes after all of them.
var properties = []property{
	{same: func(old, s *wire.WindowState) bool { return old.Title == s.Title }, apply: func(w *window, s *wire.WindowState) error {
		setWindowText(w.hwnd, w.title(s))
		return nil
	}},
	{same: func(old, s *wire.WindowState) bool { return old.Parent == s.Parent }, apply: (*window).applyParent},
	{same: func(old, s *wire.WindowState) bool {
		return old.Decorated == s.Decorated && old.Resizable == s.Resizable && old.NoMaximize == s.NoMaximize && old.NoMinimize == s.NoMinimize &&
			old.NoShadow == s.NoShadow
	}, apply: (*window).applyFrame},
	{same: func(old, s *wire.WindowState) bool { return old.Closable == s.Closable }, apply: (*window).applyClosable},
	{same: func(old, s *wire.WindowState) bool { return reflect.DeepEqual(old.Menu, s.Menu) }, apply: (*window).applyMenu},
	{same: func(old, s *wire.WindowState) bool { return old.Width == s.Width && old.Height == s.Height }, apply: (*window).applySize, always: true},
	{same: func(old, s *wire.WindowState) bool { return same(old.X, s.X) && same(old.Y, s.Y) }, apply: (*window).applyPosition},
	{same: func(old, s *wire.WindowState) bool { return same(old.Margin, s.Margin) }, apply: (*window).applyMargin},
	{same: func(old, s *wire.WindowState) bool { return old.Center == s.Center }, apply: func(w *window, s *wire.WindowState) error {
		if s.Center && !w.shown {
			w.center()
		}
		return nil
	}},
	{same: func(old, s *wire.WindowState) bool { return old.AlwaysOnTop == s.AlwaysOnTop }, apply: func(w *window, s *wire.WindowState) error {
		order := orderNotTop
		if s.AlwaysOnTop {
			order = orderTop
		}
		return w.setPos(order, rect{}, posNoMove|posNoSize|posNoActivate)
	}},
	{same: func(old, s *wire.WindowState) bool {
		return old.Disabled == s.Disabled && old.Modal == s.Modal && old.Visible == s.Visible
	},
		apply: (*window).applyModal},
	{same: func(old, s *wire.WindowState) bool {
		return same(old.Background, s.Background) && old.Transparent == s.Transparent
	}, apply: (*window).applyBackground},
	{same: func(old, s *wire.WindowState) bool { return old.Fullscreen == s.Fullscreen }, apply: (*window).applyFullscreen},
	{same: func(old, s *wire.WindowState) bool { return old.Maximized == s.Maximized }, apply: (*window).applyShown},
	{same: func(old, s *wire.WindowState) bool { return old.Minimized == s.Minimized }, apply: (*window).applyShown},

	{same: func(old, s *wire.WindowState) bool { return reflect.DeepEqual(old.Icon, s.Icon) }, apply: (*window).applyIcon},
	{same: func(old, s *wire.WindowState) bool { return old.AlwaysOnBottom == s.AlwaysOnBottom }, apply: (*window).applyBottom},
	{same: func(old, s *wire.WindowState) bool {
		return reflect.DeepEqual(old.Taskbar, s.Taskbar) && reflect.DeepEqual(old.Overlay, s.Overlay)
	}, apply: (*window).applyTaskbar},
	{same: func(old, s *wire.WindowState) bool { return old.SkipTaskbar == s.SkipTaskbar }, apply: (*window).applySkip},
	{same: func(old, s *wire.WindowState) bool { return old.ContentProtected == s.ContentProtected }, apply: (*window).applyProtection},
	lacking("all workspaces", func(old, s *wire.WindowState) bool { return !s.AllWorkspaces }),
	{same: func(old, s *wire.WindowState) bool {
		return old.Focusable == s.Focusable && old.IgnoreCursor == s.IgnoreCursor && old.SkipTaskbar == s.SkipTaskbar
	}, apply: (*window).applyExtra},
	{same: func(old, s *wire.WindowState) bool {
		return old.Cursor == s.Cursor && old.CursorHidden == s.CursorHidden
	},
		apply: (*window).applyCursor},
	{same: func(old, s *wire.WindowState) bool { return old.CursorGrab == s.CursorGrab }, apply: func(w *window, _ *wire.WindowState) error {
		w.holdCursor()
		return nil
	}},
	{same: func(old, s *wire.WindowState) bool { return slices.Equal(old.Effects, s.Effects) }, apply: (*window).applyEffects},
	{same: func(old, s *wire.WindowState) bool { return old.Theme == s.Theme }, apply: (*window).applyTheme, always: true},
}

// same compares two optional values.
func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Apply implements backend.Window.
func (w *window) Apply(old, s *wire.WindowState) error {
	if w.closed {
		return errClosed
	}
	w.state = *s
	var errs []error
	for _, p := range properties {
		if !p.same(old, s) {
			errs = append(errs, p.apply(w, s))
		}
	}
	if old.Visible != s.Visible {
		w.applyVisible(s)
	}
	w.changed()
	return errors.Join(errs...)
}

func (w *window) title(s *wire.WindowState) string { return cmp.Or(s.Title, w.e.options.AppName) }

// maxPixels bounds lengths, in pixels.
const maxPixels = 32767

// pixels are physical pixels for a logical length at so many pixels per inch.
func (w *window) pixels(length float64, perInch uint32) int32 {
	return int32(math.Round(min(max(length*float64(perInch)/96, -maxPixels), maxPixels)))
}

func (w *window) scaled(length float64) int32 { return w.pixels(length, dpi(w.hwnd)) }

func (w *window) setPos(order uintptr, r rect, flags uint32) error {
	ok, _, err := procSetWindowPos.Call(w.hwnd, order, uintptr(r.left), uintptr(r.top), uintptr(r.right-r.left), uintptr(r.bottom-r.top), uintptr(flags))
	if ok == 0 {
		return fmt.Errorf("webview2: place a window: %w", err)
	}
	return nil
}

func (w *window) applyParent(s *wire.WindowState) error {
	var owner uintptr
	if p := w.e.windows[s.Parent]; p != nil && p != w {
		owner = p.hwnd
	}
	setWindowLong(w.hwnd, longParent, owner)
	return nil
}

// applyIcon shows a picture in the frame and in the taskbar, or the icon of the program.
func (w *window) applyIcon(s *wire.WindowState) error {
	const setIcon, small, big = 0x0080, 0, 1 // WM_SETICON
	old := w.icon
	w.icon = 0
	if s.Icon != nil {
		if w.icon = newIcon(s.Icon); w.icon == 0 {
			return errors.New("webview2: the picture for a window's icon is not usable")
		}
	}
	procSendMessage.Call(w.hwnd, setIcon, small, w.icon)
	procSendMessage.Call(w.hwnd, setIcon, big, w.icon)
	if old != 0 {
		win32.DestroyIcon.Call(old)
	}
	return nil
}

// applyClosable leaves the button where it is: Windows has no window with other buttons and without it.
func (w *window) applyClosable(s *wire.WindowState) error {
	const closeItem, grayed, enabled = 0xF060, 1, 0 // SC_CLOSE, MF_GRAYED, MF_ENABLED
	menu, _, _ := procGetSystemMenu.Call(w.hwnd, 0)
	how := uintptr(grayed)
	if s.Closable {
		how = enabled
	}
	procEnableMenuItem.Call(menu, closeItem, how)
	return nil
}

func (w *window) applySize(s *wire.WindowState) error {
	width, height := max(w.scaled(s.Width), 1), max(w.scaled(s.Height), 1)
	switch {
	case w.full:
		w.covering.width, w.covering.height = width, height
		return nil
	case w.minimized || w.zoomed():
		p := w.placement()
		p.normal = w.around(p.normal, width, height)
		w.setNormal(p)
		return nil
	}
	width, height = w.outer(width, height)
	return w.setPos(orderUnchanged, rect{0, 0, width, height}, posNoMove|posNoZOrder|posNoActivate)
}

func (w *window) applyPosition(s *wire.WindowState) error {
	if s.X == nil || s.Y == nil {
		return nil
	}
	x, y := w.scaled(*s.X), w.scaled(*s.Y)
	if !w.shown {
		if at, ok := placeOnDesktop(*s.X, *s.Y); ok {
			x, y = at.x, at.y
		}
	}
	switch {
	case w.full:
		w.covering.before.normal = w.movedTo(w.covering.before.normal, x, y)
		return nil
	case w.minimized || w.zoomed():
		p := w.placement()
		p.normal = w.movedTo(p.normal, x, y)
		w.setNormal(p)
		return nil
	}
	return w.setPos(orderUnchanged, rect{x, y, x, y}, posNoSize|posNoZOrder|posNoActivate)
}

// applyMargin makes a window that was just made so small that the work area of its monitor holds its frame, with the margin
// to spare.
func (w *window) applyMargin(s *wire.WindowState) error {
	if s.Margin == nil {
		return nil
	}
	work, own := monitorOf(w.hwnd).work, windowRect(w.hwnd)
	width := max(min(own.right-own.left, work.right-work.left-w.scaled(s.Margin.X)), 1)
	height := max(min(own.bottom-own.top, work.bottom-work.top-w.scaled(s.Margin.Y)), 1)
	return w.setPos(orderUnchanged, rect{0, 0, width, height}, posNoMove|posNoZOrder|posNoActivate)
}

// applyShown is for a window that is visible; another one gets there by applyVisible.
func (w *window) applyShown(s *wire.WindowState) error {
	w.covering.maximized = s.Maximized
	if !s.Visible || !w.shown || w.full && !s.Minimized && !w.minimized {
		return nil
	}
	command := uintptr(showRestore)
	switch {
	case s.Minimized:
		command = showMinimized
	case s.Maximized && !w.full:
		command = showMaximized
	}
	procShowWindow.Call(w.hwnd, command)
	return nil
}

func (w *window) applyVisible(s *wire.WindowState) {
	command := uintptr(showNormal)
	switch {
	case !s.Visible:
		command = showHide
	case s.Minimized:
		command = showMinimized
	case s.Maximized && !w.full:
		command = showMaximized
	case !s.Focusable, !s.Focus && !w.shown:
		command = showNoActivate
	}
	w.shown = w.shown || s.Visible
	if s.Visible && s.Minimized && s.Maximized && !w.full {
		p := w.placement()
		p.show, p.flags = showMinimizedNoActivate, restoreToMaximized
		setPlacement(w.hwnd, p)
		return
	}
	procShowWindow.Call(w.hwnd, command)
}

func (w *window) center() {
	if w.full {
		return
	}
	work, own := monitorOf(w.hwnd).work, windowRect(w.hwnd)
	x := work.left + (work.right-work.left-(own.right-own.left))/2
	y := work.top + (work.bottom-work.top-(own.bottom-own.top))/2
	_ = w.setPos(orderUnchanged, rect{x, y, x, y}, posNoSize|posNoZOrder|posNoActivate)
}

// limits keeps the user from sizes that the app does not want.
func (w *window) limits(lparam uintptr) {
	s := &w.state
	or := func(p *float64) float64 {
		if p == nil {
			return 0
		}
		return max(*p, 1)
	}
	outer := func(width, height float64) point {
		x, y := w.outer(w.scaled(width), w.scaled(height))
		p := point{}
		if width > 0 {
			p.x = x
		}
		if height > 0 {
			p.y = y
		}
		return p
	}
	least := outer(or(s.MinWidth), or(s.MinHeight))
	if w.frameless() { // or it would be as wide as a title bar that can be used
		x, y := w.outer(1, 1)
		least = point{max(least.x, x), max(least.y, y)}
	}
	limit(lparam, least, outer(or(s.MaxWidth), or(s.MaxHeight)))
}

// Screen implements backend.Window.
func (w *window) Screen() (wire.Screen, error) {
	if w.closed {
		return wire.Screen{}, errClosed
	}
	s := monitors()
	if p, ok := cursorPosition(); ok {
		s.Cursor = &wire.Point{X: float64(p.x), Y: float64(p.y)}
	}
	return s, nil
}

func (w *window) scale() float64 { return float64(dpi(w.hwnd)) / 96 }

// Observe implements backend.Window.
func (w *window) Observe() wire.WindowObserved {
	if w.closed {
		return wire.WindowObserved{}
	}
	isTrue := func(p *windows.LazyProc) bool { r, _, _ := p.Call(w.hwnd); return r != 0 }
	outer, inner, origin := windowRect(w.hwnd), clientRect(w.hwnd), clientOrigin(w.hwnd)
	front, _, _ := procGetForeground.Call()
	return wire.WindowObserved{
		XID: uint32(w.hwnd), Scale: w.scale(),
		X: int(outer.left), Y: int(outer.top), InnerX: int(origin.x), InnerY: int(origin.y),
		Width: int(inner.right), Height: int(inner.bottom),
		OuterWidth: int(outer.right - outer.left), OuterHeight: int(outer.bottom - outer.top),
		Visible: isTrue(procIsWindowVisible), Focused: front == w.hwnd,
		Fullscreen: w.full, Maximized: w.isMaximized(), Minimized: isTrue(procIsIconic),
		Theme: w.theme(),
	}
}

// changed reports what is observed, once for all changes of a turn.
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
		if o := w.Observe(); o != w.observed {
			w.observed = o
			w.e.handler.Observed(w.id, o)
		}
	})
}

func (w *window) remove(v *webview) {
	w.webviews = slices.DeleteFunc(w.webviews, func(o *webview) bool { return o == v })
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
	w.endModal()
	w.dropTarget.end()
	w.holdCursor()
	delete(w.e.windows, w.id)
	delete(w.e.handles, w.hwnd)
	delete(w.e.grips, w.grip)
	win32.DestroyWindow.Call(w.hwnd) // and the menu in it
	w.bar.drop()
	if w.icon != 0 {
		win32.DestroyIcon.Call(w.icon)
	}
}
