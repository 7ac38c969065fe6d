package keeper

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// maxMessage bounds a message; that of a window may have an icon.
	maxMessage = 64 << 20
	// maxFiles bounds the descriptors of one message.
	maxFiles = 4
	// maxDroppable is how many messages may wait that can be done without, such
	// as what hosts print.
	maxDroppable = 1024
)

// conn is one end of a link: messages, each with its length before it, and
// descriptors with the first bytes of a message. That of a keeper queues what it
// sends, for nobody must keep it waiting; it reads at once itself, so that the
// other ends send directly.
type conn struct {
	c      *net.UnixConn
	direct sync.Mutex // held while a message is sent
	queues bool

	mu     sync.Mutex
	queue  []parcel // guarded by mu
	more   chan struct{}
	closed bool // guarded by mu
	done   chan struct{}
}

type parcel struct {
	b     []byte
	files []*os.File
}

// socketPair returns both ends of a link: ours, and one to be inherited.
func socketPair(queues bool) (ours *conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	theirs = os.NewFile(uintptr(fds[1]), "link")
	if ours, err = newConn(os.NewFile(uintptr(fds[0]), "link"), queues); err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// newConn takes over f.
func newConn(f *os.File, queues bool) (*conn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("%s is no Unix socket", f.Name())
	}
	l := &conn{c: u, queues: queues, more: make(chan struct{}, 1), done: make(chan struct{})}
	if queues {
		go l.write()
	}
	return l, nil
}

// send sends a message, or queues it. It takes the files, which are closed once
// they are sent.
func (c *conn) send(m message, files ...*os.File) { c.push(parcelOf(m, files), false) }

// parcelOf encodes a message. One that is too long is empty, and not sent.
func parcelOf(m message, files []*os.File) parcel {
	b, err := json.Marshal(&m)
	if err != nil || len(b) > maxMessage {
		return parcel{nil, files}
	}
	return parcel{append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...), files}
}

// try is send for what nobody misses when the other end does not read. It
// reports whether the message was queued.
func (c *conn) try(m message, files ...*os.File) bool {
	return c.push(parcelOf(m, files), true)
}

func (c *conn) push(p parcel, droppable bool) bool {
	if p.b == nil {
		closeAll(p.files)
		return false
	}
	if !c.queues {
		c.direct.Lock()
		defer c.direct.Unlock()
		defer closeAll(p.files)
		return c.writeOne(p) == nil
	}
	c.mu.Lock()
	ok := !c.closed && (!droppable || len(c.queue) < maxDroppable)
	if ok {
		c.queue = append(c.queue, p)
	}
	c.mu.Unlock()
	if !ok {
		closeAll(p.files)
		return false
	}
	select {
	case c.more <- struct{}{}:
	default:
	}
	return true
}

// write sends what is queued, until the other end is gone.
func (c *conn) write() {
	defer close(c.done)
	for range c.more {
		c.mu.Lock()
		queue, closed := c.queue, c.closed
		c.queue = nil
		c.mu.Unlock()
		for i, p := range queue {
			if err := c.writeOne(p); err != nil {
				for _, q := range queue[i:] {
					closeAll(q.files)
				}
				c.mu.Lock()
				c.closed = true
				for _, q := range c.queue {
					closeAll(q.files)
				}
				c.queue = nil
				c.mu.Unlock()
				c.c.Close()
				return
			}
			closeAll(p.files)
		}
		if closed {
			c.c.CloseWrite()
			return
		}
	}
}

func (c *conn) writeOne(p parcel) error {
	var rights []byte
	if len(p.files) > 0 {
		fds := make([]int, len(p.files))
		for i, f := range p.files {
			raw, err := f.SyscallConn()
			if err == nil {
				err = raw.Control(func(fd uintptr) { fds[i] = int(fd) })
			}
			if err != nil {
				return err
			}
		}
		rights = unix.UnixRights(fds...)
		n, _, err := c.c.WriteMsgUnix(p.b, rights, nil)
		if err != nil {
			return err
		}
		p.b = p.b[n:]
	}
	_, err := c.c.Write(p.b)
	return err
}

// flush ends the sending: what is queued is still sent, and then the other end
// sees that nothing more comes. done is closed then.
func (c *conn) flush() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// close ends both directions at once.
func (c *conn) close() {
	c.c.Close()
	c.flush()
}

// receive waits for the next message. Only one goroutine may.
func (c *conn) receive() (m message, files []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(files)
			files = nil
		}
	}()
	var head [4]byte
	if files, err = c.readFull(head[:], files); err != nil {
		return m, files, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxMessage {
		return m, files, fmt.Errorf("keeper: message of %d bytes", n)
	}
	b := make([]byte, n)
	if files, err = c.readFull(b, files); err != nil {
		return m, files, err
	}
	if err = json.Unmarshal(b, &m); err != nil {
		return m, files, fmt.Errorf("keeper: %w", err)
	}
	return m, files, nil
}

// readFull fills b, and takes the descriptors that come with it.
func (c *conn) readFull(b []byte, files []*os.File) ([]*os.File, error) {
	rights := make([]byte, unix.CmsgSpace(maxFiles*4))
	for len(b) > 0 {
		n, r, flags, _, err := c.c.ReadMsgUnix(b, rights)
		if r > 0 {
			files = append(files, received(rights[:r])...)
		}
		switch {
		case err != nil:
			return files, err
		case n == 0:
			return files, io.EOF
		case flags&unix.MSG_CTRUNC != 0 || len(files) > maxFiles:
			return files, fmt.Errorf("keeper: descriptors were lost: %w", unix.EMFILE)
		}
		b = b[n:]
	}
	return files, nil
}

func received(rights []byte) (files []*os.File) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for i := range messages {
		if fds, err := unix.ParseUnixRights(&messages[i]); err == nil {
			for _, fd := range fds {
				unix.CloseOnExec(fd)
				files = append(files, os.NewFile(uintptr(fd), "received"))
			}
		}
	}
	return files
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// takeOne returns the first of the files that came with a message, and closes
// the others.
func takeOne(files []*os.File) *os.File {
	if len(files) == 0 {
		return nil
	}
	closeAll(slices.Clone(files[1:]))
	return files[0]
}
