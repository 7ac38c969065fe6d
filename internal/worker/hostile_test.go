package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// takenOver is a process that sends what script says as soon as it has a
// call; in further lives it behaves.
func takenOver(t *testing.T, script func(conn *wire.Conn, id uint64), change func(*Options)) *bench {
	f := typed(func(_ context.Context, p point) (point, error) { return p, nil })
	b := open(t, f, change)
	honest := b.opts.Launch
	b.opts.Launch = func(ctx context.Context) (Child, error) {
		if b.launches.Load() > 0 {
			return honest(ctx)
		}
		b.launches.Add(1)
		c := &memoryChild{killed: make(chan struct{}), served: make(chan struct{})}
		c.core, c.host = wire.Pipe()
		go func() {
			defer close(c.served)
			defer c.core.Close()
			defer c.host.Close()
			c.host.Receive() // hello
			c.host.SendJSON(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version, PID: 1})
			f, err := c.host.Receive()
			if err != nil {
				return
			}
			script(c.host, f.ID)
			for err == nil {
				_, err = c.host.Receive()
			}
		}()
		return c, nil
	}
	return b
}

func answerFrame(id uint64, head, body string) wire.Frame {
	return wire.Frame{Kind: wire.KindAnswer, ID: id, Payload: wire.JoinResponse([]byte(head), []byte(body))}
}

// TestHostileProcess checks what comes of a process that has been taken over:
// its own call fails, the process is replaced, the next call works.
func TestHostileProcess(t *testing.T) {
	send := func(frames ...wire.Frame) func(*wire.Conn, uint64) {
		return func(c *wire.Conn, id uint64) {
			for _, f := range frames {
				if f.ID == 0 {
					f.ID = id
				}
				_ = c.Send(f)
			}
		}
	}
	pieces := answerFrame(0, `{"output":{"pieces":true,"raw":true,"size":-9}}`, "")
	for _, tt := range []struct {
		name   string
		script func(*wire.Conn, uint64)
		want   string
	}{
		{"a frame of a host", send(wire.Frame{Kind: wire.KindCall}), "call from a worker"},
		{"ready twice", func(c *wire.Conn, _ uint64) {
			c.SendJSON(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version})
		}, "twice"},
		{"a call that there never was", send(wire.Frame{Kind: wire.KindOutput, ID: 99}), "never was"},
		{"the number that no call has", func(c *wire.Conn, _ uint64) { c.Send(answerFrame(0, `{}`, "")) }, "never was"},
		{"an answer without a head", send(wire.Frame{Kind: wire.KindAnswer, Payload: []byte{1}}), "answer frame"},
		{"a head longer than the frame", send(wire.Frame{Kind: wire.KindAnswer, Payload: []byte{255, 255, 255, 255}}), "head of"},
		{"unknown keys", send(answerFrame(0, `{"evil":1}`, "")), "answer frame"},
		{"keys that come twice", send(answerFrame(0, `{"error":{"message":"a"},"error":{"message":"b"}}`, "")), "answer frame"},
		{"output before an answer", send(wire.Frame{Kind: wire.KindOutput}), "which has none"},
		{"two answers", send(pieces, pieces), "second answer"},
		{"output beyond the window", send(pieces, wire.Frame{Kind: wire.KindOutput, Payload: make([]byte, windowSize+1)}), "more bytes than"},
		{"more credit than was used", send(wire.Frame{Kind: wire.KindInputCredit, Payload: wire.PutCount(1 << 63)}), "more than are under way"},
		{"half a number", send(wire.Frame{Kind: wire.KindInputCredit, Payload: []byte{1}}), "input-credit frame"},
		{"progress that nobody wants", send(wire.Frame{Kind: wire.KindProgress, Payload: []byte("1")}), "nobody wants"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := takenOver(t, tt.script, nil)
			out, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, nil)
			if err == nil && out.Stream != nil { // the violation came after the beginning of an answer
				_, err = io.Copy(io.Discard, out.Stream)
			}
			if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, err := invoke[point](t.Context(), b, point{}); err != nil {
				t.Errorf("the next call: %v", err)
			}
			if k := b.kinds(); len(k) != 1 || k[0] != supervise.Protocol {
				t.Errorf("faults: %v", k)
			}
		})
	}
	t.Run("progress without end", func(t *testing.T) {
		b := takenOver(t, func(c *wire.Conn, id uint64) {
			for range 2*progressWindow + 3 {
				_ = c.Send(wire.Frame{Kind: wire.KindProgress, ID: id, Payload: []byte("1")})
			}
		}, nil)
		hold := make(chan struct{})
		go func() {
			eventually(t, "the process is ended", func() bool { return len(b.kinds()) == 1 })
			close(hold)
		}()
		_, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(jsontext.Value) { <-hold })
		if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "more progress") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("progress that is no JSON", func(t *testing.T) {
		b := takenOver(t, send(wire.Frame{Kind: wire.KindProgress, Payload: []byte("{")}), nil)
		if _, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(jsontext.Value) {}); !errors.Is(err, ErrLost) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an answer of the wrong type", func(t *testing.T) {
		b := takenOver(t, send(answerFrame(0, `{}`, `{"x":1,"X":2}`)), nil)
		if _, err := invoke[point](t.Context(), b, point{}); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("silence after a cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := takenOver(t, func(*wire.Conn, uint64) { cancel() }, func(o *Options) { o.Grace = time.Millisecond })
		if _, err := invoke[point](ctx, b, point{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := invoke[point](t.Context(), b, point{}); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
}

// FuzzProcess lets the Core read from a process that has been taken over, while
// a call is open. Whatever comes: no panic, the call ends, and the next one,
// in the next process, is not affected.
func FuzzProcess(f *testing.F) {
	frame := func(kind wire.Kind, flags wire.Flags, id uint64, payload []byte) []byte {
		b := append([]byte{byte(kind), byte(flags), byte(id)}, binary.LittleEndian.AppendUint16(nil, uint16(len(payload)))...)
		return append(b, payload...)
	}
	head := wire.JoinResponse([]byte(`{"output":{"pieces":true,"raw":true}}`), nil)
	f.Add(frame(wire.KindAnswer, 0, 1, wire.JoinResponse([]byte(`{}`), []byte(`{"x":1}`))))
	f.Add(frame(wire.KindAnswer, 0, 1, wire.JoinResponse([]byte(`{"error":{"message":"m","code":"c","value":[1]}}`), nil)))
	f.Add(append(frame(wire.KindAnswer, 0, 1, head), frame(wire.KindOutput, wire.FlagLast, 1, []byte("abc"))...))
	f.Add(append(frame(wire.KindProgress, 0, 1, []byte("1")), frame(wire.KindInputCredit, 0, 1, wire.PutCount(3))...))
	f.Add(frame(wire.KindLog, 0, 0, []byte(`{"level":8,"message":"m"}`)))
	f.Add(frame(wire.KindFatal, 0, 0, []byte(`{"code":"c","message":"m"}`)))
	f.Fuzz(func(t *testing.T, in []byte) {
		b := takenOver(t, func(c *wire.Conn, _ uint64) {
			for len(in) >= 5 {
				n := min(int(binary.LittleEndian.Uint16(in[3:])), len(in)-5)
				_ = c.Send(wire.Frame{Kind: wire.Kind(in[0]), Flags: wire.Flags(in[1]), ID: uint64(in[2]), Payload: in[5 : 5+n]})
				in = in[5+n:]
			}
			c.Close()
		}, nil)
		out, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(jsontext.Value) {})
		if err == nil {
			_, _ = out.read()
		}
		if _, err := invoke[point](t.Context(), b, point{X: 1}); err != nil && b.launches.Load() > 1 {
			t.Errorf("the next process: %v", err)
		}
		b.Close(errClosed)
	})
}
