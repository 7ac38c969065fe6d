package core_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// newHTTPPair is a pair whose pages may be at http://app.localhost.
func newHTTPPair(t *testing.T, o core.Options, proxied bool) *pair {
	app, err := assets.NewApp(fstest.MapFS{"index.html": {Data: []byte("<p>app")}, "a.js": {Data: []byte("1")}}, assets.AppOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.App = app
	p := newPair(t, `{"capabilities": [
		{"identifier": "local", "windows": ["*"], "permissions": ["core:default"]},
		{"identifier": "remote", "windows": ["remote"], "local": false, "remote": {"urls": ["https://evil.example"]}, "permissions": ["core:event:default"]},
		{"identifier": "led", "windows": ["led"], "permissions": [{"identifier": "web:allow-navigation", "allow": [{"url": "http://app.localhost/callback*"}]}]}
	]}`, o, nil)
	p.proxied.Store(proxied)
	return p
}

// TestHTTPOriginAttacks asks for files of the app as other pages of the same host
// could have its engine do, which says truly where a request comes from, and as
// programs could that have no part in it.
func TestHTTPOriginAttacks(t *testing.T) {
	p := newHTTPPair(t, core.Options{HTTPOrigin: true}, true)
	p.open("main", "app://localhost/")
	if _, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: "remote", Width: 9, Height: 9, Visible: true}, Webview: wire.WebviewState{URL: "https://evil.example/"},
	}); err != nil {
		t.Fatal(err)
	}
	request := func(target string, fields ...string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: app.localhost\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
	}
	method := func(name, request string) string { return name + strings.TrimPrefix(request, "GET") }
	const same, cross, navigate = "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"
	for _, test := range []struct {
		name, request string
		status        int
	}{
		{"script", request("/a.js", same, "Sec-Fetch-Dest: script"), 200},
		{"HEAD", method("HEAD", request("/a.js", same)), 200},
		{"service worker", request("/a.js", same, "Sec-Fetch-Dest: serviceworker", "Service-Worker: script"), 200},
		{"navigation by the app", request("/", "Sec-Fetch-Site: none", "Sec-Fetch-Dest: document", navigate), 200},
		{"update of a service worker", request("/a.js", "Service-Worker: script", "Origin: http://app.localhost"), 200},
		{"the same for another page", request("/a.js", "Service-Worker: script", "Origin: https://evil.example"), 403},
		{"the same for nobody", request("/a.js", "Service-Worker: script"), 403},
		{"navigation of which a frame is the cause", request("/?evil", cross, "Sec-Fetch-Dest: document", navigate), 204},
		{"frame", request("/", same, "Sec-Fetch-Dest: iframe", navigate), 200},
		{"frame in another page", request("/", cross, "Sec-Fetch-Dest: iframe", navigate), 403},
		{"object", request("/", cross, "Sec-Fetch-Dest: object", navigate), 403},
		{"script of another page", request("/a.js", cross, "Sec-Fetch-Dest: script", "Sec-Fetch-Mode: no-cors"), 403},
		{"of a name beside it", request("/a.js", "Sec-Fetch-Site: same-site", "Sec-Fetch-Dest: script"), 403},
		{"fetch", request("/a.js", cross, "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Origin: https://evil.example"), 403},
		{"fetch that says it is a document", request("/a.js", cross, "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: no-cors"), 403},
		{"says it twice", request("/a.js", cross, same), 403},
		{"a program that says nothing", request("/a.js"), 403},
		{"form", method("POST", request("/", same, "Sec-Fetch-Dest: document", navigate, "Content-Length: 1")), 400},
		{"preflight", method("OPTIONS", request("/", cross, "Access-Control-Request-Method: PUT")), 400},
		{"WebSocket", request("/", same, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400},
		{"another host", strings.Replace(request("/", same), "app.localhost", "evil.test", 1), 400},
		{"a host below it", strings.Replace(request("/", same), "app.localhost", "evil.app.localhost", 1), 400},
		{"a port", strings.Replace(request("/", same), "app.localhost", "app.localhost:8080", 1), 400},
		{"two hosts", request("/", same, "Host: evil.test"), 400},
		{"no host", strings.Replace(request("/", same), "Host: app.localhost\r\n", "", 1), 400},
		{"a whole address", request("http://evil.test/", same), 400},
		{"outside", request("/../secret", same), 403},
		{"outside, encoded", request("/%2e%2e/secret", same), 403},
		{"another authority", request("//evil.test/a.js", same), 403},
		{"missing", request("/b.js", same), 404},
	} {
		status, header, body := p.askOwn("app", "app.localhost", test.request)
		if status != test.status {
			t.Errorf("%s: status %d %q, want %d", test.name, status, body, test.status)
		}
		if status == 200 && (header.Get("Cross-Origin-Resource-Policy") != "same-origin" || header.Get("X-Frame-Options") != "SAMEORIGIN") {
			t.Errorf("%s: %v", test.name, header)
		}
		if o := header.Get("Access-Control-Allow-Origin"); o != "" && o != core.HTTPOrigin {
			t.Errorf("%s: %s may read it", test.name, o)
		}
	}
	if status, _, _ := p.askOwn("window:remote", "app.localhost", request("/a.js", same)); status != 403 {
		t.Errorf("in a host that shows no page of the app: status %d, want 403", status)
	}
	for _, server := range []struct {
		name string
		port uint16
	}{{"app.localhost", 8080}, {"app.localhost", 443}, {"evil.localhost", 80}, {"evil.app.localhost", 80}} {
		client, end := net.Pipe()
		client.Close()
		if p.ServeOwn(t.Context(), "app", server.name, server.port, end) {
			t.Errorf("%s:%d is served", server.name, server.port)
		}
		if p.MayReach("app", server.name, server.port) {
			t.Errorf("%s:%d is left to the rules", server.name, server.port)
		}
	}
}

// TestHTTPOriginLed: a page of others leads to an address of the app that a
// capability names, and to no other.
func TestHTTPOriginLed(t *testing.T) {
	p := newHTTPPair(t, core.Options{HTTPOrigin: true}, true)
	led := p.open("led", "app://localhost/")
	for _, test := range []struct {
		url    string
		status int
	}{{"/callback?code=1", 200}, {"/other", 204}} {
		// The redirect, which the grant of the window may allow, and then the request.
		v, err := led.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: core.HTTPOrigin + test.url, MainFrame: true, Redirect: true})
		if err != nil || v.Allow != (test.status == 200) {
			t.Errorf("%s: %+v %v", test.url, v, err)
		}
		status, _, body := p.askOwn("window:led", "app.localhost", "GET "+test.url+" HTTP/1.1\r\nHost: app.localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\r\n")
		if status != test.status {
			t.Errorf("%s: status %d %q, want %d", test.url, status, body, test.status)
		}
	}
}

// TestHTTPOriginFiles: a host that asks for files and takes none of them waits for
// itself.
func TestHTTPOriginFiles(t *testing.T) {
	p := newHTTPPair(t, core.Options{HTTPOrigin: true}, true)
	p.open("main", "app://localhost/")
	const request = "GET /a.js HTTP/1.1\r\nHost: app.localhost\r\nSec-Fetch-Site: same-origin\r\n\r\n"
	const most = 256
	for range most {
		client, end := net.Pipe()
		defer client.Close()
		if !p.ServeOwn(t.Context(), "app", "app.localhost", 80, end) {
			t.Fatal("it is not served")
		}
		if _, err := io.WriteString(client, request); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "an answer that it is too much", func() bool {
		status, _, _ := p.askOwn("app", "app.localhost", request)
		return status == 503
	})
}

// TestHTTPOriginOff: without the option the name is one like any other, and a page
// there is none of the app.
func TestHTTPOriginOff(t *testing.T) {
	p := newHTTPPair(t, core.Options{}, true)
	p.open("main", "app://localhost/")
	if !p.MayReach("app", "app.localhost", 80) {
		t.Error("the name is not left to the rules")
	}
	if p.IsLocal("http://app.localhost/") {
		t.Error("a page there is one of the app")
	}
}

// TestHTTPOriginWithoutProxy: hosts whose proxy others could reach have none, and
// pages are where they can be had.
func TestHTTPOriginWithoutProxy(t *testing.T) {
	log := &logBuffer{}
	p := newHTTPPair(t, core.Options{HTTPOrigin: true, Log: logger(log)}, false)
	main := p.open("main", "http://app.localhost/?a#b")
	for _, test := range []struct{ wish, want string }{
		{"", "app://localhost/?a#b"},
		{"http://app.localhost", "app://localhost"},
		{"http://app.localhost/c/d?e=http://app.localhost/", "app://localhost/c/d?e=http://app.localhost/"},
		{"http://app.localhost?f", "app://localhost?f"},
		{"http://app.localhost:80/g", "app://localhost/g"},
	} {
		if test.wish != "" {
			if err := main.window.Webview().Navigate(t.Context(), test.wish); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := main.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: "http://app.localhost/x", MainFrame: true}); err != nil || v.Allow {
			t.Errorf("a navigation to where nothing of the app is: %+v %v", v, err)
		}
		until(t, "a page at "+test.want, func() bool { return main.view.URL() == test.want })
	}
	if !log.contains("pages are at app://localhost") {
		t.Error("the log does not say so")
	}
}

// TestRedirectsIntoTheApp: a server does not lead into the app's pages, though the
// app has taken the webview to it.
func TestRedirectsIntoTheApp(t *testing.T) {
	p := newHTTPPair(t, core.Options{HTTPOrigin: true}, true)
	main := p.open("main", "app://localhost/")
	for _, test := range []struct {
		url      string
		redirect bool
		want     bool
	}{
		{"http://app.localhost/", false, true},
		{"http://app.localhost/", true, false},
		{"app://localhost/", true, false},
		{"http://app.localhost:80/", true, false},
	} {
		v, err := main.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: test.url, MainFrame: true, Redirect: test.redirect})
		if err != nil || v.Allow != test.want {
			t.Errorf("%+v: %v %v", test, v, err)
		}
	}
}
