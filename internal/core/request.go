package core

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/wire"
)

const (
	// inlineBody is the largest body that travels in the frame of its
	// response.
	inlineBody = 512 << 10
	// maxFiles bounds the files that are open for one webview. A page that
	// asks for more and reads none waits for itself.
	maxFiles = 256
	// maxRequests bounds the requests that wait, of all webviews.
	maxRequests = 32 << 10
)

// request answers a request on one of our schemes.
func (c *Core) request(h *host, conn *wire.Conn, v *Webview, f wire.Frame) error {
	var r wire.Request
	if err := wire.Decode(f, &r); err != nil {
		return err
	}
	id := f.ID
	u, err := url.Parse(r.URL)
	if err != nil {
		respondText(conn, id, 400, "malformed address")
		return nil
	}
	if r.URL == errorAddress {
		serveError(conn, id, v)
		return nil
	}
	if r.Bridge {
		n, err := strconv.ParseUint(strings.TrimPrefix(u.Path, "/stream/"), 10, 64)
		from := uint64(0)
		if err == nil && u.RawQuery != "" {
			from, err = strconv.ParseUint(u.RawQuery, 10, 63)
		}
		if err != nil {
			return fmt.Errorf("%w: request for %s", wire.ErrProtocol, u.Path)
		}
		if v == nil { // closed while the request was on its way
			respondText(conn, id, 410, "the webview is closed")
			return nil
		}
		v.serveStream(conn, id, r.Doc, n, from)
		return nil
	}
	handler, reason := c.assetHandler(h, u.Scheme, v)
	if handler == nil {
		respondText(conn, id, 403, reason)
		return nil
	}
	// Only the app's own pages may read the answer.
	origin, slots := AppOrigin, c.files
	if v != nil {
		slots = v.files
		if o := v.origin(); c.isLocal(o) {
			origin = o
		}
	}
	if c.requests.Add(1) > maxRequests {
		c.requests.Add(-1)
		respondText(conn, id, 503, "too many requests at once")
		return nil
	}
	req := &assets.Request{Method: r.Method, URL: r.URL, Origin: origin}
	for _, h := range r.Header {
		req.Header = append(req.Header, assets.Field{Name: h.Name, Value: h.Value})
	}
	c.tasks.Go(func() {
		defer c.requests.Add(-1)
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-c.ctx.Done():
			return
		}
		c.respond(conn, id, r.URL, handler.Serve(c.ctx, req))
	})
	return nil
}

// assetHandler tells who answers requests of a webview on a scheme, and why
// nobody does. The webview is nil where the engine does not know it.
func (c *Core) assetHandler(h *host, scheme string, v *Webview) (assets.Handler, string) {
	switch scheme {
	case "app":
		// A page of others could run a script of the app in its own name, or
		// show its pictures. Engines do not tell which document asks.
		switch {
		case c.opts.App == nil:
			return nil, "the app has no files of its own"
		case v != nil && !v.mayShowApp() || v == nil && !h.mayShowApp():
			return nil, "no page of the app may be shown here"
		}
		return c.opts.App, ""
	case "asset":
		if c.opts.Files == nil {
			return nil, "the asset protocol is off: set app.security.assetProtocol.enable"
		}
		// Only the app's own pages may show files of the user. A page that
		// is just being loaded has no document yet, and is judged by its
		// address.
		if v == nil || !c.isLocal(v.origin()) {
			return nil, "only the app's own pages may use the asset protocol"
		}
		return v.withDropped(c.opts.Files), ""
	}
	return nil, "unknown scheme"
}

// mayShowApp reports whether the webview may ever have come to show a page of
// the app.
func (v *Webview) mayShowApp() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.local
}

// mayShowApp reports whether any of the host's webviews may.
func (h *host) mayShowApp() bool {
	return slices.ContainsFunc(h.windows(), func(w *Window) bool { return slices.ContainsFunc(w.webviewList(), (*Webview).mayShowApp) })
}

// origin is that of the document shown, or being loaded.
func (v *Webview) origin() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.doc != nil {
		return v.doc.caller.Origin
	}
	return originOf(v.url)
}

// originOf returns the origin of an address as engines write it: in lower case,
// without the default port. It is "" for what has none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := defaultPorts[u.Scheme]; port != "" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// defaultPorts are those that engines leave out of an origin.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

func respondText(conn *wire.Conn, id uint64, status int, text string, header ...wire.Field) {
	head := wire.Response{Status: status, Length: int64(len(text)), Header: append([]wire.Field{
		{Name: "Content-Type", Value: "text/plain; charset=utf-8"}, {Name: "X-Content-Type-Options", Value: "nosniff"},
	}, header...)}
	_ = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), []byte(text))})
}

// respond sends an answer: a small body with it, a large one through a
// descriptor, so that the host copies nothing.
func (c *Core) respond(conn *wire.Conn, id uint64, address string, r *assets.Response) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	head := wire.Response{Status: r.Status, Length: r.Length}
	for _, h := range r.Header {
		head.Header = append(head.Header, wire.Field{Name: h.Name, Value: h.Value})
	}
	if r.Body == nil {
		head.Length = 0
		_ = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), nil)})
		return
	}
	if r.Length >= 0 && r.Length <= inlineBody {
		body := make([]byte, r.Length)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			c.endedEarly(address, err)
			head = wire.Response{Error: "the app cannot read it to its end; see the app's log"}
			body = nil
		}
		_ = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), body)})
		return
	}
	body, end, err := wire.NewBody()
	if err != nil {
		head = wire.Response{Error: err.Error()}
		_ = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), nil)})
		return
	}
	defer body.Close()
	err = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), nil), File: end})
	if err != nil {
		return
	}
	n, err := io.Copy(body, r.Body)
	switch {
	case err == nil && r.Length >= 0 && n != r.Length:
		err = io.ErrUnexpectedEOF
		fallthrough
	case err != nil:
		c.endedEarly(address, err)
	default:
		body.Finish()
	}
}

// endedEarly logs why a page gets an error in the place of a file that it has
// begun to read. That it reads no more, or that the app ends, is no reason.
func (c *Core) endedEarly(address string, err error) {
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) && c.ctx.Err() == nil {
		c.log.Warn("mullion: file ended early", "url", address, "error", err)
	}
}
