// Package httpclient makes HTTP requests for pages, past the rules that browsers
// have for pages of other origins and within a scope of addresses. It is the
// plugin "http", for the npm package @tauri-apps/plugin-http:
//
//	app.AddPlugin(httpclient.New(httpclient.Options{}).Plugin())
//
// Go code has the same connections, cookies and limits by [HTTP.Client].
package httpclient

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// Options says what pages can do beyond the default. The first two are Cargo
// features of the published plugin.
type Options struct {
	// UnsafeHeaders lets pages send headers that the Fetch standard forbids them,
	// such as Cookie, Host and Origin. The scope does not judge Host.
	UnsafeHeaders bool
	// DangerousSettings lets pages turn off the check of certificates, by the
	// option danger. Without it such requests are refused.
	DangerousSettings bool
	// Cookies says how long cookies are kept. The zero value keeps them in the
	// app's folder for caches.
	Cookies CookieMode
	// UserAgent is sent by requests that have no such header. Empty means
	// "mullion-plugin-http".
	UserAgent string
	// RootCAs are the authorities that servers' certificates are checked by. nil
	// means those of the system.
	RootCAs *x509.CertPool
}

// CookieMode says how long cookies are kept.
type CookieMode uint8

const (
	// KeepCookies keeps them as long as their servers say, also when the app ends:
	// in the file cookies.json of the folder APPCACHE.
	KeepCookies CookieMode = iota
	// SessionCookies forgets all of them when the app ends.
	SessionCookies
	// NoCookies sends none.
	NoCookies
)

// HTTP is the plugin, and its API for Go. It is safe for concurrent use.
type HTTP struct {
	options  Options
	settings settings
	app      plugin.App
	jar      *jar // nil for none
	routes   *routes

	mu    sync.Mutex
	pages map[ipc.Page]*page // guarded by mu
	said  map[string]bool    // guarded by mu; headers that were left out and told
}

// settings is the section plugins.http of the configuration.
type settings struct {
	// ScopeRedirects has no effect: redirects are always judged.
	ScopeRedirects *bool `json:"scopeRedirects"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *HTTP {
	if o.UserAgent == "" {
		o.UserAgent = "mullion-plugin-http"
	}
	h := &HTTP{options: o, pages: map[ipc.Page]*page{}, said: map[string]bool{}}
	if o.Cookies != NoCookies {
		h.jar = newJar()
	}
	h.routes = newRoutes(o.RootCAs)
	return h
}

// Plugin describes it to the app.
func (h *HTTP) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "http",
		Commands: plugin.Commands{
			"fetch":             plugin.Typed(h.fetch),
			"fetch_send":        plugin.Typed(h.send),
			"fetch_cancel":      plugin.Typed(h.cancel),
			"fetch_read_body":   plugin.Typed(h.readBody),
			"fetch_cancel_body": plugin.Typed(h.cancelBody),
		},
		Default: []string{"allow-fetch", "allow-fetch-cancel", "allow-fetch-send", "allow-fetch-read-body", "allow-fetch-cancel-body"},
		Config:  &h.settings,
		Start:   h.start,
		Stop:    h.stop,
	}
}

func (h *HTTP) start(_ context.Context, app plugin.App) error {
	h.app = app
	if s := h.settings.ScopeRedirects; s != nil && !*s {
		app.Log().Warn("plugins.http.scopeRedirects: false has no effect; each redirect has to be in the scope")
	}
	if h.jar == nil || h.options.Cookies == SessionCookies {
		return nil
	}
	dir, ok := app.Directory("APPCACHE")
	if !ok {
		return errors.New("this system has no folder for caches; set httpclient.Options.Cookies to SessionCookies")
	}
	h.jar.open(filepath.Join(dir, "cookies.json"), app.Log())
	return nil
}

func (h *HTTP) stop(context.Context) {
	h.routes.close()
	if h.jar != nil {
		h.jar.close()
	}
}

// Client returns a client whose requests, with all their redirects, stay within
// patterns as in capabilities (capability.URLPattern); what deny has wins. It
// shares the cookies of pages and follows at most 10 redirects. Loopback, private
// and link-local addresses are reached only by patterns with that very host, as
// "http://localhost:*", wherever names lead.
func (h *HTTP) Client(allow, deny []string) (*http.Client, error) {
	scope, err := reach.NewScope(allow, deny)
	if err != nil {
		return nil, err
	}
	return h.client(reach.NewTransport(reach.TransportOptions{Scope: scope, TLS: h.routes.tls(danger{})}), maxRedirects), nil
}

// client makes a client of a transport.
func (h *HTTP) client(t http.RoundTripper, redirects int) *http.Client {
	c := &http.Client{Transport: t, CheckRedirect: reach.Redirects(redirects)}
	if h.jar != nil {
		c.Jar = h.jar
	}
	return c
}

// ClearCookies forgets all cookies, and returns when that is on the disk.
func (h *HTTP) ClearCookies() error {
	if h.jar == nil {
		return nil
	}
	return h.jar.clear()
}
