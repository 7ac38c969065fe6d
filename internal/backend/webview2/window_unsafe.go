//go:build windows

package webview2

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

// The functions of user32.dll that are used, by what they are called there.
var (
	procClipCursor        = win32.User32.NewProc("ClipCursor")
	procClientToScreen    = win32.User32.NewProc("ClientToScreen")
	procEnableWindow      = win32.User32.NewProc("EnableWindow")
	procFillRect          = win32.User32.NewProc("FillRect")
	procFlashWindow       = win32.User32.NewProc("FlashWindowEx")
	procGetClientRect     = win32.User32.NewProc("GetClientRect")
	procGetDpiForWindow   = win32.User32.NewProc("GetDpiForWindow")
	procGetForeground     = win32.User32.NewProc("GetForegroundWindow")
	procGetMonitorInfo    = win32.User32.NewProc("GetMonitorInfoW")
	procGetSystemMenu     = win32.User32.NewProc("GetSystemMenu")
	procEnableMenuItem    = win32.User32.NewProc("EnableMenuItem")
	procGetWindowLong     = win32.User32.NewProc("GetWindowLongPtrW")
	procGetWindowRect     = win32.User32.NewProc("GetWindowRect")
	procIsIconic          = win32.User32.NewProc("IsIconic")
	procIsWindowVisible   = win32.User32.NewProc("IsWindowVisible")
	procIsZoomed          = win32.User32.NewProc("IsZoomed")
	procLoadCursor        = win32.User32.NewProc("LoadCursorW")
	procMonitorFromWindow = win32.User32.NewProc("MonitorFromWindow")
	procRegisterMessage   = win32.User32.NewProc("RegisterWindowMessageW")
	procReleaseCapture    = win32.User32.NewProc("ReleaseCapture")
	procSendMessage       = win32.User32.NewProc("SendMessageW")
	procSetCursor         = win32.User32.NewProc("SetCursor")
	procSetCursorPos      = win32.User32.NewProc("SetCursorPos")
	procSetLayered        = win32.User32.NewProc("SetLayeredWindowAttributes")
	procSystemMetrics     = win32.User32.NewProc("GetSystemMetrics")
	procSetDpiAwareness   = win32.User32.NewProc("SetProcessDpiAwarenessContext")
	procSetWindowLong     = win32.User32.NewProc("SetWindowLongPtrW")
	procSetWindowPos      = win32.User32.NewProc("SetWindowPos")
	procSetWindowDisplay  = win32.User32.NewProc("SetWindowDisplayAffinity")
	procSetWindowText     = win32.User32.NewProc("SetWindowTextW")
	procShowWindow        = win32.User32.NewProc("ShowWindow")

	procEnumMonitors     = win32.User32.NewProc("EnumDisplayMonitors")
	procMonitorFromRect  = win32.User32.NewProc("MonitorFromRect")
	procMonitorFromPoint = win32.User32.NewProc("MonitorFromPoint")

	shcore            = &windows.LazyDLL{Name: "shcore.dll", System: true}
	procGetMonitorDpi = shcore.NewProc("GetDpiForMonitor")

	dwmapi                 = &windows.LazyDLL{Name: "dwmapi.dll", System: true}
	procSetWindowAttribute = dwmapi.NewProc("DwmSetWindowAttribute")

	procCreateSolidBrush = win32.GDI32.NewProc("CreateSolidBrush")
)

// point is a POINT.
type point struct{ x, y int32 }

// monitorInfo is a MONITORINFO.
type monitorInfo struct {
	size       uint32
	area, work rect
	flags      uint32
}

// minMaxInfo is a MINMAXINFO.
type minMaxInfo struct {
	_, maxSize, maxPosition, minTrack, maxTrack point
}

// flashInfo is a FLASHWINFO.
type flashInfo struct {
	size    uint32
	window  uintptr
	flags   uint32
	count   uint32
	timeout uint32
}

// registerMessage is the number of a message that goes by its name; 0 if there is none.
func registerMessage(name string) uint32 {
	n, _, _ := procRegisterMessage.Call(uintptr(unsafe.Pointer(win32.UTF16(name))))
	return uint32(n)
}

// messageOnly is HWND_MESSAGE, the parent of windows that only get messages.
const messageOnly = ^uintptr(2)

func setWindowText(w uintptr, s string) {
	procSetWindowText.Call(w, uintptr(unsafe.Pointer(win32.UTF16(s))))
}

func windowRect(w uintptr) (r rect) {
	p := new(rect)
	procGetWindowRect.Call(w, uintptr(unsafe.Pointer(p)))
	return *p
}

func clientRect(w uintptr) rect {
	p := new(rect)
	procGetClientRect.Call(w, uintptr(unsafe.Pointer(p)))
	return *p
}

func clientOrigin(w uintptr) point {
	p := new(point)
	procClientToScreen.Call(w, uintptr(unsafe.Pointer(p)))
	return *p
}

func cursorPosition() (p point, ok bool) {
	at := new(point)
	r, _, _ := win32.GetCursorPos.Call(uintptr(unsafe.Pointer(at)))
	return *at, r != 0
}

// monitorOf tells of the monitor that has most of a window, or had before it was minimized.
func monitorOf(w uintptr) monitorInfo {
	const nearest = 2 // MONITOR_DEFAULTTONEAREST
	m, _, _ := procMonitorFromWindow.Call(w, nearest)
	return monitorByHandle(m).monitorInfo
}

// monitorNear tells of the monitor that has most of a place of the desktop.
func monitorNear(r rect) monitorInfo {
	const nearest = 2 // MONITOR_DEFAULTTONEAREST
	m, _, _ := procMonitorFromRect.Call(uintptr(unsafe.Pointer(&r)), nearest)
	return monitorByHandle(m).monitorInfo
}

// monitorName is a MONITORINFOEXW.
type monitorName struct {
	monitorInfo
	device [32]uint16
}

func (m *monitorName) name() string { return windows.UTF16ToString(m.device[:]) }

func monitorByHandle(m uintptr) monitorName {
	info := new(monitorName)
	info.size = uint32(unsafe.Sizeof(*info))
	procGetMonitorInfo.Call(m, uintptr(unsafe.Pointer(info)))
	return *info
}

// found is what enumMonitors is finding, on the thread of the main loop.
var found struct {
	once     sync.Once
	callback uintptr
	most     int
	list     []uintptr
}

// enumMonitors are the HMONITORs of the desktop. It is for the main loop only.
func enumMonitors(most int) []uintptr {
	found.once.Do(func() {
		found.callback = windows.NewCallback(func(m, dc, area, data uintptr) uintptr {
			found.list = append(found.list, m)
			return boolWord(len(found.list) < found.most)
		})
	})
	found.most, found.list = most, nil
	procEnumMonitors.Call(0, 0, found.callback, 0)
	return found.list
}

// monitorAt tells of the monitor that has a point of the desktop, or is nearest.
func monitorAt(p point) monitorInfo {
	const nearest = 2 // MONITOR_DEFAULTTONEAREST
	// A POINT goes in one register, on amd64 and arm64.
	m, _, _ := procMonitorFromPoint.Call(uintptr(uint32(p.x))|uintptr(uint32(p.y))<<32, nearest)
	return monitorByHandle(m).monitorInfo
}

// monitorScale is 1 where Windows does not tell, before version 8.1.
func monitorScale(m uintptr) float64 {
	const effective = 0 // MDT_EFFECTIVE_DPI
	var x, y uint32
	if procGetMonitorDpi.Find() != nil {
		return 1
	}
	if r, _, _ := procGetMonitorDpi.Call(m, effective, uintptr(unsafe.Pointer(&x)), uintptr(unsafe.Pointer(&y))); int32(r) < 0 || x == 0 {
		return 1
	}
	return float64(x) / 96
}

// setDarkFrame needs Windows 10 of 2020 or newer; an older one has light frames.
func setDarkFrame(w uintptr, dark bool) {
	const immersiveDarkMode = 20 // DWMWA_USE_IMMERSIVE_DARK_MODE
	_ = setAttribute(w, immersiveDarkMode, uint32(boolWord(dark)))
}

// setMaterial needs Windows 11 of 2022 (22H2) or newer.
func setMaterial(w uintptr, kind uint32) error {
	const backdropType = 38 // DWMWA_SYSTEMBACKDROP_TYPE
	return setAttribute(w, backdropType, kind)
}

func setAttribute(w uintptr, attribute, value uint32) error {
	if err := procSetWindowAttribute.Find(); err != nil {
		return err
	}
	if r, _, _ := procSetWindowAttribute.Call(w, uintptr(attribute), uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value)); int32(r) < 0 {
		return &failed{"DwmSetWindowAttribute", result(r)}
	}
	return nil
}

// windowLong and setWindowLong are for the values of GetWindowLongPtr. Their numbers are negative.
func windowLong(w uintptr, index int32) uintptr {
	v, _, _ := procGetWindowLong.Call(w, uintptr(index))
	return v
}

func setWindowLong(w uintptr, index int32, value uintptr) {
	procSetWindowLong.Call(w, uintptr(index), value)
}

// limit writes into the MINMAXINFO of a message.
func limit(lparam uintptr, least, most point) {
	info := (*minMaxInfo)(pointer(lparam))
	if least.x > 0 {
		info.minTrack.x = least.x
	}
	if least.y > 0 {
		info.minTrack.y = least.y
	}
	if most.x > 0 {
		info.maxTrack.x = most.x
	}
	if most.y > 0 {
		info.maxTrack.y = most.y
	}
}

// windowPos is a WINDOWPOS.
type windowPos struct {
	window, after       uintptr
	x, y, width, height int32
	flags               uint32
}

// keepAtBottom changes the WINDOWPOS of a message.
func keepAtBottom(lparam uintptr) {
	pos := (*windowPos)(pointer(lparam))
	pos.after = orderBottom
	pos.flags &^= posNoZOrder
}

// posAt is the place in the WINDOWPOS of a message, and whether it is about the size.
func posAt(lparam uintptr) (r rect, sized bool) {
	pos := (*windowPos)(pointer(lparam))
	return rect{pos.x, pos.y, pos.x + pos.width, pos.y + pos.height}, pos.flags&posNoSize == 0
}

func setPosAt(lparam uintptr, r rect) {
	pos := (*windowPos)(pointer(lparam))
	pos.x, pos.y, pos.width, pos.height = r.left, r.top, r.right-r.left, r.bottom-r.top
}

// clipCursor keeps the mouse in a part of the desktop; nil lets it go.
func clipCursor(r *rect) bool {
	ok, _, _ := procClipCursor.Call(uintptr(unsafe.Pointer(r)))
	return ok != 0
}

// rectAt reads the RECT of a message.
func rectAt(lparam uintptr) rect { return *(*rect)(pointer(lparam)) }

func fill(dc uintptr, r rect, color uint32) {
	brush, _, _ := procCreateSolidBrush.Call(uintptr(color))
	p := new(rect)
	*p = r
	procFillRect.Call(dc, uintptr(unsafe.Pointer(p)), brush)
	win32.DeleteObject.Call(brush)
}

func flash(w uintptr, flags uint32) {
	info := &flashInfo{window: w, flags: flags}
	info.size = uint32(unsafe.Sizeof(*info))
	procFlashWindow.Call(uintptr(unsafe.Pointer(info)))
}

// dpi is that of a window, 96 on Windows before 10.1607.
func dpi(w uintptr) uint32 {
	if procGetDpiForWindow.Find() != nil {
		return 96
	}
	n, _, _ := procGetDpiForWindow.Call(w)
	return max(uint32(n), 96)
}

// createEnvironment calls the export of the runtime's library that its loader would call. There is
// no documentation of it; its arguments are those that WebView2Loader.dll passes, see docs/systems.md.
func createEnvironment(library string, fixed bool, dataDir string, options, handler *face) (result, error) {
	// With its own folder first, for what it needs itself.
	dll, err := windows.LoadLibraryEx(library, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", library, err)
	}
	const export = "CreateWebViewEnvironmentWithOptionsInternal"
	create, err := windows.GetProcAddress(dll, export)
	if err != nil {
		return 0, fmt.Errorf("%s has no %s: %w", library, export, err)
	}
	folder, err := windows.UTF16PtrFromString(dataDir)
	if err != nil {
		return 0, err
	}
	const checkRunning = 1
	kind := boolWord(fixed) // of runtime: 0 is installed, 1 came with the app
	r, _, _ := syscall.SyscallN(create, checkRunning, kind, uintptr(unsafe.Pointer(folder)), options.address, handler.address)
	runtime.KeepAlive(folder)
	return result(r), nil
}
