//go:build windows

package win32

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procCreateWindow  = User32.NewProc("CreateWindowExW")
	procDispatch      = User32.NewProc("DispatchMessageW")
	procGetMessage    = User32.NewProc("GetMessageW")
	procRegisterClass = User32.NewProc("RegisterClassExW")
	procTranslate     = User32.NewProc("TranslateMessage")
	procUnregister    = User32.NewProc("UnregisterClassW")
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

const className = "MullionThread"

// register registers the class of the windows of this package, which stays.
var register = sync.OnceValue(func() error {
	_, err := RegisterClass(className, 0, procedure)
	return err
})

// RegisterClass registers a class of windows whose messages go to procedure, on the thread that has
// made the window. The callback that this takes is never freed. cursor is an HCURSOR, or 0. After
// unregister, which is for when there are no windows of it, the name is free.
func RegisterClass(name string, cursor uintptr, procedure func(window uintptr, message uint32, wparam, lparam uintptr) uintptr) (unregister func(), err error) {
	text := UTF16(name)
	class := &wndClass{className: text, cursor: cursor, proc: windows.NewCallback(func(w uintptr, m uint32, wp, lp uintptr) uintptr {
		return procedure(w, m, wp, lp)
	})}
	class.size = uint32(unsafe.Sizeof(*class))
	if r, _, err := procRegisterClass.Call(uintptr(unsafe.Pointer(class))); r == 0 {
		return nil, fmt.Errorf("register the class %s of windows: %w", name, err)
	}
	return func() { procUnregister.Call(uintptr(unsafe.Pointer(text)), 0) }, nil
}

// NewWindow makes a window of a class, which is not shown yet, where Windows puts it. Lengths are those of the whole window in
// physical pixels; parent is an HWND, or 0.
func NewWindow(class, title string, style, exStyle uint32, width, height int32, parent uintptr) (uintptr, error) {
	const useDefault = 0x80000000 // CW_USEDEFAULT
	w, _, err := procCreateWindow.Call(uintptr(exStyle), uintptr(unsafe.Pointer(UTF16(class))), uintptr(unsafe.Pointer(UTF16(title))),
		uintptr(style), useDefault, useDefault, uintptr(width), uintptr(height), parent, 0, 0, 0)
	if w == 0 {
		return 0, fmt.Errorf("make a window of the class %s: %w", class, err)
	}
	return w, nil
}

func hiddenWindow() (uintptr, error) {
	if err := register(); err != nil {
		return 0, err
	}
	return NewWindow(className, "", 0, 0, 0, 0, 0)
}

// Loop gets messages of this thread and has them handled, until PostQuitMessage was called.
func Loop() {
	message := new([8]uintptr) // a MSG takes less
	for {
		r, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(message)), 0, 0, 0)
		if int32(r) <= 0 {
			return
		}
		procTranslate.Call(uintptr(unsafe.Pointer(message)))
		procDispatch.Call(uintptr(unsafe.Pointer(message)))
	}
}

// UTF16 is s up to the first NUL, for functions that end in W.
func UTF16(s string) *uint16 {
	for i := range len(s) {
		if s[i] == 0 {
			s = s[:i]
			break
		}
	}
	p, _ := windows.UTF16PtrFromString(s)
	return p
}
