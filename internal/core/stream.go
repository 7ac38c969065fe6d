package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

const (
	// streamWindow is how far a stream may be ahead of its page, in bytes.
	streamWindow = 1 << 20
	// streamPiece is what is written at once. With pieces of this size small
	// calls are answered within a few milliseconds while a stream runs.
	streamPiece = 256 << 10
	// streamPatience is how long a stream waits for its page to fetch it.
	streamPatience = time.Minute
)

// maxStreams bounds the streams of one webview whose sources the app has not
// closed, those that nobody wants any more included.
const maxStreams = 2 * maxCalls

// stream is bytes on their way to a page.
type stream struct {
	doc  *document
	id   uint64
	size int64 // -1 if unknown
	src  *source

	mu     sync.Mutex
	cond   *sync.Cond
	ahead  int64       // guarded by mu; written and not credited
	sent   int64       // guarded by mu; written, if by a socket at first
	socket *socket     // guarded by mu; by which it goes
	pushed bool        // guarded by mu; it went by a socket at first
	moved  bool        // guarded by mu; from there to body
	body   *wire.Body  // guarded by mu; set once it is fetched
	err    error       // guarded by mu; why it was stopped, or has failed
	timer  *time.Timer // guarded by mu; of who is to ask for it
}

// newStream registers src, which the page then fetches by its number. It closes
// src, also where it fails.
func (d *document) newStream(src io.ReadCloser, size int64) (*stream, error) {
	v := d.webview
	s := &stream{doc: d, size: size, src: v.core.newSource(src, &v.streams)}
	s.cond = sync.NewCond(&s.mu)
	if n := v.streams.Load(); n > maxStreams {
		s.src.Close()
		return nil, fmt.Errorf("%d streams are open: %w", n-1, ErrBackpressure)
	}
	// From the moment it is registered a host may ask for it, in whatever
	// order: all of it must be there by then.
	s.expire()
	d.mu.Lock()
	ended := d.ended
	if !ended {
		d.lastID++
		s.id = d.lastID
		d.streams[s.id] = s
	}
	d.mu.Unlock()
	if ended {
		s.stop(errDocumentClosed)
	}
	return s, nil
}

// expire ends the stream if nobody asks for it.
func (s *stream) expire() {
	s.timer = time.AfterFunc(streamPatience, func() { s.remove(); s.stop(context.DeadlineExceeded) })
}

func (s *stream) remove() {
	s.doc.mu.Lock()
	delete(s.doc.streams, s.id)
	s.doc.mu.Unlock()
}

// stop ends the stream early.
func (s *stream) stop(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	if s.body != nil {
		s.body.Close() // wakes a pending write
	}
	s.timer.Stop()
	s.cond.Broadcast()
	s.mu.Unlock()
	s.src.Close()
}

// fetch begins to send stream id of the document and returns the descriptor
// from which the page reads it. The page that asks again for one that has
// failed learns why. from is how many bytes have come by a socket that has ended.
func (d *document) fetch(id, from uint64) (*os.File, *stream, error) {
	d.mu.Lock()
	s := d.streams[id]
	d.mu.Unlock()
	if s == nil {
		return nil, nil, fmt.Errorf("stream %d: not found", id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return nil, nil, &streamError{s.err}
	case s.body != nil:
		return nil, nil, fmt.Errorf("stream %d was read before", id)
	case from > uint64(s.sent) || from < uint64(s.sent-s.ahead):
		return nil, nil, fmt.Errorf("stream %d cannot be read from byte %d on", id, from)
	}
	body, r, err := wire.NewBody()
	if err != nil {
		return nil, nil, fmt.Errorf("stream %d: %w", id, err)
	}
	s.body = body
	s.timer.Stop()
	if s.pushed { // it moves here from its socket
		s.socket = nil
		s.ahead = s.sent - int64(from)
		s.cond.Broadcast()
		return r, s, nil
	}
	d.webview.core.tasks.Go(s.pump)
	return r, s, nil
}

// pump copies the source into the body, as far ahead of the page as the
// window allows.
func (s *stream) pump() {
	err := errReaderPanic // unless copy returns: the app's reader may end its goroutine
	defer func() { s.pumped(err) }()
	err = s.copy()
}

// pumped ends the body: whole, or with the reason why it is not.
func (s *stream) pumped(err error) {
	defer s.src.Close()
	switch {
	case err == nil:
		s.remove()
		if s.body != nil {
			s.body.Finish()
		}
		return
	case s.stopped():
		s.remove()
	default:
		// It stays until the page has asked why.
		err = s.src.core.plain(err)
		s.mu.Lock()
		s.err = err
		s.expire()
		s.mu.Unlock()
		s.src.core.log.Warn("mullion: stream ended early", "window", s.doc.caller.Window, "webview", s.doc.webview.label, "error", err)
	}
	if s.body != nil {
		s.body.Close()
	}
}

// copy returns why not all of the source has been sent.
func (s *stream) copy() error {
	if _, err := s.body.Write([]byte{0}); err != nil { // the preamble
		return errGivenUp
	}
	buf := make([]byte, streamPiece)
	return s.read(func() ([]byte, error) { return buf, nil }, func(piece []byte) error {
		if err := s.advance(len(piece)); err != nil {
			return err
		}
		if _, err := s.body.Write(piece); err != nil {
			return errGivenUp
		}
		return nil
	})
}

// read reads the source to its end, each time into what room returns, and passes on what it got.
func (s *stream) read(room func() ([]byte, error), pass func(piece []byte) error) error {
	for empty := 0; ; {
		to, err := room()
		if err != nil {
			return err
		}
		n, err := s.src.Read(to)
		if n > 0 {
			empty = 0
			if err := pass(to[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case n == 0:
			if empty++; empty >= maxEmptyReads {
				return io.ErrNoProgress
			}
		}
	}
}

// maxEmptyReads is how often a source may return neither bytes nor an error in
// a row, as in package bufio.
const maxEmptyReads = 100

// errGivenUp is why a stream has ended whose reader is gone.
var errGivenUp = fmt.Errorf("the page reads no more: %w", context.Canceled)

func (s *stream) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// advance waits until n more bytes may be under way.
func (s *stream) advance(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.ahead+int64(n) > streamWindow && s.err == nil {
		s.cond.Wait()
	}
	s.ahead += int64(n)
	return s.err
}

// streamError is why a stream has failed that a page asks for again.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }

// creditStream notes that the page has read n bytes of a stream. What nobody can
// have read does not count: where the engine has no worlds of scripts, a page can
// write what its bridge does, so that is no violation.
func (v *Webview) creditStream(id, n uint64) {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return
	}
	d.mu.Lock()
	s := d.streams[id]
	d.mu.Unlock()
	if s == nil {
		return // sent to its end, or there never was one
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead -= int64(min(n, uint64(s.ahead)))
	s.cond.Broadcast()
}

// giveUpStream ends a stream that its page reads no more of. Without that a
// stream that waits for credit would not notice until the page is left. A page
// can make its bridge look for a stream that there never was, so that is no
// violation.
func (v *Webview) giveUpStream(id uint64) {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return
	}
	d.mu.Lock()
	s := d.streams[id]
	d.mu.Unlock()
	if s != nil { // not sent to its end
		s.remove()
		s.stop(errCanceled)
	}
}

// serveStream answers the bridge's request for a stream.
func (v *Webview) serveStream(conn *wire.Conn, request uint64, doc string, id, from uint64) {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil || d.id != doc {
		respondText(conn, request, 410, "the document is no longer shown")
		return
	}
	r, s, err := d.fetch(id, from)
	if err != nil {
		status := 404
		var failed *streamError
		if errors.As(err, &failed) {
			status = 500
		}
		// The bridge is to see status and text.
		respondText(conn, request, status, err.Error(), wire.Field{Name: "Access-Control-Allow-Origin", Value: d.caller.Origin})
		return
	}
	head := wire.Response{Status: 200, Length: -1, Header: []wire.Field{
		{Name: "Content-Type", Value: "application/octet-stream"},
		{Name: "Cache-Control", Value: "no-store"},
		{Name: "Access-Control-Allow-Origin", Value: d.caller.Origin},
	}}
	err = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: request, Payload: wire.JoinResponse(mustJSON(head), nil), File: r})
	if err != nil {
		s.stop(err)
	}
}
