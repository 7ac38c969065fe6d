package core

import (
	"fmt"
	"io"
	"sync"

	"github.com/mullion-dev/mullion/internal/wire"
)

const (
	// bodyWindow is how many bytes of a call's body may be sent that the command has
	// not read, if they go through shared memory.
	bodyWindow = 2 << 20
	// frameWindow is that for bodies whose bytes go in frames.
	frameWindow = 1 << 20
	// acceptAfter is how many bytes are read before the host hears of it, as long
	// as there are more to be read.
	acceptAfter = 256 << 10
)

// body is the raw bytes of a call, as they arrive. The page may send so many as
// the window allows beyond those that have been read.
type body struct {
	call *call
	size int64

	mu       sync.Mutex
	cond     *sync.Cond
	window   int64
	socket   *socket // guarded by mu; by which the bytes come; nil: by the host
	shared   *shared // guarded by mu; nil: bytes come in frames, or by the socket
	frames   []chunk // guarded by mu; not read yet
	got      int64   // guarded by mu; bytes that have come
	read     int64   // guarded by mu; bytes that the command has read
	accepted int64   // guarded by mu; bytes of which the host knows that
	err      error   // guarded by mu
}

// chunk is a piece of a body. pooled is the buffer that it is in, if that is one of
// pieces.
type chunk struct {
	bytes  []byte
	pooled *[8 + socketPiece]byte
}

// free gives the chunk's buffer back.
func (c chunk) free() {
	if c.pooled != nil {
		pieces.Put(c.pooled)
	}
}

func newBody(k *call, size int64) *body {
	b := &body{call: k, size: size, window: wire.InlineBody}
	b.cond = sync.NewCond(&b.mu)
	return b
}

// bySocket has the bytes come by the socket of the document. It reports false if
// they cannot: the bridge sends them by the host, from the beginning.
func (b *body) bySocket(s *socket) bool {
	b.mu.Lock() // first: the socket may end at once
	defer b.mu.Unlock()
	if s == nil || !s.carries(b) {
		return false
	}
	b.socket, b.window = s, socketWindow
	return true
}

// leaveSocket has the host send what has not come by the socket.
func (b *body) leaveSocket() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.socket = nil
	if b.err != nil || b.got == b.size {
		return
	}
	// What has come stays, beside the window of the host.
	b.window, b.accepted = frameWindow, b.got
	if conn := b.call.doc.webview.Window().host().conn(); conn != nil {
		_ = conn.Send(wire.Frame{Kind: wire.KindBuffer, Target: b.call.doc.webview.id, ID: b.call.id, Payload: mustJSON(wire.Buffer{Window: frameWindow, From: b.got})})
	}
}

// take takes a piece that has come by s.
func (b *body) take(s *socket, c chunk) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := int64(len(c.bytes))
	switch {
	case b.socket != s || b.err != nil:
		c.free()
		return nil // it has gone over to the host, or nobody reads any more
	case n > b.window-(b.got-b.accepted):
		return fmt.Errorf("%w: %d bytes for call %d, with %d that were not accepted", errSocket, n, b.call.id, b.got-b.accepted)
	case n > b.size-b.got:
		return fmt.Errorf("%w: more than %d bytes for call %d", errSocket, b.size, b.call.id)
	}
	b.got += n
	b.frames = append(b.frames, c)
	b.cond.Broadcast()
	return nil
}

// offer tells the host how to send the bytes. A small body has come, or is about
// to, in any case.
func (b *body) offer(h *host, conn *wire.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size <= wire.InlineBody || b.err != nil {
		return
	}
	f := wire.Frame{Kind: wire.KindBuffer, Target: b.call.doc.webview.id, ID: b.call.id}
	buffer := wire.Buffer{Window: frameWindow}
	if s, file := h.shared.take(conn); s != nil {
		b.shared, f.File = s, file
		buffer = wire.Buffer{Window: s.mem.Size(), Shared: s.number}
	}
	b.window = int64(buffer.Window)
	f.Payload = mustJSON(buffer)
	_ = conn.Send(f) // or the document is about to end
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.err == nil && b.read < b.size && b.read == b.got && len(p) > 0 {
		b.accept()
		b.cond.Wait()
	}
	switch {
	case b.err != nil:
		return 0, b.err
	case b.read == b.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n := b.copy(p)
	if b.err != nil {
		return 0, b.err
	}
	b.read += int64(n)
	if b.read == b.got || b.read-b.accepted >= acceptAfter {
		b.accept()
	}
	return n, nil
}

// copy copies some of what has come. b.mu is held.
func (b *body) copy(p []byte) int {
	if b.shared == nil {
		first := &b.frames[0]
		n := copy(p, first.bytes)
		if first.bytes = first.bytes[n:]; len(first.bytes) == 0 {
			first.free()
			*first = chunk{}
			b.frames = b.frames[1:]
		}
		return n
	}
	at := b.read % b.window
	n := min(int64(len(p)), b.got-b.read, b.window-at)
	if _, err := b.shared.mem.ReadAt(p[:n], at); err != nil {
		b.end(fmt.Errorf("read bytes of the page: %w", err))
	}
	return int(n)
}

// accept lets the page send as many bytes as have been read. b.mu is held.
func (b *body) accept() {
	n := b.read - b.accepted
	if n <= 0 || b.got == b.size {
		return // or nothing more is to come
	}
	b.accepted = b.read
	if b.socket != nil {
		b.socket.accepted(b.call.id, n)
		return
	}
	v := b.call.doc.webview
	if conn := v.Window().host().conn(); conn != nil {
		_ = conn.Send(wire.Frame{Kind: wire.KindAccept, Target: v.id, ID: b.call.id, Payload: wire.PutCount(uint64(n))})
	}
}

// fail makes further reads fail. It may be called on nil.
func (b *body) fail(err error) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(err)
}

// end is fail. b.mu is held.
func (b *body) end(err error) {
	if b.err != nil {
		return
	}
	b.err = err
	for _, c := range b.frames {
		c.free()
	}
	b.frames = nil
	if b.socket != nil {
		b.socket.leaves(b)
		b.socket = nil
	}
	if b.shared != nil {
		b.shared.pool.give(b.shared)
		b.shared = nil
	}
	b.cond.Broadcast()
}

// body takes bytes of a call, or hears that they are in shared memory.
func (v *Webview) body(f wire.Frame) error {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	k, last := d.calls[f.ID], d.lastCall
	d.mu.Unlock()
	if f.ID > last {
		return fmt.Errorf("%w: bytes for call %d, which there never was", wire.ErrProtocol, f.ID)
	}
	if k == nil {
		return nil // answered without reading to the end
	}
	b := k.body
	if b == nil {
		return fmt.Errorf("%w: bytes for call %d, which has none", wire.ErrProtocol, f.ID)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil // nobody reads any more
	}
	if b.socket != nil {
		return fmt.Errorf("%w: bytes for call %d, which come another way", wire.ErrProtocol, f.ID)
	}
	n := uint64(len(f.Payload))
	if b.shared != nil {
		var err error
		if n, err = wire.Count(f); err != nil {
			return err
		}
	}
	if n == 0 || n > uint64(b.window-(b.got-b.accepted)) {
		return fmt.Errorf("%w: %d bytes for call %d, with %d that were not accepted", wire.ErrProtocol, n, f.ID, b.got-b.accepted)
	}
	if n > uint64(b.size-b.got) {
		return fmt.Errorf("%w: more than %d bytes for call %d", wire.ErrProtocol, b.size, f.ID)
	}
	b.got += int64(n)
	if b.shared == nil {
		b.frames = append(b.frames, chunk{bytes: f.Payload})
	}
	b.cond.Broadcast()
	return nil
}
