package webkitgtk

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// request is a WebKitURISchemeRequest.
type request struct {
	e       *engine
	request uintptr
}

var _ backend.Request = (*request)(nil)

func (e *engine) onRequest(p uintptr) {
	r := &request{e, e.c.gObjectRef.call(p)}
	e.requests[r] = struct{}{}
	defer func() {
		if p := recover(); p != nil {
			r.Fail("internal error")
			panic(p)
		}
	}()
	var id uint32
	if v := e.views[e.c.webkitUriSchemeRequestGetWebView.call(p)]; v != nil {
		id = v.id
	}
	e.handler.Request(id, r)
}

// answered is true once the request is not ours any more.
func (r *request) answered() bool {
	_, waits := r.e.requests[r]
	return !waits
}

// Method implements backend.Request.
func (r *request) Method() string {
	if r.answered() {
		return ""
	}
	return goString(r.e.c.webkitUriSchemeRequestGetHttpMethod.call(r.request))
}

// URL implements backend.Request. Unlike WebKit's it has no fragment, as on
// the network.
func (r *request) URL() string {
	if r.answered() {
		return ""
	}
	url, _, _ := strings.Cut(goString(r.e.c.webkitUriSchemeRequestGetUri.call(r.request)), "#")
	return url
}

// Header implements backend.Request.
func (r *request) Header() []wire.Field {
	if r.answered() {
		return nil
	}
	return r.e.fields(r.e.c.webkitUriSchemeRequestGetHttpHeaders.call(r.request))
}

var noBody = io.NopCloser(strings.NewReader(""))

// Body implements backend.Request.
func (r *request) Body() io.ReadCloser {
	if r.answered() {
		return noBody
	}
	stream := r.e.c.webkitUriSchemeRequestGetHttpBody.call(r.request)
	if stream == 0 {
		return noBody
	}
	return &body{r.e, stream}
}

// body is a GInputStream.
type body struct {
	e      *engine
	stream uintptr
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.stream == 0 {
		return 0, os.ErrClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	failure := new(uintptr)
	n := int(b.e.c.gInputStreamRead.with(b.stream, p, len(p), nil, failure))
	switch {
	case n < 0:
		return 0, b.e.takeError(*failure)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Close implements io.Closer.
func (b *body) Close() error {
	if b.stream == 0 {
		return os.ErrClosed
	}
	b.e.c.gObjectUnref.call(b.stream)
	b.stream = 0
	return nil
}

// Respond implements backend.Request.
func (r *request) Respond(status int, header []wire.Field, data []byte, file *os.File, length int64) {
	if !r.end() {
		if file != nil {
			file.Close()
		}
		return
	}
	defer r.release()
	c := r.e.c
	var stream uintptr
	if file == nil {
		stream, length = r.e.newDataStream(data), int64(len(data))
	} else {
		var err error
		if stream, err = r.e.newFileStream(file); err != nil {
			r.finishError(err.Error())
			return
		}
	}
	response := c.webkitUriSchemeResponseNew.with(stream, length)
	c.gObjectUnref.call(stream)
	c.webkitUriSchemeResponseSetStatus.with(response, status, nil)
	headers := c.soupMessageHeadersNew.call(soupResponse)
	for _, f := range header {
		if !validField(f) {
			r.e.options.Log("webkitgtk: dropped the response header " + f.Name + ", which is not valid")
			continue
		}
		if strings.EqualFold(f.Name, "Content-Type") {
			c.webkitUriSchemeResponseSetContentType.with(response, f.Value)
		}
		c.soupMessageHeadersAppend.with(headers, f.Name, f.Value)
	}
	c.webkitUriSchemeResponseSetHttpHeaders.call(response, headers) // takes headers over
	c.webkitUriSchemeRequestFinishWithResponse.call(r.request, response)
	c.gObjectUnref.call(response)
}

// soupResponse is SOUP_MESSAGE_HEADERS_RESPONSE.
const soupResponse = 1

// validField refuses what libsoup would complain about.
func validField(f wire.Field) bool {
	return f.Name != "" && !strings.ContainsAny(f.Name, " \t\r\n:\x00") && !strings.ContainsAny(f.Value, "\r\n\x00")
}

// newDataStream makes a stream that reads data where it is.
func (e *engine) newDataStream(data []byte) uintptr {
	if len(data) == 0 {
		return e.c.gMemoryInputStreamNew.call()
	}
	b := e.newBytes(data)
	defer e.c.gBytesUnref.call(b)
	return e.c.gMemoryInputStreamNewFromBytes.call(b)
}

// newFileStream takes file over: its descriptor is doubled, for the one of
// file belongs to Go, and is in blocking mode, as GIO expects it.
func (e *engine) newFileStream(file *os.File) (uintptr, error) {
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	fd, failure := -1, error(nil)
	err = raw.Control(func(old uintptr) {
		if fd, failure = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); failure == nil {
			failure = unix.SetNonblock(fd, false)
		}
	})
	if err := errors.Join(err, failure); err != nil {
		if fd >= 0 {
			unix.Close(fd)
		}
		return 0, err
	}
	const closeWithStream = true
	return e.c.gUnixInputStreamNew.with(fd, closeWithStream), nil
}

// Fail implements backend.Request.
func (r *request) Fail(message string) {
	if r.end() {
		defer r.release()
		r.finishError(message)
	}
}

func (r *request) finishError(message string) {
	failure := r.e.newError(message)
	r.e.c.webkitUriSchemeRequestFinishError.call(r.request, failure)
	r.e.c.gErrorFree.call(failure)
}

// end reports whether the request is still to be answered, which nobody else
// does from then on: what WebKit makes of an answer may lead back here, when
// the process that has asked is gone.
func (r *request) end() bool {
	if r.answered() {
		return false
	}
	delete(r.e.requests, r)
	return true
}

// release is called after the answer.
func (r *request) release() { r.e.c.gObjectUnref.call(r.request) }
