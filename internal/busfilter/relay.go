package busfilter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// buffered is what a direction holds of the messages in it.
	buffered = 16 << 10
	// maxInjected bounds refusals that wait for a message to be passed on.
	maxInjected = 64 << 10
	// authTime is how long a client may take to begin.
	authTime = 30 * time.Second
)

// busTime is how long the bus may take to begin, and to answer the hello. The
// host shows nothing while it waits for that.
var busTime = 5 * time.Second

// outlet is where messages go to: those of one direction, and refusals of the
// other between them.
type outlet struct {
	w    io.Writer
	turn sync.Mutex // held while a message is written

	mu      sync.Mutex // after turn
	waiting []byte     // refusals; guarded by mu
}

var errUnread = errors.New("too many refusals are unread")

// inject writes a message as soon as there is none in the way.
func (o *outlet) inject(b []byte) error {
	o.mu.Lock()
	if len(o.waiting)+len(b) > maxInjected {
		o.mu.Unlock()
		return errUnread
	}
	o.waiting = append(o.waiting, b...)
	o.mu.Unlock()
	return o.flush()
}

// flush writes what waits, unless somebody writes, who then does it.
func (o *outlet) flush() error {
	for {
		o.mu.Lock()
		idle := len(o.waiting) == 0
		o.mu.Unlock()
		if idle || !o.turn.TryLock() {
			return nil
		}
		o.mu.Lock()
		b := o.waiting
		o.waiting = nil
		o.mu.Unlock()
		_, err := o.w.Write(b)
		o.turn.Unlock()
		if err != nil {
			return err
		}
	}
}

// pass writes a header and the body behind it, in pieces as large as buffer.
func (o *outlet) pass(head []byte, body io.Reader, buffer []byte) error {
	o.turn.Lock()
	err := func() error {
		n := copy(buffer, head) // a header is never that long
		for {
			got, err := io.ReadFull(body, buffer[n:])
			if n += got; n > 0 {
				if _, err := o.w.Write(buffer[:n]); err != nil {
					return err
				}
			}
			n = 0
			switch err {
			case nil:
			case io.EOF, io.ErrUnexpectedEOF:
				return nil
			default:
				return err
			}
		}
	}()
	o.turn.Unlock()
	if err != nil {
		return err
	}
	return o.flush()
}

// direction is one way of a connection.
type direction struct {
	from     *bufio.Reader
	to, back *outlet
	reads    func(*header) (most uint32) // of the body, 0 if it is passed on unread
	held     *atomic.Int64               // bytes of bodies that are read, of all connections
	judge    func(*header, []byte) verdict
	refused  func(*header)
}

// pump passes messages on until the stream ends, or is no such stream.
func (d *direction) pump() error {
	buffer := make([]byte, buffered)
	for {
		h, err := readHeader(d.from)
		if err != nil {
			return err
		}
		if err := d.deal(h, buffer); err != nil {
			return err
		}
	}
}

// deal passes a message on whose body comes next, or refuses it.
func (d *direction) deal(h *header, buffer []byte) error {
	sender, destination := h.sender, h.destination
	left := &body{r: d.from, left: int64(h.body)}
	var whole io.Reader = left
	var read []byte
	if most := d.reads(h); most > 0 && h.body <= most {
		defer d.held.Add(-int64(h.body))
		if d.held.Add(int64(h.body)) <= maxHeld {
			read = make([]byte, h.body)
			if _, err := io.ReadFull(left, read); err != nil {
				return err
			}
			whole = bytes.NewReader(read)
		}
	}
	v := d.judge(h, read)
	if v.pass {
		return d.to.pass(h.bytes(), whole, buffer)
	}
	d.refused(h)
	var err error
	for err == nil {
		_, err = left.Read(buffer)
	}
	if err != io.EOF {
		return err
	}
	switch {
	case v.error == "":
	case h.wantsReply():
		return d.back.inject(refusal(h.serial, destination, sender, v))
	case h.kind == methodReturn: // its caller waits
		return d.to.inject(refusal(h.replySerial, "", destination, v))
	}
	return nil
}

// errCut is returned where a stream ends in the middle of a message.
var errCut = errors.New("the stream ends in a message")

// body reads the body of a message.
type body struct {
	r    io.Reader
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	return n, err
}

// filter judges the messages of one connection. Each direction is judged by one
// goroutine: whether a message is read beyond its header, and what becomes of it.
type filter interface {
	reads(*header) (most uint32)
	toBus(h *header, body []byte) verdict
	readsIn(*header) (most uint32)
	toHost(h *header, body []byte) verdict
	end() // is called when neither direction is in use any more
}

// filter returns the filter for a connection to a bus with a number.
func (g *Groups) filter(kind Bus, guid string) (f filter, leave func()) {
	switch kind {
	case IBus:
		return newTypist(ofIBus, g.ownersOn("ibus "+guid), g.Typed), func() {}
	case Fcitx:
		return newTypist(ofFcitx, g.ownersOn("fcitx "+guid), g.Typed), func() {}
	}
	group, leave := g.join(guid)
	return newConn(group), leave
}

// Relay passes on what a client of the host and a bus of a kind say to each other,
// until one of them ends the connection or is none. It closes both. g are the
// groups of the host.
func (g *Groups) Relay(kind Bus, client, bus net.Conn) error {
	defer client.Close()
	defer bus.Close()
	client.SetDeadline(time.Now().Add(authTime))
	bus.SetDeadline(time.Now().Add(busTime))
	fromClient, fromBus := bufio.NewReaderSize(client, buffered), bufio.NewReaderSize(bus, buffered)
	guid, err := greet(fromBus, bus)
	if err != nil {
		return err
	}
	if err := admit(fromClient, client, guid); err != nil {
		return err
	}
	client.SetDeadline(time.Time{})
	bus.SetDeadline(time.Time{})
	c, leave := g.filter(kind, guid)
	defer leave()
	defer c.end()
	toBus, toHost := &outlet{w: bus}, &outlet{w: client}
	out := &direction{from: fromClient, to: toBus, back: toHost, reads: c.reads, held: &g.held, judge: func(h *header, body []byte) verdict {
		if h.destination == busName && h.member == "Hello" {
			bus.SetReadDeadline(time.Now().Add(busTime))
		}
		return c.toBus(h, body)
	}, refused: func(h *header) {
		g.refused("refused to the host: %s", h)
	}}
	in := &direction{from: fromBus, to: toHost, back: toBus, reads: c.readsIn, held: &g.held, judge: func(h *header, body []byte) verdict {
		bus.SetReadDeadline(time.Time{})
		return c.toHost(h, body)
	}, refused: func(h *header) {
		if h.kind == methodCall {
			g.refused("kept from the host: %s", h)
		}
	}}
	ended := make(chan error, 2)
	go func() { ended <- in.pump() }()
	go func() { ended <- out.pump() }()
	err = <-ended
	client.Close()
	bus.Close()
	<-ended
	for _, end := range []error{io.EOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return nil
		}
	}
	return err
}
