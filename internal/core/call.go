package core

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxCalls bounds the calls of one document that have no answer yet.
	maxCalls = 16 << 10
	// maxCallBytes bounds the arguments of those calls, all together.
	maxCallBytes = 128 << 20
	// maxDepth bounds how deep the arguments of a call may nest.
	maxDepth = 256
	// inlineBytes is the largest result in bytes that travels as text.
	inlineBytes = 32 << 10
	// inlineJSON is the largest JSON result that travels in one frame.
	inlineJSON = 4 << 20
)

// call is a call of a page that has not been answered.
type call struct {
	doc    *document
	id     uint64
	size   int // of its text, in bytes
	cancel context.CancelCauseFunc
	body   *body
	pace   *pace // of the command; nil for calls that have a goroutine in any case
}

// errCanceled is why the context of a call ends that its page gave up.
var errCanceled = fmt.Errorf("the page gave the call up: %w", context.Canceled)

// call begins a call. What is wrong with it is the page's fault and answered
// to the page; what the bridge would never send is a violation.
func (v *Webview) call(r *reader, f wire.Frame) error {
	if len(f.Payload) < 8 {
		return fmt.Errorf("%w: call of %d bytes", wire.ErrProtocol, len(f.Payload))
	}
	size := binary.LittleEndian.Uint64(f.Payload)
	bySocket := size&wire.BySocket != 0
	size &^= wire.BySocket
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return nil // left while the frame was on its way
	}
	k := &call{doc: d, id: f.ID}
	d.mu.Lock()
	if d.ended {
		d.mu.Unlock()
		return nil
	}
	if f.ID <= d.lastCall {
		d.mu.Unlock()
		return fmt.Errorf("%w: call %d after call %d", wire.ErrProtocol, f.ID, d.lastCall)
	}
	d.lastCall = f.ID
	if len(d.calls) >= maxCalls || d.inCalls+len(f.Payload) > maxCallBytes {
		d.mu.Unlock()
		d.reject(f.ID, fmt.Errorf("%d calls have no answer yet: %w", len(d.calls), ErrBackpressure))
		return nil
	}
	d.inCalls += len(f.Payload)
	k.size = len(f.Payload)
	ctx, cancel := context.WithCancelCause(d.ctx)
	k.cancel = cancel
	if size > 0 {
		k.body = newBody(k, int64(size-1))
	}
	socket := d.socket
	carried := bySocket && k.body != nil && k.body.bySocket(socket) // before its bytes find the call
	d.calls[f.ID] = k
	text := f.Payload[8:]
	if size == 0 && !isEmit(text) {
		k.pace = v.core.paceOf(text)
	}
	d.mu.Unlock()
	switch {
	case k.body == nil:
	case carried:
		d.called.tell()
	default:
		k.body.offer(r.host, r.conn)
		if bySocket && socket != nil {
			socket.tell("r " + strconv.FormatUint(f.ID, 10))
			d.called.tell()
		}
	}
	run := func() { k.run(ctx, text) }
	if isEmit(text) {
		// Events of one sender arrive in order, so these calls do not run at
		// once but one after the other. There are no more of them than calls.
		_ = d.emits.Add(run) // or the app has ended
	} else {
		r.start(run, k.pace)
	}
	return nil
}

// isEmit recognises calls that send an event, as the page script writes them.
func isEmit(text []byte) bool { return bytes.HasPrefix(text, []byte(`["plugin:event|emit`)) }

// run executes a call and answers it. Every call is answered once, unless its
// page is gone. The context ends only after that: what is sent to the page when it
// has ended follows the answer.
func (k *call) run(ctx context.Context, text []byte) {
	defer k.cancel(nil)
	c := k.doc.webview.core
	m := &ipc.Message{Kind: ipc.Command, From: k.doc.caller}
	var r ipc.Result
	began := time.Now()
	err := parseCall(text, m)
	if err == nil {
		if k.body != nil {
			m.Body, m.BodySize = k.body, k.body.size
		}
		m.Channels, m.Page = opener{k.doc, m.Name}, page{k.doc}
		r, err = c.dispatch(context.WithValue(ctx, callerKey{}, m.From), c.chains.Load().command, m)
	}
	if k.pace != nil {
		k.pace.note(time.Since(began))
	}
	if !k.finish() {
		if r.Stream != nil {
			c.newSource(r.Stream, nil).Close()
		}
		return
	}
	if err != nil {
		k.doc.reject(k.id, err)
		return
	}
	k.doc.resolve(k.id, r)
}

// finish takes the call out of its document; it reports false when the
// document has ended, or the call was finished before.
func (k *call) finish() bool {
	k.doc.mu.Lock()
	_, ok := k.doc.calls[k.id]
	delete(k.doc.calls, k.id)
	k.doc.inCalls -= k.size
	k.doc.mu.Unlock()
	k.body.fail(io.ErrClosedPipe)
	return ok
}

// dispatch runs a chain and turns a panic of the app into an error.
func (c *Core) dispatch(ctx context.Context, h ipc.Handler, m *ipc.Message) (r ipc.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("mullion: panic in "+m.Kind.String(), "name", m.Name, "panic", p, "stack", string(debug.Stack()))
			r, err = ipc.Result{}, fmt.Errorf("internal error in %s `%s`", m.Kind, m.Name)
		}
	}()
	return h(ctx, m)
}

// parseCall reads `[command, arguments, headers]`.
func parseCall(text []byte, m *ipc.Message) error {
	if err := checkDepth(text); err != nil {
		return err
	}
	var parts []jsontext.Value
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) < 2 || len(parts) > 3 {
		return fmt.Errorf("malformed call: %w", errOr(err, "expected [command, arguments, headers]"))
	}
	if err := json.Unmarshal(parts[0], &m.Name); err != nil {
		return fmt.Errorf("malformed call: command: %w", err)
	}
	if parts[1].Kind() != 'n' {
		m.Args = parts[1]
	}
	if len(parts) == 3 && parts[2].Kind() != 'n' {
		var fields [][2]string
		if err := json.Unmarshal(parts[2], &fields); err != nil {
			return fmt.Errorf("malformed call: headers: %w", err)
		}
		for _, f := range fields {
			m.Header = append(m.Header, ipc.Field{Name: f[0], Value: f[1]})
		}
	}
	return nil
}

func errOr(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

// checkDepth refuses JSON that nests too deep, before anything recurses.
func checkDepth(text []byte) error {
	depth, str := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case str && b == '\\':
			i++
		case b == '"':
			str = !str
		case str:
		case b == '[' || b == '{':
			if depth++; depth > maxDepth {
				return fmt.Errorf("malformed call: arguments nest deeper than %d", maxDepth)
			}
		case b == ']' || b == '}':
			depth--
		}
	}
	return nil
}

// reject answers a call with an error, which the page gets as its value if
// it is a *ValueError and as its text otherwise.
func (d *document) reject(id uint64, err error) {
	text := mustJSON("internal error: the command's error has no text")
	// The methods of an error are the app's, too.
	d.webview.core.app.Call("the error of a command", func() {
		var ve *ValueError
		if errors.As(err, &ve) {
			text = ve.Value
		} else {
			text = mustJSON(err.Error())
		}
	})
	d.webview.outbox.reply(d, id, append([]byte{'e'}, text...))
}

// resolve answers a call with a result.
func (d *document) resolve(id uint64, r ipc.Result) {
	var text []byte
	switch {
	case r.Stream != nil:
		d.resolveStream(id, 's', r.Stream, r.StreamSize)
		return
	case r.Bytes != nil && len(r.Bytes) > inlineBytes:
		d.resolveStream(id, 's', io.NopCloser(bytes.NewReader(r.Bytes)), int64(len(r.Bytes)))
		return
	case r.Bytes != nil:
		text = base64.StdEncoding.AppendEncode([]byte{'b'}, r.Bytes)
	case len(r.JSON) == 0:
		text = []byte("onull")
	case len(r.JSON) > inlineJSON:
		d.resolveStream(id, 'j', io.NopCloser(bytes.NewReader(r.JSON)), int64(len(r.JSON)))
		return
	default:
		text = append([]byte{'o'}, r.JSON...)
	}
	d.webview.outbox.reply(d, id, text)
}

// resolveStream answers a call with a stream.
func (d *document) resolveStream(id uint64, kind byte, src io.ReadCloser, size int64) {
	s, err := d.newStream(src, size)
	if err != nil {
		d.reject(id, err)
		return
	}
	d.webview.outbox.reply(d, id, s.reference(kind))
}

// reference is how an answer names a stream.
func (s *stream) reference(kind byte) []byte {
	b := append([]byte{kind}, strconv.FormatUint(s.id, 10)...)
	b = append(b, ' ')
	return strconv.AppendInt(b, s.size, 10)
}

// cancelCall ends the context of a call that the page gave up. The page does
// not wait for it any more, but the call is still answered, so that nothing
// of it stays behind in the host.
func (v *Webview) cancelCall(id uint64) error {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	k, last := d.calls[id], d.lastCall
	d.mu.Unlock()
	if id > last {
		return fmt.Errorf("%w: cancel of call %d, which there never was", wire.ErrProtocol, id)
	}
	if k != nil {
		k.cancel(errCanceled)
		k.body.fail(errCanceled)
	}
	return nil
}

// ValueError is an error whose JSON value is what the page gets.
type ValueError struct {
	Value jsontext.Value
	Err   error
}

func (e *ValueError) Error() string { return e.Err.Error() }

func (e *ValueError) Unwrap() error { return e.Err }

// mustJSON encodes values of our own types, which always can be. What is not
// UTF-8 in their texts, such as in the name of a file, is replaced.
func mustJSON(v any) jsontext.Value {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err)
	}
	return b
}
