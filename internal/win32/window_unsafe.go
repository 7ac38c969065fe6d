//go:build windows

package win32

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procDispatch      = User32.NewProc("DispatchMessageW")
	procGetMessage    = User32.NewProc("GetMessageW")
	procRegisterClass = User32.NewProc("RegisterClassExW")
	procTranslate     = User32.NewProc("TranslateMessage")
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

// register registers the class of the windows of this package.
var register = sync.OnceValue(func() error {
	return RegisterClass(className, 0, procedure)
})

// RegisterClass registers a class of windows whose messages go to procedure, on the thread that has
// made the window. The callback that this takes is never freed. cursor is an HCURSOR, or 0.
func RegisterClass(name string, cursor uintptr, procedure func(window, message, wparam, lparam uintptr) uintptr) error {
	class := &wndClass{className: UTF16(name), cursor: cursor, proc: windows.NewCallback(procedure)}
	class.size = uint32(unsafe.Sizeof(*class))
	if r, _, err := procRegisterClass.Call(uintptr(unsafe.Pointer(class))); r == 0 {
		return fmt.Errorf("register a class of windows: %w", err)
	}
	return nil
}

func hiddenWindow() (uintptr, error) {
	if err := register(); err != nil {
		return 0, err
	}
	w, _, err := CreateWindow.Call(0, uintptr(unsafe.Pointer(UTF16(className))), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if w == 0 {
		return 0, fmt.Errorf("make a window for messages: %w", err)
	}
	return w, nil
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
