// Package fake is an engine without a display, for tests: windows and
// webviews are recorded state, and the test acts as the user and as the page.
//
//	e := fake.New()
//	go host.Run(e, …)            // calls e.Run
//	v, err := e.WaitWebview(ctx, 1)
//	answer, err := v.Message(ctx, `{"cmd":"greet"}`)
//
// The state belongs to the main loop, as in a real engine, and is guarded by
// nothing else: the race detector finds callers that are on the wrong
// goroutine. The methods that only a test calls may be called on any
// goroutine but the main loop's.
package fake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

var (
	// ErrQuit is returned by what a test does after the engine has ended.
	ErrQuit = errors.New("fake: the engine has ended")
	// ErrClosed is returned for a window or webview that is closed.
	ErrClosed = errors.New("fake: closed")
	// ErrCrashed is returned for a page whose web process is gone.
	ErrCrashed = errors.New("fake: the web process is gone")
)

// Lacks implements backend.Lacker.
func (e *Engine) Lacks() []wire.Lack {
	return []wire.Lack{{Command: "set_shadow", Reason: "shadows are drawn by nobody"}}
}

// Engine is a backend.Engine in memory. Use New.
type Engine struct {
	// InitErr, if set before Run, is what Run returns at once.
	InitErr error
	// Draws, if set before Run, tells with which settings pages are drawn, and
	// Deadly which addresses end the engine.
	Draws  func(wire.Rendering) bool
	Deadly func(address string) bool
	// Unloadable says which addresses cannot be loaded, Broken which break off
	// once they have begun, and Silent for which no answer comes. Nil: none.
	Unloadable, Broken, Silent func(address string) bool

	wake  chan struct{} // holds one token while queue is not empty or quit is set
	ended chan struct{} // closed by End
	end   sync.Once
	quits chan struct{} // closed by Quit

	mu    sync.Mutex
	queue []func() // guarded by mu
	quit  bool     // guarded by mu

	// The rest belongs to the main loop.
	options  backend.Options
	handler  backend.Handler
	windows  map[uint32]*Window
	opened   []uint32 // windows, in the order in which they were made
	webviews map[uint32]*Webview
	misuse   []string
	waiters  []waiter
	// networkStopped is set while the process for the network stands still,
	// probes are what waits for it.
	networkStopped bool
	probes         []func()
	slow           time.Duration // what a change of a window takes
}

type waiter struct {
	ready func() bool
	done  chan struct{}
}

var (
	_ backend.Engine    = (*Engine)(nil)
	_ backend.Networker = (*Engine)(nil)
)

// New returns an engine that waits for Run.
func New() *Engine {
	return &Engine{
		wake:     make(chan struct{}, 1),
		ended:    make(chan struct{}),
		quits:    make(chan struct{}),
		windows:  make(map[uint32]*Window),
		webviews: make(map[uint32]*Webview),
	}
}

// Run implements backend.Engine. Unlike a real engine it runs on any
// goroutine, once.
func (e *Engine) Run(o backend.Options, h backend.Handler, ready func()) error {
	defer e.End()
	if e.InitErr != nil {
		return e.InitErr
	}
	e.options, e.handler = o, h
	ready()
	for range e.wake {
		for {
			f, quit := e.next()
			if quit {
				return nil
			}
			if f == nil {
				break
			}
			f()
			e.release()
		}
	}
	return nil
}

// End says that Run will not be called any more, as when the host ended before
// it got there. Nothing waits for the main loop afterwards.
func (e *Engine) End() { e.end.Do(func() { close(e.ended) }) }

func (e *Engine) next() (f func(), quit bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.quit || len(e.queue) == 0 {
		return nil, e.quit
	}
	f, e.queue = e.queue[0], e.queue[1:]
	return f, false
}

// release wakes those whose condition has become true.
func (e *Engine) release() {
	e.waiters = slices.DeleteFunc(e.waiters, func(w waiter) bool {
		if !w.ready() {
			return false
		}
		close(w.done)
		return true
	})
}

// Post implements backend.Engine.
func (e *Engine) Post(f func()) {
	e.mu.Lock()
	e.queue = append(e.queue, f)
	e.mu.Unlock()
	e.signal()
}

// Quit implements backend.Engine.
func (e *Engine) Quit() {
	e.mu.Lock()
	if !e.quit {
		close(e.quits)
	}
	e.quit = true
	e.mu.Unlock()
	e.signal()
}

func (e *Engine) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Hang keeps the main loop from doing anything until Quit.
func (e *Engine) Hang() { e.Post(func() { <-e.quits }) }

// Slow has each change of a window take its time.
func (e *Engine) Slow(each time.Duration) { e.Post(func() { e.slow = each }) }

// StopNetwork keeps the process for the network from answering, until it is
// ended.
func (e *Engine) StopNetwork() { e.Post(func() { e.networkStopped = true }) }

// ProbeNetwork implements backend.Networker.
func (e *Engine) ProbeNetwork(done func()) {
	if e.networkStopped {
		e.probes = append(e.probes, done)
		return
	}
	done()
}

// EndNetwork implements backend.Networker.
func (e *Engine) EndNetwork() error {
	e.networkStopped = false
	for _, done := range e.probes {
		done()
	}
	e.probes = nil
	return nil
}

// Version implements backend.Engine.
func (e *Engine) Version() string { return "fake" }

// NewWindow implements backend.Engine.
func (e *Engine) NewWindow(id uint32, s *wire.WindowState) (backend.Window, error) {
	if e.windows[id] != nil {
		return nil, fmt.Errorf("fake: window %d exists", id)
	}
	w := &Window{engine: e, id: id}
	w.apply(nil, s)
	e.windows[id] = w
	e.opened = append(e.opened, id)
	e.Post(func() { e.handler.Observed(id, w.observed) })
	return w, nil
}

// NewWebview implements backend.Engine.
func (e *Engine) NewWebview(id uint32, w backend.Window, s *wire.WebviewState) (backend.Webview, error) {
	if e.webviews[id] != nil {
		return nil, fmt.Errorf("fake: webview %d exists", id)
	}
	parent, ok := w.(*Window)
	if !ok || parent.closed {
		return nil, fmt.Errorf("fake: webview %d needs an open window", id)
	}
	v := &Webview{engine: e, id: id, window: parent, state: *s}
	e.webviews[id] = v
	return v, nil
}

// call runs f on the main loop and waits for it.
func (e *Engine) call(f func()) error {
	done := make(chan struct{})
	e.Post(func() { f(); close(done) })
	select {
	case <-done:
		return nil
	case <-e.ended:
		return ErrQuit
	}
}

// Wait returns once ready is true. It is called on the main loop, whenever
// something was done there.
func (e *Engine) Wait(ctx context.Context, ready func() bool) error {
	done := make(chan struct{})
	e.Post(func() { e.waiters = append(e.waiters, waiter{ready, done}) })
	select {
	case <-done:
		return nil
	case <-e.ended:
		return ErrQuit
	case <-ctx.Done():
	}
	// Whoever gave up must not take what the next one waits for.
	err := context.Cause(ctx)
	return e.callErr(&err, func() {
		n := len(e.waiters)
		e.waiters = slices.DeleteFunc(e.waiters, func(w waiter) bool { return w.done == done })
		if len(e.waiters) == n {
			err = nil // it came true after all
		}
	})
}

// Misuse lists what the engine's user did against the rules of package
// backend, such as answering twice.
func (e *Engine) Misuse() []string {
	var s []string
	if e.call(func() { s = slices.Clone(e.misuse) }) != nil {
		s = slices.Clone(e.misuse) // Run has returned: no one else writes it
	}
	return s
}

func (e *Engine) blame(format string, args ...any) {
	e.misuse = append(e.misuse, fmt.Sprintf(format, args...))
}

// Options returns what Run was given.
func (e *Engine) Options() (o backend.Options) {
	e.call(func() { o = e.options })
	return o
}

// Windows returns the ids of the open windows, in order.
func (e *Engine) Windows() (ids []uint32) {
	e.call(func() { ids = sortedKeys(e.windows) })
	return ids
}

// Opened returns the ids of all windows that were ever open, in the order in
// which they were made.
func (e *Engine) Opened() (ids []uint32) {
	e.call(func() { ids = slices.Clone(e.opened) })
	return ids
}

// Webviews returns the ids of the open webviews, in order.
func (e *Engine) Webviews() (ids []uint32) {
	e.call(func() { ids = sortedKeys(e.webviews) })
	return ids
}

// Window returns an open window, or nil.
func (e *Engine) Window(id uint32) (w *Window) {
	e.call(func() { w = e.windows[id] })
	return w
}

// Webview returns an open webview, or nil.
func (e *Engine) Webview(id uint32) (v *Webview) {
	e.call(func() { v = e.webviews[id] })
	return v
}

// WaitWindow waits until a window is open.
func (e *Engine) WaitWindow(ctx context.Context, id uint32) (w *Window, err error) {
	err = e.Wait(ctx, func() bool { w = e.windows[id]; return w != nil })
	return w, err
}

// WaitWebview waits until a webview has loaded its page.
func (e *Engine) WaitWebview(ctx context.Context, id uint32) (v *Webview, err error) {
	err = e.Wait(ctx, func() bool { v = e.webviews[id]; return v != nil && v.loaded })
	return v, err
}
