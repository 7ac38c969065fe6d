package core_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

var mediaToken = regexp.MustCompile(`"media":"([0-9A-Z]{26})"`)

// token is that by which the page asks for media.
func (g *page) token() string {
	g.pair.t.Helper()
	_, script, _ := g.view.Scripts()
	m := mediaToken.FindStringSubmatch(script)
	if m == nil {
		g.pair.t.Fatal("the page has no token for media")
	}
	return m[1]
}

// askOwn asks a server of the app in the proxy of a host. status is 0 where the
// connection is ended without an answer.
func (p *pair) askOwn(host, server, request string) (status int, header http.Header, body string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	client, end := net.Pipe()
	defer client.Close()
	if !p.ServeOwn(ctx, host, server, 80, end) {
		p.t.Fatalf("%s is not served", server)
	}
	go io.WriteString(client, request)
	method, _, _ := strings.Cut(request, " ")
	r, err := http.ReadResponse(bufio.NewReader(client), &http.Request{Method: method})
	if err != nil {
		return 0, nil, ""
	}
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, r.Header, string(b)
}

// TestMediaAttacks asks for media as other pages of the same host could have its
// engine do, which says truly what a request is for, and as programs could that
// have no part in it. Only a media element of a page of the app gets some, of
// files in scope.
func TestMediaAttacks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.wav", "page.html", "secret.wav"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := assets.NewFiles(assets.FilesOptions{Allowed: func(path string) error {
		if strings.Contains(path, "secret") {
			return os.ErrPermission
		}
		return nil
	}})
	p := newPair(t, `{"capabilities": [
		{"identifier": "local", "windows": ["*"], "permissions": ["core:default"]},
		{"identifier": "remote", "windows": ["remote"], "local": false, "remote": {"urls": ["https://evil.example"]}, "permissions": ["core:event:default"]}
	]}`, core.Options{Files: files}, nil)
	local, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: "remote", Width: 9, Height: 9, Visible: true}, Webview: wire.WebviewState{URL: "https://evil.example/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	remote := &page{pair: p, window: w}
	remote.look()
	remote.hello("https://evil.example")
	left := other.token()
	address := func(name, token string) string { return "/" + url.PathEscape(filepath.Join(dir, name)) + "?" + token }
	good := address("a.wav", local.token())
	ask := func(host, request string) (status int, body string) {
		t.Helper()
		status, _, body = p.askOwn(host, "asset.localhost", request)
		return status, body
	}
	request := func(target string, fields ...string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: asset.localhost\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
	}
	const audio, video = "Sec-Fetch-Dest: audio", "Sec-Fetch-Dest: video"
	for _, test := range []struct {
		name, request string
		status        int
	}{
		{"audio", request(good, audio), 200},
		{"video", request(good, video), 200},
		{"a part", request(good, audio, "Range: bytes=1-2"), 206},
		{"HEAD", strings.Replace(request(good, audio), "GET", "HEAD", 1), 200},
		{"no-cors fetch", request(good, "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: no-cors"), 403},
		{"fetch", request(good, "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Origin: https://evil.example"), 403},
		{"image", request(good, "Sec-Fetch-Dest: image"), 403},
		{"script", request(good, "Sec-Fetch-Dest: script"), 403},
		{"frame", request(good, "Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate"), 403},
		{"navigation", request(good, "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"), 403},
		{"form", strings.Replace(request(good, "Sec-Fetch-Dest: document", "Content-Length: 0"), "GET", "POST", 1), 400},
		{"preflight", strings.Replace(request(good, "Sec-Fetch-Dest: empty", "Access-Control-Request-Method: PUT"), "GET", "OPTIONS", 1), 400},
		{"WebSocket", request(good, "Sec-Fetch-Dest: websocket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400},
		{"a program that says nothing", request(good), 403},
		{"two destinations", request(good, audio, "Sec-Fetch-Dest: image"), 403},
		{"another host", strings.Replace(request(good, audio), "asset.localhost", "evil.test", 1), 400},
		{"a host below it", strings.Replace(request(good, audio), "asset.localhost", "evil.asset.localhost", 1), 400},
		{"no token", request(address("a.wav", ""), audio), 403},
		{"a guessed token", request(address("a.wav", strings.Repeat("A", 26)), audio), 403},
		{"a part of the token", request(good[:len(good)-1], audio), 403},
		{"the token of a remote page", request(address("a.wav", remote.token()), audio), 403},
		{"out of scope", request(address("secret.wav", local.token()), audio), 403},
		{"out of scope by dots", request(strings.Replace(good, "a.wav", "x%2F..%2Fsecret.wav", 1), audio), 403},
		{"no media", request(address("page.html", local.token()), audio), 403},
	} {
		status, body := ask("app", test.request)
		if status != test.status {
			t.Errorf("%s: status %d %q, want %d", test.name, status, body, test.status)
		}
		if status > 206 && (strings.Contains(body, "secret.wav") && !strings.Contains(body, "not in the scope") && !strings.Contains(body, "component") || body == "page.html" || body == "a.wav") {
			t.Errorf("%s: it got the file", test.name)
		}
	}
	if status, _ := ask("app", request(address("a.wav", left), audio)); status != 200 {
		t.Errorf("a page that is shown: status %d", status)
	}
	if status, _ := ask("window:remote", request(address("a.wav", remote.token()), audio)); status != 403 {
		t.Errorf("a remote page, in its host: status %d, want 403", status)
	}
	if status, _ := ask("window:remote", request(good, audio)); status != 403 {
		t.Errorf("a remote page with a token of another host: status %d, want 403", status)
	}
	other.window.Destroy()
	if status, _ := ask("app", request(address("a.wav", left), audio)); status != 403 {
		t.Errorf("a page that was left: status %d, want 403", status)
	}
	for _, server := range []struct {
		name string
		port uint16
	}{{"asset.localhost", 8080}, {"other.localhost", 80}, {"localhost", 80}, {"evil.asset.localhost", 80}} {
		client, end := net.Pipe()
		client.Close()
		if p.ServeOwn(t.Context(), "app", server.name, server.port, end) {
			t.Errorf("%s:%d is served", server.name, server.port)
		}
	}
}
