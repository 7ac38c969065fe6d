package fake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Request is what a page fetches.
type Request struct {
	Method string // "" means GET
	URL    string
	Header []wire.Field
	Body   []byte
	// Read is told how many bytes of an answer were read, before more are. It
	// may be nil, and is called on a goroutine of its own.
	Read func(n int)
}

// Response is what it gets: Err is set where a page would see a network
// error.
type Response struct {
	Status int
	Header []wire.Field
	Body   []byte
	Err    error
}

// Fetch acts as a page that makes a request, and waits for the whole answer.
func (v *Webview) Fetch(ctx context.Context, r Request) (Response, error) {
	return await(ctx, v, func(answer func(Response, error)) {
		v.request(r, func(s Response) { answer(s, nil) })
	})
}

func (v *Webview) request(r Request, done func(Response)) {
	if r.Method == "" {
		r.Method = "GET"
	}
	v.engine.handler.Request(v.id, &request{engine: v.engine, r: r, respond: done})
}

type request struct {
	engine  *Engine
	r       Request
	done    bool
	respond func(Response)
}

func (r *request) Method() string       { return r.r.Method }
func (r *request) URL() string          { return r.r.URL }
func (r *request) Header() []wire.Field { return slices.Clone(r.r.Header) }
func (r *request) Body() io.ReadCloser  { return io.NopCloser(bytes.NewReader(r.r.Body)) }

func (r *request) Fail(message string) {
	if r.first() {
		r.respond(Response{Err: errors.New(message)})
	}
}

func (r *request) Respond(status int, header []wire.Field, data []byte, file *os.File, length int64) {
	if !r.first() {
		if file != nil {
			file.Close()
		}
		return
	}
	s := Response{Status: status, Header: slices.Clone(header), Body: slices.Clone(data)}
	if file == nil {
		r.respond(s)
		return
	}
	go func() { // reading may wait for who writes to the file
		body := wire.OpenBody(file)
		defer body.Close()
		s.Body, s.Err = io.ReadAll(told{body, r.r.Read})
		if s.Err == nil && length >= 0 && int64(len(s.Body)) < length {
			s.Err = io.ErrUnexpectedEOF
		}
		r.engine.Post(func() { r.respond(s) })
	}()
}

// told is a reader that tells how much was read.
type told struct {
	io.Reader
	read func(n int)
}

func (t told) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if n > 0 && t.read != nil {
		t.read(n)
	}
	return n, err
}

func (r *request) first() bool {
	if r.done {
		r.engine.blame("request %s %s was answered twice", r.r.Method, r.r.URL)
		return false
	}
	r.done = true
	return true
}
