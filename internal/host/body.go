package host

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

const (
	// maxPieces bounds the requests with bytes of one call that wait.
	maxPieces = 8
	// readAtOnce is how much is read of a request for one frame.
	readAtOnce = 256 << 10
)

// upload is the raw bytes of a call, on their way from the engine to the Core.
type upload struct {
	size uint64 // as the page has announced it
	from uint64 // what has come another way
	sent uint64 // what the Core was told of, and from
	room uint64 // what may be sent before the Core has accepted more
	// window is the Core's, as soon as it is known: room to begin with.
	window uint64
	// ring is memory of window bytes that the Core reads; nil: bytes go in frames.
	ring   *ring
	pieces []piece // that have come and were not sent, in their order
}

// piece is a request with a part of the bytes.
type piece struct {
	r        backend.Request
	from, to uint64
	body     io.ReadCloser // nil before it is read
}

// ring is shared memory. Only the last call that was told of it may write there.
type ring struct {
	mem   []byte
	owner *upload
}

func newUpload(size uint64) *upload {
	u := &upload{size: size}
	if size <= wire.InlineBody {
		u.room = size
	}
	return u
}

// body takes a piece of a call's bytes, whose place is that of its first byte and
// the one behind its last, as "0-100".
func (v *webview) body(id uint64, place string, r backend.Request) {
	c := v.calls[id]
	if c == nil || c.upload == nil {
		// The call has been answered or given up; there is nobody to read.
		v.answer(r, 410)
		return
	}
	u := c.upload
	text, behind, _ := strings.Cut(place, "-")
	from, ok1 := parseNumber(text)
	to, ok2 := parseNumber(behind)
	taken := u.sent
	if len(u.pieces) > 0 && u.pieces[0].body != nil {
		taken = u.pieces[0].to
	}
	i, found := slices.BinarySearchFunc(u.pieces, from, func(p piece, from uint64) int {
		return int(min(max(int64(p.from)-int64(from), -1), 1))
	})
	if !ok1 || !ok2 || from < taken && from >= u.from || from >= to || to > u.size || found || len(u.pieces) == maxPieces {
		// A page does what its bridge does not, where it can.
		v.answer(r, 413)
		return
	}
	u.pieces = slices.Insert(u.pieces, i, piece{r: r, from: from, to: to})
	v.upload(id, u)
}

// upload passes on what there is room for, in order. Each piece is answered when
// all of it is on its way: the bridge then sends another one.
func (v *webview) upload(id uint64, u *upload) {
	for len(u.pieces) > 0 && u.room > 0 {
		p := &u.pieces[0]
		if p.body == nil {
			if p.to <= u.sent {
				v.answer(p.r, 204) // all of it has come
				u.pieces = u.pieces[1:]
				continue
			}
			if p.from > u.sent {
				return // the one before is still to come
			}
			if p.body = p.r.Body(); p.body == nil {
				p.body = io.NopCloser(strings.NewReader(""))
			}
			_, _ = io.CopyN(io.Discard, p.body, int64(u.sent-p.from)) // or what follows fails, too
		}
		f := wire.Frame{Kind: wire.KindBody, Target: v.id, ID: id}
		n := min(p.to-u.sent, u.room)
		var to []byte
		if u.ring != nil {
			at := u.sent % u.window
			to = u.ring.mem[at:min(at+n, u.window)]
		} else {
			to = make([]byte, min(n, readAtOnce))
		}
		got, err := io.ReadFull(p.body, to)
		if err != nil {
			// Less than it says: nobody knows where what is missing belongs.
			p.body.Close()
			v.answer(p.r, 400)
			u.pieces = u.pieces[1:]
			return
		}
		if f.Payload = to; u.ring != nil {
			f.Payload = wire.PutCount(uint64(got))
		}
		u.sent += uint64(got)
		u.room -= uint64(got)
		v.h.conn.Send(f)
		if u.sent == p.to {
			p.body.Close()
			v.answer(p.r, 204)
			u.pieces = u.pieces[1:]
		}
	}
}

// accepted lets more bytes of a call be sent.
func (v *webview) accepted(f wire.Frame) error {
	n, err := wire.Count(f)
	if err != nil {
		return err
	}
	if c := v.calls[f.ID]; c != nil && c.upload != nil {
		c.upload.room += n
		v.upload(f.ID, c.upload)
	}
	return nil
}

// buffer hears how the bytes of a call go to the Core. v is nil if the webview
// was closed meanwhile.
func (h *host) buffer(f wire.Frame, v *webview) error {
	var b wire.Buffer
	err := wire.Decode(f, &b)
	if err == nil && (b.Window <= 0 || b.Shared < 0 || b.Shared > wire.MaxShared || b.From < 0) {
		err = fmt.Errorf("%w: buffer %d of %d bytes", wire.ErrProtocol, b.Shared, b.Window)
	}
	if err != nil {
		if f.File != nil {
			f.File.Close()
		}
		return err
	}
	if f.File != nil {
		mem, err := wire.MapShared(f.File, b.Window)
		if err != nil {
			return err
		}
		h.rings[b.Shared] = &ring{mem: mem}
	}
	r := h.rings[b.Shared]
	if b.Shared != 0 && (r == nil || len(r.mem) != b.Window) {
		return fmt.Errorf("%w: shared memory %d is not known", wire.ErrProtocol, b.Shared)
	}
	if r != nil && r.owner != nil {
		// Its call has been answered, though that may not have come to it yet.
		r.owner.ring, r.owner.room = nil, 0
		r.owner = nil
	}
	if v == nil {
		return nil
	}
	if c := v.calls[f.ID]; c != nil && c.upload != nil && c.upload.window == 0 {
		u := c.upload
		u.from, u.sent = uint64(b.From), uint64(b.From)
		u.room, u.window, u.ring = uint64(b.Window), uint64(b.Window), r
		if r != nil {
			r.owner = u
		}
		v.upload(f.ID, u)
	}
	return nil
}

// dropRings forgets the memory of a Core that is gone.
func (h *host) dropRings() {
	for _, r := range h.rings {
		_ = wire.UnmapShared(r.mem)
	}
	clear(h.rings)
}

// end answers what waits of the bytes of a call. It may be called on nil.
func (u *upload) end(answer func(backend.Request)) {
	if u == nil {
		return
	}
	for _, p := range u.pieces {
		if p.body != nil {
			p.body.Close()
		}
		answer(p.r)
	}
	if u.ring != nil && u.ring.owner == u {
		u.ring.owner = nil
	}
	*u = upload{}
}
