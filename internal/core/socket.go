package core

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/websocket"
)

// Bytes between a page of the app and the Core go over a WebSocket of its bridge's
// own world to socketHost where they can: past the main loops of the host. The
// name ends in the proxy of the host, as mediaHost does. What is said there comes
// through the engine's process for the network, which could read and forge it. So
// it carries bytes of transfers that calls and answers have named, and nothing
// else; those never go this way.

const (
	// socketHost is that of the address of the WebSocket.
	socketHost = "bytes.localhost"
	// socketTransfers is how many transfers it may carry at once, each way, and
	// socketWindow how many bytes of each may be under way.
	socketTransfers = 2
	socketWindow    = 2 << 20
	// socketPiece is the largest message of bytes, its header of 8 bytes not counted.
	socketPiece = 512 << 10
	// socketPatience is how long a WebSocket waits for its document, and for the
	// call that bytes belong to: what tells of them comes another way.
	socketPatience = 5 * time.Second
	// maxSockets bounds the WebSockets of one host that belong to no document yet,
	// and ticketSize what these may say, in bytes.
	maxSockets = 8
	ticketSize = 64
	// maxTexts bounds what waits to be said, beside the bytes.
	maxTexts = 1 << 10
)

// errSocket is what goes over a socket against the rules.
var errSocket = errors.New("transfers of bytes: what no bridge sends")

// socket is the WebSocket of a document.
type socket struct {
	doc  *document
	conn *websocket.Conn

	mu      sync.Mutex
	cond    *sync.Cond         // told when there are credits, and when it has ended
	bodies  map[uint64]*body   // guarded by mu; whose bytes come this way
	streams map[uint64]*stream // guarded by mu; that go this way
	texts   []string           // guarded by mu; that are to be sent
	ended   bool               // guarded by mu
}

// serveSocket is the life of a connection to socketHost.
func (h *host) serveSocket(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	if h.network.sockets.Add(1) > maxSockets {
		h.network.sockets.Add(-1)
		return
	}
	d, ws, err := h.greetSocket(ctx, conn)
	h.network.sockets.Add(-1)
	if err != nil {
		h.core.log.Warn("mullion: transfers of bytes: connection refused", "host", h.name, "error", err)
		return
	}
	defer context.AfterFunc(d.ctx, func() { conn.Close() })()
	s := &socket{doc: d, conn: ws, bodies: map[uint64]*body{}, streams: map[uint64]*stream{}}
	s.cond = sync.NewCond(&s.mu)
	if !d.takeSocket(s) {
		return
	}
	s.tell("o 0") // from now on calls find it
	d.webview.core.tasks.Go(s.write)
	err = s.serve()
	s.end()
	if errors.Is(err, errSocket) {
		h.core.log.Warn("mullion: transfers of bytes: connection ended", "host", h.name, "error", err)
	}
}

// greetSocket opens the WebSocket and finds the document whose ticket is the first
// that is said there. It is good once.
func (h *host) greetSocket(ctx context.Context, conn net.Conn) (*document, *websocket.Conn, error) {
	conn.SetDeadline(time.Now().Add(socketPatience))
	var origin string
	ws, err := websocket.Accept(conn, websocket.Options{Host: socketHost, MaxMessage: ticketSize, Origin: func(o string) bool {
		origin = o
		return h.core.isLocal(o)
	}})
	if err != nil {
		return nil, nil, err
	}
	ticket, text, err := ws.Receive(func(n int) []byte { return make([]byte, n) })
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, socketPatience)
	defer cancel()
	var d *document
	if text {
		d = h.takeTicket(ctx, string(ticket))
	}
	if d == nil || d.caller.Origin != origin {
		return nil, nil, fmt.Errorf("%w: no ticket of a page that is shown", errSocket)
	}
	ws.Limit(8 + socketPiece)
	conn.SetDeadline(time.Time{})
	return d, ws, nil
}

// takeTicket finds the document of the host that has drawn the ticket, or nil.
func (h *host) takeTicket(ctx context.Context, ticket string) *document {
	for {
		drawn := h.network.documents.next()
		for _, w := range h.windows() {
			for _, v := range w.webviewList() {
				v.mu.Lock()
				d := v.doc
				v.mu.Unlock()
				if d != nil && d.spendTicket(ticket) {
					return d
				}
			}
		}
		select {
		case <-drawn:
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *document) spendTicket(ticket string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ticket == "" || subtle.ConstantTimeCompare([]byte(d.ticket), []byte(ticket)) != 1 {
		return false
	}
	d.ticket = ""
	return true
}

// ticketDrawn notes the ticket with which the bridge of the document opens its
// WebSocket. Pages of others have none.
func (v *Webview) ticketDrawn(doc, ticket string) {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil || d.id != doc || !d.caller.Local || len(ticket) < 26 || len(ticket) > ticketSize {
		return
	}
	d.mu.Lock()
	d.ticket = ticket
	d.mu.Unlock()
	v.Window().host().network.documents.tell()
}

// takeSocket makes s the socket of the document, instead of one before it. It
// reports false if the document has ended.
func (d *document) takeSocket(s *socket) bool {
	d.mu.Lock()
	old := d.socket
	if !d.ended {
		d.socket = s
	}
	ended := d.ended
	d.mu.Unlock()
	if old != nil && !ended {
		old.conn.Close()
	}
	return !ended
}

// end ends all that goes over the socket, which goes on by the other way.
func (s *socket) end() {
	s.conn.Close()
	s.doc.mu.Lock()
	if s.doc.socket == s {
		s.doc.socket = nil
	}
	s.doc.mu.Unlock()
	s.mu.Lock()
	s.ended = true
	bodies, streams := s.bodies, s.streams
	s.bodies, s.streams = nil, nil
	s.cond.Broadcast()
	s.mu.Unlock()
	for _, b := range bodies {
		b.leaveSocket()
	}
	for _, t := range streams {
		t.leaveSocket()
	}
}

// write sends texts: whoever reads bytes does not wait for the connection.
func (s *socket) write() {
	for {
		s.mu.Lock()
		for len(s.texts) == 0 && !s.ended {
			s.cond.Wait()
		}
		texts := s.texts
		s.texts = nil
		ended := s.ended
		s.mu.Unlock()
		if ended {
			return
		}
		for _, t := range texts {
			if s.conn.Send(true, []byte(t), nil) != nil {
				s.conn.Close()
				return
			}
		}
	}
}

// tell queues a text.
func (s *socket) tell(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) >= maxTexts {
		s.conn.Close() // of a client that reads nothing
		return
	}
	s.texts = append(s.texts, text)
	s.cond.Broadcast()
}

// accepted says that n more bytes of a call were read.
func (s *socket) accepted(call uint64, n int64) {
	s.tell("k " + strconv.FormatUint(call, 10) + " " + strconv.FormatInt(n, 10))
}

// pieces are buffers of messages of bytes.
var pieces = sync.Pool{New: func() any { return new([8 + socketPiece]byte) }}

// serve reads what the bridge sends.
func (s *socket) serve() error {
	for {
		var pooled *[8 + socketPiece]byte
		message, text, err := s.conn.Receive(func(n int) []byte {
			if n < 32<<10 {
				return make([]byte, n)
			}
			pooled = pieces.Get().(*[8 + socketPiece]byte)
			return pooled[:n]
		})
		if err == nil && text {
			err = s.command(string(message))
		} else if err == nil {
			err = s.piece(message, pooled)
		}
		if err != nil {
			return err
		}
	}
}

// command does what a text wants.
func (s *socket) command(text string) error {
	op, rest, _ := strings.Cut(text, " ")
	number, rest, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %.50q", errSocket, text)
	}
	switch op {
	case "f":
		s.fetch(id)
		return nil
	case "k":
		n, err := strconv.ParseUint(rest, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %.50q", errSocket, text)
		}
		s.doc.webview.creditStream(id, n)
		return nil
	}
	return fmt.Errorf("%w: %.50q", errSocket, text)
}

// piece takes bytes of a call.
func (s *socket) piece(message []byte, pooled *[8 + socketPiece]byte) error {
	if len(message) <= 8 {
		return fmt.Errorf("%w: a piece of %d bytes", errSocket, len(message))
	}
	id := binary.LittleEndian.Uint64(message)
	b, err := s.bodyOf(id)
	if b == nil {
		return err
	}
	return b.take(s, chunk{message[8:], pooled})
}

// bodyOf finds the body of a call; nil without an error for one that has been
// answered, or has none. The call may still be on its way.
func (s *socket) bodyOf(id uint64) (*body, error) {
	d := s.doc
	ctx, cancel := context.WithTimeout(d.ctx, socketPatience)
	defer cancel()
	for {
		began := d.called.next()
		d.mu.Lock()
		k, last := d.calls[id], d.lastCall
		d.mu.Unlock()
		switch {
		case k != nil && k.body != nil:
			return k.body, nil
		case id <= last:
			return nil, nil
		}
		select {
		case <-began:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: bytes for call %d, which there is not", errSocket, id)
		}
	}
}

// fetch begins to send a stream, or has the bridge fetch it the other way, where
// it also learns why there is none.
func (s *socket) fetch(id uint64) {
	if !s.doc.pushTo(s, id) {
		s.tell("r " + strconv.FormatUint(id, 10))
	}
}

// sends takes a stream that is to go this way.
func (s *socket) sends(t *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.streams) >= socketTransfers {
		return false
	}
	s.streams[t.id] = t
	return true
}

// sent forgets a stream that goes this way no more.
func (s *socket) sent(t *stream) {
	s.mu.Lock()
	delete(s.streams, t.id)
	s.mu.Unlock()
}

// carries takes a body whose bytes are to come this way.
func (s *socket) carries(b *body) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.bodies) >= socketTransfers {
		return false
	}
	s.bodies[b.call.id] = b
	return true
}

// leaves forgets a body that has come, or is of no use any more.
func (s *socket) leaves(b *body) {
	s.mu.Lock()
	delete(s.bodies, b.call.id)
	s.mu.Unlock()
}
