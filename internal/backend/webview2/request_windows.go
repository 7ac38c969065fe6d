package webview2

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// request is an ICoreWebView2WebResourceRequestedEventArgs that waits for its answer.
type request struct {
	v        *webview
	args     object
	request  object // ICoreWebView2WebResourceRequest
	deferral object
}

var _ backend.Request = (*request)(nil)

// watchRequests takes the requests on the app's schemes.
func (v *webview) watchRequests() error {
	for _, scheme := range v.e.options.Schemes {
		const all = 0 // COREWEBVIEW2_WEB_RESOURCE_CONTEXT_ALL
		if err := v.core.call(addResourceFilter, scheme+"://*", int32(all)); err != nil {
			return err
		}
	}
	return v.core.listen(addResourceRequested, "ICoreWebView2WebResourceRequestedEventHandler", v.onRequest)
}

func (v *webview) onRequest(args object) {
	if v.closed {
		return
	}
	deferral, err := args.object(requestedDeferral)
	if err != nil {
		v.log(err)
		return
	}
	asked, err := args.object(requestedRequest)
	if err != nil {
		v.log(err)
		v.log(deferral.call(complete))
		deferral.release()
		return
	}
	r := &request{v, args.keep(), asked, deferral}
	v.e.requests[r] = struct{}{}
	v.e.handler.Request(v.id, r)
}

// answered is true once the request is not ours any more.
func (r *request) answered() bool {
	_, waits := r.v.e.requests[r]
	return !waits
}

// Method implements backend.Request.
func (r *request) Method() string {
	if r.answered() {
		return ""
	}
	return r.request.text(requestMethod)
}

// URL implements backend.Request. It has no fragment, as on the network.
func (r *request) URL() string {
	if r.answered() {
		return ""
	}
	url, _, _ := strings.Cut(r.request.text(requestURI), "#")
	return url
}

// maxFields bounds the header of a request.
const maxFields = 1000

// Header implements backend.Request.
func (r *request) Header() (fields []wire.Field) {
	if r.answered() {
		return nil
	}
	headers, err := r.request.object(requestHeaders)
	if err != nil {
		r.v.log(err)
		return nil
	}
	defer headers.release()
	i, err := headers.object(headersIterator)
	if err != nil {
		r.v.log(err)
		return nil
	}
	defer i.release()
	for more := i.number(hasHeader) != 0; more && len(fields) < maxFields; more = i.number(nextHeader) != 0 {
		name, value := new(uintptr), new(uintptr)
		if err := i.call(currentHeader, name, value); err != nil {
			break
		}
		fields = append(fields, wire.Field{Name: takeText(*name), Value: takeText(*value)})
	}
	return fields
}

// Body implements backend.Request.
func (r *request) Body() io.ReadCloser {
	if r.answered() {
		return io.NopCloser(strings.NewReader(""))
	}
	content, err := r.request.object(requestContent)
	if err != nil || content.isNil() {
		return io.NopCloser(strings.NewReader(""))
	}
	return &streamReader{content}
}

// memoryBody is a body that is in memory.
type memoryBody struct{ *bytes.Reader }

// Close implements io.Closer.
func (memoryBody) Close() error { return nil }

// Respond implements backend.Request.
func (r *request) Respond(status int, header []wire.Field, data []byte, file *os.File, length int64) {
	var body io.ReadCloser = memoryBody{bytes.NewReader(data)}
	if file != nil {
		body = wire.OpenBody(file)
	} else {
		length = int64(len(data))
	}
	if !r.end() {
		body.Close()
		return
	}
	defer r.release()
	e := r.v.e
	stream := e.a.stream(body, length)
	defer stream.release() // the response has it
	var text strings.Builder
	for _, f := range header {
		if !validField(f) {
			e.options.Log("webview2: dropped the response header " + f.Name + ", which is not valid")
			continue
		}
		text.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	response, err := e.environment.object(createResponse, stream, int32(status), reason(status), text.String())
	if err != nil {
		r.v.log(err)
		return
	}
	defer response.release()
	r.v.log(r.args.call(requestedResponse, response))
}

// reason is the text beside a status, which must not be empty.
func reason(status int) string {
	names := map[int]string{200: "OK", 204: "No Content", 206: "Partial Content", 304: "Not Modified", 403: "Forbidden", 404: "Not Found", 416: "Range Not Satisfiable", 500: "Internal Server Error"}
	if name := names[status]; name != "" {
		return name
	}
	return fmt.Sprint("Status ", status)
}

// validField refuses what would be more than a field.
func validField(f wire.Field) bool {
	return f.Name != "" && !strings.ContainsAny(f.Name, " \t\r\n:\x00") && !strings.ContainsAny(f.Value, "\r\n\x00")
}

// Fail implements backend.Request. There is no way to name a network error: a request on a custom
// scheme without an answer is one.
func (r *request) Fail(string) {
	if r.end() {
		r.release()
	}
}

// end reports whether the request is still to be answered, which nobody else does from then on.
func (r *request) end() bool {
	if r.answered() {
		return false
	}
	delete(r.v.e.requests, r)
	return true
}

// release lets the engine go on with what it was given.
func (r *request) release() {
	r.v.log(r.deferral.call(complete))
	r.deferral.release()
	r.request.release()
	r.args.release()
}
