//go:build windows

package notifyicon

import (
	"fmt"
	"image"
	"os"
	unicode16 "unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32                 = &windows.LazyDLL{Name: "user32.dll", System: true}
	procAppendMenu         = user32.NewProc("AppendMenuW")
	procCreateIconIndirect = user32.NewProc("CreateIconIndirect")
	procCreatePopupMenu    = user32.NewProc("CreatePopupMenu")
	procCreateWindow       = user32.NewProc("CreateWindowExW")
	procDefWindowProc      = user32.NewProc("DefWindowProcW")
	procDestroyIcon        = user32.NewProc("DestroyIcon")
	procDestroyMenu        = user32.NewProc("DestroyMenu")
	procDispatchMessage    = user32.NewProc("DispatchMessageW")
	procGetCursorPos       = user32.NewProc("GetCursorPos")
	procGetMessage         = user32.NewProc("GetMessageW")
	procLoadIcon           = user32.NewProc("LoadIconW")
	procPostMessage        = user32.NewProc("PostMessageW")
	procRegisterClass      = user32.NewProc("RegisterClassExW")
	procRegisterMessage    = user32.NewProc("RegisterWindowMessageW")
	procSetForeground      = user32.NewProc("SetForegroundWindow")
	procTrackPopupMenu     = user32.NewProc("TrackPopupMenuEx")

	gdi32                = &windows.LazyDLL{Name: "gdi32.dll", System: true}
	procCreateBitmap     = gdi32.NewProc("CreateBitmap")
	procCreateDIBSection = gdi32.NewProc("CreateDIBSection")
	procDeleteObject     = gdi32.NewProc("DeleteObject")

	shell32         = &windows.LazyDLL{Name: "shell32.dll", System: true}
	procExtractIcon = shell32.NewProc("ExtractIconExW")
	procNotifyIcon  = shell32.NewProc("Shell_NotifyIconW")
)

// The messages that are handled, of winuser.h and shellapi.h.
const (
	wakeMessage      = 0x8000 // WM_APP
	iconMessage      = 0x8001 // what happens to an icon: its id, and one of these
	leftUp           = 0x0202
	rightUp          = 0x0205
	middleUp         = 0x0208
	balloonHidden    = 0x0403
	balloonTimeout   = 0x0404
	balloonUserClick = 0x0405
)

// wndClass is a WNDCLASSEXW.
type wndClass struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menuName, className                *uint16
	smallIcon                          uintptr
}

// begin makes the window. It has no parent: only such windows hear that the
// taskbar was started.
func (a *area) begin() error {
	name := utf16("MullionNotifyIcons")
	class := &wndClass{className: name, proc: windows.NewCallback(a.message)}
	class.size = uint32(unsafe.Sizeof(*class))
	if r, _, err := procRegisterClass.Call(uintptr(unsafe.Pointer(class))); r == 0 {
		return fmt.Errorf("register a class of windows: %w", err)
	}
	w, _, err := procCreateWindow.Call(0, uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if w == 0 {
		return fmt.Errorf("make a window for icons: %w", err)
	}
	a.window = w
	id, _, _ := procRegisterMessage.Call(uintptr(unsafe.Pointer(utf16("TaskbarCreated"))))
	a.newTaskbar = uint32(id)
	return nil
}

func (a *area) wake() { procPostMessage.Call(a.window, wakeMessage, 0, 0) }

// message handles a message of the window.
func (a *area) message(window, message, wparam, lparam uintptr) uintptr {
	switch m := uint32(message); {
	case m == wakeMessage:
		a.drain()
		return 0
	case m == iconMessage:
		i := a.icons[uint32(wparam)]
		if i == nil {
			return 0
		}
		switch lparam {
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
		return 0
	case m == a.newTaskbar && m != 0:
		a.taskbarStarted()
	}
	r, _, _ := procDefWindowProc.Call(window, message, wparam, lparam)
	return r
}

// loop gets messages and has them handled.
func loop() {
	var message [8]uintptr // a MSG takes less
	for {
		r, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&message)), 0, 0, 0)
		if int32(r) <= 0 {
			return
		}
		procDispatchMessage.Call(uintptr(unsafe.Pointer(&message)))
	}
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
	d := &iconData{window: i.area.window, id: i.id, flags: flags, callback: iconMessage, icon: i.picture}
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
	defer procDestroyMenu.Call(menu)
	procSetForeground.Call(a.window)
	const returnCommand, rightButton = 0x0100, 0x0002
	id, _, _ := procTrackPopupMenu.Call(menu, returnCommand|rightButton, uintptr(x), uintptr(y), a.window, 0)
	procPostMessage.Call(a.window, 0, 0, 0)
	if id == 0 || id > uintptr(len(numbers)) {
		return 0
	}
	return numbers[id-1]
}

func fillMenu(items []Item, numbers *[]uint32) uintptr {
	const grayed, checked, popup, separator = 0x001, 0x008, 0x010, 0x800
	menu, _, _ := procCreatePopupMenu.Call()
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
		procAppendMenu.Call(menu, flags, id, uintptr(unsafe.Pointer(utf16(item.Text))))
	}
	return menu
}

func cursor() (x, y int32) {
	var at [2]int32
	procGetCursorPos.Call(uintptr(unsafe.Pointer(&at)))
	return at[0], at[1]
}

// programIcon is the first icon of this program, or the system's for programs.
// It is not to be destroyed.
func programIcon() uintptr {
	const application = 32512 // IDI_APPLICATION
	if exe, err := os.Executable(); err == nil {
		var icon uintptr
		if n, _, _ := procExtractIcon.Call(uintptr(unsafe.Pointer(utf16(exe))), 0, 0, uintptr(unsafe.Pointer(&icon)), 1); n == 1 && icon != 0 {
			return icon
		}
	}
	icon, _, _ := procLoadIcon.Call(0, application)
	return icon
}

// bitmapInfo is a BITMAPINFOHEADER.
type bitmapInfo struct {
	size          uint32
	width, height int32
	planes, bits  uint16
	_             [6]uint32
}

// iconInfo is an ICONINFO.
type iconInfo struct {
	icon  int32
	x, y  uint32
	mask  uintptr
	color uintptr
}

// newIcon makes an HICON of a picture, 0 of none.
func newIcon(p *image.NRGBA) uintptr {
	if p == nil || p.Rect.Empty() {
		return 0
	}
	width, height := p.Rect.Dx(), p.Rect.Dy()
	info := &bitmapInfo{width: int32(width), height: -int32(height), planes: 1, bits: 32} // from the top
	info.size = uint32(unsafe.Sizeof(*info))
	var pixels unsafe.Pointer
	color, _, _ := procCreateDIBSection.Call(0, uintptr(unsafe.Pointer(info)), 0, uintptr(unsafe.Pointer(&pixels)), 0, 0)
	if color == 0 || pixels == nil {
		return 0
	}
	defer procDeleteObject.Call(color)
	to := unsafe.Slice((*byte)(pixels), 4*width*height)
	for y := range height {
		row := p.Pix[y*p.Stride:]
		for x := range width {
			from, at := row[4*x:4*x+4], 4*(y*width+x)
			to[at], to[at+1], to[at+2], to[at+3] = from[2], from[1], from[0], from[3]
		}
	}
	mask, _, _ := procCreateBitmap.Call(uintptr(width), uintptr(height), 1, 1, 0)
	defer procDeleteObject.Call(mask)
	icon, _, _ := procCreateIconIndirect.Call(uintptr(unsafe.Pointer(&iconInfo{icon: 1, mask: mask, color: color})))
	return icon
}

func destroyIcon(icon uintptr) {
	if icon != 0 {
		procDestroyIcon.Call(icon)
	}
}

// utf16 is s up to the first NUL.
func utf16(s string) *uint16 {
	for i := range len(s) {
		if s[i] == 0 {
			s = s[:i]
			break
		}
	}
	p, _ := windows.UTF16PtrFromString(s)
	return p
}

// cut puts as much of a text into a field as fits, with the NUL at its end.
func cut(to []uint16, s string) {
	n := 0
	for _, r := range s {
		units := unicode16.AppendRune(nil, r)
		if r == 0 || n+len(units) >= len(to) {
			return
		}
		n += copy(to[n:], units)
	}
}
