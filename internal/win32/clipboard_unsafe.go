//go:build windows

package win32

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procOpenClipboard  = User32.NewProc("OpenClipboard")
	procCloseClipboard = User32.NewProc("CloseClipboard")
	procEmptyClipboard = User32.NewProc("EmptyClipboard")
	procSetClipboard   = User32.NewProc("SetClipboardData")
	procGetClipboard   = User32.NewProc("GetClipboardData")
	procCountFormats   = User32.NewProc("CountClipboardFormats")
	procEnumFormats    = User32.NewProc("EnumClipboardFormats")
	procRegisterFormat = User32.NewProc("RegisterClipboardFormatW")
	procFormatName     = User32.NewProc("GetClipboardFormatNameW")
	procClipboardOwner = User32.NewProc("GetClipboardOwner")
	procListen         = User32.NewProc("AddClipboardFormatListener")

	procGlobalAlloc  = Kernel32.NewProc("GlobalAlloc")
	procGlobalFree   = Kernel32.NewProc("GlobalFree")
	procGlobalLock   = Kernel32.NewProc("GlobalLock")
	procGlobalUnlock = Kernel32.NewProc("GlobalUnlock")
	procGlobalSize   = Kernel32.NewProc("GlobalSize")
)

// The formats of the clipboard that have numbers, of winuser.h.
const (
	FormatDIB         = 8
	FormatUnicodeText = 13
	FormatFiles       = 15 // CF_HDROP
	FormatDIBV5       = 17
)

// ClipboardUpdate is the message for changes of the clipboard, after ListenClipboard.
const ClipboardUpdate = 0x031D

var (
	// ErrClipboardBusy says that another program has the clipboard open, which is to be for a moment.
	ErrClipboardBusy = errors.New("another program has the clipboard open")
	// ErrNoFormat says that the clipboard has nothing in that format.
	ErrNoFormat = errors.New("the clipboard has no such format")
	// ErrTooMuch says that there is more than what was asked for.
	ErrTooMuch = errors.New("the clipboard has more than that")
)

// WithClipboard calls f while the clipboard is open for a window of this thread. The functions below
// are for f.
func WithClipboard(window uintptr, f func() error) error {
	if r, _, err := procOpenClipboard.Call(window); r == 0 {
		return fmt.Errorf("%w: %w", ErrClipboardBusy, err)
	}
	defer procCloseClipboard.Call()
	return f()
}

// EmptyClipboard empties the clipboard, and has the window that has opened it be its owner.
func EmptyClipboard() error {
	if r, _, err := procEmptyClipboard.Call(); r == 0 {
		return fmt.Errorf("empty the clipboard: %w", err)
	}
	return nil
}

// SetClipboard puts data on the clipboard, beside what is there in other formats. It stays when the
// program ends.
func SetClipboard(format uint32, data []byte) error {
	const moveable = 0x0002 // GMEM_MOVEABLE
	h, _, err := procGlobalAlloc.Call(moveable, uintptr(max(len(data), 1)))
	if h == 0 {
		return fmt.Errorf("memory for the clipboard: %w", err)
	}
	p, _, err := procGlobalLock.Call(h)
	if p == 0 {
		procGlobalFree.Call(h)
		return fmt.Errorf("memory for the clipboard: %w", err)
	}
	copy(unsafe.Slice((*byte)(pointer(p)), len(data)), data)
	procGlobalUnlock.Call(h)
	if r, _, err := procSetClipboard.Call(uintptr(format), h); r == 0 {
		procGlobalFree.Call(h)
		return fmt.Errorf("put format %d on the clipboard: %w", format, err)
	}
	return nil // it is the system's now
}

// Clipboard returns what the clipboard has in a format. The program that has put it there may have
// to make it first, and is waited for.
func Clipboard(format uint32, most int) ([]byte, error) {
	h, _, _ := procGetClipboard.Call(uintptr(format))
	if h == 0 {
		return nil, ErrNoFormat
	}
	size, _, _ := procGlobalSize.Call(h)
	if size > uintptr(most) {
		return nil, ErrTooMuch
	}
	p, _, _ := procGlobalLock.Call(h)
	if p == 0 || size == 0 {
		return nil, ErrNoFormat
	}
	defer procGlobalUnlock.Call(h)
	return append([]byte(nil), unsafe.Slice((*byte)(pointer(p)), size)...), nil
}

// ClipboardEmpty reports whether the clipboard has nothing. It need not be open.
func ClipboardEmpty() bool {
	n, _, _ := procCountFormats.Call()
	return n == 0
}

// maxFormats bounds what one program can put there.
const maxFormats = 1000

// ClipboardFormats are the formats that the clipboard has, those first that its owner likes best.
func ClipboardFormats() (list []uint32) {
	for f := uintptr(0); len(list) < maxFormats; {
		if f, _, _ = procEnumFormats.Call(f); f == 0 {
			break
		}
		list = append(list, uint32(f))
	}
	return list
}

// Format is the number of a format that goes by its name, as long as the system runs.
func Format(name string) uint32 {
	n, _, _ := procRegisterFormat.Call(uintptr(unsafe.Pointer(UTF16(name))))
	return uint32(n)
}

// FormatName is the name of a format, "" of one that has a number alone.
func FormatName(format uint32) string {
	var name [256]uint16
	n, _, _ := procFormatName.Call(uintptr(format), uintptr(unsafe.Pointer(&name)), uintptr(len(name)))
	return windows.UTF16ToString(name[:min(n, uintptr(len(name)))])
}

// ClipboardOwner is the window that has emptied the clipboard last, 0 if that has gone.
func ClipboardOwner() uintptr {
	w, _, _ := procClipboardOwner.Call()
	return w
}

// ListenClipboard has a window hear of changes of the clipboard, by ClipboardUpdate.
func ListenClipboard(window uintptr) error {
	if r, _, err := procListen.Call(window); r == 0 {
		return fmt.Errorf("listen for changes of the clipboard: %w", err)
	}
	return nil
}

// pointer is an address of memory that is not Go's.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
