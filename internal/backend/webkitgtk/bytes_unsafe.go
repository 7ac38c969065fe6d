//go:build linux

package webkitgtk

import (
	"runtime"
	"unsafe"

	"github.com/mullion-dev/mullion/internal/wire"
)

// bytes is the content of a GBytes, as long as that lives.
func (e *engine) bytes(b uintptr) []byte {
	n := new(uintptr)
	p := e.c.gBytesGetData.call(b, uintptr(unsafe.Pointer(n)))
	return memory(p, int(*n))
}

// newBytes makes a GBytes, by g_bytes_new_with_free_func, of data itself, which
// is pinned until C lets go of it, on whatever thread. It must not be empty nor
// changed any more.
func (c *callbacks) newBytes(make cfunc, data []byte) uintptr {
	pin := new(runtime.Pinner)
	pin.Pin(unsafe.SliceData(data))
	id := c.add(callback{free: pin.Unpin})
	return make.call(address(data), uintptr(len(data)), c.remove, id)
}

func (e *engine) newBytes(data []byte) uintptr {
	return e.cb.newBytes(e.c.gBytesNewWithFreeFunc, data)
}

// newString makes a script value of text, which is copied.
func (e *engine) newString(context uintptr, text string) uintptr {
	var pin runtime.Pinner
	defer pin.Unpin()
	p := unsafe.StringData(text)
	if text == "" {
		p = new(byte)
	}
	pin.Pin(p)
	b := e.c.gBytesNewStatic.call(uintptr(unsafe.Pointer(p)), uintptr(len(text)))
	value := e.c.jscValueNewStringFromBytes.call(context, b)
	e.c.gBytesUnref.call(b)
	return value
}

// headerIterator is SoupMessageHeadersIter.
type headerIterator struct{ private [3]uintptr }

// fields copies SoupMessageHeaders, which may be NULL.
func (e *engine) fields(headers uintptr) []wire.Field {
	if headers == 0 {
		return nil
	}
	var fields []wire.Field
	it, name, value := new(headerIterator), new(uintptr), new(uintptr)
	e.c.soupMessageHeadersIterInit.call(uintptr(unsafe.Pointer(it)), headers)
	for isTrue(e.c.soupMessageHeadersIterNext.call(uintptr(unsafe.Pointer(it)), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)))) {
		fields = append(fields, wire.Field{Name: goString(*name), Value: goString(*value)})
	}
	return fields
}
