package clipboardmanager

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// displayID is the object that is there from the beginning.
	displayID = 1
	// firstServerID is the first number that the compositor gives to objects.
	firstServerID = 0xff000000
	// maxDescriptors bounds the descriptors that come in one read.
	maxDescriptors = 28
)

// waylandConn is a connection to a Wayland compositor: messages for objects that
// have numbers, and descriptors beside them. See chapter 4 of the documentation of
// Wayland, "Wire Format".
type waylandConn struct {
	net   *net.UnixConn
	ended chan struct{} // closed when the connection has ended

	writing sync.Mutex // held while a message is written; nothing else is locked under it

	mu       sync.Mutex
	handlers map[uint32]func(opcode uint16, m *waylandMessage) // guarded by mu; by object
	next     uint32                                            // guarded by mu
	free     []uint32                                          // guarded by mu
	cause    error                                             // guarded by mu; why it has ended
	files    []*os.File                                        // of the goroutine that reads
}

// dialWayland connects to the compositor of the session.
func dialWayland(ctx context.Context) (*waylandConn, error) {
	path := os.Getenv("WAYLAND_DISPLAY")
	if !filepath.IsAbs(path) {
		dir := os.Getenv("XDG_RUNTIME_DIR")
		if dir == "" {
			return nil, errors.New("WAYLAND_DISPLAY is set, and XDG_RUNTIME_DIR is not")
		}
		path = filepath.Join(dir, path)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("Wayland: %w", err)
	}
	return &waylandConn{
		net: conn.(*net.UnixConn), ended: make(chan struct{}), handlers: map[uint32]func(uint16, *waylandMessage){}, next: displayID,
	}, nil
}

// handle sets what takes the events of an object, on the goroutine that reads.
func (c *waylandConn) handle(id uint32, f func(opcode uint16, m *waylandMessage)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[id] = f
}

// newID returns a number for a new object. f may be nil.
func (c *waylandConn) newID(f func(opcode uint16, m *waylandMessage)) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var id uint32
	if n := len(c.free); n > 0 {
		id = c.free[n-1]
		c.free = c.free[:n-1]
	} else {
		c.next++
		id = c.next
	}
	c.handlers[id] = f
	return id
}

// forget says that an object is gone: the compositor says so of ours.
func (c *waylandConn) forget(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.handlers[id]; ok {
		delete(c.handlers, id)
		if id < firstServerID {
			c.free = append(c.free, id)
		}
	}
}

func (c *waylandConn) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

func (c *waylandConn) close(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	c.net.Close() // the goroutine that reads sees it
}

// send sends a request: numbers and texts, and a descriptor beside them, which may
// be nil and stays the caller's.
func (c *waylandConn) send(object uint32, opcode uint16, file *os.File, args ...any) error {
	order := binary.NativeEndian
	b := make([]byte, 8)
	for _, a := range args {
		switch a := a.(type) {
		case uint32:
			b = order.AppendUint32(b, a)
		case string:
			b = order.AppendUint32(b, uint32(len(a)+1))
			b = append(b, a...)
			b = append(b, make([]byte, 4-len(a)%4)...) // with the NUL at its end
		}
	}
	order.PutUint32(b, object)
	order.PutUint32(b[4:], uint32(len(b))<<16|uint32(opcode))
	var beside []byte
	if file != nil {
		beside = syscall.UnixRights(int(file.Fd()))
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	err := c.net.SetWriteDeadline(time.Now().Add(systemPatience))
	if err == nil {
		_, _, err = c.net.WriteMsgUnix(b, beside, nil)
	}
	if err != nil {
		c.close(err)
		return fmt.Errorf("Wayland: %w", err)
	}
	return nil
}

// read takes events until the connection ends.
func (c *waylandConn) read() {
	err := c.readAll()
	c.close(fmt.Errorf("Wayland: %w", err))
	for _, f := range c.files {
		f.Close()
	}
	close(c.ended)
}

func (c *waylandConn) readAll() error {
	var rest []byte
	buffer, beside := make([]byte, 64<<10), make([]byte, syscall.CmsgSpace(4*maxDescriptors))
	for {
		n, oob, _, _, err := c.net.ReadMsgUnix(buffer, beside)
		if err := c.take(beside[:oob]); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.EOF
		}
		rest = append(rest, buffer[:n]...)
		for len(rest) >= 8 {
			object, word := binary.NativeEndian.Uint32(rest), binary.NativeEndian.Uint32(rest[4:])
			size := int(word >> 16)
			if size < 8 {
				return fmt.Errorf("a message of %d bytes", size)
			}
			if len(rest) < size {
				break
			}
			c.mu.Lock()
			f := c.handlers[object]
			c.mu.Unlock()
			if f != nil {
				f(uint16(word), &waylandMessage{c, rest[8:size]})
			}
			rest = rest[size:]
		}
	}
}

// take keeps descriptors for the messages that they belong to.
func (c *waylandConn) take(beside []byte) error {
	messages, err := syscall.ParseSocketControlMessage(beside)
	if err != nil {
		return err
	}
	for _, m := range messages {
		list, err := syscall.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range list {
			syscall.CloseOnExec(fd)
			// One that cannot wait is written to without a deadline, and so not at all.
			_ = syscall.SetNonblock(fd, true)
			c.files = append(c.files, os.NewFile(uintptr(fd), "clipboard"))
		}
	}
	if len(c.files) > maxDescriptors {
		return errors.New("descriptors that nothing is said of")
	}
	return nil
}

// waylandMessage has the arguments of an event. What is not there is zero.
type waylandMessage struct {
	conn *waylandConn
	rest []byte
}

func (m *waylandMessage) uint() uint32 {
	if len(m.rest) < 4 {
		return 0
	}
	n := binary.NativeEndian.Uint32(m.rest)
	m.rest = m.rest[4:]
	return n
}

func (m *waylandMessage) string() string {
	n := uint64(m.uint())
	if n == 0 || (n+3)&^3 > uint64(len(m.rest)) {
		m.rest = nil
		return ""
	}
	s := string(m.rest[:n-1])
	m.rest = m.rest[(n+3)&^3:]
	return s
}

// file is the next descriptor, nil if there is none. It is the caller's.
func (m *waylandMessage) file() *os.File {
	if len(m.conn.files) == 0 {
		return nil
	}
	f := m.conn.files[0]
	m.conn.files = m.conn.files[1:]
	return f
}
