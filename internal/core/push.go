package core

import (
	"encoding/binary"
	"slices"
	"strconv"
	"sync"
)

// A stream that goes by a socket is read into a ring, which keeps what the page has
// not confirmed. So it goes on by the host, without a gap, where the socket ends.

// pushPiece is the largest message of a stream.
const pushPiece = 256 << 10

// rings are the memory of streams that are pushed.
var rings = sync.Pool{New: func() any { return new([socketWindow]byte) }}

// pushTo begins to send stream id by the socket. It reports false if that cannot be.
func (d *document) pushTo(k *socket, id uint64) bool {
	d.mu.Lock()
	s := d.streams[id]
	d.mu.Unlock()
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.body != nil || s.pushed || !k.sends(s) {
		return false
	}
	s.pushed, s.socket = true, k
	s.timer.Stop()
	d.webview.core.tasks.Go(s.push)
	return true
}

// push is pump by a socket.
func (s *stream) push() {
	err := errReaderPanic // unless it returns: the app's reader may end its goroutine
	ring := rings.Get().(*[socketWindow]byte)
	defer func() {
		s.mu.Lock()
		k := s.socket
		s.mu.Unlock()
		if k != nil {
			k.sent(s)
			if err != nil {
				defer k.tell("x " + strconv.FormatUint(s.id, 10)) // it asks why
			}
		}
		s.pumped(err)
		rings.Put(ring)
	}()
	if err = s.pushAll(ring[:]); err == nil {
		err = s.pushEnd(ring[:])
	}
}

// pushAll sends the source to its end.
func (s *stream) pushAll(ring []byte) error {
	return s.read(func() ([]byte, error) { return s.room(ring) }, func(piece []byte) error { return s.pass(ring, piece) })
}

// room waits until some of the ring is free, and returns that.
func (s *stream) room(ring []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(len(ring))
	for size-s.ahead < pushPiece && s.err == nil && !s.moves() {
		s.cond.Wait()
	}
	if s.err == nil && s.moves() {
		s.mu.Unlock()
		err := s.move(ring)
		s.mu.Lock()
		if err != nil {
			return nil, err
		}
		for size-s.ahead < pushPiece && s.err == nil {
			s.cond.Wait()
		}
	}
	at := s.sent % size
	return ring[at:min(at+pushPiece, size)], s.err
}

// moves reports whether the socket has ended, and the host does not have the stream
// yet. s.mu is held.
func (s *stream) moves() bool { return s.socket == nil && !s.moved }

// pass sends what was read into the ring.
func (s *stream) pass(ring, data []byte) error {
	s.mu.Lock()
	k, moved := s.socket, s.moved
	s.sent += int64(len(data))
	s.ahead += int64(len(data))
	s.mu.Unlock()
	switch {
	case moved:
		if _, err := s.body.Write(data); err != nil {
			return errGivenUp
		}
	case k != nil:
		head := binary.LittleEndian.AppendUint64(make([]byte, 0, 8), s.id)
		if k.conn.Send(false, head, data) != nil {
			k.conn.Close() // its end has the stream move
		}
	}
	return nil
}

// move waits until the bridge fetches the rest by the host, and sends what it has
// not got.
func (s *stream) move(ring []byte) error {
	s.mu.Lock()
	for s.body == nil && s.err == nil {
		s.cond.Wait()
	}
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	s.moved = true
	size := int64(len(ring))
	rest := slices.Clone(ring[:0])
	for at := s.sent - s.ahead; at < s.sent; {
		part := ring[at%size : min(at%size+s.sent-at, size)]
		rest = append(rest, part...)
		at += int64(len(part))
	}
	s.mu.Unlock()
	if _, err := s.body.Write([]byte{0}); err != nil { // the preamble
		return errGivenUp
	}
	if _, err := s.body.Write(rest); err != nil {
		return errGivenUp
	}
	return nil
}

// pushEnd says that all was sent, and waits until all of that has come.
func (s *stream) pushEnd(ring []byte) error {
	s.mu.Lock()
	k := s.socket
	s.mu.Unlock()
	if k != nil {
		k.tell("e " + strconv.FormatUint(s.id, 10))
	}
	s.mu.Lock()
	for s.ahead > 0 && s.err == nil && !s.moved && !s.moves() {
		s.cond.Wait()
	}
	err, moves := s.err, s.ahead > 0 && s.moves()
	s.mu.Unlock()
	if err == nil && moves {
		err = s.move(ring)
	}
	return err
}

// leaveSocket has the stream wait for the bridge, which fetches the rest by the
// host.
func (s *stream) leaveSocket() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil && s.err == nil {
		s.socket = nil
		s.expire()
		s.cond.Broadcast()
	}
}
