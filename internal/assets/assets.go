package assets

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// A Handler answers the requests of one scheme. Serve never returns nil and
// never panics; what goes wrong becomes an answer with a text for the
// developer. Handlers are safe for concurrent use.
type Handler interface {
	Serve(ctx context.Context, r *Request) *Response
}

// A Field is one header field.
type Field struct {
	Name  string
	Value string
}

// A Request is what the engine asks for. A handler does not change it.
type Request struct {
	// Method is the HTTP method; the zero value means GET.
	Method string
	// URL is the whole address as the page wrote it, scheme included. The
	// scheme itself is not looked at: the caller has chosen the handler by it.
	URL string
	// Header holds the header fields in any order; names may be in any case.
	Header []Field
	// Origin is the origin of the window, for Access-Control-Allow-Origin.
	// It comes from the Core, not from the page. Empty means no such field.
	Origin string
}

// Field returns the values of all fields of that name as one list.
func (r *Request) Field(name string) string { return fieldList(r.Header, name) }

// A Response is the answer to a [Request]. Whoever receives it must call Close
// when done, also if Body was not read.
type Response struct {
	Status int
	Header []Field
	// Body is nil if there are no bytes to send (HEAD, 304, an empty file).
	// Reading fails with the context's error once the request's context has
	// ended, and with io.ErrUnexpectedEOF if a file turned out to be shorter
	// than Length. Read and Close may be called from different goroutines.
	Body io.ReadCloser
	// Length is the number of bytes in Body, 0 if Body is nil. For HEAD the
	// Content-Length field tells what GET would send.
	Length int64
	// File is the regular file behind Body, or nil. If it is set, the bytes
	// of Body are exactly the Length bytes of File from Offset on, so that a
	// transport may pass the descriptor on instead of copying. The file still
	// belongs to the response: duplicate the descriptor, then call Close.
	File   *os.File
	Offset int64
}

// Close releases what the response holds. It may be called more than once.
func (r *Response) Close() error {
	if r == nil || r.Body == nil {
		return nil
	}
	return r.Body.Close()
}

// Get returns the value of the first field with the given name, or "".
func (r *Response) Get(name string) string {
	if r == nil {
		return ""
	}
	return field(r.Header, name)
}

// statuses that the package uses, by their HTTP number.
const (
	statusOK                  = 200
	statusPartialContent      = 206
	statusNotModified         = 304
	statusBadRequest          = 400
	statusForbidden           = 403
	statusNotFound            = 404
	statusMethodNotAllowed    = 405
	statusRangeNotSatisfiable = 416
	statusInternal            = 500
	statusUnavailable         = 503
)

// A refusal is a request that ends in an error status. The text is for the
// developer who looks at the engine's network panel.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

// Refuse is a response with that status and a text for the developer.
func Refuse(status int, text string) *Response {
	r := new(Request)
	return refuse(status, "%s", text).answer(context.Background(), r, commonHeader(r))
}

// answer turns a refusal into a response with a text body.
func (e *refusal) answer(ctx context.Context, r *Request, header []Field) *Response {
	text := e.text + "\n"
	header = append(header, Field{"Content-Type", "text/plain; charset=utf-8"},
		Field{"Content-Length", strconv.Itoa(len(text))})
	if e.status == statusMethodNotAllowed {
		header = append(header, Field{"Allow", "GET, HEAD"})
	}
	resp := &Response{Status: e.status, Header: header}
	if r.method() != "HEAD" {
		resp.Length = int64(len(text))
		// The text of a refusal goes out even if the context has ended: it
		// holds no file, and there is nothing left to stop.
		resp.Body = newBody(context.WithoutCancel(ctx), strings.NewReader(text), resp.Length, nil)
	}
	return resp
}

func (r *Request) method() string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// checkMethod refuses everything but GET and HEAD. Methods are case-sensitive.
func (r *Request) checkMethod() *refusal {
	switch r.method() {
	case "GET", "HEAD":
		return nil
	}
	return refuse(statusMethodNotAllowed, "method %q is not supported here; use GET or HEAD", r.Method)
}

// commonHeader returns the fields that every answer carries.
func commonHeader(r *Request) []Field {
	header := []Field{
		{"X-Content-Type-Options", "nosniff"},
		{"Cache-Control", "no-cache"},
	}
	if r.Origin != "" && !hasControl(r.Origin) {
		header = append(header, Field{"Access-Control-Allow-Origin", r.Origin}, Field{"Vary", "Origin"})
	}
	return header
}

// guard runs serve and turns a panic of the app's own functions (a hook, a
// scope, a file system) into a 500. The stack goes to the log, not to the page.
func guard(ctx context.Context, log *slog.Logger, r *Request, serve func() *Response) (resp *Response) {
	defer func() {
		if v := recover(); v != nil {
			log.ErrorContext(ctx, "panic while answering a request", "url", r.URL,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			resp = refuse(statusInternal, "internal error; see the app's log").answer(ctx, r, commonHeader(r))
		}
	}()
	if err := ctx.Err(); err != nil {
		return refuse(statusUnavailable, "request ended: %v", err).answer(ctx, r, commonHeader(r))
	}
	return serve()
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}

// field returns the value of the first field called name, or "".
func field(header []Field, name string) string {
	for _, f := range header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// fieldList returns the values of all fields called name as one list, which
// is what several fields of one name mean (RFC 9110, 5.3).
func fieldList(header []Field, name string) string {
	var values []string
	for _, f := range header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", ")
}

// hasControl reports whether s has a byte that could end a header field or
// confuse whoever prints it.
func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}
