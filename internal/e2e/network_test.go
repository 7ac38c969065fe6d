package e2e_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// site is a server that tests count the connections of.
type site struct {
	*httptest.Server
	accepted atomic.Int64
}

// pixel is a GIF of one pixel.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// newSite serves a text, an image, a script and a WebSocket at addr.
func newSite(t *testing.T, addr string) *site {
	t.Helper()
	mux := http.NewServeMux()
	serve := func(path, kind, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Content-Type", kind)
			io.WriteString(w, body)
		})
	}
	serve("/text", "text/plain", "here")
	serve("/image", "image/gif", pixel)
	serve("/script", "text/javascript", "window.came = 'script'")
	mux.HandleFunc("/socket", echoSocket)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: httptest.NewUnstartedServer(mux)}
	s.Listener.Close()
	s.Listener = l
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.accepted.Add(1)
		}
	}
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// port returns the port of the site.
func (s *site) port() string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return port
}

// echoSocket sends back one short text message, by RFC 6455.
func echoSocket(w http.ResponseWriter, r *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	rw.Flush()
	text, err := readText(rw.Reader)
	if err != nil {
		return
	}
	rw.Write(append([]byte{0x81, byte(len(text))}, text...))
	rw.Flush()
	io.Copy(io.Discard, conn) // until the page closes it
}

// readText reads a short masked frame.
func readText(r *bufio.Reader) ([]byte, error) {
	var head struct {
		Kind, Length byte
		Mask         [4]byte
	}
	if err := binary.Read(r, binary.BigEndian, &head); err != nil {
		return nil, err
	}
	text := make([]byte, head.Length&0x7f)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	for i := range text {
		text[i] ^= head.Mask[i%4]
	}
	return text, nil
}

// reach has the ways in which a page gets at a server.
const reach = `
	const outcome = async (f) => { try { return String(await f()) } catch (e) { return 'failed' } };
	const element = (name, url) => new Promise((resolve, reject) => {
		const e = document.createElement(name);
		e.onload = () => resolve(name === 'img' ? 'image' : window.came);
		e.onerror = reject;
		e.src = url;
		document.body.append(e);
	});
	const ways = {
		fetch: (base) => outcome(async () => (await fetch(base + '/text')).text()),
		image: (base) => outcome(() => element('img', base + '/image')),
		script: (base) => outcome(() => element('script', base + '/script')),
		socket: (base) => outcome(() => new Promise((resolve, reject) => {
			const s = new WebSocket(base.replace('http', 'ws') + '/socket');
			s.onopen = () => s.send('echo');
			s.onmessage = (e) => { resolve(e.data); s.close() };
			s.onerror = reject;
		})),
		worker: (base) => outcome(() => new Promise((resolve, reject) => {
			const w = new Worker('/worker.js');
			w.onmessage = (e) => resolve(e.data);
			w.onerror = reject;
			w.postMessage(base + '/text');
		})),
	};
	const all = async (base) => {
		const got = [];
		for (const name in ways) got.push(name + ' ' + await ways[name](base));
		return got.join(', ');
	};
`

const worker = `onmessage = async (e) => {
	try { postMessage(await (await fetch(e.data)).text()) } catch { postMessage('failed') }
}`

const (
	reached    = "fetch here, image image, script script, socket echo, worker here"
	notReached = "fetch failed, image failed, script failed, socket failed, worker failed"
)

// startOffline starts an app whose windows have the network that capabilities say.
func startOffline(t *testing.T, capabilities, url string) *e2e.App {
	t.Helper()
	return e2e.Start(t, e2e.Options{
		Offline:      true,
		Config:       `{"app": {"security": {"csp": null}}}`,
		Files:        map[string]string{"worker.js": worker},
		Capabilities: e2e.ParseCapabilities(t, "network", capabilities, url),
	})
}

// logged waits for a refusal in the log.
func logged(t *testing.T, app *e2e.App, server, windows, rule string) {
	t.Helper()
	e2e.LoggedLine(t, app, "connection refused", "windows="+windows, "server="+server, rule)
}

// TestNetworkRefusedIsLogged: an app that grants no network at all and is not
// being developed says in the log what its pages wanted. A page cannot flood it.
func TestNetworkRefusedIsLogged(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Offline: true, Config: `{"app": {"security": {"csp": null}}}`})
	var got int
	app.Main().Must(`
		let failed = 0;
		const ask = (name) => fetch('https://' + name + '/').catch(() => failed++);
		await ask('api.example.com');
		for (let i = 0; i < 50; i++) await Promise.all([ask('api.example.com'), ask('n' + i + '.example.com'), ask('127.0.0.1:8443')]);
		return failed`, &got)
	if got != 151 {
		t.Errorf("%d of 151 connections failed", got)
	}
	e2e.LoggedLine(t, app, "connection refused", "host=app", "windows=[main]", "server=api.example.com:443", "sandbox:allow-network", "https://api.example.com")
	e2e.LoggedLine(t, app, "connection refused", "server=127.0.0.1:8443")
	if n := strings.Count(app.Log.Tail(2000), "connection refused"); n > 60 {
		t.Errorf("%d lines of the log are about connections", n)
	}
}

func TestNetworkGranted(t *testing.T) {
	granted := newSite(t, "127.0.0.1:0")
	second := newSite(t, "127.0.0.1:0")
	third := newSite(t, "127.0.0.2:"+granted.port())
	app := startOffline(t, `[{"identifier": "network", "windows": ["main"], "permissions": [
		{"identifier": "sandbox:allow-network", "allow": [{"url": "SITE"}]}]}]`, granted.URL)
	main, other := app.Main(), app.Open("other", nil)
	run := func(p *e2e.Page, base string) (got string) {
		t.Helper()
		p.Must(reach+"return await all('"+base+"')", &got)
		return got
	}
	if got := run(main, granted.URL); got != reached {
		t.Errorf("with a grant: %s\nwant %s", got, reached)
	}
	before := granted.accepted.Load()
	if before == 0 {
		t.Error("the server has seen no connection")
	}

	// A page of the app counts as secure, so that the engine itself keeps back
	// some of what it would get from elsewhere: what is wanted here is fetch.
	fetch := func(p *e2e.Page, base string) (got string) {
		t.Helper()
		p.Must(reach+"return await ways.fetch('"+base+"')", &got)
		return got
	}
	for _, base := range []string{
		second.URL, "http://127.0.0.2:" + granted.port(), "http://localhost:" + granted.port(),
		"http://[::1]:" + granted.port(), "http://[::ffff:127.0.0.1]:" + granted.port(),
	} {
		if got := fetch(main, base); got != "failed" {
			t.Errorf("%s: %s", base, got)
		}
	}
	if got := run(main, second.URL); got != notReached {
		t.Errorf("another port: %s", got)
	}
	logged(t, app, "127.0.0.1:"+second.port(), "[main]", `http://127.0.0.1:`+second.port())
	logged(t, app, "127.0.0.2:"+granted.port(), "[main]", `http://127.0.0.2:`+granted.port())
	logged(t, app, "localhost:"+granted.port(), "[main]", `http://localhost:`+granted.port())

	if got := run(other, granted.URL); got != notReached {
		t.Errorf("without a grant: %s", got)
	}
	if n := second.accepted.Load() + third.accepted.Load(); n != 0 {
		t.Errorf("servers that are not granted have seen %d connections", n)
	}
	if n := granted.accepted.Load(); n != before {
		t.Errorf("the server has seen %d connections of others", n-before)
	}
	hosts := app.Processes()
	if hosts["app"] == 0 || hosts["plain"] == 0 || len(hosts) != 2 {
		t.Errorf("hosts: %v", hosts)
	}
}

// TestNetworkDenied checks that a denial wins, and that windows with the same
// grants share a host.
func TestNetworkDenied(t *testing.T) {
	granted := newSite(t, "127.0.0.1:0")
	app := startOffline(t, `[
		{"identifier": "all", "windows": ["net-*"], "permissions": [{"identifier": "sandbox:allow-network", "allow": [{"url": "SITE"}]}]},
		{"identifier": "none", "windows": ["net-3"], "permissions": [{"identifier": "sandbox:allow-network", "deny": [{"url": "http://127.0.0.1:*"}]}]}]`,
		granted.URL)
	for i, want := range []string{"here", "here", "failed"} {
		label := fmt.Sprintf("net-%d", i+1)
		var got string
		app.Open(label, nil).Must(reach+"return await ways.fetch('"+granted.URL+"')", &got)
		if got != want {
			t.Errorf("%s: got %s, want %s", label, got, want)
		}
	}
	logged(t, app, "127.0.0.1:"+granted.port(), "[net-3]", "denied by http://127.0.0.1:*")
	hosts := app.Processes()
	if hosts["app"] == 0 || hosts["app:all"] == 0 || hosts["app:all+none"] == 0 || len(hosts) != 3 {
		t.Errorf("hosts: %v", hosts)
	}
}

// TestStorageOfHosts checks that a host has no storage in common with another.
func TestStorageOfHosts(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	alone := func(o *mullion.WindowOptions) { o.Isolate = true }
	app.Main().Must("localStorage.setItem('who', 'main')", nil)
	other := app.Open("other", alone)
	var got *string
	if other.Must("return localStorage.getItem('who')", &got); got != nil {
		t.Errorf("another host sees %q", *got)
	}
	other.Must("localStorage.setItem('who', 'other')", nil)
	if app.Main().Must("return localStorage.getItem('who')", &got); got == nil || *got != "main" {
		t.Errorf("the main window's item is %v", got)
	}
}
