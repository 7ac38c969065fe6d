package core

import (
	"fmt"
	"io"
	"sync"

	"github.com/mullion-dev/mullion/internal/wire"
)

// body is the raw bytes of a call, as they arrive piece by piece. The page
// may send the next piece when the one before has been read, so a command
// that does not read holds at most one.
type body struct {
	call *call
	size int64

	mu     sync.Mutex
	cond   *sync.Cond
	piece  []byte // guarded by mu; not read yet
	unread bool   // guarded by mu; piece has not been accepted yet
	got    int64  // guarded by mu
	last   bool   // guarded by mu
	err    error  // guarded by mu
}

func newBody(k *call, size int64) *body {
	b := &body{call: k, size: size}
	b.cond = sync.NewCond(&b.mu)
	return b
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.piece) == 0 {
		b.accept()
		switch {
		case b.err != nil:
			return 0, b.err
		case b.last && b.got < b.size:
			return 0, io.ErrUnexpectedEOF
		case b.last:
			return 0, io.EOF
		}
		b.cond.Wait()
	}
	n := copy(p, b.piece)
	b.piece = b.piece[n:]
	if len(b.piece) == 0 {
		b.accept()
	}
	return n, nil
}

// accept lets the page send the next piece. b.mu is held.
func (b *body) accept() {
	if !b.unread {
		return
	}
	b.unread = false
	v := b.call.doc.webview
	if conn := v.Window().host().conn(); conn != nil {
		_ = conn.Send(wire.Frame{Kind: wire.KindAccept, Target: v.id, ID: b.call.id})
	}
}

// fail makes further reads fail. It may be called on nil.
func (b *body) fail(err error) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
	b.piece = nil
	b.accept()
	b.cond.Broadcast()
}

// body takes a piece of a call's bytes.
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
	if b.unread || b.last {
		return fmt.Errorf("%w: bytes for call %d that were not accepted", wire.ErrProtocol, f.ID)
	}
	b.got += int64(len(f.Payload))
	if b.got > b.size {
		b.err = fmt.Errorf("%d bytes were announced, more came", b.size)
	} else {
		b.piece = f.Payload
	}
	b.unread = true
	b.last = f.Flags&wire.FlagLast != 0
	if b.err != nil {
		b.piece = nil
		b.accept()
	}
	b.cond.Broadcast()
	return nil
}
