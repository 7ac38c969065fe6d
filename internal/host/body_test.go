package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/wire"
)

// uploads is a page whose calls have bytes.
type uploads struct {
	*bed
	t      *testing.T
	doc    string
	header []wire.Field
}

func newUploads(t *testing.T) *uploads {
	u := &uploads{bed: newBed(t), t: t, doc: strings.Repeat("1", 32)}
	u.answer = nil
	u.say(t, "h "+u.doc+" app://localhost")
	u.header = []wire.Field{{Name: "mullion-key", Value: u.key()}, {Name: "mullion-doc", Value: u.doc}}
	return u
}

// call begins a call with so many bytes.
func (u *uploads) call(id, size int) {
	u.view.Send(fmt.Sprintf("c %s %d %d []", u.doc, id, size))
	<-u.calls
}

// buffer says how the bytes of a call go; mem comes along unless it is nil.
func (u *uploads) buffer(id int, b wire.Buffer, mem *wire.Shared) {
	u.t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		u.t.Fatal(err)
	}
	f := wire.Frame{Kind: wire.KindBuffer, Target: 2, ID: uint64(id), Payload: text}
	if mem != nil {
		if f.File, err = mem.File(); err != nil {
			u.t.Fatal(err)
		}
	}
	if err := u.core.Send(f); err != nil {
		u.t.Fatal(err)
	}
}

func (u *uploads) accept(id int, n uint64) {
	u.core.Send(wire.Frame{Kind: wire.KindAccept, Target: 2, ID: uint64(id), Payload: wire.PutCount(n)})
}

// post sends a piece and later tells its status, 0 if there is none.
func (u *uploads) post(id int, place, data string) <-chan int {
	status := make(chan int, 1)
	go func() {
		ctx, cancel := await.Context(context.Background(), time.Minute)
		defer cancel()
		r, err := u.view.Fetch(ctx, fake.Request{Method: "POST", URL: fmt.Sprintf("mullion://localhost/body/%d?%s", id, place), Header: u.header, Body: []byte(data)})
		if err != nil || r.Err != nil {
			r.Status = 0
		}
		status <- r.Status
	}()
	return status
}

// sent waits for bytes in frames, or counts.
func (u *uploads) sent(id int) string {
	u.t.Helper()
	ctx, cancel := await.Context(context.Background(), time.Minute)
	defer cancel()
	select {
	case f := <-u.bodies:
		if f.ID != uint64(id) {
			u.t.Errorf("bytes of call %d, want %d", f.ID, id)
		}
		return string(f.Payload)
	case <-ctx.Done():
		u.t.Fatalf("no bytes of call %d come", id)
		return ""
	}
}

// TestPieces has the pieces of a body come in any order, and with places that are
// none. What they carry goes to the Core in order, and no further than it allows.
func TestPieces(t *testing.T) {
	u := newUploads(t)
	const size = 100_000 // more than goes without a buffer
	u.call(1, size)
	data := strings.Repeat("0123456789", size/10)
	second := u.post(1, "40000-100000", data[40000:])
	for _, place := range []string{"", "0", "-", "0-0", "5-4", "0-100001", "x-y", "100000-100001"} {
		if got := <-u.post(1, place, "x"); got != 413 {
			t.Errorf("the place %q: status %d, want 413", place, got)
		}
	}
	u.buffer(1, wire.Buffer{Window: 60000}, nil)
	if got := <-u.post(1, "0-40000", data[:40000]); got != 204 {
		t.Errorf("the first piece: status %d, want 204", got)
	}
	if got := <-u.post(1, "0-40000", "again"); got != 413 {
		t.Errorf("the first piece again: status %d, want 413", got)
	}
	if got := u.sent(1) + u.sent(1); got != data[:60000] {
		t.Errorf("%d bytes were sent, want the first 60000", len(got))
	}
	select {
	case got := <-second:
		t.Errorf("the second piece: status %d, though there is no room for it", got)
	default:
	}
	u.accept(1, 1000)
	if got := u.sent(1); got != data[60000:61000] {
		t.Errorf("%d bytes were sent, want the next 1000", len(got))
	}
	u.accept(1, 60000)
	if got := u.sent(1); got != data[61000:] {
		t.Errorf("%d bytes were sent, want the rest", len(got))
	}
	if got := <-second; got != 204 {
		t.Errorf("the second piece: status %d, want 204", got)
	}

	u.call(2, size)
	u.buffer(2, wire.Buffer{Window: 60000}, nil)
	if got := <-u.post(2, "0-10", "short"); got != 400 {
		t.Errorf("a piece with less than it says: status %d, want 400", got)
	}
	u.call(3, size)
	statuses := make(chan int, 2*maxPieces)
	for i := range cap(statuses) {
		status := u.post(3, fmt.Sprintf("%d-%d", i, i+1), "x")
		go func() { statuses <- <-status }()
	}
	for range maxPieces {
		if got := <-statuses; got != 413 {
			t.Errorf("one piece too many: status %d, want 413", got)
		}
	}
	u.core.Send(wire.Frame{Kind: wire.KindReply, Target: 2, ID: 3, Payload: []byte("onull")})
	for range maxPieces {
		if got := <-statuses; got != 200 {
			t.Errorf("a piece of a call that was answered: status %d, want 200", got)
		}
	}
}

// TestSharedMemory has bytes go through memory that is used again, and looks
// that a call does not write there which has lost it.
func TestSharedMemory(t *testing.T) {
	u := newUploads(t)
	const size = 100_000
	mem, err := wire.NewShared(64 << 10)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	window := mem.Size()
	count := func(id int) (n int) {
		c, err := wire.Count(wire.Frame{Payload: []byte(u.sent(id))})
		if err != nil {
			t.Error(err)
		}
		return int(c)
	}
	read := func(at, n int) string {
		b := make([]byte, n)
		if _, err := mem.ReadAt(b, int64(at)); err != nil {
			t.Error(err)
		}
		return string(b)
	}
	data := strings.Repeat("0123456789", size/10)
	u.call(1, size)
	u.buffer(1, wire.Buffer{Window: window, Shared: 2}, mem)
	whole := u.post(1, "0-100000", data)
	if n := count(1); n != window || read(0, n) != data[:n] {
		t.Errorf("%d bytes, want %d, the first ones", n, window)
	}
	u.accept(1, 20_000)
	if n := count(1); n != 20_000 || read(0, n) != data[window:window+n] {
		t.Errorf("%d bytes, want 20000, behind the others and so at the beginning", n)
	}

	// The Core has done with that call, but the host is to hear of it later.
	u.call(2, size)
	u.buffer(2, wire.Buffer{Window: window, Shared: 2}, nil)
	if got := <-u.post(2, "0-50000", strings.Repeat("x", 50_000)); got != 204 {
		t.Errorf("a piece of the second call: status %d, want 204", got)
	}
	count(2)
	u.accept(1, 10_000)
	u.sent(1)
	if got := read(0, 50_000); got != strings.Repeat("x", 50_000) {
		t.Error("the first call has written into memory of the second")
	}
	u.core.Send(wire.Frame{Kind: wire.KindReply, Target: 2, ID: 1, Payload: []byte("onull")})
	if got := <-whole; got != 200 {
		t.Errorf("the piece of the first call: status %d, want 200", got)
	}

	// What no Core would say ends the host; here it must not be taken for memory.
	if err := (&host{rings: map[int]*ring{}}).buffer(wire.Frame{Kind: wire.KindBuffer, Payload: []byte(`{"window":65536,"shared":3}`)}, nil); !errors.Is(err, wire.ErrProtocol) {
		t.Errorf("memory that there is not: %v", err)
	}
	if err := mem.Clear(); err != nil || !bytes.Equal([]byte(read(0, 10)), make([]byte, 10)) {
		t.Errorf("memory that was given back: %v, not zero", err)
	}
}
