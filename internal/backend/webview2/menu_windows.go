package webview2

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// menuBar is what a window has of its menu.
type menuBar struct {
	handle   uintptr // HMENU, or 0
	bitmaps  []uintptr
	commands commands
	keys     map[wire.MenuAccelerator]uint16 // what they choose
}

// commands are the items of a menu by what Windows knows them by: the place plus one.
type commands []*wire.MenuItem

// maxCommands is how many items Windows can tell apart, less those of its own.
const maxCommands = 0xEFFF

// drop frees what the menu does not, once that is gone.
func (b *menuBar) drop() {
	for _, bitmap := range b.bitmaps {
		win32.DeleteObject.Call(bitmap)
	}
	*b = menuBar{}
}

// applyMenu makes the menu bar anew. The content keeps its size.
func (w *window) applyMenu(s *wire.WindowState) error {
	before, content := w.bar.handle, clientRect(w.hwnd)
	old := w.bar
	w.bar = menuBar{}
	var err error
	if len(s.Menu) > 0 {
		w.bar.handle, _, _ = procCreateMenu.Call()
		w.bar.keys = map[wire.MenuAccelerator]uint16{}
		err = w.bar.fill(w.bar.handle, s.Menu)
	}
	procSetMenu.Call(w.hwnd, w.bar.handle)
	if before != 0 {
		win32.DestroyMenu.Call(before)
	}
	old.drop()
	if (before == 0) != (w.bar.handle == 0) {
		err = errors.Join(err, w.reframe(content))
	}
	procDrawMenuBar.Call(w.hwnd)
	return err
}

// The flags of AppendMenu.
const (
	menuGrayed    = 0x0001
	menuChecked   = 0x0008
	menuPopup     = 0x0010
	menuSeparator = 0x0800
)

// editing are the predefined items that the engine does: the command's name in
// Chromium, and the keys by which its users know it.
var editing = map[wire.MenuItemKind]struct {
	command string
	shown   wire.MenuAccelerator
}{
	"Copy":      {"copy", wire.MenuAccelerator{Control: true, Key: "C"}},
	"Cut":       {"cut", wire.MenuAccelerator{Control: true, Key: "X"}},
	"Paste":     {"paste", wire.MenuAccelerator{Control: true, Key: "V"}},
	"SelectAll": {"selectAll", wire.MenuAccelerator{Control: true, Key: "A"}},
	"Undo":      {"undo", wire.MenuAccelerator{Control: true, Key: "Z"}},
	"Redo":      {"redo", wire.MenuAccelerator{Control: true, Key: "Y"}},
}

// fill puts items into a menu.
func (b *menuBar) fill(menu uintptr, items []wire.MenuItem) error {
	var errs []error
	for n := range items {
		i := &items[n]
		edit, edits := editing[i.Kind]
		flags, id := uint32(0), uintptr(0)
		switch {
		case i.Kind == wire.MenuSeparator:
			appendMenu(menu, menuSeparator, 0, "")
			continue
		case i.Kind == wire.MenuSubmenu:
			id, _, _ = win32.CreatePopupMenu.Call()
			flags |= menuPopup
			errs = append(errs, b.fill(id, i.Items))
		case i.Kind == wire.MenuNormal || i.Kind == wire.MenuCheck || edits:
			if len(b.commands) == maxCommands {
				return errors.Join(append(errs, fmt.Errorf("webview2: a menu has more than %d items", maxCommands))...)
			}
			b.commands = append(b.commands, i)
			id = uintptr(len(b.commands))
		default:
			errs = append(errs, fmt.Errorf("webview2: menu item %q: %w", i.Kind, errors.ErrUnsupported))
			continue
		}
		if !i.Enabled {
			flags |= menuGrayed
		}
		if i.Kind == wire.MenuCheck && i.Checked {
			flags |= menuChecked
		}
		text := strings.ReplaceAll(i.Text, "\t", " ") // what is behind one is shown as a key
		shown := i.Accelerator
		if shown == nil && edits {
			shown = &edit.shown
		}
		if shown != nil {
			text += "\t" + keyText(shown)
		}
		appendMenu(menu, flags, id, text)
		if i.Icon != nil {
			if bitmap := menuBitmap(i.Icon); bitmap != 0 {
				b.bitmaps = append(b.bitmaps, bitmap)
				setMenuBitmap(menu, uint32(n-skipped(items[:n])), bitmap)
			}
		}
		if a := i.Accelerator; a != nil && b.keys != nil && i.Kind != wire.MenuSubmenu {
			if virtualKey(a.Key) == 0 {
				errs = append(errs, fmt.Errorf("webview2: accelerator %q: %w", a.Key, errors.ErrUnsupported))
			} else if _, taken := b.keys[*a]; !taken {
				b.keys[*a] = uint16(id)
			}
		}
	}
	return errors.Join(errs...)
}

// skipped counts the items that fill leaves out.
func skipped(items []wire.MenuItem) (n int) {
	for _, i := range items {
		switch _, edits := editing[i.Kind]; {
		case edits, i.Kind == wire.MenuSeparator, i.Kind == wire.MenuSubmenu, i.Kind == wire.MenuNormal, i.Kind == wire.MenuCheck:
		default:
			n++
		}
	}
	return n
}

// command does what the user has chosen.
func (w *window) command(list commands, id uint16) {
	if id == 0 || int(id) > len(list) {
		return
	}
	item := list[id-1]
	if edit, edits := editing[item.Kind]; edits {
		w.edit(edit.command)
		return
	}
	w.e.handler.MenuChosen(w.id, item.Number)
}

// edit has the webview do an editing command. WebView2 has no call for it; the protocol of
// developer tools has: Input.dispatchKeyEvent with commands.
func (w *window) edit(command string) {
	if len(w.webviews) == 0 {
		return
	}
	v := w.webviews[0]
	params, err := json.Marshal(map[string]any{"type": "rawKeyDown", "commands": []string{command}})
	if err != nil {
		return
	}
	v.soon(func() {
		v.callDevTools("Input.dispatchKeyEvent", string(params), func(_ string, err error) { v.log(err) })
	})
}

// popupMessage is WM_APP plus one: a menu is to be shown. That takes until the user has chosen, in a
// loop of messages of its own, so nothing that the Core has sent may wait behind it.
const popupMessage = wakeMessage + 1

// popUp shows a menu over the window.
func (w *window) popUp(args []byte) error {
	p := new(wire.Popup)
	if err := json.Unmarshal(args, p); err != nil {
		return fmt.Errorf("webview2: popup: %w", err)
	}
	if r, _, _ := procIsWindowVisible.Call(w.hwnd); r == 0 {
		return errors.New("webview2: popup over a window that is not visible; show it first")
	}
	w.popups = append(w.popups, p)
	if len(w.popups) > 1 {
		procEndMenu.Call() // the one that is shown gives way
		return nil
	}
	win32.PostMessage.Call(w.hwnd, popupMessage, 0, 0)
	return nil
}

// showPopups shows what is to be shown, one after the other.
func (w *window) showPopups() {
	for len(w.popups) > 0 && !w.closed {
		w.showPopup(w.popups[len(w.popups)-1])
	}
}

func (w *window) showPopup(p *wire.Popup) {
	waited := len(w.popups)
	menu, _, _ := win32.CreatePopupMenu.Call()
	shown := menuBar{}
	defer shown.drop()
	defer win32.DestroyMenu.Call(menu)
	if err := shown.fill(menu, p.Items); err != nil {
		w.e.options.Log(err.Error())
	}
	at, _ := cursorPosition()
	if p.X != nil && p.Y != nil {
		at = clientOrigin(w.hwnd)
		at.x, at.y = at.x+w.scaled(*p.X), at.y+w.scaled(*p.Y)
	}
	const returnCommand, rightButton = 0x0100, 0x0002 // TPM_RETURNCMD, TPM_RIGHTBUTTON
	id, _, _ := win32.TrackPopupMenu.Call(menu, returnCommand|rightButton, uintptr(at.x), uintptr(at.y), w.hwnd, 0)
	w.popups = w.popups[waited:]
	if !w.closed {
		w.command(shown.commands, uint16(id))
	}
}
