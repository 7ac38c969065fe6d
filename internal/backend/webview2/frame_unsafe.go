//go:build windows

package webview2

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

var (
	procAdjustRect       = win32.User32.NewProc("AdjustWindowRectEx")
	procAdjustRectForDpi = win32.User32.NewProc("AdjustWindowRectExForDpi")
	procSetWindowRegion  = win32.User32.NewProc("SetWindowRgn")
	procGetPlacement     = win32.User32.NewProc("GetWindowPlacement")
	procSetPlacement     = win32.User32.NewProc("SetWindowPlacement")
	procGetDC            = win32.User32.NewProc("GetDCEx")
	procReleaseDC        = win32.User32.NewProc("ReleaseDC")
	procInvalidate       = win32.User32.NewProc("InvalidateRect")

	procBlurBehind = dwmapi.NewProc("DwmEnableBlurBehindWindow")

	procCombineRegion = win32.GDI32.NewProc("CombineRgn")
	procRectRegion    = win32.GDI32.NewProc("CreateRectRgn")

	procAppBarMessage = win32.Shell32.NewProc("SHAppBarMessage")
)

// frameOf is how far a frame reaches beyond its content at so many pixels per inch: to the left and above by negative
// numbers.
func frameOf(style uint32, menu bool, perInch uint32) rect {
	r := new(rect)
	if procAdjustRectForDpi.Find() == nil { // since Windows 10 of 2016
		procAdjustRectForDpi.Call(uintptr(unsafe.Pointer(r)), uintptr(style), boolWord(menu), 0, uintptr(perInch))
	} else {
		procAdjustRect.Call(uintptr(unsafe.Pointer(r)), uintptr(style), boolWord(menu), 0)
	}
	return *r
}

// setRectAt writes the RECT of a message.
func setRectAt(lparam uintptr, r rect) { *(*rect)(pointer(lparam)) = r }

// setHollow leaves of a window what is in whole and not in hole.
func setHollow(w uintptr, whole, hole rect) {
	region := func(r rect) uintptr {
		h, _, _ := procRectRegion.Call(uintptr(r.left), uintptr(r.top), uintptr(r.right), uintptr(r.bottom))
		return h
	}
	const difference = 4 // RGN_DIFF
	rest, cut := region(whole), region(hole)
	procCombineRegion.Call(rest, rest, cut, difference)
	win32.DeleteObject.Call(cut)
	if ok, _, _ := procSetWindowRegion.Call(w, rest, 1); ok == 0 { // else it is the window's now
		win32.DeleteObject.Call(rest)
	}
}

// blurBehind is a DWM_BLURBEHIND.
type blurBehind struct {
	flags     uint32
	enable    uint32
	region    uintptr
	maximized uint32
}

// setSeeThrough has the alpha of what is drawn in a window count. It is the documented call for what was blurred behind windows until
// Windows 8; the region where that would be is empty.
func setSeeThrough(w uintptr, on bool) error {
	const enable, inRegion = 1, 2 // DWM_BB_ENABLE, DWM_BB_BLURREGION
	b := &blurBehind{flags: enable}
	if on {
		region, _, _ := procRectRegion.Call(0, 0, ^uintptr(0), ^uintptr(0))
		defer win32.DeleteObject.Call(region)
		b.flags, b.enable, b.region = enable|inRegion, 1, region
	}
	if r, _, _ := procBlurBehind.Call(w, uintptr(unsafe.Pointer(b))); int32(r) < 0 {
		return &failed{"DwmEnableBlurBehindWindow", result(r)}
	}
	return nil
}

// withWindowDC gives f what all of a window's content is drawn to, that below other windows in it as well.
func withWindowDC(w uintptr, f func(dc uintptr)) {
	const cache = 2 // DCX_CACHE
	if dc, _, _ := procGetDC.Call(w, 0, cache); dc != 0 {
		f(dc)
		procReleaseDC.Call(w, dc)
	}
	procInvalidate.Call(w, 0, 1)
}

// placement is a WINDOWPLACEMENT. Its places are those of the desktop without taskbars.
type placement struct {
	length   uint32
	flags    uint32
	show     uint32
	min, max point
	normal   rect
}

// restoreToMaximized is WPF_RESTORETOMAXIMIZED, of a window that is minimized.
const restoreToMaximized = 2

func placementOf(w uintptr) placement {
	p := new(placement)
	p.length = uint32(unsafe.Sizeof(*p))
	procGetPlacement.Call(w, uintptr(unsafe.Pointer(p)))
	return *p
}

func setPlacement(w uintptr, p placement) {
	procSetPlacement.Call(w, uintptr(unsafe.Pointer(&p)))
}

// coversTop reports whether Windows draws its line around a window over the top of the content, where that has the place of the
// title bar. Windows 11 does.
func coversTop() bool {
	_, _, build := windows.RtlGetNtVersionNumbers()
	return build >= 22000
}

// appBarData is an APPBARDATA.
type appBarData struct {
	size     uint32
	window   uintptr
	callback uint32
	edge     uint32
	area     rect
	lparam   uintptr
}

// The edges of a monitor, of shellapi.h.
const barLeft, barTop, barRight, barBottom = 0, 1, 2, 3

// hidesBars reports whether the user has taskbars hide themselves.
func hidesBars() bool {
	const state, hides = 4, 1 // ABM_GETSTATE, ABS_AUTOHIDE
	data := new(appBarData)
	data.size = uint32(unsafe.Sizeof(*data))
	now, _, _ := procAppBarMessage.Call(state, uintptr(unsafe.Pointer(data)))
	return now&hides != 0
}

// hasHiddenBar reports whether a taskbar that hides itself is at an edge of a monitor.
func hasHiddenBar(edge uint32, monitor rect) bool {
	const hiddenBar = 0x0b // ABM_GETAUTOHIDEBAREX
	data := &appBarData{edge: edge, area: monitor}
	data.size = uint32(unsafe.Sizeof(*data))
	bar, _, _ := procAppBarMessage.Call(hiddenBar, uintptr(unsafe.Pointer(data)))
	return bar != 0
}
