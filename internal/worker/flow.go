package worker

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/mullion-dev/mullion/internal/wire"
)

// window keeps a sender from being further ahead of its reader than size.
type window struct {
	size int

	mu    sync.Mutex
	cond  *sync.Cond
	ahead int   // guarded by mu; sent and not taken
	err   error // guarded by mu; why nothing more may be sent
}

func newWindow(size int) *window {
	w := &window{size: size}
	w.cond = sync.NewCond(&w.mu)
	return w
}

// advance waits until n more may be under way.
func (w *window) advance(n int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.ahead+n > w.size && w.err == nil {
		w.cond.Wait()
	}
	if w.err == nil {
		w.ahead += n
	}
	return w.err
}

// taken notes that the reader has taken n. It reports false when there was
// less under way.
func (w *window) taken(n uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > uint64(w.ahead) {
		return false
	}
	w.ahead -= int(n)
	w.cond.Broadcast()
	return true
}

// fail ends all waiting, now and later.
func (w *window) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	w.cond.Broadcast()
}

// errExcess is what a sender has done that pays no regard to the window.
var errExcess = errors.New("more bytes than were asked for")

// inflow is bytes on their way in. push is for the goroutine that reads the
// connection and never waits, Read for one other.
type inflow struct {
	// credit tells the sender that n bytes were read.
	credit func(n int)

	mu   sync.Mutex
	cond *sync.Cond
	buf  bytes.Buffer // guarded by mu
	held int          // guarded by mu; pushed and not credited
	owed int          // guarded by mu; read and not credited
	last bool         // guarded by mu; nothing more comes
	end  error        // guarded by mu; what the reader gets after the last byte
	err  error        // guarded by mu; what the reader gets at once
}

func newInflow(credit func(n int)) *inflow {
	f := &inflow{credit: credit}
	f.cond = sync.NewCond(&f.mu)
	return f
}

// push takes a piece. It fails when the sender may not have sent it.
func (f *inflow) push(p []byte, last bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last || f.held+len(p) > windowSize {
		return errExcess
	}
	f.held += len(p)
	f.last, f.end = last, io.EOF
	if f.err == nil {
		f.buf.Write(p)
	}
	f.cond.Broadcast()
	return nil
}

// Read implements io.Reader.
func (f *inflow) Read(p []byte) (int, error) {
	f.mu.Lock()
	for f.buf.Len() == 0 && !f.last && f.err == nil {
		f.cond.Wait()
	}
	var n, due int
	err := f.err
	switch {
	case err != nil:
	case f.buf.Len() == 0:
		err = f.end
	default:
		n, _ = f.buf.Read(p)
		f.owed += n
		// The sender may go on before that: it has pieces left in its window.
		if f.owed >= pieceSize {
			due, f.owed = f.owed, 0
			f.held -= due
		}
	}
	f.mu.Unlock()
	if due > 0 {
		f.credit(due)
	}
	return n, err
}

// finish makes reads fail after the bytes that are there. It may be called on
// nil.
func (f *inflow) finish(err error) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.last {
		f.last, f.end = true, err
	}
	f.cond.Broadcast()
}

// fail makes reads fail, now and later. It may be called on nil.
func (f *inflow) fail(err error) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
	f.buf = bytes.Buffer{}
	f.cond.Broadcast()
}

// readError is an error of the reader whose bytes were to be sent, not of the
// connection.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// sendPieces sends what it reads, as it comes and as far ahead of the other
// end as w allows.
func sendPieces(conn *wire.Conn, kind wire.Kind, id uint64, r io.Reader, w *window) error {
	buf := make([]byte, pieceSize)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := w.advance(n); err != nil {
				return err
			}
			if err := conn.Send(wire.Frame{Kind: kind, ID: id, Payload: buf[:n]}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return conn.Send(wire.Frame{Kind: kind, Flags: wire.FlagLast, ID: id})
		}
		if err != nil {
			return &readError{err}
		}
	}
}
