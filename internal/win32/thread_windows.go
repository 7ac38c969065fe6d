package win32

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// ErrEnded is returned by a thread that was closed.
var ErrEnded = errors.New("the thread for messages of Windows has ended")

// Message is what a window is told.
type Message struct {
	// Number is one of winuser.h, or was registered.
	Number         uint32
	WParam, LParam uintptr
}

// Thread is a thread of the system with a window that nobody sees. It has no parent, so that it also
// hears what all windows are told. Its methods may be called by any goroutine.
type Thread struct {
	window uintptr
	handle func(Message) (answer uintptr, handled bool)
	ended  chan struct{}

	mu     sync.Mutex
	posted []func() // guarded by mu
}

// threads has those that run, by their number: the procedure of a window is one for all.
var threads struct {
	mu   sync.Mutex
	byID map[uint32]*Thread // guarded by mu
}

// Start starts a thread. Messages go to handle, on the thread; those that it has not handled, and
// all before Start returns, get the usual answer of the system.
func Start(handle func(Message) (answer uintptr, handled bool)) (*Thread, error) {
	t := &Thread{handle: handle, ended: make(chan struct{})}
	started := make(chan error)
	go t.run(started)
	return t, <-started
}

// Window is the thread's, an HWND.
func (t *Thread) Window() uintptr { return t.window }

// Done is closed when the thread has ended.
func (t *Thread) Done() <-chan struct{} { return t.ended }

func (t *Thread) run(started chan<- error) {
	runtime.LockOSThread() // and it ends with the goroutine
	defer close(t.ended)
	id := windows.GetCurrentThreadId()
	window, err := hiddenWindow()
	if err != nil {
		started <- err
		return
	}
	t.window = window
	threads.mu.Lock()
	if threads.byID == nil {
		threads.byID = map[uint32]*Thread{}
	}
	threads.byID[id] = t
	threads.mu.Unlock()
	defer func() {
		threads.mu.Lock()
		delete(threads.byID, id)
		threads.mu.Unlock()
	}()
	started <- nil
	Loop()
}

// wakeMessage and endMessage are WM_APP and the one after: something is posted, the thread is to end.
const wakeMessage, endMessage = 0x8000, 0x8001

// AppMessage is the first number that a user of this package can give to messages of its own.
const AppMessage = 0x8010

// procedure is that of all windows of this package.
func procedure(window uintptr, number uint32, wparam, lparam uintptr) uintptr {
	threads.mu.Lock()
	t := threads.byID[windows.GetCurrentThreadId()]
	threads.mu.Unlock()
	if t != nil {
		switch number {
		case wakeMessage:
			t.drain()
			return 0
		case endMessage:
			DestroyWindow.Call(window)
			PostQuitMessage.Call(0)
			return 0
		}
		if answer, handled := t.handle(Message{number, wparam, lparam}); handled {
			return answer
		}
	}
	answer, _, _ := DefWindowProc.Call(window, uintptr(number), wparam, lparam)
	return answer
}

func (t *Thread) drain() {
	t.mu.Lock()
	todo := t.posted
	t.posted = nil
	t.mu.Unlock()
	for _, f := range todo {
		f()
	}
}

// Do runs f on the thread and returns what it does. Where ctx ends before f has begun, it does not
// run; where it ends meanwhile, f is not waited for.
func (t *Thread) Do(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	t.mu.Lock()
	t.posted = append(t.posted, func() {
		if err := context.Cause(ctx); err != nil {
			done <- err
			return
		}
		done <- f()
	})
	t.mu.Unlock()
	PostMessage.Call(t.window, wakeMessage, 0, 0)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.ended:
		return ErrEnded
	}
}

// Close ends the thread. It does not wait for that.
func (t *Thread) Close() { PostMessage.Call(t.window, endMessage, 0, 0) }
