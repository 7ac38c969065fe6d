package core

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// TestOutboxFits never waits for what a host need not confirm.
func TestOutboxFits(t *testing.T) {
	for _, test := range []struct {
		name       string
		sent, size int
		want       bool
	}{
		{"nothing is under way", 0, 8 << 20, true},
		{"what the host may owe", wire.MaxOwed, 8 << 20, true},
		{"more than that", wire.MaxOwed + 1, 8 << 20, false},
		{"the window is not full", wire.MaxOwed + 1, outboxWindow - wire.MaxOwed - 1, true},
		{"the window is full", outboxWindow, 1, false},
	} {
		o := outbox{sent: test.sent}
		if got := o.fits(wire.Frame{Payload: make([]byte, test.size)}); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}

// behind returns the outbox of a document whose page takes nothing.
func behind(t *testing.T) (*outbox, *document) {
	c, err := New(Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(c, "app", capability.Resources{})
	w := &Window{core: c, label: "main"}
	w.placed.Store(h)
	v := newWebview(w, 1, "main", wire.WebviewState{})
	d := &document{webview: v}
	d.ctx, d.cancel = context.WithCancelCause(t.Context())
	v.doc = d
	v.outbox.begin(d)
	v.outbox.sent = 2 * outboxWindow
	return &v.outbox, d
}

// TestOutboxLimits fills the outbox of a page with messages and with answers.
// Neither takes the room of the other, and only answers end the page, at last.
func TestOutboxLimits(t *testing.T) {
	shown := func(d *document) bool { return d.ctx.Err() == nil }
	answer := func(o *outbox) string { return string(o.queue[len(o.queue)-1].Payload) }
	t.Run("many events", func(t *testing.T) {
		o, d := behind(t)
		for n := range maxMessages {
			if err := o.message(d, []byte(`["e"]`)); err != nil {
				t.Fatalf("event %d: %v", n, err)
			}
		}
		if err := o.message(d, []byte(`["e"]`)); !errors.Is(err, ErrBackpressure) || !strings.Contains(err.Error(), "65536 events") {
			t.Errorf("one more: %v", err)
		}
		for n := range maxReplies {
			o.reply(d, uint64(n), []byte("o1"))
		}
		if got := answer(o); got != "o1" || !shown(d) {
			t.Errorf("the last answer is %s, shown: %t", got, shown(d))
		}
	})
	t.Run("large events", func(t *testing.T) {
		o, d := behind(t)
		large := make([]byte, outboxLimit/2)
		for range 2 {
			if err := o.message(d, large); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.message(d, []byte(`["e"]`)); !errors.Is(err, ErrBackpressure) {
			t.Errorf("one more: %v", err)
		}
		o.reply(d, 1, []byte("o1"))
		if got := answer(o); got != "o1" {
			t.Errorf("the answer is %s", got)
		}
	})
	t.Run("many answers", func(t *testing.T) {
		o, d := behind(t)
		for n := range maxReplies + 1 {
			o.reply(d, uint64(n), []byte("o1"))
		}
		if got := answer(o); !strings.Contains(got, "65536 answers wait") {
			t.Errorf("one more is %s", got)
		}
		if err := o.message(d, []byte(`["e"]`)); err != nil {
			t.Errorf("an event: %v", err)
		}
		for n := maxReplies + 1; n < maxRejections; n++ {
			o.reply(d, uint64(n), []byte("o1"))
		}
		if !shown(d) {
			t.Error("the page was ended too early")
		}
		o.reply(d, maxRejections, []byte("o1"))
		if shown(d) {
			t.Error("the page goes on")
		}
	})
	t.Run("large answers", func(t *testing.T) {
		o, d := behind(t)
		large := make([]byte, replyLimit/2+1)
		o.reply(d, 1, large)
		o.reply(d, 2, large)
		o.reply(d, 3, []byte("o1"))
		if got := answer(o); !strings.Contains(got, "bytes of answers wait") {
			t.Errorf("one more is %s", got)
		}
		if err := o.message(d, []byte(`["e"]`)); err != nil {
			t.Errorf("an event: %v", err)
		}
	})
	t.Run("room again", func(t *testing.T) {
		o, d := behind(t)
		for range maxMessages {
			_ = o.message(d, []byte(`["e"]`))
		}
		if err := o.credit(uint64(o.sent)); err != nil {
			t.Fatal(err)
		}
		if o.messages != (backlog{}) || o.replies != (backlog{}) || len(o.queue) != 0 {
			t.Errorf("%d messages and %d answers wait still", o.messages.frames, o.replies.frames)
		}
		if err := o.message(d, []byte(`["e"]`)); err != nil {
			t.Error(err)
		}
	})
}

// TestLeftWhileWaiting: a channel for whose message there is no room is closed
// when its page is left, as the documentation has it.
func TestLeftWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, d := behind(t)
		for range maxMessages {
			_ = o.message(d, []byte(`["e"]`))
		}
		sent := make(chan error, 1)
		go func() { sent <- (&channel{doc: d, id: 1}).send(t.Context(), 'c', []byte("1")) }()
		synctest.Wait()
		if len(sent) > 0 {
			t.Fatalf("sent without room: %v", <-sent)
		}
		d.cancel(errDocumentClosed)
		if err := <-sent; !errors.Is(err, ipc.ErrChannelClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// TestAnswerFirst: the context of a call ends when its answer is under way, so
// what is sent at its end follows the answer.
func TestAnswerFirst(t *testing.T) {
	o, d := behind(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	answered := false
	k := &call{doc: d, id: 7, cancel: func(cause error) {
		n := len(o.queue)
		answered = n == 1 && o.queue[0].Kind == wire.KindReply && o.queue[0].ID == 7
		cancel(cause)
	}}
	d.calls = map[uint64]*call{7: k}
	k.run(ctx, []byte(`["nothing",null]`))
	if !answered || ctx.Err() == nil {
		t.Errorf("answered when the context ended: %v; it has ended: %v", answered, ctx.Err() != nil)
	}
}
