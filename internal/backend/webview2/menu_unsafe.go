//go:build windows

package webview2

import (
	"unsafe"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

var (
	procCreateMenu      = win32.User32.NewProc("CreateMenu")
	procDrawMenuBar     = win32.User32.NewProc("DrawMenuBar")
	procEndMenu         = win32.User32.NewProc("EndMenu")
	procGetKeyState     = win32.User32.NewProc("GetKeyState")
	procSetMenu         = win32.User32.NewProc("SetMenu")
	procSetMenuItemInfo = win32.User32.NewProc("SetMenuItemInfoW")
)

func appendMenu(menu uintptr, flags uint32, id uintptr, text string) {
	win32.AppendMenu.Call(menu, uintptr(flags), id, uintptr(unsafe.Pointer(win32.UTF16(text))))
}

// menuItemInfo is a MENUITEMINFOW.
type menuItemInfo struct {
	size, mask, kind, state, id uint32
	submenu, checked, unchecked uintptr
	data                        uintptr
	text                        uintptr
	length                      uint32
	bitmap                      uintptr
}

func setMenuBitmap(menu uintptr, place uint32, bitmap uintptr) {
	const withBitmap, byPlace = 0x80, 1 // MIIM_BITMAP
	info := &menuItemInfo{mask: withBitmap, bitmap: bitmap}
	info.size = uint32(unsafe.Sizeof(*info))
	procSetMenuItemInfo.Call(menu, uintptr(place), byPlace, uintptr(unsafe.Pointer(info)))
}

// menuIconSide is how large a picture beside a text is, in pixels.
const menuIconSide = 16

// menuBitmap makes a bitmap of a picture, or 0.
func menuBitmap(p *wire.Picture) uintptr {
	if p.Width <= 0 || p.Height <= 0 || len(p.RGBA) < 4*p.Width*p.Height {
		return 0
	}
	width, height := p.Width, p.Height
	if longer := max(width, height); longer > menuIconSide {
		width, height = max(width*menuIconSide/longer, 1), max(height*menuIconSide/longer, 1)
	}
	bitmap, pixels := win32.NewBitmap(width, height)
	if bitmap == 0 {
		return 0
	}
	for y := range height {
		for x := range width {
			from := p.RGBA[4*((y*p.Height/height)*p.Width+x*p.Width/width):]
			alpha := int(from[3])
			to := pixels[4*(y*width+x):]
			to[0], to[1], to[2], to[3] = byte(int(from[2])*alpha/255), byte(int(from[1])*alpha/255), byte(int(from[0])*alpha/255), from[3]
		}
	}
	return bitmap
}
