//go:build windows

package webview2

import (
	"fmt"
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/windows"
)

// function is a method of an own interface, with the words that it is called with. Where it
// takes fewer, the others mean nothing.
type function func(a, b, c uintptr) result

// wideFunction is a function of four words.
type wideFunction func(a, b, c, d uintptr) result

// A face is an interface of an own object: the functions after those of IUnknown. Its address,
// in memory of C's, is that of a pointer to the shared table.
type face struct {
	a         *apartment
	name      string
	address   uintptr
	functions []function
	wide      []wideFunction // in the place of functions
	object    *ownObject
}

// ownObject is an object with one interface or more, which lives while others hold references.
type ownObject struct {
	faces []*face
	refs  int32 // guarded by apartment.mu
	gone  func()
}

// tableSize is how many functions an own interface may have, those of IUnknown included.
const tableSize = 14 // IStream

var (
	iidUnknown = windows.GUID{Data4: [8]byte{0xC0, 0, 0, 0, 0, 0, 0, 0x46}}
	iidAgile   = windows.GUID{Data1: 0x94EA2B94, Data2: 0xE9CC, Data3: 0x49E0, Data4: [8]byte{0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90}}
)

// newTable makes the table of functions that all own interfaces share: the place in the table and
// the address of the object say what to call. Callbacks of Go are few, and never freed.
func (a *apartment) newTable() uintptr {
	table := heapAlloc(tableSize * unsafe.Sizeof(uintptr(0)))
	slots := unsafe.Slice((*uintptr)(pointer(table)), tableSize)
	slots[0] = windows.NewCallback(func(this, iid, out uintptr) uintptr { return uintptr(a.query(this, iid, out)) })
	slots[1] = windows.NewCallback(func(this uintptr) uintptr { return uintptr(a.count(this, 1)) })
	slots[2] = windows.NewCallback(func(this uintptr) uintptr { return uintptr(a.count(this, -1)) })
	for i := 3; i < tableSize; i++ {
		slots[i] = windows.NewCallback(func(this, x, y, z, w uintptr) uintptr { return uintptr(a.dispatch(this, i-3, x, y, z, w)) })
	}
	return table
}

func (a *apartment) find(this uintptr) *face {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.served[this]
}

func (a *apartment) query(this, iid, out uintptr) result {
	f := a.find(this)
	if f == nil || iid == 0 || out == 0 {
		return errPointer
	}
	want := *(*windows.GUID)(pointer(iid))
	to := (*uintptr)(pointer(out))
	for _, o := range f.object.faces {
		// Own objects guard what they share, so each thread may call them as it is.
		if want == iidUnknown || want == iidAgile || want == *guid(o.name) {
			a.count(o.address, 1)
			*to = o.address
			return ok
		}
	}
	*to = 0
	return errNoInterface
}

// count changes the number of references.
func (a *apartment) count(this uintptr, by int32) int32 {
	a.mu.Lock()
	f := a.served[this]
	if f == nil {
		a.mu.Unlock()
		a.log("webview2: a reference to what is gone was given back")
		return 0
	}
	o := f.object
	o.refs += by
	n := o.refs
	if n > 0 {
		a.mu.Unlock()
		return n
	}
	for _, f := range o.faces {
		delete(a.served, f.address)
	}
	a.mu.Unlock()
	for _, f := range o.faces {
		heapFree(f.address)
	}
	if o.gone != nil {
		o.gone()
	}
	return 0
}

// dispatch calls a function. A panic must not unwind the caller, which is C++.
func (a *apartment) dispatch(this uintptr, i int, x, y, z, w uintptr) (r result) {
	defer func() {
		if p := recover(); p != nil {
			a.log(fmt.Sprintf("webview2: panic: %v\n%s", p, debug.Stack()))
			r = errFail
		}
	}()
	f := a.find(this)
	if f == nil {
		return errPointer
	}
	if i < len(f.wide) {
		return f.wide[i](x, y, z, w)
	}
	if i >= len(f.functions) || f.functions[i] == nil {
		return errNotImpl
	}
	return f.functions[i](x, y, z)
}

// serve makes an object with these interfaces. The caller has one reference. gone, if it is not
// nil, is called when the last one is given back, on the thread that does.
func (a *apartment) serve(gone func(), faces ...*face) *face {
	o := &ownObject{faces: faces, refs: 1, gone: gone}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range faces {
		f.a, f.object = a, o
		f.address = heapAlloc(unsafe.Sizeof(f.address))
		*(*uintptr)(pointer(f.address)) = a.table
		a.served[f.address] = f
	}
	return faces[0]
}

// release gives back the reference of whoever made the object.
func (f *face) release() { f.a.count(f.address, -1) }

// giveText puts a text where a caller has asked for it, which frees it.
func giveText(to uintptr, s string) result {
	text, err := windows.UTF16FromString(s)
	if err != nil || to == 0 {
		return errFail
	}
	p, _, _ := procCoTaskMem.Call(uintptr(len(text) * 2))
	if p == 0 {
		return errFail
	}
	copy(unsafe.Slice((*uint16)(pointer(p)), len(text)), text)
	*(*uintptr)(pointer(to)) = p
	return ok
}

// giveNumber puts a number of 32 bits where a caller has asked for it; 0 means nowhere.
func giveNumber(to uintptr, n uint32) result {
	if to != 0 {
		*(*uint32)(pointer(to)) = n
	}
	return ok
}

func giveLong(to uintptr, n uint64) {
	if to != 0 {
		*(*uint64)(pointer(to)) = n
	}
}

// givePointers puts a list of addresses where a caller has asked for it, which frees it.
func givePointers(to uintptr, list []uintptr) result {
	p, _, _ := procCoTaskMem.Call(uintptr(len(list)) * unsafe.Sizeof(to))
	if p == 0 {
		return errFail
	}
	copy(unsafe.Slice((*uintptr)(pointer(p)), len(list)), list)
	*(*uintptr)(pointer(to)) = p
	return ok
}

// giveTextAt is giveText to a place of Go's.
func giveTextAt(to *uintptr, s string) result { return giveText(uintptr(unsafe.Pointer(to)), s) }
