package webkitgtk

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/ebitengine/purego"
)

// args are what C passes before the user data, the object of a signal first.
// What is narrower than a word has garbage above it.
type args [7]uintptr

// A callback is what a number given to C as user data stands for.
type callback struct {
	f func(args) uintptr
	// fallback is returned where f panics.
	fallback uintptr
	// once removes the callback before f is called.
	once bool
	// free is called when it is removed, on any thread.
	free func()
}

// callbacks are the ways from C to Go. C gets one of a few functions, one
// per signature, for they can never be freed and there is a limit to their
// number; which callback is meant is told by the user data.
type callbacks struct {
	log func(string)

	signature [8]uintptr // by the number of arguments before the user data
	remove    uintptr    // GDestroyNotify
	unconnect uintptr    // GClosureNotify

	mu   sync.Mutex
	last uintptr              // guarded by mu
	live map[uintptr]callback // guarded by mu
}

func newCallbacks(log func(string)) *callbacks {
	c := &callbacks{log: log, live: make(map[uintptr]callback)}
	c.signature = [...]uintptr{
		purego.NewCallback(func(id uintptr) uintptr { return c.run(id, args{}) }),
		purego.NewCallback(func(p, id uintptr) uintptr { return c.run(id, args{p}) }),
		purego.NewCallback(func(p, q, id uintptr) uintptr { return c.run(id, args{p, q}) }),
		purego.NewCallback(func(p, q, r, id uintptr) uintptr { return c.run(id, args{p, q, r}) }),
		purego.NewCallback(func(p, q, r, s, id uintptr) uintptr { return c.run(id, args{p, q, r, s}) }),
		purego.NewCallback(func(p, q, r, s, t, id uintptr) uintptr { return c.run(id, args{p, q, r, s, t}) }),
		purego.NewCallback(func(p, q, r, s, t, u, id uintptr) uintptr { return c.run(id, args{p, q, r, s, t, u}) }),
		purego.NewCallback(func(p, q, r, s, t, u, v, id uintptr) uintptr { return c.run(id, args{p, q, r, s, t, u, v}) }),
	}
	c.remove = purego.NewCallback(func(id uintptr) uintptr { c.drop(id); return 0 })
	c.unconnect = purego.NewCallback(func(id, closure uintptr) uintptr { c.drop(id); return 0 })
	return c
}

// add returns the user data for cb.
func (c *callbacks) add(cb callback) uintptr {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.live[c.last] = cb
	return c.last
}

// drop removes a callback. It may come from any thread.
func (c *callbacks) drop(id uintptr) {
	c.mu.Lock()
	cb, ok := c.live[id]
	delete(c.live, id)
	c.mu.Unlock()
	if ok && cb.free != nil {
		defer c.rescue("freeing")
		cb.free()
	}
}

// count is the number of live callbacks.
func (c *callbacks) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}

// run is the only way in. A panic must not cross the frames of C.
func (c *callbacks) run(id uintptr, a args) (result uintptr) {
	c.mu.Lock()
	cb, ok := c.live[id]
	if cb.once {
		delete(c.live, id)
	}
	c.mu.Unlock()
	if !ok || cb.f == nil {
		return 0
	}
	result = cb.fallback
	defer c.rescue("a callback")
	return cb.f(a)
}

// signalFuncs are what connecting to signals needs.
type signalFuncs struct {
	gSignalConnectData cfunc
	gSignalLookup      cfunc
	gSignalQuery       cfunc
}

// arguments is the number of arguments that a signal, with its detail or
// without, passes before the user data: the object and its parameters.
func (s *signalFuncs) arguments(object uintptr, signal string) int {
	name, _, _ := strings.Cut(signal, "::")
	id := s.gSignalLookup.with(name, gtypeOf(object))
	q := new(signalQuery)
	s.gSignalQuery.with(id, q) // all zero where there is no such signal
	return 1 + int(q.parameters)
}

// connectSignal calls cb for a signal. It asks GObject how many arguments
// there are: with a wrong number, what lies where the user data should be is
// taken for a callback. The handler lives as long as the object, or until
// disconnected.
func (c *callbacks) connectSignal(s *signalFuncs, object uintptr, signal string, cb callback, flags int) (handler uintptr) {
	n := s.arguments(object, signal)
	return s.gSignalConnectData.with(object, signal, c.signature[n], c.add(cb), c.unconnect, flags)
}

// rescue, deferred, logs a panic and ends it.
func (c *callbacks) rescue(what string) {
	if r := recover(); r != nil {
		c.log(fmt.Sprintf("webkitgtk: panic in %s: %v\n%s", what, r, debug.Stack()))
	}
}
