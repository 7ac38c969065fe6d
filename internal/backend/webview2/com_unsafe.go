//go:build windows

package webview2

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

// An apartment is the thread that calls COM, and what it holds.
type apartment struct {
	thread uint32
	log    func(string)
	table  uintptr // of the functions of all served interfaces
	held   int     // references to objects of others

	mu     sync.Mutex
	served map[uintptr]*face // guarded by mu; by address. Some are called on other threads
}

// result is an HRESULT.
type result uint32

const (
	ok             result = 0
	errNoInterface result = 0x80004002
	errNotImpl     result = 0x80004001
	errFail        result = 0x80004005
	errPointer     result = 0x80004003
	changedMode    result = 0x80010106 // RPC_E_CHANGED_MODE
)

// failed says that a method of an object has failed.
type failed struct {
	what   string
	result result
}

func (e *failed) Error() string {
	return fmt.Sprintf("webview2: %s: HRESULT %#x", e.what, uint32(e.result))
}

var (
	procGetHeap         = win32.Kernel32.NewProc("GetProcessHeap")
	procHeapAlloc       = win32.Kernel32.NewProc("HeapAlloc")
	procHeapFree        = win32.Kernel32.NewProc("HeapFree")
	ole32               = &windows.LazyDLL{Name: "ole32.dll", System: true}
	procOleInitialize   = ole32.NewProc("OleInitialize")
	procOleUninitialize = ole32.NewProc("OleUninitialize")
	procCoTaskMemFree   = ole32.NewProc("CoTaskMemFree")
	procCoTaskMem       = ole32.NewProc("CoTaskMemAlloc")
)

// newApartment makes the calling thread a single-threaded apartment. leave undoes it.
func newApartment(log func(string)) (a *apartment, leave func(), err error) {
	a, uninitialize, err := enterApartment(log)
	if err != nil {
		return nil, nil, err
	}
	a.table = a.newTable()
	return a, func() {
		uninitialize()
		heapFree(a.table)
	}, nil
}

// enterApartment is newApartment for a thread that serves no objects.
func enterApartment(log func(string)) (a *apartment, leave func(), err error) {
	// OleInitialize is CoInitializeEx for such a thread, with what drag and drop needs.
	if r, _, _ := procOleInitialize.Call(0); int32(r) < 0 {
		return nil, nil, &failed{"OleInitialize", result(r)}
	}
	return &apartment{thread: windows.GetCurrentThreadId(), log: log, served: map[uintptr]*face{}}, func() { procOleUninitialize.Call() }, nil
}

// balance tells what was not given back: references to objects of others, and own interfaces that
// others still hold.
func (a *apartment) balance() (held, served int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held, len(a.served)
}

// pointer is the address in p, which is no memory of Go's.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

func heapAlloc(size uintptr) uintptr {
	const zero = 8 // HEAP_ZERO_MEMORY
	heap, _, _ := procGetHeap.Call()
	p, _, _ := procHeapAlloc.Call(heap, zero, size)
	if p == 0 {
		panic("webview2: out of memory")
	}
	return p
}

func heapFree(p uintptr) {
	heap, _, _ := procGetHeap.Call()
	procHeapFree.Call(heap, 0, p)
}

// object is a reference to an object of WebView2, or nil. All of its methods are for the thread of
// the apartment.
type object struct {
	a *apartment
	p uintptr
}

func (o object) isNil() bool { return o.p == 0 }

// rect is a RECT.
type rect struct{ left, top, right, bottom int32 }

// call calls a method. Arguments are of these types, by the letter in method.params: p uintptr,
// object, *served, or a pointer to what is to be filled in; s string; b bool; i int32, uint32 or an
// enum of these; l uint64; d float64; r rect.
func (o object) call(m method, args ...any) error {
	if o.p == 0 {
		return fmt.Errorf("webview2: %s.%s of nothing", m.face, m.name)
	}
	if now := windows.GetCurrentThreadId(); now != o.a.thread {
		panic(fmt.Sprintf("webview2: %s.%s on thread %d, not on that of the main loop", m.face, m.name, now))
	}
	if len(args) != len(m.params) {
		panic(fmt.Sprintf("webview2: %s.%s takes %d arguments, not %d", m.face, m.name, len(m.params), len(args)))
	}
	words := make([]uintptr, 1, 2*len(args)+1)
	words[0] = o.p
	keep := make([]any, 0, len(args))
	for i, arg := range args {
		switch m.params[i] {
		case 'p':
			words = append(words, word(arg))
		case 's':
			text, err := windows.UTF16FromString(arg.(string))
			if err != nil {
				return fmt.Errorf("webview2: %s.%s: %w", m.face, m.name, err)
			}
			keep = append(keep, text)
			words = append(words, uintptr(unsafe.Pointer(&text[0])))
		case 'b':
			words = append(words, boolWord(arg.(bool)))
		case 'i':
			words = append(words, number(arg))
		case 'l':
			words = append(words, uintptr(arg.(uint64)))
		case 'd':
			if runtime.GOARCH != "amd64" { // where it would go into a register that SyscallN leaves alone
				return fmt.Errorf("webview2: %s.%s on windows/%s: %w", m.face, m.name, runtime.GOARCH, errors.ErrUnsupported)
			}
			words = append(words, uintptr(math.Float64bits(arg.(float64))))
		case 'r':
			r := new(rect)
			*r = arg.(rect)
			keep = append(keep, r)
			if runtime.GOARCH == "amd64" {
				words = append(words, uintptr(unsafe.Pointer(r))) // what is larger than a register goes by address
			} else {
				half := (*[2]uintptr)(unsafe.Pointer(r))
				words = append(words, half[0], half[1])
			}
		}
	}
	r := o.invoke(m.slot, words...)
	runtime.KeepAlive(args)
	runtime.KeepAlive(keep)
	if int32(r) < 0 {
		return &failed{m.face + "." + m.name, r}
	}
	return nil
}

func (o object) invoke(slot uintptr, words ...uintptr) result {
	table := *(*uintptr)(pointer(o.p))
	function := *(*uintptr)(pointer(table + slot*unsafe.Sizeof(table)))
	r, _, _ := syscall.SyscallN(function, words...)
	return result(r)
}

// word is the machine word for a pointer or handle. What it points to has to be kept alive.
func word(arg any) uintptr {
	switch v := arg.(type) {
	case nil:
		return 0
	case uintptr:
		return v
	case object:
		return v.p
	case *face:
		return v.address
	case *uintptr:
		return uintptr(unsafe.Pointer(v))
	case *int32:
		return uintptr(unsafe.Pointer(v))
	case *formatEtc:
		return uintptr(unsafe.Pointer(v))
	case *storageMedium:
		return uintptr(unsafe.Pointer(v))
	case *uint64:
		return uintptr(unsafe.Pointer(v))
	}
	panic(fmt.Sprintf("webview2: %T is no pointer", arg))
}

func boolWord(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

func number(arg any) uintptr {
	switch v := arg.(type) {
	case int32:
		return uintptr(uint32(v))
	case uint32:
		return uintptr(v)
	}
	panic(fmt.Sprintf("webview2: %T is no number of 32 bits", arg))
}

// own returns an object for a reference that was handed over with a call.
func (a *apartment) own(p uintptr) object {
	if p != 0 {
		a.held++
	}
	return object{a, p}
}

// borrow returns an object for an address that is good for the time of a call only.
func (a *apartment) borrow(p uintptr) object { return object{a, p} }

// keep makes a borrowed object the caller's own.
func (o object) keep() object {
	if o.p != 0 {
		const addRef = 1
		o.invoke(addRef, o.p)
		o.a.held++
	}
	return o
}

// release gives the reference back. The object must not be used any more.
func (o *object) release() {
	if o.p == 0 {
		return
	}
	const release = 2
	p := *o
	o.p = 0
	p.a.held--
	p.invoke(release, p.p)
}

// as asks the object for another interface of it; an older runtime may not have it.
func (o object) as(name string) (object, error) {
	if o.p == 0 {
		return object{}, fmt.Errorf("webview2: %s of nothing", name)
	}
	iid, out := guid(name), new(uintptr)
	const queryInterface = 0
	r := o.invoke(queryInterface, o.p, uintptr(unsafe.Pointer(iid)), uintptr(unsafe.Pointer(out)))
	runtime.KeepAlive(iid)
	if int32(r) < 0 {
		return object{}, fmt.Errorf("webview2: this version of the runtime has no %s: %w", name, errors.ErrUnsupported)
	}
	return o.a.own(*out), nil
}

// with calls f with another interface of the object.
func (o object) with(name string, f func(object) error) error {
	other, err := o.as(name)
	if err != nil {
		return err
	}
	defer other.release()
	return f(other)
}

// object calls a method that returns an object.
func (o object) object(m method, args ...any) (object, error) {
	out := new(uintptr)
	if err := o.call(m, append(args, out)...); err != nil {
		return object{}, err
	}
	return o.a.own(*out), nil
}

// text calls a method that returns a text, "" where that fails.
func (o object) text(m method) string {
	out := new(uintptr)
	if o.call(m, out) != nil {
		return ""
	}
	return takeText(*out)
}

// number calls a method that returns a number of 32 bits or a BOOL, 0 where that fails.
func (o object) number(m method) int32 {
	out := new(int32)
	if o.call(m, out) != nil {
		return 0
	}
	return *out
}

// long is number for one of 64 bits.
func (o object) long(m method) uint64 {
	out := new(uint64)
	if o.call(m, out) != nil {
		return 0
	}
	return *out
}

// takeText reads a text that COM has allocated, and frees it.
func takeText(p uintptr) string {
	if p == 0 {
		return ""
	}
	s := readText(p)
	procCoTaskMemFree.Call(p)
	return s
}

func readText(p uintptr) string {
	if p == 0 {
		return ""
	}
	return windows.UTF16PtrToString((*uint16)(pointer(p)))
}

// memory is n bytes at p, which is no memory of Go's.
func memory(p, n uintptr) []byte { return unsafe.Slice((*byte)(pointer(p)), n) }

// handler makes the handler of an event, or of an end, for the time of a call that takes it.
func (a *apartment) handler(name string, f func(x, y uintptr), use func(*face) error) error {
	h := a.serve(nil, &face{name: name, functions: []function{func(x, y, _ uintptr) result { f(x, y); return ok }}})
	defer h.release()
	return use(h)
}

// listen adds the handler of an event to an object, for as long as that lives.
func (o object) listen(m method, name string, f func(args object)) error {
	return o.a.handler(name, func(_, args uintptr) { f(o.a.borrow(args)) }, func(h *face) error {
		return o.call(m, h, new(uint64))
	})
}

// bytesAddress is an argument for p: the caller keeps the bytes alive by using them afterwards.
func bytesAddress(p []byte) uintptr { return uintptr(unsafe.Pointer(&p[0])) }
