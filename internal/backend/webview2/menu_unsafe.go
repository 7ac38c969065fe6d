//go:build windows

package webview2

import (
	"unsafe"

	"github.com/mullion-dev/mullion/internal/wire"
)

var (
	procAppendMenu      = user32.NewProc("AppendMenuW")
	procCreateMenu      = user32.NewProc("CreateMenu")
	procCreatePopupMenu = user32.NewProc("CreatePopupMenu")
	procDestroyMenu     = user32.NewProc("DestroyMenu")
	procDrawMenuBar     = user32.NewProc("DrawMenuBar")
	procEndMenu         = user32.NewProc("EndMenu")
	procGetKeyState     = user32.NewProc("GetKeyState")
	procSetMenu         = user32.NewProc("SetMenu")
	procSetMenuItemInfo = user32.NewProc("SetMenuItemInfoW")
	procTrackPopupMenu  = user32.NewProc("TrackPopupMenuEx")
	procVkKeyScan       = user32.NewProc("VkKeyScanW")

	procCreateDIBSection = gdi32.NewProc("CreateDIBSection")
)

func appendMenu(menu uintptr, flags uint32, id uintptr, text string) {
	procAppendMenu.Call(menu, uintptr(flags), id, uintptr(unsafe.Pointer(utf16(text))))
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

// bitmapInfo is a BITMAPINFOHEADER.
type bitmapInfo struct {
	size          uint32
	width, height int32
	planes, bits  uint16
	compression   uint32
	imageSize     uint32
	_             [4]uint32
}

// newBitmap makes a bitmap with alpha, multiplied in, and returns its pixels: blue, green, red, alpha.
// It is 0 where there is no memory.
func newBitmap(width, height int) (bitmap uintptr, pixels []byte) {
	info := &bitmapInfo{width: int32(width), height: -int32(height), planes: 1, bits: 32} // from the top
	info.size = uint32(unsafe.Sizeof(*info))
	at := new(uintptr)
	bitmap, _, _ = procCreateDIBSection.Call(0, uintptr(unsafe.Pointer(info)), 0, uintptr(unsafe.Pointer(at)), 0, 0)
	if bitmap == 0 || *at == 0 {
		return 0, nil
	}
	return bitmap, memory(*at, uintptr(width*height*4))
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
	bitmap, pixels := newBitmap(width, height)
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
