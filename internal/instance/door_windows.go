package instance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/win32"
)

// door is where others find the holder of a folder: a named pipe with a random
// name, which only processes of the same user can open.
type door struct {
	address string
	stop    windows.Handle // an event: the door is closed

	mu   sync.Mutex
	next windows.Handle // guarded by mu; the instance that waits; 0 while one is served
	shut bool           // guarded by mu
}

// ownerOnly is a security descriptor in SDDL: protected from what is inherited,
// all rights to the owner of the object, none to others.
const ownerOnly = "D:P(A;;GA;;;OW)"

// talkBuffer is how much each direction of a pipe holds, in bytes.
const talkBuffer = 4 << 10

func openDoor(string, string) (*door, error) {
	const manual, signalled = 1, 0
	stop, err := windows.CreateEvent(nil, manual, signalled, nil)
	if err != nil {
		return nil, err
	}
	d := &door{address: `\\.\pipe\mullion-instance-` + rand.Text(), stop: stop}
	// The first instance is ours, or the call fails.
	if d.next, err = d.instance(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err != nil {
		windows.CloseHandle(stop)
		return nil, err
	}
	return d, nil
}

func (d *door) instance(flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(d.address)
	if err != nil {
		return 0, err
	}
	owner, err := windows.SecurityDescriptorFromString(ownerOnly)
	if err != nil {
		return 0, err
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: owner}
	sa.Length = uint32(reflect.TypeOf(*sa).Size())
	h, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, windows.PIPE_UNLIMITED_INSTANCES, talkBuffer, talkBuffer, 0, sa)
	if err != nil {
		return 0, fmt.Errorf("make a pipe: %w", err)
	}
	return h, nil
}

// accept waits for the next process. After close the error is net.ErrClosed, and
// all is freed: it is to be called until then.
func (d *door) accept() (conn, error) {
	d.mu.Lock()
	h, shut := d.next, d.shut
	d.mu.Unlock()
	err := net.ErrClosed
	if !shut {
		err = d.wait(h)
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		windows.CloseHandle(h)
		windows.CloseHandle(d.stop)
		return nil, err
	case err != nil:
		// Whoever came has gone already.
		_ = windows.DisconnectNamedPipe(h)
		return nil, err
	}
	// Others find the next instance as long as this one is served.
	next, err := d.instance(0)
	if err != nil {
		_ = windows.DisconnectNamedPipe(h)
		return nil, err
	}
	d.mu.Lock()
	d.next = next
	d.mu.Unlock()
	return served{os.NewFile(uintptr(h), "instance pipe")}, nil
}

// wait waits for a client of an instance.
func (d *door) wait(h windows.Handle) error {
	const manual, signalled = 1, 0
	event, err := windows.CreateEvent(nil, manual, signalled, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(event)
	o := &windows.Overlapped{HEvent: event}
	switch err := windows.ConnectNamedPipe(h, o); {
	case err == nil, errors.Is(err, windows.ERROR_PIPE_CONNECTED):
		return d.closed()
	case !errors.Is(err, windows.ERROR_IO_PENDING):
		return err
	}
	_, err = windows.WaitForMultipleObjects([]windows.Handle{event, d.stop}, false, windows.INFINITE)
	if isClosed := d.closed(); isClosed != nil {
		err = isClosed
	}
	if err != nil {
		_ = windows.CancelIoEx(h, o)
	}
	var n uint32
	if ended := windows.GetOverlappedResult(h, o, &n, true); err == nil {
		err = ended
	}
	return err
}

func (d *door) closed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return net.ErrClosed
	}
	return nil
}

// close ends accept.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shut {
		d.shut = true
		_ = windows.SetEvent(d.stop)
	}
}

// served is the holder's end.
type served struct{ *os.File }

// Close implements io.Closer. What the other end has not read yet may be lost, so
// that one closes first, unless it is too slow.
func (s served) Close() error {
	s.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = s.Read(make([]byte, 1))
	return s.File.Close()
}

var procAllowSetForeground = win32.User32.NewProc("AllowSetForegroundWindow")

// knock connects to the door of another process of the same user, which learns
// nothing of this one.
func knock(ctx context.Context, address string) (conn, error) {
	name, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotThere, err)
	}
	for {
		const anonymous = windows.SECURITY_SQOS_PRESENT | windows.SECURITY_ANONYMOUS
		h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED|anonymous, 0)
		if err == nil {
			if err := checkServer(h); err != nil {
				windows.CloseHandle(h)
				return nil, err
			}
			// This process was started by the user just now, so it may say whose
			// windows come to the front: those of the app, which has them in
			// other processes than the one that is told.
			const any = ^uintptr(0) // ASFW_ANY
			_, _, _ = procAllowSetForeground.Call(any)
			return os.NewFile(uintptr(h), "instance pipe"), nil
		}
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return nil, fmt.Errorf("%w: %w", errNotThere, err)
		}
		select { // between two instances
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, ErrNoAnswer
		}
	}
}

// checkServer reports whether a process of the same user serves a pipe.
func checkServer(h windows.Handle) error {
	var pid uint32
	if err := windows.GetNamedPipeServerProcessId(h, &pid); err != nil {
		return err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return fmt.Errorf("ask who process %d is: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return err
	}
	defer token.Close()
	theirs, err := token.GetTokenUser()
	if err != nil {
		return err
	}
	own, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	if !theirs.User.Sid.Equals(own.User.Sid) {
		return fmt.Errorf("it is a process of user %s", theirs.User.Sid)
	}
	return nil
}
