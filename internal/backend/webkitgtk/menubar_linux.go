package webkitgtk

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mullion-dev/mullion/internal/wire"
)

// menuBar is what a window has of its menu.
type menuBar struct {
	bar    uintptr // GtkMenuBar, or 0
	accels uintptr // GtkAccelGroup, or 0
	height int32
	popup  uintptr // GtkMenu that popped up last, or 0
	popups uint64  // how many did
	shown  uint32  // when that was, as events tell the time, or 0
	err    error   // what of the menu the system lacks
}

// applyMenu makes the menu bar anew. The content keeps its size.
func (w *window) applyMenu(s *wire.WindowState) {
	c := w.e.c
	w.dropMenuBar()
	if len(s.Menu) > 0 {
		w.menu.accels = c.gtkAccelGroupNew.call()
		c.gtkWindowAddAccelGroup.call(w.win, w.menu.accels)
		w.menu.bar = c.gtkMenuBarNew.call()
		w.menu.err = w.fillMenu(w.menu.bar, s.Menu, w.menu.accels)
		c.gtkBoxPackStart.call(w.box, w.menu.bar, 0, 0, 0)
		c.gtkBoxReorderChild.call(w.box, w.menu.bar, 0)
		c.gtkWidgetShowAll.call(w.menu.bar)
	}
	before := w.menu.height
	w.menu.height = 0
	if w.menu.bar != 0 {
		least, natural := new(int32), new(int32)
		c.gtkWidgetGetPreferredHeight.with(w.menu.bar, least, natural)
		w.menu.height = *natural
	}
	if w.menu.height != before {
		w.applyLimits(s)
		w.applySize(s)
	}
}

func (w *window) dropMenuBar() {
	c := w.e.c
	if w.menu.bar != 0 {
		c.gtkWidgetDestroy.call(w.menu.bar)
		c.gtkWindowRemoveAccelGroup.call(w.win, w.menu.accels)
		c.gObjectUnref.call(w.menu.accels)
	}
	w.menu.bar, w.menu.accels, w.menu.err = 0, 0, nil
}

// popUp shows a menu over the window.
func (w *window) popUp(args []byte) error {
	var p wire.Popup
	if err := json.Unmarshal(args, &p); err != nil {
		return fmt.Errorf("webkitgtk: popup: %w", err)
	}
	c := w.e.c
	gdk := c.gtkWidgetGetWindow.call(w.win)
	if gdk == 0 || !isTrue(c.gtkWidgetGetMapped.call(w.win)) {
		return errors.New("webkitgtk: popup over a window that is not visible; show it first")
	}
	w.dropPopup()
	w.menu.popup = c.gtkMenuNew.call()
	c.gtkMenuAttachToWidget.call(w.menu.popup, w.overlay, 0)
	w.dropOlder(w.menu.popup)
	err := w.fillMenu(w.menu.popup, p.Items, 0)
	c.gtkWidgetShowAll.call(w.menu.popup)
	x, y := new(int32), new(int32)
	if p.X != nil && p.Y != nil {
		c.gtkWidgetTranslateCoordinates.with(w.overlay, w.win, int(pixels(*p.X)), int(pixels(*p.Y)), x, y)
	} else {
		pointer := c.gdkSeatGetPointer.call(c.gdkDisplayGetDefaultSeat.call(c.gdkDisplayGetDefault.call()))
		c.gdkWindowGetDevicePosition.with(gdk, pointer, x, y, nil)
	}
	w.menu.popups++
	w.showPopup(w.menu.popups, rectangle{*x, *y, 1, 1}, popupTries)
	return err
}

const (
	// popupTries is how often a menu tries to have the mouse, and popupPause
	// how long it waits before it does again, in milliseconds.
	popupTries = 100
	popupPause = 20
)

// showPopup shows the menu that popped up as the nth. A menu takes mouse and
// keyboard, and GTK shows none, without a word, where another program has them:
// the window manager does for a moment at each click.
func (w *window) showPopup(nth uint64, at rectangle, tries int) {
	c := w.e.c
	gdk := c.gtkWidgetGetWindow.call(w.win)
	if w.closed || w.menu.popup == 0 || w.menu.popups != nth || gdk == 0 || !isTrue(c.gtkWidgetGetMapped.call(w.win)) {
		return
	}
	for _, other := range w.e.windows {
		other.letCursorGo()
	}
	w.menu.shown = uint32(w.now())
	trigger := w.trigger(gdk)
	const northWest = 1 // GDK_GRAVITY_NORTH_WEST
	c.gtkMenuPopupAtRect.with(w.menu.popup, gdk, &at, northWest, northWest, trigger)
	if trigger != 0 {
		c.gdkEventFree.call(trigger)
	}
	switch {
	case isTrue(c.gtkWidgetGetMapped.call(w.menu.popup)):
	case tries > 1:
		w.e.after(popupPause, func() { w.showPopup(nth, at, tries-1) })
	default:
		w.e.cb.log("webkitgtk: a menu could not be shown: another program has the mouse or the keyboard")
	}
}

// The fields of a GdkEventButton, and its size as far as they go.
const (
	eventWindow = 8
	eventTime   = 20
	eventSize   = eventTime + 4
)

// trigger is the event by which a menu pops up, or 0. GTK wants it for its time:
// the button that comes up soon after that has not chosen anything, but is the
// end of the click that has brought the menu. Without a time the menu would go
// then. Of the rest there is what GTK would complain of if it were not there;
// under Wayland, where nobody tells the time, that is all.
func (w *window) trigger(gdk uintptr) uintptr {
	if w.menu.shown == 0 && !w.e.wayland {
		return 0
	}
	const buttonPress = 4 // GDK_BUTTON_PRESS
	c := w.e.c
	event := c.gdkEventNew.call(buttonPress)
	fields := memory(event, eventSize)
	binary.NativeEndian.PutUint64(fields[eventWindow:], uint64(c.gObjectRef.call(gdk))) // which gdk_event_free gives back
	binary.NativeEndian.PutUint32(fields[eventTime:], w.menu.shown)
	if mouse, _, _ := w.e.pointer(); mouse != 0 {
		c.gdkEventSetDevice.call(event, mouse)
	}
	return event
}

// dropOlder keeps from a menu what the mouse did before it was there. A window
// manager that has the mouse at a click passes press and release on later; the
// menu would have them then, and go.
func (w *window) dropOlder(menu uintptr) {
	for _, signal := range []string{"button-press-event", "button-release-event"} {
		w.e.connect(menu, signal, func(a args) uintptr {
			at := binary.NativeEndian.Uint32(memory(a[1], eventSize)[eventTime:])
			return gboolean(w.menu.shown != 0 && int32(at-w.menu.shown) < 0)
		})
	}
}

func (w *window) dropPopup() {
	if w.menu.popup != 0 {
		w.e.c.gtkWidgetDestroy.call(w.menu.popup)
		w.menu.popup = 0
	}
}

// editing are the items that are done here, by the name of WebKit's command
// and the key that is shown beside them. The key is not taken from the page:
// the engine does the same with it.
var editing = map[wire.MenuItemKind]*wire.MenuAccelerator{
	"Copy":      {Control: true, Key: "C"},
	"Cut":       {Control: true, Key: "X"},
	"Paste":     {Control: true, Key: "V"},
	"SelectAll": {Control: true, Key: "A"},
	"Undo":      {Control: true, Key: "Z"},
	"Redo":      {Control: true, Shift: true, Key: "Z"},
}

// fillMenu puts items into a GtkMenuShell. Accelerators work if there is a
// group for them, and are shown anyway.
func (w *window) fillMenu(shell uintptr, items []wire.MenuItem, accels uintptr) error {
	c := w.e.c
	var errs []error
	for _, i := range items {
		shown, edits := editing[i.Kind]
		var item uintptr
		text := w.e.itemText(i.Text, i.Standard)
		switch {
		case i.Kind == wire.MenuSeparator:
			item = c.gtkSeparatorMenuItemNew.call()
		case i.Kind == wire.MenuCheck:
			item = c.gtkCheckMenuItemNewWithMnemonic.with(text)
			c.gtkCheckMenuItemSetActive.call(item, gboolean(i.Checked))
		case i.Icon != nil:
			item = c.gtkImageMenuItemNewWithMnemonic.with(text)
			if picture := w.e.menuIcon(i.Icon); picture != 0 {
				c.gtkImageMenuItemSetImage.call(item, picture)
				c.gtkImageMenuItemSetAlwaysShowImage.call(item, 1)
			}
		case i.Kind == wire.MenuNormal || i.Kind == wire.MenuSubmenu || edits:
			item = c.gtkMenuItemNewWithMnemonic.with(text)
		default:
			errs = append(errs, fmt.Errorf("webkitgtk: menu item %q: %w", i.Kind, errors.ErrUnsupported))
			continue
		}
		c.gtkMenuShellAppend.call(shell, item)
		c.gtkWidgetSetSensitive.call(item, gboolean(i.Enabled || i.Kind == wire.MenuSeparator))
		if i.Kind == wire.MenuSubmenu {
			below := c.gtkMenuNew.call()
			errs = append(errs, w.fillMenu(below, i.Items, accels))
			c.gtkMenuItemSetSubmenu.call(item, below)
			continue
		}
		number := i.Number
		if edits {
			command := string(i.Kind)
			w.e.connect(item, "activate", func(args) uintptr { w.edit(command); return 0 })
		} else {
			w.e.connect(item, "activate", func(args) uintptr { w.e.handler.MenuChosen(w.id, number); return 0 })
		}
		if i.Accelerator != nil {
			shown = i.Accelerator
		}
		if shown == nil {
			continue
		}
		key, modifiers := w.e.key(shown)
		switch {
		case key == 0:
			errs = append(errs, fmt.Errorf("webkitgtk: accelerator %q: %w", shown.Key, errors.ErrUnsupported))
		case accels != 0 && i.Accelerator != nil:
			const visible = 1 // GTK_ACCEL_VISIBLE
			c.gtkWidgetAddAccelerator.with(item, "activate", accels, key, modifiers, visible)
		default:
			c.gtkAccelLabelSetAccel.with(c.gtkBinGetChild.call(item), key, modifiers)
		}
	}
	return errors.Join(errs...)
}

// edit has the webview that has the keyboard do an editing command.
func (w *window) edit(command string) {
	if len(w.webviews) == 0 {
		return
	}
	v := w.webviews[0]
	for _, other := range w.webviews {
		if isTrue(w.e.c.gtkWidgetHasFocus.call(other.view)) {
			v = other
		}
	}
	w.e.c.webkitWebViewExecuteEditingCommand.with(v.view, command)
}

// mnemonic turns the text of an item, where & is before the letter that
// chooses it, into that of GTK, where _ is.
func mnemonic(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '_':
			b.WriteString("__")
		case text[i] != '&':
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == '&':
			b.WriteByte('&')
			i++
		case i+1 < len(text):
			b.WriteByte('_')
		}
	}
	return b.String()
}

// menuIconSide is how large GTK draws the pictures of menus.
const menuIconSide = 16

// menuIcon makes a GtkImage, or 0.
func (e *engine) menuIcon(i *wire.Picture) uintptr {
	c := e.c
	picture := e.pixbuf(i)
	if picture == 0 {
		return 0
	}
	const bilinear = 2 // GDK_INTERP_BILINEAR
	if longer := max(i.Width, i.Height); longer > menuIconSide {
		scaled := c.gdkPixbufScaleSimple.with(picture, max(i.Width*menuIconSide/longer, 1), max(i.Height*menuIconSide/longer, 1), bilinear)
		c.gObjectUnref.call(picture)
		picture = scaled
	}
	if picture == 0 {
		return 0
	}
	image := c.gtkImageNewFromPixbuf.call(picture)
	c.gObjectUnref.call(picture)
	return image
}

// keyNames are GDK's names of keys by those of the wire, where they differ.
var keyNames = map[string]string{
	"Enter": "Return", "Space": "space", "Backspace": "BackSpace", "PageUp": "Page_Up", "PageDown": "Page_Down",
	"ArrowUp": "Up", "ArrowDown": "Down", "ArrowLeft": "Left", "ArrowRight": "Right",
	"CapsLock": "Caps_Lock", "NumLock": "Num_Lock", "ScrollLock": "Scroll_Lock", "PrintScreen": "Print",
	"NumpadAdd": "KP_Add", "NumpadSubtract": "KP_Subtract", "NumpadMultiply": "KP_Multiply", "NumpadDivide": "KP_Divide",
	"NumpadDecimal": "KP_Decimal", "NumpadEnter": "KP_Enter",
	"AudioVolumeUp": "XF86AudioRaiseVolume", "AudioVolumeDown": "XF86AudioLowerVolume", "AudioVolumeMute": "XF86AudioMute",
	"MediaPlayPause": "XF86AudioPlay", "MediaPlay": "XF86AudioPlay", "MediaPause": "XF86AudioPause", "MediaStop": "XF86AudioStop",
	"MediaTrackNext": "XF86AudioNext", "MediaTrackPrevious": "XF86AudioPrev",
}

// key returns what GDK knows a key by, and the modifiers. A key of 0 is one
// that it does not know.
func (e *engine) key(a *wire.MenuAccelerator) (key, modifiers uint32) {
	name := a.Key
	if digit, ok := strings.CutPrefix(name, "Numpad"); ok && len(digit) == 1 {
		name = "KP_" + digit
	}
	if n := keyNames[name]; n != "" {
		name = n
	}
	const void = 0xffffff // GDK_KEY_VoidSymbol
	if len(name) == 1 {
		key = uint32(e.c.gdkUnicodeToKeyval.with(uint32(strings.ToLower(name)[0])))
	} else {
		key = uint32(e.c.gdkKeyvalFromName.with(name))
	}
	if key == void {
		key = 0
	}
	for _, m := range []struct {
		on  bool
		bit uint32
	}{{a.Shift, 1 << 0}, {a.Control, 1 << 2}, {a.Alt, 1 << 3}, {a.Super, 1 << 26}} {
		if m.on {
			modifiers |= m.bit
		}
	}
	return key, modifiers
}
