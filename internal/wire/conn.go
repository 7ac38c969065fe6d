package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrStalled is returned by Send when the other end has not read for so long
// that maxQueued bytes wait for it.
var ErrStalled = errors.New("wire: the other end does not read")

// maxQueued bounds what waits for a reader that is slower than we are. The
// flow of page messages is bounded by credit well below it, so only an end
// that has stopped reading gets there.
const maxQueued = 64 << 20

// transport moves bytes and, where the system can, descriptors.
type transport interface {
	// read reads some bytes and the descriptors that came with them.
	read(p []byte) (n int, files []*os.File, err error)
	// tryWrite writes what fits without waiting. file travels with the
	// first byte.
	tryWrite(p []byte, file *os.File) (n int, err error)
	// write writes all of p, waiting as long as it takes.
	write(p []byte, file *os.File) error
	close() error
}

// Conn is one end of the connection between the Core and a host. Send is
// safe for concurrent use and never waits for the other end; Receive is for
// one goroutine.
type Conn struct {
	role Role
	t    transport

	// rbuf[r:w] has been read and not parsed.
	rbuf  []byte
	r, w  int
	files []*os.File
	// begun is a frame whose payload has arrived up to got.
	begun *Frame
	got   int

	mu      sync.Mutex
	queue   []outgoing // guarded by mu
	queued  int        // guarded by mu; bytes in queue
	writing bool       // guarded by mu; the writer goroutine is running
	err     error      // guarded by mu; why nothing can be sent any more
	closing bool       // guarded by mu; Close was called
	idle    sync.WaitGroup
}

type outgoing struct {
	b    []byte
	file *os.File
}

func newConn(role Role, t transport) *Conn {
	return &Conn{role: role, t: t, rbuf: make([]byte, 64<<10)}
}

// Send sends f. It does not keep f.Payload after it returns. It fails only
// when the connection is closed, the other end does not read any more, or f
// breaks the protocol.
func (c *Conn) Send(f Frame) error {
	if f.File != nil {
		f.Flags |= FlagFile
	}
	if err := f.check(c.role, len(f.Payload)); err != nil {
		closeFile(f.File)
		return err
	}
	b := make([]byte, headerSize+len(f.Payload))
	f.putHeader(b)
	copy(b[headerSize:], f.Payload)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.closing {
		closeFile(f.File)
		return errClosed
	}
	if c.err != nil {
		closeFile(f.File)
		return c.err
	}
	if !c.writing {
		n, err := c.t.tryWrite(b, f.File)
		if err != nil {
			closeFile(f.File)
			c.fail(err)
			return c.err
		}
		if n > 0 {
			closeFile(f.File)
			f.File = nil
		}
		if n == len(b) {
			return nil
		}
		b = b[n:]
	}
	if c.queued+len(b) > maxQueued {
		closeFile(f.File)
		c.fail(ErrStalled)
		return c.err
	}
	c.queue = append(c.queue, outgoing{b, f.File})
	c.queued += len(b)
	if !c.writing {
		c.writing = true
		c.idle.Go(c.drain)
	}
	return nil
}

// SendJSON sends v as the JSON payload of a frame.
func (c *Conn) SendJSON(kind Kind, target uint32, id uint64, v any) error {
	b, err := encode(kind, v)
	if err != nil {
		return err
	}
	return c.Send(Frame{Kind: kind, Target: target, ID: id, Payload: b})
}

// Fits reports why SendJSON would refuse v with so many bytes besides.
func Fits(kind Kind, v any, besides int) error {
	b, err := encode(kind, v)
	if most := limits[kind].max - besides; err == nil && len(b) > most {
		return fmt.Errorf("%w: %s of %d bytes, want at most %d", ErrTooLarge, kind, len(b), most)
	}
	return err
}

// ErrTooLarge is wrapped by Fits.
var ErrTooLarge = errors.New("it is too large to be sent")

// encode replaces what is not UTF-8, such as parts of file names: a text with
// it is better than nothing at all.
func encode(kind Kind, v any) ([]byte, error) {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("wire: encode %s: %w", kind, err)
	}
	return b, nil
}

// fail makes all further sends fail. c.mu is held.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = fmt.Errorf("wire: send: %w", err)
	}
	for _, o := range c.queue {
		closeFile(o.file)
	}
	c.queue, c.queued = nil, 0
	// What the other end said before it went is still to be read: often why it
	// went. The reader comes to the end by itself.
	if !isGone(err) {
		c.t.close()
	}
}

// drain writes the queue until it is empty.
func (c *Conn) drain() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.err != nil {
			c.writing = false
			c.mu.Unlock()
			return
		}
		batch := c.queue
		c.queue = nil
		c.mu.Unlock()

		for i, o := range batch {
			err := c.t.write(o.b, o.file)
			closeFile(o.file)
			c.mu.Lock()
			if err != nil && c.err == nil {
				c.fail(err)
			}
			c.queued = max(0, c.queued-len(o.b))
			failed := c.err != nil
			c.mu.Unlock()
			if failed {
				for _, rest := range batch[i+1:] {
					closeFile(rest.file)
				}
				break
			}
		}
	}
}

// Receive returns the next frame. Its payload is the receiver's own. The
// error is io.EOF when the other end has closed between two frames, and wraps
// ErrProtocol when it broke the rules.
func (c *Conn) Receive() (Frame, error) {
	f, err := c.next(c.t.read)
	if err != nil {
		c.dropFiles()
		c.mu.Lock()
		defer c.mu.Unlock()
		if errors.Is(c.err, ErrStalled) {
			err = c.err // that is why there is nothing to be read any more
		}
	}
	return f, err
}

// Buffered reports whether something behind the last frame has been read, for
// the goroutine that calls Receive.
func (c *Conn) Buffered() bool { return c.r < c.w }

// take notes the descriptors that came with a read. None belong to what a
// host sends; and what belongs to no frame must not pile up while one is
// incomplete.
func (c *Conn) take(files []*os.File) error {
	c.files = append(c.files, files...)
	if len(files) > 0 && (c.role == Core || len(c.files) > cap(c.rbuf)/headerSize) {
		return violation("%d descriptors that belong to no frame", len(c.files))
	}
	return nil
}

func (c *Conn) dropFiles() {
	for _, f := range c.files {
		f.Close()
	}
	c.files = nil
}

// A watchable is a transport for which a main loop can wait.
type watchable interface {
	descriptor() (fd int, err error)
	// tryRead is read, but fails with errNothing instead of waiting.
	tryRead(p []byte) (n int, files []*os.File, err error)
}

// errNothing says that nothing is there to be read.
var errNothing = errors.New("nothing to read")

// Descriptor returns what a main loop may wait for to become readable before
// it calls ReceiveReady. It stays the connection's. The error wraps
// errors.ErrUnsupported where there is nothing of that kind.
func (c *Conn) Descriptor() (int, error) {
	if t, ok := c.t.(watchable); ok {
		return t.descriptor()
	}
	return -1, fmt.Errorf("wire: wait for the connection in a main loop: %w", errors.ErrUnsupported)
}

// readsAtOnce bounds the reads of one ReceiveReady, so that whoever calls it
// gets to other work in between.
const readsAtOnce = 16

// ReceiveReady is Receive without waiting, for connections that have a
// Descriptor: it calls handle for each frame that has arrived, until an error.
func (c *Conn) ReceiveReady(handle func(Frame) error) error {
	t := c.t.(watchable)
	reads, short := 0, false
	read := func(p []byte) (n int, files []*os.File, err error) {
		// A read that did not fill its buffer has emptied the socket.
		if short || reads == readsAtOnce {
			return 0, nil, errNothing
		}
		reads++
		n, files, err = t.tryRead(p)
		short = n < len(p)
		return n, files, err
	}
	for {
		f, err := c.next(read)
		if err == errNothing {
			return nil
		}
		if err != nil {
			c.dropFiles()
			return err
		}
		if err := handle(f); err != nil {
			return err
		}
	}
}

type readFunc func(p []byte) (n int, files []*os.File, err error)

// next returns the next frame. After errNothing from read it goes on where it
// was.
func (c *Conn) next(read readFunc) (Frame, error) {
	if c.begun == nil {
		if err := c.fill(read, headerSize); err != nil {
			if err == io.ErrUnexpectedEOF && c.w == c.r {
				err = io.EOF
			}
			return Frame{}, err
		}
		f := new(Frame)
		size, err := f.parseHeader(c.rbuf[c.r:], 1-c.role)
		if err != nil {
			return *f, err
		}
		c.r += headerSize
		if size > 0 {
			f.Payload = make([]byte, size)
		}
		c.got = copy(f.Payload, c.rbuf[c.r:c.w])
		c.r += c.got
		c.begun = f
	}
	f := *c.begun
	for c.got < len(f.Payload) {
		n, files, err := read(f.Payload[c.got:])
		c.got += n
		if bad := c.take(files); bad != nil {
			return f, bad
		}
		if err != nil {
			return f, eof(err)
		}
	}
	c.begun = nil
	if f.Flags&FlagFile != 0 {
		if len(c.files) == 0 {
			return f, violation("%s frame without its descriptor", f.Kind)
		}
		f.File = c.files[0]
		c.files = c.files[1:]
	}
	return f, nil
}

// fill reads until n bytes are buffered.
func (c *Conn) fill(read readFunc, n int) error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	for c.w-c.r < n {
		if len(c.rbuf)-c.r < n {
			c.w = copy(c.rbuf, c.rbuf[c.r:c.w])
			c.r = 0
		}
		m, files, err := read(c.rbuf[c.w:])
		c.w += m
		// Descriptors arrive with the first byte of their frame, so at most as
		// many can be ahead of us as whole frames fit the buffer.
		if bad := c.take(files); bad != nil {
			return bad
		}
		if err != nil {
			return eof(err)
		}
	}
	return nil
}

func eof(err error) error {
	switch err {
	case io.EOF:
		return io.ErrUnexpectedEOF
	case errNothing:
		return err
	}
	return fmt.Errorf("wire: receive: %w", err)
}

// SetPeer says which process has the other end of a Core's connection, before
// the first file is sent. It has to be a child that was not waited for. On
// Windows files travel as handles made in that process; elsewhere it does
// nothing.
func (c *Conn) SetPeer(pid int) error { return setPeer(c, pid) }

// A slow transport leaves all that is sent to the writer goroutine, even where it
// fits.
type slow interface{ slow() }

// lingerTime is how long Close waits for what a slow transport has not written:
// often it says why there is a close.
const lingerTime = 2 * time.Second

var errClosed = fmt.Errorf("wire: send: %w", os.ErrClosed)

// Close closes the connection. Both ends see io.EOF or an error.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	if _, ok := c.t.(slow); ok {
		limit := time.AfterFunc(lingerTime, func() { c.t.close() })
		c.idle.Wait()
		limit.Stop()
	}
	c.mu.Lock()
	if c.err == nil {
		c.err = errClosed
	}
	for _, o := range c.queue {
		closeFile(o.file)
	}
	c.queue = nil
	err := c.t.close()
	c.mu.Unlock()
	c.idle.Wait()
	return err
}

func closeFile(f *os.File) {
	if f != nil {
		f.Close()
	}
}

// Decode reads the JSON payload of f into v, strictly: unknown and duplicate
// keys are violations.
func Decode(f Frame, v any) error {
	if err := json.Unmarshal(f.Payload, v, json.RejectUnknownMembers(true)); err != nil {
		return violation("%s frame: %v", f.Kind, err)
	}
	return nil
}
