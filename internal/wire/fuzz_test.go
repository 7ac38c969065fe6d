package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bytesTransport hands out bytes in pieces of at most size.
type bytesTransport struct {
	in   []byte
	size int
	out  bytes.Buffer
}

func (b *bytesTransport) read(p []byte) (int, []*os.File, error) {
	if len(b.in) == 0 {
		return 0, nil, io.EOF
	}
	n := copy(p[:min(len(p), b.size)], b.in)
	b.in = b.in[n:]
	return n, nil, nil
}

func (b *bytesTransport) tryWrite(p []byte, _ *os.File) (int, error) { return b.out.Write(p) }
func (b *bytesTransport) write(p []byte, _ *os.File) error           { _, err := b.out.Write(p); return err }
func (b *bytesTransport) close() error                               { return nil }

// FuzzReceive lets both ends read bytes from a compromised end. Whatever comes:
// no panic, no more memory than was sent, and only frames that the sender may
// send.
func FuzzReceive(f *testing.F) {
	for _, role := range []Role{Core, Host} {
		t := &bytesTransport{}
		c := newConn(role, t)
		for kind, l := range limits {
			if l.from == role {
				c.Send(Frame{Kind: kind, Target: 7, ID: 9, Payload: []byte(`{"version":1}`)[:min(13, l.max)]})
			}
		}
		f.Add(t.out.Bytes(), uint8(3), role == Core)
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 70, 0, 0, 0}, uint8(1), false)
	f.Add([]byte{15, 0, 0, 0, 70}, uint8(255), true)
	f.Fuzz(func(t *testing.T, in []byte, size uint8, fromCore bool) {
		reader, sender := Core, Host
		if fromCore {
			reader, sender = Host, Core
		}
		c := newConn(reader, &bytesTransport{in: in, size: int(size) + 1})
		left := len(in)
		for {
			fr, err := c.Receive()
			if err != nil {
				if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrProtocol) {
					t.Fatalf("error %v is of no known kind", err)
				}
				if err == io.EOF && left != 0 {
					t.Fatalf("end of the connection with %d bytes left", left)
				}
				return
			}
			left -= headerSize + len(fr.Payload)
			if left < 0 {
				t.Fatal("more was received than was sent")
			}
			if err := fr.check(sender, len(fr.Payload)); err != nil {
				t.Fatalf("a frame that may not be sent was received: %v", err)
			}
			// What every receiver does first must not panic either.
			var s WindowState
			_ = Decode(fr, &s)
			_, _ = Count(fr)
			if head, body, err := SplitResponse(fr); err == nil && len(head.Payload)+len(body)+4 != len(fr.Payload) {
				t.Fatal("a response has lost bytes")
			}
		}
	})
}

// FuzzRoundTrip sends a frame through both directions.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(KindDeliver), uint32(1), uint64(2), []byte("payload"), uint8(5))
	f.Add(uint8(KindCall), uint32(1), uint64(2), []byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, kind uint8, target uint32, id uint64, payload []byte, size uint8) {
		for _, role := range []Role{Core, Host} {
			out := &bytesTransport{}
			sent := Frame{Kind: Kind(kind), Target: target, ID: id, Payload: payload}
			err := newConn(role, out).Send(sent)
			if want := sent.check(role, len(payload)); (err == nil) != (want == nil) {
				t.Fatalf("send: %v, want %v", err, want)
			}
			if err != nil {
				continue
			}
			got, err := newConn(1-role, &bytesTransport{in: out.out.Bytes(), size: int(size) + 1}).Receive()
			if err != nil {
				t.Fatal(err)
			}
			if len(sent.Payload) == 0 {
				sent.Payload = nil
			}
			if d := cmp.Diff(sent, got); d != "" {
				t.Fatal(d)
			}
		}
	})
}
