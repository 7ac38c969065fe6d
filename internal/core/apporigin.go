package core

import (
	"context"
	"net"
	"runtime"
	"strings"

	"github.com/mullion-dev/mullion/internal/assets"
)

// HTTPOrigin is the origin of the app's own pages where Options.HTTPOrigin is
// set: engines give them cookies, the Cache API, service workers and media from
// their own files there, none of which they have on the scheme of an app. Names
// below localhost are a secure context. What is asked of this one goes to the
// proxy of the host as a name, and ends in [host.serveApp]: no port is open, and
// no name is looked up. Pages at [AppOrigin] are the app's own as well.
const HTTPOrigin = "http://" + appHost

// appHost is the host of HTTPOrigin.
const appHost = "app.localhost"

// isOwn reports whether an origin is that of files of the app, not of a dev server.
func (c *Core) isOwn(origin string) bool {
	return origin == AppOrigin || c.opts.HTTPOrigin && origin == HTTPOrigin
}

// ownOrigins are the origins of files of the app.
func (c *Core) ownOrigins() []string {
	if c.opts.HTTPOrigin {
		return []string{AppOrigin, HTTPOrigin}
	}
	return []string{AppOrigin}
}

// noHTTP says why a host whose proxy is at that address serves nothing at
// HTTPOrigin; "" where it does.
func noHTTP(proxy string) string {
	switch {
	case runtime.GOOS != "linux":
		return "the engine of this system asks no proxy for names below localhost"
	case proxy == noProxy:
		return "this system cannot keep other programs out of the proxy"
	}
	return ""
}

// offerHTTP notes whether the host that begins has HTTPOrigin.
func (h *host) offerHTTP(proxy string) {
	if !h.core.opts.HTTPOrigin {
		return
	}
	why := noHTTP(proxy)
	if h.network.schemeOnly.Swap(why != "") == (why != "") || why == "" {
		return
	}
	h.core.log.Warn("mullion: pages are at "+AppOrigin+", without cookies and service workers, not at "+HTTPOrigin, "host", h.name, "reason", why)
}

// reachable is the address of a page in the way in which the host has it.
func (h *host) reachable(address string) string {
	if h.network.schemeOnly.Load() {
		return h.core.onScheme(address)
	}
	return address
}

// onScheme is the address of what is at HTTPOrigin, on the scheme of the app.
func (c *Core) onScheme(address string) string {
	if !c.opts.HTTPOrigin || originOf(address) != HTTPOrigin {
		return address
	}
	_, rest, _ := strings.Cut(address, "://")
	return AppOrigin + rest[strings.IndexAny(rest+"/", "/?#"):]
}

// serveApp answers a request for a file of the app at HTTPOrigin.
func (h *host) serveApp(ctx context.Context, conn net.Conn) {
	assets.ServeHTTP(ctx, conn, appHost, func(r *assets.Request, send func(*assets.Response)) {
		if why := foreign(r); why != "" {
			send(assets.Refuse(403, why))
			return
		}
		handler, reason := h.core.assetHandler(h, "app", nil)
		if handler == nil {
			send(assets.Refuse(403, reason))
			return
		}
		defer h.network.files.Add(-1)
		if h.network.files.Add(1) > maxFiles {
			send(assets.Refuse(503, "too many requests at once"))
			return
		}
		r.URL, r.Origin = AppOrigin+r.URL, HTTPOrigin
		resp := handler.Serve(ctx, r)
		if resp.Get("Cross-Origin-Resource-Policy") == "" {
			resp.Header = append(resp.Header, assets.Field{Name: "Cross-Origin-Resource-Policy", Value: "same-origin"})
		}
		send(resp)
	})
}

// foreign says why a request comes from no page at HTTPOrigin, or "". Engines say
// truly where one comes from (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/),
// and pages cannot make them say something else. What leads the top of a webview
// somewhere is a navigation, which the Core has judged.
func foreign(r *assets.Request) string {
	if site := r.Field("Sec-Fetch-Site"); site == "same-origin" || site == "none" {
		return ""
	}
	if r.Field("Sec-Fetch-Dest") == "document" && r.Field("Sec-Fetch-Mode") == "navigate" {
		return ""
	}
	return "only the app's own pages may use their files"
}
