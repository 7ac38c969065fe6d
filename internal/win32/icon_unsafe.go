//go:build windows

package win32

import "unsafe"

var (
	procCreateBitmap       = GDI32.NewProc("CreateBitmap")
	procCreateDIBSection   = GDI32.NewProc("CreateDIBSection")
	procCreateIconIndirect = User32.NewProc("CreateIconIndirect")
)

// bitmapInfo is a BITMAPINFOHEADER.
type bitmapInfo struct {
	size          uint32
	width, height int32
	planes, bits  uint16
	_             [6]uint32
}

// NewBitmap makes an HBITMAP of 32 bits a pixel and returns its pixels, from the top left: blue, green, red,
// alpha. It is 0 where there is no memory. DeleteObject frees it, pixels included.
func NewBitmap(width, height int) (bitmap uintptr, pixels []byte) {
	info := &bitmapInfo{width: int32(width), height: -int32(height), planes: 1, bits: 32} // from the top
	info.size = uint32(unsafe.Sizeof(*info))
	at := new(uintptr)
	bitmap, _, _ = procCreateDIBSection.Call(0, uintptr(unsafe.Pointer(info)), 0, uintptr(unsafe.Pointer(at)), 0, 0)
	if bitmap == 0 || *at == 0 {
		return 0, nil
	}
	return bitmap, unsafe.Slice((*byte)(pointer(*at)), width*height*4)
}

// iconInfo is an ICONINFO.
type iconInfo struct {
	icon               int32
	hotspotX, hotspotY uint32
	mask, color        uintptr
}

// NewIcon makes an HICON of pixels without gaps: red, green, blue, and alpha that is not multiplied in. It is 0
// where there are fewer than that, or there is no memory. DestroyIcon frees it.
func NewIcon(width, height int, rgba []byte) uintptr {
	if width <= 0 || height <= 0 || len(rgba) < 4*width*height {
		return 0
	}
	color, pixels := NewBitmap(width, height)
	if color == 0 {
		return 0
	}
	defer DeleteObject.Call(color)
	for i := range width * height {
		to, from := pixels[4*i:4*i+4], rgba[4*i:4*i+4]
		to[0], to[1], to[2], to[3] = from[2], from[1], from[0], from[3]
	}
	mask, _, _ := procCreateBitmap.Call(uintptr(width), uintptr(height), 1, 1, 0)
	defer DeleteObject.Call(mask)
	icon, _, _ := procCreateIconIndirect.Call(uintptr(unsafe.Pointer(&iconInfo{icon: 1, mask: mask, color: color})))
	return icon
}
