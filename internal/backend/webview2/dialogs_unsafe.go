//go:build windows

package webview2

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

var (
	procActivateActCtx   = win32.Kernel32.NewProc("ActivateActCtx")
	procCreateActCtx     = win32.Kernel32.NewProc("CreateActCtxW")
	procDeactivateActCtx = win32.Kernel32.NewProc("DeactivateActCtx")
	procReleaseActCtx    = win32.Kernel32.NewProc("ReleaseActCtx")
	procCoCreateInstance = ole32.NewProc("CoCreateInstance")
	procFindWindow       = win32.User32.NewProc("FindWindowExW")

	procItemFromPath = win32.Shell32.NewProc("SHCreateItemFromParsingName")
)

const (
	taskDialogLibrary = "comctl32.dll"
	taskDialogExport  = "TaskDialogIndirect"
	errNoTaskDialog   = "message dialogs need version 6 of comctl32.dll"
)

// create makes an object of the system, by the names in streams.
func (a *apartment) create(class, face string) (object, error) {
	const inProcess = 1 // CLSCTX_INPROC_SERVER
	out := new(uintptr)
	r, _, _ := procCoCreateInstance.Call(uintptr(unsafe.Pointer(guid(class))), 0, inProcess, uintptr(unsafe.Pointer(guid(face))), uintptr(unsafe.Pointer(out)))
	if int32(r) < 0 {
		return object{}, &failed{"CoCreateInstance " + class, result(r)}
	}
	return a.own(*out), nil
}

// shellItem is the IShellItem of a path.
func (a *apartment) shellItem(path string) (object, error) {
	out := new(uintptr)
	r, _, _ := procItemFromPath.Call(uintptr(unsafe.Pointer(win32.UTF16(path))), 0, uintptr(unsafe.Pointer(guid("IShellItem"))), uintptr(unsafe.Pointer(out)))
	if int32(r) < 0 {
		return object{}, &failed{"SHCreateItemFromParsingName", result(r)}
	}
	return a.own(*out), nil
}

// filters is an array of COMDLG_FILTERSPEC: a name and a pattern each.
type filters [][2]*uint16

func newFilters(list []wire.DialogFilter) filters {
	var f filters
	for _, l := range list {
		f = append(f, [2]*uint16{win32.UTF16(l.Name), win32.UTF16(pattern(l))})
	}
	return f
}

func (f filters) address() uintptr { return uintptr(unsafe.Pointer(&f[0])) }
func (f filters) keep()            { runtime.KeepAlive(f) }

// nextWindow is the top-level window behind another one, or the first.
func nextWindow(after uintptr) uintptr {
	w, _, _ := procFindWindow.Call(0, after, 0, 0)
	return w
}

// activationContext is an ACTCTXW.
type activationContext struct {
	size, flags      uint32
	source           *uint16
	arch, language   uint16
	folder, resource uintptr
	application      uintptr
	module           uintptr
}

// activate has this thread use the libraries of a manifest.
func activate(manifest string) (leave func(), err error) {
	c := &activationContext{source: win32.UTF16(manifest)}
	c.size = uint32(unsafe.Sizeof(*c))
	h, _, err := procCreateActCtx.Call(uintptr(unsafe.Pointer(c)))
	if h == ^uintptr(0) {
		return nil, fmt.Errorf("%s: %w", errNoTaskDialog, err)
	}
	cookie := new(uintptr)
	if r, _, err := procActivateActCtx.Call(h, uintptr(unsafe.Pointer(cookie))); r == 0 {
		procReleaseActCtx.Call(h)
		return nil, fmt.Errorf("%s: %w", errNoTaskDialog, err)
	}
	return func() {
		procDeactivateActCtx.Call(0, *cookie)
		procReleaseActCtx.Call(h)
	}, nil
}

// taskDialog is what of a TASKDIALOGCONFIG is used.
type taskDialog struct {
	parent             uintptr
	title, text, level string
	icon               uintptr // HICON, or 0
	standard, first    uint32
	buttons            []taskButton
}

type taskButton struct {
	id    uint32
	label string
}

// taskIcons are TD_WARNING_ICON and those beside it.
var taskIcons = map[string]uint64{"warning": 0xFFFF, "error": 0xFFFE, "info": 0xFFFD}

// The places in a TASKDIALOGCONFIG, which has no gaps between its fields (commctrl.h), in a process
// of 64 bits.
const (
	taskParent     = 4
	taskFlags      = 20
	taskStandard   = 24
	taskTitle      = 28
	taskIcon       = 36
	taskText       = 52
	taskButtons    = 60 // their number
	taskButtonList = 64
	taskFirst      = 72
	taskConfigSize = 160
	taskButtonSize = 12
)

// show shows the dialog and returns the number of the button.
func (t *taskDialog) show() (uint32, error) {
	const cancellable, overParent, sizeToContent, withIcon = 0x8, 0x1000, 0x1000000, 0x2
	library, err := windows.LoadLibraryEx(taskDialogLibrary, 0, windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", errNoTaskDialog, err)
	}
	defer windows.FreeLibrary(library)
	function, err := windows.GetProcAddress(library, taskDialogExport)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", errNoTaskDialog, err)
	}
	var texts runtime.Pinner
	defer texts.Unpin()
	text := func(s string) uint64 {
		p := win32.UTF16(s)
		texts.Pin(p)
		return uint64(uintptr(unsafe.Pointer(p)))
	}
	config := make([]byte, taskConfigSize)
	put32 := func(at int, n uint32) { binary.LittleEndian.PutUint32(config[at:], n) }
	put64 := func(at int, n uint64) { binary.LittleEndian.PutUint64(config[at:], n) }
	flags := uint32(cancellable | sizeToContent)
	if t.parent != 0 {
		flags |= overParent
	}
	put64(taskIcon, taskIcons[t.level])
	if t.icon != 0 {
		flags |= withIcon
		put64(taskIcon, uint64(t.icon))
	}
	put32(0, taskConfigSize)
	put64(taskParent, uint64(t.parent))
	put32(taskFlags, flags)
	put32(taskStandard, t.standard)
	if t.title != "" {
		put64(taskTitle, text(t.title))
	}
	put64(taskText, text(t.text))
	put32(taskFirst, t.first)
	buttons := make([]byte, max(taskButtonSize*len(t.buttons), 1))
	texts.Pin(&buttons[0])
	for i, b := range t.buttons {
		binary.LittleEndian.PutUint32(buttons[i*taskButtonSize:], b.id)
		binary.LittleEndian.PutUint64(buttons[i*taskButtonSize+4:], text(b.label))
	}
	put32(taskButtons, uint32(len(t.buttons)))
	if len(t.buttons) > 0 {
		put64(taskButtonList, uint64(uintptr(unsafe.Pointer(&buttons[0]))))
	}
	chosen := new(int32)
	code, _, _ := syscall.SyscallN(function, uintptr(unsafe.Pointer(&config[0])), uintptr(unsafe.Pointer(chosen)), 0, 0)
	runtime.KeepAlive(config)
	if r := result(code); int32(r) < 0 {
		return 0, &failed{taskDialogExport, r}
	}
	return uint32(*chosen), nil
}

// newIcon makes an HICON of a picture, or 0.
func newIcon(p *wire.Picture) uintptr { return win32.NewIcon(p.Width, p.Height, p.RGBA) }
