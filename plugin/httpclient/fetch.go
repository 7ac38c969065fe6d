package httpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// maxRedirects are followed where a page does not say how many.
const maxRedirects = 10

// scoped is the command whose scope requests have.
const scoped = "plugin:http|fetch"

// maxConnectTimeout is the longest that a page can wait for a connection, in
// milliseconds.
const maxConnectTimeout = 24 * 60 * 60 * 1000

const (
	// maxMethod is the longest method, in bytes.
	maxMethod = 64
	// requestBytes is about what a request takes besides its texts.
	requestBytes = 1 << 10
)

// The words of the published plugin.
var (
	errCanceled  = errors.New("Request canceled")
	errDangerous = errors.New("dangerous settings used but are not enabled")
)

// clientConfig is what a page says of a request.
type clientConfig struct {
	Method          string      `json:"method"`
	URL             string      `json:"url"`
	Headers         [][2]string `json:"headers"`
	Data            []byte      `json:"data,omitzero"`
	MaxRedirections *uint32     `json:"maxRedirections"`
	ConnectTimeout  *uint64     `json:"connectTimeout"`
	Proxy           *proxies    `json:"proxy"`
	Danger          *danger     `json:"danger"`
}

// danger is what weakens the check of certificates.
type danger struct {
	Certs     bool `json:"acceptInvalidCerts,omitzero"`
	Hostnames bool `json:"acceptInvalidHostnames,omitzero"`
}

// request is one that a page has made, until there is a response.
type request struct {
	page   *page
	size   int
	data   bool // the address is data:, so the response is what the page has given
	ctx    context.Context
	cancel context.CancelFunc
	do     func(ctx context.Context) (*http.Response, error)
	began  atomic.Bool
	// answered is set when the context belongs to the response.
	answered atomic.Bool
}

// close ends a request that has no response.
func (r *request) close() {
	r.page.forget(r.size)
	if !r.answered.Load() {
		r.cancel()
	}
}

type fetchArgs struct {
	Config clientConfig `json:"clientConfig"`
}

// fetch prepares a request. It is sent by fetch_send.
func (h *HTTP) fetch(ctx context.Context, a fetchArgs) (uint32, error) {
	p, err := h.pageOf(ctx)
	if err != nil {
		return 0, err
	}
	r := &request{page: p, size: a.Config.size(), data: isData(a.Config.URL)}
	if err := p.remember(r.size); err != nil {
		return 0, err
	}
	if r.do, err = h.prepare(ctx, a.Config); err != nil {
		p.forget(r.size)
		return 0, err
	}
	r.ctx, r.cancel = context.WithCancel(p.Context())
	rid, err := p.AddResource(r, r.close)
	if err != nil {
		r.close()
	}
	return rid, err
}

func isData(address string) bool { return strings.HasPrefix(address, "data:") }

// size is about what a request takes until there is a response, in bytes.
func (c *clientConfig) size() int {
	n := requestBytes + len(c.Method) + len(c.URL) + len(c.Data) + c.Proxy.size()
	for _, f := range c.Headers {
		n += 2 * (len(f[0]) + len(f[1]) + 32) // as given, and as sent
	}
	if isData(c.URL) {
		n += len(c.URL) // what it has, decoded
	}
	return n
}

// prepare judges a request and returns what sends it.
func (h *HTTP) prepare(ctx context.Context, c clientConfig) (func(context.Context) (*http.Response, error), error) {
	if len(c.Method) > maxMethod {
		return nil, fmt.Errorf("a method of %d bytes; at most %d are allowed", len(c.Method), maxMethod)
	}
	if isData(c.URL) {
		return dataResponse(c.URL)
	}
	u, err := reach.ParseURL(c.URL, "http", "https")
	if err != nil {
		return nil, err
	}
	switch method := strings.ToUpper(c.Method); {
	case !reach.IsToken(c.Method):
		return nil, fmt.Errorf("invalid HTTP method: %.100q", c.Method)
	case method == "CONNECT" || method == "TRACE" || method == "TRACK":
		return nil, fmt.Errorf("%s is a method that the Fetch standard forbids", method)
	}
	m, _ := ipc.MessageFrom(ctx)
	o := routeOptions{proxies: c.Proxy}
	if c.Danger != nil {
		if *c.Danger != (danger{}) && !h.options.DangerousSettings {
			return nil, errDangerous
		}
		o.danger = *c.Danger
	}
	if t := c.ConnectTimeout; t != nil {
		if *t > maxConnectTimeout {
			return nil, fmt.Errorf("connectTimeout: %d ms are more than a day", *t)
		}
		o.timeout = time.Duration(*t) * time.Millisecond
	}
	way, err := h.routes.find(m.Scope, o)
	if err != nil {
		return nil, err
	}
	if err := way.scope.Check(u); err != nil {
		return nil, reach.ForPage(err, scoped)
	}
	header, host, err := h.header(c.Headers, m.From.Origin)
	if err != nil {
		return nil, err
	}
	redirects := maxRedirects
	if c.MaxRedirections != nil {
		redirects = int(min(*c.MaxRedirections, 1000))
	}
	client := h.client(way.transport, redirects)
	return func(ctx context.Context) (*http.Response, error) {
		var body io.Reader
		if len(c.Data) > 0 {
			body = bytes.NewReader(c.Data)
		}
		r, err := http.NewRequestWithContext(ctx, c.Method, u.String(), body)
		if err != nil {
			return nil, err
		}
		r.Header, r.Host = header, host
		return client.Do(r)
	}, nil
}

type ridArgs struct {
	RID uint32 `json:"rid"`
}

// response is what a page makes its Response of.
type response struct {
	Status     int         `json:"status"`
	StatusText string      `json:"statusText"`
	Headers    [][2]string `json:"headers"`
	URL        string      `json:"url"`
	RID        uint32      `json:"rid"`
}

// send sends a request and waits for the header of its response.
func (h *HTTP) send(ctx context.Context, a ridArgs) (response, error) {
	r, err := plugin.ResourceOf[*request](ctx, a.RID)
	if err != nil {
		return response{}, err
	}
	if !r.began.CompareAndSwap(false, true) {
		return response{}, errors.New("this request was sent already")
	}
	defer func() {
		// What is gone already is no error: fetch_cancel and the end of the page do
		// the same.
		_, _ = r.page.CloseResource(a.RID)
	}()
	stop := context.AfterFunc(ctx, r.cancel)
	defer stop()
	got, err := r.page.exchange(r)
	if err != nil {
		if r.ctx.Err() != nil {
			return response{}, errCanceled
		}
		return response{}, reach.ForPage(err, scoped)
	}
	r.answered.Store(true)
	b := newBody(r.ctx, got, r.cancel)
	if r.data {
		b.held = r.size
	}
	rid, err := r.page.add(b)
	if err != nil {
		return response{}, err
	}
	if slices.Contains(nullBodyStatus, got.StatusCode) {
		_, _ = r.page.CloseResource(rid) // pages neither read these nor close them
	}
	return response{got.StatusCode, http.StatusText(got.StatusCode), reach.Fields(got.Header), urlOf(got.Request), rid}, nil
}

// nullBodyStatus are those whose responses have no body, by the Fetch standard.
var nullBodyStatus = []int{101, 103, 204, 205, 304}

func urlOf(r *http.Request) string {
	if r == nil {
		return ""
	}
	u := *r.URL
	u.User = (*url.Userinfo)(nil)
	return u.String()
}

// cancel aborts a request that has no response yet.
func (h *HTTP) cancel(ctx context.Context, a ridArgs) (struct{}, error) {
	if _, err := plugin.ResourceOf[*request](ctx, a.RID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, plugin.CloseResource(ctx, a.RID)
}

// readBody returns some bytes of a body and a 0, or a 1 at its end.
func (h *HTTP) readBody(ctx context.Context, a ridArgs) ([]byte, error) {
	b, err := plugin.ResourceOf[*body](ctx, a.RID)
	if err != nil {
		return nil, err
	}
	p, err := h.pageOf(ctx)
	if err != nil {
		return nil, err
	}
	done := p.touch(b)
	defer done()
	chunk, err := b.next(ctx)
	if chunk == nil && err == nil {
		_, _ = p.CloseResource(a.RID)
		return []byte{1}, nil
	}
	return chunk, err
}

// cancelBody drops a body.
func (h *HTTP) cancelBody(ctx context.Context, a ridArgs) (struct{}, error) {
	if _, err := plugin.ResourceOf[*body](ctx, a.RID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, plugin.CloseResource(ctx, a.RID)
}
