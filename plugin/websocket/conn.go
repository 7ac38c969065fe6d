package websocket

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// Kind is what a message is.
type Kind uint8

// The kinds of messages.
const (
	Text Kind = iota
	Binary
	Ping
	Pong
	Close
)

// Message is one that was received, or is to be sent.
type Message struct {
	Kind Kind
	// Data is the content; of Ping and Pong at most 125 bytes. That of Text is
	// UTF-8. Close has none.
	Data []byte
	// Code and Reason are those of Close, by RFC 6455, section 7.4. Code 0 is a
	// close without any.
	Code   int
	Reason string
}

// Config changes a connection. The zero value is useful.
type Config struct {
	// Header are further fields of the handshake.
	Header http.Header
	// MaxMessage is the longest message that is received, in bytes. Zero, and
	// what is above, means 16 MiB.
	MaxMessage int64
	// MaxFrame is the longest frame of one. Zero, and what is above, means 16 MiB.
	MaxFrame int64
	// ReadBuffer and WriteBuffer are sizes in bytes, of at most 1 MiB. Zero means
	// 128 KiB. A message that does not fit into WriteBuffer is sent in several
	// frames.
	ReadBuffer, WriteBuffer int
	// RootCAs are the authorities that the server's certificate is checked by. nil
	// means those of the system.
	RootCAs *x509.CertPool
}

// The limits of a connection.
const (
	maxMessage     = 16 << 20 // bytes
	maxBuffer      = 1 << 20  // bytes
	defaultBuffer  = 128 << 10
	maxControl     = 125 // bytes, by RFC 6455, section 5.5
	controlTimeout = 10 * time.Second
	closeTimeout   = 5 * time.Second // for the other side's answer to a Close
	dialTimeout    = 30 * time.Second
)

// ErrClosed is returned by Receive and Send after a Close was received, or the
// connection was closed here.
var ErrClosed = errors.New("websocket: the connection is closed")

// Conn is a connection. It is safe for concurrent use.
type Conn struct {
	ws   *websocket.Conn
	in   chan received // closed by read at its end
	err  error         // why reading ended; set before in is closed
	done chan struct{}
	once sync.Once
	// writing has room for one: who writes a message.
	writing chan struct{}
	most    int64   // bytes of a message
	budget  *budget // nil without one
}

// received is a message with what it has taken of the budget.
type received struct {
	Message
	taken int64
}

// Dial connects to a server, an address with the scheme ws or wss. It has no
// scope. ctx is for connecting alone. Redirects are not followed.
func Dial(ctx context.Context, address string, c Config) (*Conn, error) {
	u, err := reach.ParseURL(address, "ws", "wss")
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout}
	return dial(ctx, u.String(), c, nil, func(ctx context.Context, _, address string) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", address)
	})
}

func dial(ctx context.Context, address string, c Config, b *budget, tcp func(ctx context.Context, scheme, address string) (net.Conn, error)) (*Conn, error) {
	if c.MaxMessage <= 0 || c.MaxMessage > maxMessage {
		c.MaxMessage = maxMessage
	}
	if c.MaxFrame <= 0 || c.MaxFrame > maxMessage {
		c.MaxFrame = maxMessage
	}
	watch := func(conn net.Conn) net.Conn { return &watched{Conn: conn, most: uint64(c.MaxFrame)} }
	d := websocket.Dialer{
		ReadBufferSize: buffer(c.ReadBuffer), WriteBufferSize: buffer(c.WriteBuffer),
		NetDialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := tcp(ctx, "ws", address)
			if err != nil {
				return nil, err
			}
			return watch(conn), nil
		},
		NetDialTLSContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := tcp(ctx, "wss", address)
			if err != nil {
				return nil, err
			}
			host, _, _ := net.SplitHostPort(address)
			safe := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: c.RootCAs, NextProtos: []string{"http/1.1"}})
			if err := safe.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return watch(safe), nil
		},
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	ws, resp, err := d.DialContext(ctx, address, c.Header)
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			return nil, fmt.Errorf("HTTP error: %s", resp.Status)
		}
		if refused, ok := errors.AsType[*reach.NotAllowedError](err); ok {
			return nil, refused
		}
		return nil, err
	}
	conn := &Conn{ws: ws, in: make(chan received), done: make(chan struct{}), writing: make(chan struct{}, 1), most: c.MaxMessage, budget: b}
	ws.SetReadLimit(c.MaxMessage)
	ws.SetPingHandler(func(data string) error {
		// The answer first: it says that this side lives, and does not wait for who
		// receives.
		if err := ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(controlTimeout)); err != nil && !errors.Is(err, websocket.ErrCloseSent) {
			return err
		}
		return conn.push(received{Message: Message{Kind: Ping, Data: []byte(data)}})
	})
	ws.SetPongHandler(func(data string) error { return conn.push(received{Message: Message{Kind: Pong, Data: []byte(data)}}) })
	go conn.read()
	return conn, nil
}

func buffer(size int) int {
	switch {
	case size <= 0:
		return defaultBuffer
	case size > maxBuffer:
		return maxBuffer
	}
	return max(size, 256)
}

// read reads messages, each when the one before was received. So a server that
// sends faster than that waits.
func (c *Conn) read() {
	defer close(c.in)
	defer c.Close()
	for {
		m, err := c.next()
		if err == nil {
			if err = c.push(m); err != nil {
				c.budget.give(m.taken)
			}
		}
		if err != nil {
			c.err = c.ended(err)
			return
		}
	}
}

func (c *Conn) next() (m received, err error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			c.budget.give(m.taken)
			m = received{}
		}
	}()
	if m.Data, err = io.ReadAll(io.LimitReader(r, smallMessage)); err != nil {
		return m, err
	}
	if len(m.Data) == smallMessage {
		// How long a message is, its end tells: so it takes all that it can have, and
		// gives back the rest.
		if err = c.budget.take(c.most, c.done); err != nil {
			return m, err
		}
		m.taken = c.most
		begin := m.Data
		if m.Data, err = io.ReadAll(io.MultiReader(bytes.NewReader(begin), r)); err != nil {
			return m, err
		}
		rest := max(0, m.taken-int64(len(m.Data)))
		c.budget.give(rest)
		m.taken -= rest
	}
	if kind == websocket.BinaryMessage {
		m.Kind = Binary
	} else if !utf8.Valid(m.Data) {
		c.fail(websocket.CloseInvalidFramePayloadData, "text that is not UTF-8")
		return m, errors.New("a text that is not UTF-8")
	}
	return m, nil
}

// fail tells the other side what it has done.
func (c *Conn) fail(code int, reason string) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(controlTimeout)) // it may be gone
}

// ended says why reading ended. A Close of the other side is received as a message
// before.
func (c *Conn) ended(err error) error {
	select {
	case <-c.done:
		return ErrClosed
	default:
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok && closed.Code != websocket.CloseAbnormalClosure {
		m := received{Message: Message{Kind: Close, Code: closed.Code, Reason: closed.Text}}
		if closed.Code == websocket.CloseNoStatusReceived {
			m.Code = 0
		}
		_ = c.push(m) // unless nobody listens any more
		return ErrClosed
	}
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return errors.New("a message that is longer than maxMessageSize")
	case websocket.IsCloseError(err, websocket.CloseAbnormalClosure):
		return errors.New("the connection was reset without a closing handshake")
	}
	if long, ok := errors.AsType[*frameError](err); ok {
		c.fail(websocket.CloseMessageTooBig, "")
		return long
	}
	return err
}

func (c *Conn) push(m received) error {
	select {
	case c.in <- m:
		return nil
	case <-c.done:
		return ErrClosed
	}
}

// Receive waits for the next message. After that of kind Close, and after an
// error, there are no further ones. Pings were answered already. A server that
// sends faster than this is called waits.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	m, err := c.receive(ctx)
	return m.Message, err
}

// receive is Receive for who gives back what a message has taken.
func (c *Conn) receive(ctx context.Context) (received, error) {
	select {
	case m, ok := <-c.in:
		if !ok {
			return received{}, c.err
		}
		return m, nil
	case <-ctx.Done():
		return received{}, ctx.Err()
	}
}

// Send sends a message and returns when it is on its way, which may take as long
// as the other side does not read. If ctx ends before, the connection is closed,
// since a part of a message is none. After a Close the other side has five
// seconds to answer it.
func (c *Conn) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	switch m.Kind {
	case Ping, Pong, Close:
		return c.control(m)
	}
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()
	kind := websocket.TextMessage
	if m.Kind == Binary {
		kind = websocket.BinaryMessage
	}
	return c.sent(c.ws.WriteMessage(kind, m.Data))
}

func (c *Conn) control(m Message) error {
	kind, data := websocket.PingMessage, m.Data
	switch m.Kind {
	case Pong:
		kind = websocket.PongMessage
	case Close:
		kind, data = websocket.CloseMessage, nil
		if m.Code != 0 {
			data = websocket.FormatCloseMessage(m.Code, m.Reason)
		}
	}
	if err := c.sent(c.ws.WriteControl(kind, data, time.Now().Add(controlTimeout))); err != nil {
		return err
	}
	if m.Kind == Close {
		t := time.AfterFunc(closeTimeout, c.Close)
		go func() {
			<-c.done
			t.Stop()
		}()
	}
	return nil
}

func (c *Conn) sent(err error) error {
	select {
	case <-c.done:
		if err != nil {
			return ErrClosed
		}
	default:
	}
	if errors.Is(err, websocket.ErrCloseSent) {
		return ErrClosed
	}
	return err
}

// check refuses what RFC 6455 has no form for.
func (m Message) check() error {
	switch m.Kind {
	case Text:
		if !utf8.Valid(m.Data) {
			return errors.New("a text has to be UTF-8")
		}
	case Binary:
	case Ping, Pong:
		if len(m.Data) > maxControl {
			return fmt.Errorf("a ping or pong has at most %d bytes", maxControl)
		}
	case Close:
		known := m.Code >= 1000 && m.Code <= 1014 && m.Code != 1004 && m.Code != 1005 && m.Code != 1006
		if m.Code != 0 && !known && (m.Code < 3000 || m.Code > 4999) {
			return fmt.Errorf("close code %d: want 1000 to 1014 but 1004, 1005 and 1006, or 3000 to 4999", m.Code)
		}
		if len(m.Reason) > maxControl-2 || !utf8.ValidString(m.Reason) || m.Code == 0 && m.Reason != "" {
			return fmt.Errorf("the reason of a close is text of at most %d bytes, with a code", maxControl-2)
		}
	default:
		return errors.New("a message of an unknown kind")
	}
	if len(m.Data) > maxMessage {
		return fmt.Errorf("a message of %d bytes; at most %d are allowed", len(m.Data), maxMessage)
	}
	return nil
}

// Close ends the connection at once. To do it as the protocol wants, send a
// message of the kind Close and receive the answer.
func (c *Conn) Close() {
	c.once.Do(func() {
		close(c.done)
		c.ws.Close()
	})
}

// headerOf makes the header of a handshake of what a page gives, without what is
// the client's.
func headerOf(fields [][2]string) (http.Header, error) {
	var own [][2]string
	for _, f := range fields {
		name := strings.ToLower(f[0])
		if !reach.Framing(name) && (!strings.HasPrefix(name, "sec-websocket-") || name == "sec-websocket-protocol") {
			own = append(own, f)
		}
	}
	return reach.Header(own)
}
