package core

import (
	"context"
	"net"
	"runtime"
	"slices"
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
		return "only Linux has it so far"
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

// serveApp answers requests for files of the app at HTTPOrigin.
func (h *host) serveApp(ctx context.Context, conn net.Conn) {
	assets.ServeHTTP(ctx, conn, appHost, func(r *assets.Request, send func(*assets.Response)) {
		if resp := h.refuseForeign(r); resp != nil {
			send(resp)
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
		ownOnly(resp)
		send(resp)
	}, func(why string) { h.requestRefused(HTTPOrigin, why) })
}

// ownOnly has engines keep an answer to pages of the app, also where a service
// worker of the app passes it on, unless the app itself says who else may have it.
func ownOnly(r *assets.Response) {
	add := func(name, value string) {
		if r.Get(name) == "" {
			r.Header = append(r.Header, assets.Field{Name: name, Value: value})
		}
	}
	add("Cross-Origin-Resource-Policy", "same-origin")
	if !strings.Contains(strings.ToLower(r.Get("Content-Security-Policy")), "frame-ancestors") {
		add("X-Frame-Options", "SAMEORIGIN")
	}
}

// refuseForeign is the answer to a request that comes from no page at HTTPOrigin, or
// nil. Engines say truly where one comes from (Fetch Metadata,
// https://www.w3.org/TR/fetch-metadata/), and pages cannot make them say something else.
func (h *host) refuseForeign(r *assets.Request) *assets.Response {
	site := r.Field("Sec-Fetch-Site")
	switch {
	case site == "same-origin" || site == "none":
		return nil
	case site == "" && r.Field("Service-Worker") == "script" && r.Field("Origin") == HTTPOrigin:
		return nil // WebKit 2.50 looks by itself whether there is a new one, and says no more than that
	case r.Field("Sec-Fetch-Dest") == "document" && r.Field("Sec-Fetch-Mode") == "navigate":
		if h.ledTo(HTTPOrigin + r.URL) {
			return nil
		}
		// The page stays. The Core has judged the navigation, but no engine says
		// that it was a frame that wants the top of the page elsewhere.
		h.requestRefused(HTTPOrigin+r.URL, "a page of others leads there, and no web:allow-navigation names the address for it")
		return &assets.Response{Status: 204}
	}
	why := "only the app's own pages may use their files"
	h.requestRefused(HTTPOrigin+r.URL, why)
	return assets.Refuse(403, why)
}

// ledTo reports whether a webview was opened on an address, or a capability has
// let one go there.
func (h *host) ledTo(address string) bool {
	return slices.ContainsFunc(h.windows(), func(w *Window) bool {
		return slices.ContainsFunc(w.webviewList(), func(v *Webview) bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return v.led != "" && sameAddress(v.led, address) || !v.committed && sameAddress(v.opened, address)
		})
	})
}
