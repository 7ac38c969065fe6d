//go:build windows

package notifyicon

import (
	"fmt"
	"image"
	"os"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

var (
	procLoadIcon        = win32.User32.NewProc("LoadIconW")
	procRegisterMessage = win32.User32.NewProc("RegisterWindowMessageW")

	procExtractIcon = win32.Shell32.NewProc("ExtractIconExW")
	procNotifyIcon  = win32.Shell32.NewProc("Shell_NotifyIconW")
)

// The messages that are handled, of winuser.h and shellapi.h.
const (
	iconMessage      = win32.AppMessage // what happens to an icon: its id, and one of these
	leftUp           = 0x0202
	rightUp          = 0x0205
	middleUp         = 0x0208
	balloonHidden    = 0x0403
	balloonTimeout   = 0x0404
	balloonUserClick = 0x0405
)

// taskbarCreated is the message that tells that the taskbar was started.
func taskbarCreated() uint32 {
	id, _, _ := procRegisterMessage.Call(uintptr(unsafe.Pointer(win32.UTF16("TaskbarCreated"))))
	return uint32(id)
}

// message handles a message of the window.
func (a *area) message(t win32.Message) (answer uintptr, handled bool) {
	switch m := t.Number; {
	case m == iconMessage:
		i := a.icons[uint32(t.WParam)]
		if i == nil {
			return 0, true
		}
		switch t.LParam {
		case leftUp:
			i.clicked(Left)
		case middleUp:
			i.clicked(Middle)
		case rightUp:
			i.clicked(Right)
		case balloonUserClick:
			i.on(Event{Kind: BalloonClicked})
		case balloonTimeout:
			i.on(Event{Kind: BalloonEnded})
		case balloonHidden:
			i.on(Event{Kind: BalloonHidden})
		}
		return 0, true
	case m == a.newTaskbar && m != 0:
		a.taskbarStarted()
	}
	return 0, false
}

// iconData is a NOTIFYICONDATAW.
type iconData struct {
	size        uint32
	window      uintptr
	id          uint32
	flags       uint32
	callback    uint32
	icon        uintptr
	tip         [128]uint16
	state       uint32
	stateMask   uint32
	info        [256]uint16
	version     uint32
	infoTitle   [64]uint16
	infoFlags   uint32
	guid        windows.GUID
	balloonIcon uintptr
}

// What is done with an icon, and the parts that count.
const (
	addIcon, modifyIcon, deleteIcon          = 0, 1, 2
	withMessage, withIcon, withTip, withInfo = 0x01, 0x02, 0x04, 0x10
)

func (i *Icon) data(flags uint32) *iconData {
	d := &iconData{window: i.area.thread.Window(), id: i.id, flags: flags, callback: iconMessage, icon: i.picture}
	d.size = uint32(unsafe.Sizeof(*d))
	if d.icon == 0 {
		if i.area.program == 0 {
			i.area.program = programIcon()
		}
		d.icon = i.area.program
	}
	cut(d.tip[:], i.state.Tooltip)
	return d
}

func (d *iconData) notify(what uintptr) bool {
	r, _, _ := procNotifyIcon.Call(what, uintptr(unsafe.Pointer(d)))
	return r != 0
}

// send has the taskbar show the icon as it is. Where there is none yet, the icon
// appears when one starts.
func (i *Icon) send() error {
	d := i.data(withMessage | withIcon | withTip)
	if !i.shown || !d.notify(modifyIcon) {
		i.shown = d.notify(addIcon)
	}
	return nil
}

func (i *Icon) takeAway() {
	if i.shown {
		i.shown = false
		i.data(0).notify(deleteIcon)
	}
}

func (i *Icon) balloon(b Balloon) error {
	const user, noSound, largeIcon, respectQuiet = 0x04, 0x10, 0x20, 0x80
	d := i.data(withInfo)
	cut(d.infoTitle[:], b.Title)
	cut(d.info[:], b.Text)
	d.infoFlags = respectQuiet
	if b.Silent {
		d.infoFlags |= noSound
	}
	picture := newIcon(b.Picture)
	defer destroyIcon(picture)
	if picture != 0 {
		d.balloonIcon = picture
		d.infoFlags |= user | largeIcon
	}
	if !d.notify(modifyIcon) {
		return fmt.Errorf("show a balloon: Shell_NotifyIcon has refused it")
	}
	return nil
}

// choose shows a menu and returns the number of the item that the user has
// chosen, 0 for none. As the documentation of TrackPopupMenu has it, a menu of an
// icon goes at a click elsewhere only if its window is in front.
func (a *area) choose(items []Item, x, y int32) uint32 {
	var numbers []uint32
	menu := fillMenu(items, &numbers)
	defer win32.DestroyMenu.Call(menu)
	win32.SetForegroundWindow.Call(a.thread.Window())
	const returnCommand, rightButton = 0x0100, 0x0002
	id, _, _ := win32.TrackPopupMenu.Call(menu, returnCommand|rightButton, uintptr(x), uintptr(y), a.thread.Window(), 0)
	win32.PostMessage.Call(a.thread.Window(), 0, 0, 0)
	if id == 0 || id > uintptr(len(numbers)) {
		return 0
	}
	return numbers[id-1]
}

func fillMenu(items []Item, numbers *[]uint32) uintptr {
	const grayed, checked, popup, separator = 0x001, 0x008, 0x010, 0x800
	menu, _, _ := win32.CreatePopupMenu.Call()
	for _, item := range items {
		var flags, id uintptr
		switch {
		case item.Separator:
			flags = separator
		case item.Submenu:
			flags, id = popup, fillMenu(item.Items, numbers)
		default:
			*numbers = append(*numbers, item.Number)
			id = uintptr(len(*numbers))
		}
		if !item.Enabled && !item.Separator {
			flags |= grayed
		}
		if item.Checked {
			flags |= checked
		}
		win32.AppendMenu.Call(menu, flags, id, uintptr(unsafe.Pointer(win32.UTF16(item.Text))))
	}
	return menu
}

func cursor() (x, y int32) {
	var at [2]int32
	win32.GetCursorPos.Call(uintptr(unsafe.Pointer(&at)))
	return at[0], at[1]
}

// programIcon is the first icon of this program, or the system's for programs.
// It is not to be destroyed.
func programIcon() uintptr {
	const application = 32512 // IDI_APPLICATION
	if exe, err := os.Executable(); err == nil {
		var icon uintptr
		if n, _, _ := procExtractIcon.Call(uintptr(unsafe.Pointer(win32.UTF16(exe))), 0, 0, uintptr(unsafe.Pointer(&icon)), 1); n == 1 && icon != 0 {
			return icon
		}
	}
	icon, _, _ := procLoadIcon.Call(0, application)
	return icon
}

// newIcon makes an HICON of a picture, 0 of none.
func newIcon(p *image.NRGBA) uintptr {
	if p == nil || p.Rect.Empty() {
		return 0
	}
	width, height := p.Rect.Dx(), p.Rect.Dy()
	var rows []byte // without gaps between them
	for y := range height {
		rows = append(rows, p.Pix[y*p.Stride:][:4*width]...)
	}
	return win32.NewIcon(width, height, rows)
}

func destroyIcon(icon uintptr) {
	if icon != 0 {
		win32.DestroyIcon.Call(icon)
	}
}

// cut puts as much of a text into a field as fits, with the NUL at its end.
func cut(to []uint16, s string) {
	n := 0
	for _, r := range s {
		units := utf16.AppendRune(nil, r)
		if r == 0 || n+len(units) >= len(to) {
			return
		}
		n += copy(to[n:], units)
	}
}
