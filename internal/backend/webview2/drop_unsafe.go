//go:build windows

package webview2

import (
	"sync"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

var (
	procRegisterDragDrop = ole32.NewProc("RegisterDragDrop")
	procRevokeDragDrop   = ole32.NewProc("RevokeDragDrop")
	procReleaseMedium    = ole32.NewProc("ReleaseStgMedium")
	procDragQueryFile    = win32.Shell32.NewProc("DragQueryFileW")
	procEnumChildren     = win32.User32.NewProc("EnumChildWindows")
)

// invalidWindow is DRAGDROP_E_INVALIDHWND.
const invalidWindow result = 0x80040102

// formatEtc is a FORMATETC.
type formatEtc struct {
	format uint16
	device uintptr
	aspect uint32
	index  int32
	medium uint32
}

// storageMedium is a STGMEDIUM.
type storageMedium struct {
	medium uint32
	handle uintptr
	owner  uintptr
}

// pointOf reads a POINTL that came by value.
func pointOf(word uintptr) point {
	return point{int32(uint32(uint64(word))), int32(uint32(uint64(word) >> 32))}
}

// draggedFiles are the paths that an IDataObject has, or one more than most of them.
func draggedFiles(data object, most int) (paths [][]byte) {
	const content, memoryHandle = 1, 1 // DVASPECT_CONTENT, TYMED_HGLOBAL
	format := &formatEtc{format: win32.FormatFiles, aspect: content, index: -1, medium: memoryHandle}
	medium := new(storageMedium)
	if data.call(dataGet, format, medium) != nil {
		return nil
	}
	defer procReleaseMedium.Call(uintptr(unsafe.Pointer(medium)))
	const countAll = 0xFFFFFFFF
	n, _, _ := procDragQueryFile.Call(medium.handle, countAll, 0, 0)
	for i := range min(n, uintptr(most)+1) {
		length, _, _ := procDragQueryFile.Call(medium.handle, i, 0, 0)
		name := make([]uint16, min(length, 1<<15)+1)
		procDragQueryFile.Call(medium.handle, i, uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)))
		// A name that is no UTF-16 becomes another one, which is not there.
		if path := windows.UTF16ToString(name); path != "" && utf8.ValidString(path) {
			paths = append(paths, []byte(path))
		}
	}
	return paths
}

// children is what childWindows is finding, on the thread of the main loop.
var children struct {
	once     sync.Once
	callback uintptr
	list     []uintptr
}

// maxChildren bounds the windows that the engine is looked for in.
const maxChildren = 1000

// childWindows are the windows in a window, at all depths. It is for the main loop only.
func childWindows(w uintptr) []uintptr {
	children.once.Do(func() {
		children.callback = windows.NewCallback(func(child, _ uintptr) uintptr {
			children.list = append(children.list, child)
			return boolWord(len(children.list) < maxChildren)
		})
	})
	children.list = nil
	procEnumChildren.Call(w, children.callback, 0)
	return children.list
}
