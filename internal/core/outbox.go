package core

import (
	"context"
	"fmt"
	"sync"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// outboxWindow is how much of a webview's messages may be under way to
	// its page, in bytes.
	outboxWindow = 1 << 20
	// outboxLimit is how many bytes of events and channel messages may wait
	// behind that, and maxMessages how many of these. Then events are refused.
	outboxLimit = 64 << 20
	maxMessages = 64 << 10
	// replyLimit is how many bytes of answers may wait, and maxReplies how many
	// answers. Then they are replaced by short rejections.
	replyLimit = 256 << 20
	maxReplies = 64 << 10
	// maxRejections is how many answers may wait, those rejections included. A
	// page for which more do calls on and on and takes no answer.
	maxRejections = 128 << 10
)

// backlog is what waits for a page of one kind.
type backlog struct{ frames, bytes int }

func (b *backlog) add(f wire.Frame)    { b.frames++; b.bytes += len(f.Payload) }
func (b *backlog) remove(f wire.Frame) { b.frames--; b.bytes -= len(f.Payload) }

// outbox holds what is to reach a page, in order. Messages for a document
// that has ended are dropped with it.
type outbox struct {
	webview *Webview

	mu    sync.Mutex
	doc   *document    // guarded by mu; nil: nothing is accepted
	queue []wire.Frame // guarded by mu
	// messages and replies are what is queued. Each has limits of its own: what
	// the app emits takes no room from answers, nor the other way round.
	messages, replies backlog       // guarded by mu
	sent              int           // guarded by mu; bytes not confirmed
	room              chan struct{} // guarded by mu; closed and replaced when there is room again
	lost              uint64        // guarded by mu; messages refused for lack of room
}

func (o *outbox) init(v *Webview) {
	o.webview = v
	o.room = make(chan struct{})
}

// begin drops what is queued and accepts messages of d from now on.
func (o *outbox) begin(d *document) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doc = d
	o.clear()
	o.wake()
}

// reset forgets what is under way: the host that knew of it is gone.
func (o *outbox) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clear()
	o.sent = 0
	o.wake()
}

// clear drops what is queued. o.mu is held.
func (o *outbox) clear() {
	o.queue, o.messages, o.replies = nil, backlog{}, backlog{}
}

// waits is the backlog that f belongs to.
func (o *outbox) waits(f wire.Frame) *backlog {
	if f.Kind == wire.KindReply {
		return &o.replies
	}
	return &o.messages
}

// wake lets waiting senders try again. o.mu is held.
func (o *outbox) wake() {
	close(o.room)
	o.room = make(chan struct{})
}

// message queues a message for document d. It fails with ErrBackpressure when
// too much waits, and silently does nothing when d has ended.
func (o *outbox) message(d *document, text []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(d, wire.Frame{Kind: wire.KindDeliver, Target: o.webview.id, Payload: text}, false)
}

// messageWait is message, but waits for room: until ctx is done, or d ends, when
// it returns ipc.ErrChannelClosed.
func (o *outbox) messageWait(ctx context.Context, d *document, text []byte) error {
	for {
		o.mu.Lock()
		err := o.add(d, wire.Frame{Kind: wire.KindDeliver, Target: o.webview.id, Payload: text}, true)
		room := o.room
		o.mu.Unlock()
		if err == nil {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.ctx.Done():
			return ipc.ErrChannelClosed
		}
	}
}

// reply queues the answer to a call. Where too much waits it is a short
// rejection instead; and where even those are too many the page is ended, for
// it calls on and on and takes no answer.
func (o *outbox) reply(d *document, call uint64, text []byte) {
	o.mu.Lock()
	full := false
	if o.doc == d {
		switch {
		case o.replies.frames >= maxRejections:
			full = true
		case o.replies.bytes > replyLimit:
			text = tooMuchWaits
		case o.replies.frames >= maxReplies:
			text = tooManyWait
		}
		if !full {
			o.push(wire.Frame{Kind: wire.KindReply, Target: o.webview.id, ID: call, Payload: text})
		}
	}
	o.mu.Unlock()
	if full {
		o.webview.overrun(d)
	}
}

// tooMuchWaits and tooManyWait are what a call is answered instead of its
// result.
var (
	tooMuchWaits = rejection(fmt.Sprintf("more than %d bytes of answers wait: %v", replyLimit, ErrBackpressure))
	tooManyWait  = rejection(fmt.Sprintf("%d answers wait: %v", maxReplies, ErrBackpressure))
)

func rejection(text string) []byte { return append([]byte{'e'}, mustJSON(text)...) }

// overrun ends a page that takes no answers.
func (v *Webview) overrun(d *document) {
	v.mu.Lock()
	current := v.doc == d
	v.mu.Unlock()
	if !current {
		return
	}
	v.core.log.Warn("mullion: page ended: it does not read its answers", "window", v.Window().label, "webview", v.label)
	v.endDocument(ErrBackpressure)
	v.Window().host().send(wire.KindWebviewAction, v.id, wire.Action{Name: wire.ActionTerminate})
}

// add queues f if there is room. o.mu is held.
func (o *outbox) add(d *document, f wire.Frame, retry bool) error {
	if o.doc != d {
		return nil
	}
	m := &o.messages
	if m.frames >= maxMessages || m.bytes > 0 && m.bytes+len(f.Payload) > outboxLimit {
		if !retry {
			o.lost++
		}
		return fmt.Errorf("webview %q: %w: %d events and channel messages of %d bytes wait for it, %d were refused",
			o.webview.label, ErrBackpressure, m.frames, m.bytes, o.lost)
	}
	o.push(f)
	return nil
}

// push sends f, or queues it behind what is queued. o.mu is held.
func (o *outbox) push(f wire.Frame) {
	if len(o.queue) == 0 && o.fits(f) {
		o.send(f)
		return
	}
	o.queue = append(o.queue, f)
	o.waits(f).add(f)
}

// fits reports whether f may be sent now. A frame larger than the window goes
// alone: with nothing under way but what the host may not have confirmed.
func (o *outbox) fits(f wire.Frame) bool {
	return o.sent <= wire.MaxOwed || o.sent+len(f.Payload) <= outboxWindow
}

func (o *outbox) send(f wire.Frame) {
	if conn := o.webview.Window().host().conn(); conn != nil {
		o.sent += len(f.Payload)
		// If the host is gone its document is about to end.
		_ = conn.Send(f)
	}
}

// credit notes that the page has run n bytes.
func (o *outbox) credit(n uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n > uint64(o.sent) {
		return fmt.Errorf("%w: credit of %d bytes, %d are under way", wire.ErrProtocol, n, o.sent)
	}
	o.sent -= int(n)
	moved := 0
	for moved < len(o.queue) && o.fits(o.queue[moved]) {
		f := o.queue[moved]
		o.waits(f).remove(f)
		o.send(f)
		moved++
	}
	if moved > 0 {
		clear(o.queue[:moved])
		o.queue = o.queue[moved:]
		o.wake()
	}
	return nil
}
