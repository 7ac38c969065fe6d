package core

import (
	"context"
	"crypto/subtle"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/assets"
)

// Engines such as WebKitGTK play no media from schemes of an app. What they ask
// of mediaHost goes to the proxy as a name, and ends here: no port is open, and
// no name is looked up. It serves what the asset protocol serves, to media
// elements of the app's own pages.

// mediaHost is that of addresses of media.
const mediaHost = "asset.localhost"

// mediaPatience is how long a request waits for its document: its bridge says
// hello by another way, which may take longer.
const mediaPatience = 5 * time.Second

// news tells those that wait that something has come.
type news struct {
	mu sync.Mutex
	c  chan struct{} // guarded by mu; nil: nobody waits
}

// next is closed at the next tell.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c == nil {
		n.c = make(chan struct{})
	}
	return n.c
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c != nil {
		close(n.c)
		n.c = nil
	}
}

// ownServer tells the proxy of the host what is served here.
func (h *host) ownServer(ctx context.Context, name string, port uint16) (serve func(net.Conn), reason string) {
	switch {
	case name == socketHost && port == 80:
		return func(conn net.Conn) { h.serveSocket(ctx, conn) }, ""
	case name == appHost && h.core.opts.HTTPOrigin && port == 80 && !h.network.schemeOnly.Load():
		return func(conn net.Conn) { h.serveApp(ctx, conn) }, ""
	case name == appHost && h.core.opts.HTTPOrigin:
		return nil, "the app's own pages are at " + HTTPOrigin + ", without TLS or a port; a policy with upgrade-insecure-requests asks for TLS"
	case name != mediaHost && h.core.opts.HTTPOrigin:
		// A page there could say that its domain is localhost, as a page of the app could.
		return nil, "names below localhost belong to the app's own pages where these are at " + HTTPOrigin
	case name != mediaHost:
		return nil, ""
	case port != 80:
		return nil, "media of " + mediaHost + " have no port"
	case h.core.opts.Files == nil:
		return nil, "the asset protocol is off: set app.security.assetProtocol.enable"
	}
	return func(conn net.Conn) {
		assets.ServeHTTP(ctx, conn, mediaHost, func(r *assets.Request, send func(*assets.Response)) { h.serveMedia(ctx, r, send) },
			func(why string) { h.requestRefused("http://"+mediaHost, why) })
	}, ""
}

// serveMedia answers a request for media. The token in its query says for which
// document; it is of that host, since the proxy is. Engines say what a request is
// for, and pages cannot make them say something else.
func (h *host) serveMedia(ctx context.Context, r *assets.Request, send func(*assets.Response)) {
	path, token, _ := strings.Cut(r.URL, "?")
	if destination := r.Field("Sec-Fetch-Dest"); destination != "audio" && destination != "video" {
		send(assets.Refuse(403, "only media elements may use this address; convertFileSrc(path) is for all else"))
		return
	}
	v := h.mediaWebview(ctx, token)
	if v == nil || !h.core.isLocal(v.origin()) {
		send(assets.Refuse(403, "only the app's own pages may use the asset protocol, with an address that they have made themselves"))
		return
	}
	select {
	case v.files <- struct{}{}:
		defer func() { <-v.files }()
	case <-ctx.Done():
		return
	}
	r.URL, r.Origin = "asset://localhost"+path, v.origin()
	resp := v.withDropped(h.core.opts.Files).Serve(ctx, r)
	kind := resp.Get("Content-Type")
	if resp.Status < 300 && !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") {
		resp.Close()
		resp = assets.Refuse(403, "the file is neither audio nor video")
	}
	send(resp)
}

// mediaWebview finds the webview whose document has that token, or nil.
func (h *host) mediaWebview(ctx context.Context, token string) *Webview {
	ctx, cancel := context.WithTimeout(ctx, mediaPatience)
	defer cancel()
	for {
		began, loading := h.network.documents.next(), false
		for _, w := range h.windows() {
			for _, v := range w.webviewList() {
				v.mu.Lock()
				d := v.doc
				v.mu.Unlock()
				if d != nil && len(token) > 0 && subtle.ConstantTimeCompare([]byte(d.media), []byte(token)) == 1 {
					return v
				}
				loading = loading || d == nil
			}
		}
		if !loading {
			return nil
		}
		select {
		case <-began:
		case <-ctx.Done():
			return nil
		}
	}
}
