package core

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// maxChannels bounds the open channels of one document.
const maxChannels = 16 << 10

// opener opens the channels that the arguments of one command name.
type opener struct {
	doc     *document
	command string
}

// OpenChannel implements ipc.ChannelOpener. A page that names the same
// channel twice gets the same one, so that its messages stay in order.
func (o opener) OpenChannel(id uint32) (ipc.Channel, error) {
	d := o.doc
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return nil, ipc.ErrChannelClosed
	}
	if ch := d.channels[id]; ch != nil {
		return ch, nil
	}
	if len(d.channels) >= maxChannels {
		return nil, fmt.Errorf("%d channels are open: %w", maxChannels, ErrBackpressure)
	}
	ch := &channel{doc: d, id: id, command: o.command}
	d.channels[id] = ch
	return ch, nil
}

// channel sends messages to one page.
type channel struct {
	doc     *document
	id      uint32
	command string

	// order is held while a message is numbered and queued, so that the
	// numbers arrive in order; it may wait for room.
	order sync.Mutex
	next  uint64 // guarded by order

	mu     sync.Mutex
	closed bool // guarded by mu
}

// Send implements ipc.Channel.
func (ch *channel) Send(ctx context.Context, v jsontext.Value) error {
	return ch.intercepted(ctx, &ipc.Message{Args: v}, func(ctx context.Context, m *ipc.Message) error {
		if len(m.Args) > wire.MaxPayload/2 {
			return fmt.Errorf("a message of %d bytes for a channel: at most %d; send bytes instead, which have no limit", len(m.Args), wire.MaxPayload/2)
		}
		return ch.send(ctx, 'c', m.Args)
	})
}

// SendBytes implements ipc.Channel.
func (ch *channel) SendBytes(ctx context.Context, b []byte) error {
	whole := bytes.NewReader(b)
	return ch.intercepted(ctx, &ipc.Message{Body: whole, BodySize: int64(len(b))}, func(ctx context.Context, m *ipc.Message) error {
		if m.Body != whole || whole.Len() != len(b) {
			// An interceptor has put others in their place, or read them.
			var err error
			if b, err = io.ReadAll(m.Body); err != nil {
				return err
			}
		}
		return ch.sendBytes(ctx, b)
	})
}

// intercepted takes a message through the interceptors.
func (ch *channel) intercepted(ctx context.Context, m *ipc.Message, send func(context.Context, *ipc.Message) error) error {
	c := ch.doc.webview.core
	in := c.chains.Load().interceptors
	if len(in) == 0 {
		return send(ctx, m)
	}
	m.Kind, m.Name = ipc.ChannelMessage, ch.command
	m.Target = ipc.Target{Kind: ipc.Webview, Label: ch.doc.webview.label}
	_, err := c.dispatch(ctx, ipc.Chain(func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		return ipc.Result{}, send(ctx, m)
	}, in...), m)
	return err
}

func (ch *channel) sendBytes(ctx context.Context, b []byte) error {
	if len(b) > inlineBytes {
		return ch.sendStream(ctx, b)
	}
	text := []byte{'"'}
	text = base64.StdEncoding.AppendEncode(text, b)
	return ch.send(ctx, 'b', append(text, '"'))
}

// sendStream sends the name of a stream from which the page reads b. It waits
// while the page has much to read already.
func (ch *channel) sendStream(ctx context.Context, b []byte) error {
	d := ch.doc
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(d.ctx, func() { cancel(ipc.ErrChannelClosed) })()
	if err := d.toRead.take(ctx, len(b), channelWindow); err != nil {
		return err
	}
	s, err := d.newStream(&budgeted{Reader: bytes.NewReader(bytes.Clone(b)), give: func() { d.toRead.give(len(b)) }}, int64(len(b)))
	if err != nil {
		return err
	}
	err = ch.send(ctx, 's', fmt.Appendf(nil, "%d,%d", s.id, s.size))
	if err != nil {
		s.remove()
		s.stop(err) // nobody will ask for it
	}
	return err
}

// send queues a message of the given kind, see PROTOCOL.md 2.4, and waits for
// room if it must.
func (ch *channel) send(ctx context.Context, kind byte, text []byte) error {
	ch.order.Lock()
	defer ch.order.Unlock()
	ch.mu.Lock()
	closed := ch.closed
	ch.mu.Unlock()
	if closed || ch.doc.ctx.Err() != nil {
		return ipc.ErrChannelClosed
	}
	b := ch.head(kind, ch.next, len(text))
	if text != nil {
		b = append(b, ',')
		b = append(b, text...)
	}
	err := ch.doc.webview.outbox.messageWait(ctx, ch.doc, append(b, ']'))
	if err == nil {
		ch.next++
	}
	return err
}

func (ch *channel) head(kind byte, index uint64, room int) []byte {
	b := make([]byte, 0, room+40)
	b = append(b, '[', '"', kind, '"', ',')
	b = strconv.AppendUint(b, uint64(ch.id), 10)
	b = append(b, ',')
	return strconv.AppendUint(b, index, 10)
}

// Close implements ipc.Channel.
func (ch *channel) Close() error {
	err := ch.send(ch.doc.ctx, 'x', nil)
	ch.drop()
	ch.doc.mu.Lock()
	delete(ch.doc.channels, ch.id)
	ch.doc.mu.Unlock()
	return err
}

// endChannel closes a channel that is of no more use, and has the page forget
// its callback. It may have to wait for a message on its way. nil is none.
func (c *Core) endChannel(ch ipc.Channel) {
	if ch == nil {
		return
	}
	c.tasks.Go(func() { _ = ch.Close() }) // the page may be gone
}

// drop closes the channel without telling the page, which is gone.
func (ch *channel) drop() {
	ch.mu.Lock()
	ch.closed = true
	ch.mu.Unlock()
}
