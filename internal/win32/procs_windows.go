package win32

import "golang.org/x/sys/windows"

// The libraries of the system that several packages use. Each is loaded when something of it is called
// first, from the system's folder alone.
var (
	User32   = &windows.LazyDLL{Name: "user32.dll", System: true}
	GDI32    = &windows.LazyDLL{Name: "gdi32.dll", System: true}
	Kernel32 = &windows.LazyDLL{Name: "kernel32.dll", System: true}
	Shell32  = &windows.LazyDLL{Name: "shell32.dll", System: true}
)

// The functions that more than one package calls, by their names without A or W.
var (
	AppendMenu          = User32.NewProc("AppendMenuW")
	CreatePopupMenu     = User32.NewProc("CreatePopupMenu")
	DefWindowProc       = User32.NewProc("DefWindowProcW")
	DestroyIcon         = User32.NewProc("DestroyIcon")
	DestroyMenu         = User32.NewProc("DestroyMenu")
	DestroyWindow       = User32.NewProc("DestroyWindow")
	GetCursorPos        = User32.NewProc("GetCursorPos")
	PostMessage         = User32.NewProc("PostMessageW")
	PostQuitMessage     = User32.NewProc("PostQuitMessage")
	SetForegroundWindow = User32.NewProc("SetForegroundWindow")
	TrackPopupMenu      = User32.NewProc("TrackPopupMenuEx")
	VkKeyScan           = User32.NewProc("VkKeyScanW")

	DeleteObject = GDI32.NewProc("DeleteObject")
)
