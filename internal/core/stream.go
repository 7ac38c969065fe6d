package core

import (
	"context"
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

// stream is bytes on their way to a page.
type stream struct {
	doc  *document
	id   uint64
	size int64 // -1 if unknown
	src  io.ReadCloser
	// closeSrc closes src, once: at its end, or early to end a Read that
	// waits for bytes which nobody wants any more.
	closeSrc func()

	mu      sync.Mutex
	cond    *sync.Cond
	fetched bool        // guarded by mu
	ahead   int64       // guarded by mu; written and not credited
	pipe    *os.File    // guarded by mu; the write end
	err     error       // guarded by mu; why it was stopped
	timer   *time.Timer // guarded by mu
}

// newStream registers src, which the page then fetches by its number.
func (d *document) newStream(src io.ReadCloser, size int64) *stream {
	s := &stream{doc: d, size: size, src: src}
	s.cond = sync.NewCond(&s.mu)
	s.closeSrc = sync.OnceFunc(func() { src.Close() })
	d.mu.Lock()
	ended := d.ended
	if !ended {
		d.lastID++
		s.id = d.lastID
		d.streams[s.id] = s
	}
	d.mu.Unlock()
	if ended {
		s.closeSrc()
		return s
	}
	s.mu.Lock()
	s.timer = time.AfterFunc(streamPatience, func() { s.remove(); s.stop(context.DeadlineExceeded) })
	s.mu.Unlock()
	return s
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
	if s.pipe != nil {
		s.pipe.Close() // wakes a pending write
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.cond.Broadcast()
	s.mu.Unlock()
	s.closeSrc()
}

// fetch begins to send stream id of the document and returns the descriptor
// from which the page reads it.
func (d *document) fetch(id uint64) (*os.File, *stream, error) {
	d.mu.Lock()
	s := d.streams[id]
	d.mu.Unlock()
	if s == nil {
		return nil, nil, fmt.Errorf("stream %d: not found", id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetched || s.err != nil {
		return nil, nil, fmt.Errorf("stream %d was read before", id)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("stream %d: %w", id, err)
	}
	s.fetched = true
	s.pipe = w
	s.timer.Stop()
	d.webview.core.tasks.Go(s.pump)
	return r, s, nil
}

// pump copies the source into the pipe, as far ahead of the page as the
// window allows.
func (s *stream) pump() {
	defer s.remove()
	defer s.closeSrc()
	defer s.pipe.Close()
	if _, err := s.pipe.Write([]byte{0}); err != nil { // the preamble
		return
	}
	buf := make([]byte, streamPiece)
	for {
		n, err := s.src.Read(buf)
		if n > 0 {
			if s.advance(n) != nil {
				return
			}
			if _, err := s.pipe.Write(buf[:n]); err != nil {
				return // the page gave it up
			}
		}
		if err != nil {
			if err != io.EOF && !s.stopped() {
				s.doc.webview.core.log.Warn("mullion: stream ended early", "webview", s.doc.webview.label, "error", err)
			}
			return
		}
	}
}

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

// creditStream notes that the page has read n bytes of a stream.
func (v *Webview) creditStream(id, n uint64) error {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	s, last := d.streams[id], d.lastID
	d.mu.Unlock()
	if id > last {
		return fmt.Errorf("%w: credit for stream %d, which there never was", wire.ErrProtocol, id)
	}
	if s == nil {
		return nil // sent to its end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > uint64(s.ahead) {
		return fmt.Errorf("%w: credit of %d bytes of stream %d, %d are under way", wire.ErrProtocol, n, id, s.ahead)
	}
	s.ahead -= int64(n)
	s.cond.Broadcast()
	return nil
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
func (v *Webview) serveStream(conn *wire.Conn, request uint64, doc string, id uint64) {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil || d.id != doc {
		respondText(conn, request, 410, "the document is no longer shown")
		return
	}
	r, s, err := d.fetch(id)
	if err != nil {
		// The bridge is to see the status.
		respondText(conn, request, 404, err.Error(), wire.Field{Name: "Access-Control-Allow-Origin", Value: d.caller.Origin})
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
