package httpclient_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/httpclient"
)

// app runs one with the plugin. Its windows main and other may reach what scope
// says, which are entries of a capability.
func app(h *httpclient.HTTP, scope string, cache *string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.http", "build": {"frontendDist": "ui"},
				"plugins": {"http": {"scopeRedirects": false}}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>HTTP</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main", "other"], "permissions": ["core:default",
				{"identifier": "http:default", ` + scope + `}]}`)},
		}})
		if err != nil {
			return err
		}
		if cache != nil {
			if *cache, err = a.Dir(mullion.AppCacheDir); err != nil {
				return err
			}
		}
		a.AddPlugin(h.Plugin())
		return a.Run(ctx)
	}
}

// here is a scope for all ports of this machine.
const here = `"allow": [{"url": "http://localhost:*"}, "http://127.0.0.1:*", "https://127.0.0.1:*"], "deny": ["http://127.0.0.1:*/secret*", "http://127.0.0.1:*/\\*/secret"]`

func start(t *testing.T, o httpclient.Options, scope string) *mulliontest.App {
	t.Helper()
	return mulliontest.Start(t, app(httpclient.New(o), scope, nil), nil)
}

type m map[string]any

type response struct {
	Status     int         `json:"status"`
	StatusText string      `json:"statusText"`
	Headers    [][2]string `json:"headers"`
	URL        string      `json:"url"`
	RID        uint32      `json:"rid"`
}

func (r response) get(name string) string {
	for _, f := range r.Headers {
		if f[0] == name {
			return f[1]
		}
	}
	return ""
}

// call calls a command, also while others do: of calls that are made at once, the
// host of mulliontest refuses those that come in another order than their numbers.
func call(p *mulliontest.Page, command string, args, result any) error {
	for {
		if err := p.Call(command, args, result); err == nil || err.Error() != "malformed call" {
			return err
		}
	}
}

// open does the first half of fetch in @tauri-apps/plugin-http.
func open(p *mulliontest.Page, config m) (r response, err error) {
	for k, v := range (m{"method": "GET", "headers": [][2]string{}, "data": nil}) {
		if _, ok := config[k]; !ok {
			config[k] = v
		}
	}
	var rid uint32
	if err := call(p, "plugin:http|fetch", m{"clientConfig": config}, &rid); err != nil {
		return r, err
	}
	err = call(p, "plugin:http|fetch_send", m{"rid": rid}, &r)
	return r, err
}

// read does the second half.
func read(p *mulliontest.Page, rid uint32) ([]byte, error) {
	var all []byte
	for {
		var chunk []byte
		if err := call(p, "plugin:http|fetch_read_body", m{"rid": rid}, &chunk); err != nil {
			return all, err
		}
		if chunk[len(chunk)-1] == 1 {
			return all, nil
		}
		all = append(all, chunk[:len(chunk)-1]...)
	}
}

func fetch(t *testing.T, p *mulliontest.Page, config m) (response, string) {
	t.Helper()
	r, err := open(p, config)
	if err != nil {
		t.Fatal(err)
	}
	body, err := read(p, r.RID)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// server is one with a bit of everything.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Latin", "caf\xe9")
		w.Header().Add("Set-Cookie", "seen=1; Path=/")
		fmt.Fprintf(w, "%s %s %s %q origin=%s agent=%s cookie=%s range=%s encoding=%s x=%q len=%d ref=%s auth=%s", r.Method, r.Host, r.RequestURI, body,
			r.Header.Get("Origin"), r.UserAgent(), r.Header.Get("Cookie"), r.Header.Get("Range"), r.Header.Get("Accept-Encoding"), r.Header["X-A"],
			r.ContentLength, r.Referer(), r.Header.Get("Authorization"))
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, strings.Repeat("long ", 1000))
		z.Close()
	})
	mux.HandleFunc("/to/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Repeat("x", len(r.PathValue("n"))-1), http.StatusFound)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("to"), http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) { w.Header().Add("Set-Cookie", r.FormValue("cookie")) })
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "short")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestFetch(t *testing.T) {
	s := server(t)
	a := start(t, httpclient.Options{}, here)
	p := a.Page("main")
	host := strings.TrimPrefix(s.URL, "http://")
	r, body := fetch(t, p, m{"url": s.URL + "/echo?a=b c", "method": "POST", "data": []int{104, 105}, "headers": [][2]string{
		{"x-a", "1"}, {"X-A", "2"}, {"Cookie", "a=b"}, {"Host", "evil"}, {"Origin", "https://evil"}, {"Sec-Fetch-Mode", "x"}, {"Proxy-Foo", "x"},
		{"Transfer-Encoding", "chunked"}, {"Range", "bytes=0-"},
	}})
	want := fmt.Sprintf(`POST %s /echo?a=b%%20c "hi" origin=app://localhost agent=mullion-plugin-http cookie= range=bytes=0- encoding=identity x=["1" "2"] len=2 ref= auth=`, host)
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if r.Status != 200 || r.StatusText != "OK" || r.URL != s.URL+"/echo?a=b%20c" || r.get("x-latin") != "caf\u00e9" || !strings.HasPrefix(r.get("set-cookie"), "seen=1") {
		t.Errorf("got %+v", r)
	}
	if _, body := fetch(t, p, m{"url": s.URL + "/echo", "method": "PUT", "headers": [][2]string{{"User-Agent", "mine"}}}); !strings.Contains(body, "agent=mine cookie=seen=1") || !strings.Contains(body, "len=0") {
		t.Errorf("got %s", body)
	}
	if _, body := fetch(t, p, m{"url": s.URL + "/gzip"}); body != strings.Repeat("long ", 1000) {
		t.Errorf("got %d bytes", len(body))
	}
	r, err := open(p, m{"url": s.URL + "/none"})
	if err != nil || r.Status != 204 {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, body := fetch(t, p, m{"url": s.URL + "/missing", "method": "HEAD"}); r.Status != 404 || body != "" {
		t.Errorf("got %+v, %s", r, body)
	}
	r, err = open(p, m{"url": s.URL + "/cut"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(p, r.RID)
	if string(got) != "short" {
		t.Errorf("got %q", got)
	}
	refused(t, "a body that is cut", err, "unexpected EOF")
	if log := a.Log(); strings.Count(log, "left out") != 6 || !strings.Contains(log, "scopeRedirects") {
		t.Errorf("the log: %s", log)
	}
}

func TestData(t *testing.T) {
	p := start(t, httpclient.Options{}, here).Page("main")
	for _, test := range []struct{ url, kind, body, err string }{
		{"data:,a%20b%zz", "text/plain;charset=US-ASCII", "a b%zz", ""},
		{"data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte("<p>")) + "#x", "text/html", "<p>", ""},
		{"data:;charset=utf-8,ä", "text/plain; charset=utf-8", "ä", ""},
		{"data:nothing", "", "", "failed to process data url"},
		{"data:;base64,***", "", "", "failed to decode data url into bytes"},
	} {
		r, err := open(p, m{"url": test.url})
		if test.err != "" {
			refused(t, test.url, err, test.err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := read(p, r.RID)
		if err != nil || string(body) != test.body || r.get("content-type") != test.kind {
			t.Errorf("%s: got %q, %+v, %v", test.url, body, r, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	s, other := server(t), server(t)
	p := start(t, httpclient.Options{}, here).Page("main")
	if r, body := fetch(t, p, m{"url": s.URL + "/redirect?to=/echo", "method": "POST", "data": []int{97}, "headers": [][2]string{{"Authorization", "x"}}}); r.URL != s.URL+"/echo" || !strings.Contains(body, `POST`) || !strings.Contains(body, `"a"`) || !strings.Contains(body, "auth=x") {
		t.Errorf("got %+v, %s", r, body)
	}
	if _, body := fetch(t, p, m{"url": s.URL + "/redirect?to=" + strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/echo", "headers": [][2]string{{"Authorization", "x"}}}); !strings.HasSuffix(body, "ref= auth=") {
		t.Errorf("another server gets %s", body)
	}
	back := s.URL + "/redirect?to=" + url.QueryEscape(other.URL+"/redirect?to="+url.QueryEscape(s.URL+"/echo"))
	for _, address := range []string{s.URL + "/redirect?to=" + other.URL + "/echo", back} { // another port, and back again
		_, body := fetch(t, p, m{"url": address, "headers": [][2]string{{"Authorization", "x"}, {"X-A", "key"}, {"Range", "bytes=1-"}}})
		if !strings.HasSuffix(body, "ref= auth=") || !strings.Contains(body, "x=[]") || !strings.Contains(body, "range=bytes=1- ") {
			t.Errorf("another port gets %s", body)
		}
	}
	if r, err := open(p, m{"url": s.URL + "/to/xxx", "maxRedirections": 0}); err != nil || r.Status != 302 || r.get("location") != "/to/xx" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := open(p, m{"url": s.URL + "/to/xxx", "maxRedirections": 3}); err != nil || r.Status != 404 {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err := open(p, m{"url": s.URL + "/to/xxx", "maxRedirections": 1})
	refused(t, "one redirect", err, "too many redirects")
	_, err = open(p, m{"url": s.URL + "/to/" + strings.Repeat("x", 11)})
	refused(t, "eleven redirects", err, "too many redirects")
	for _, to := range []string{s.URL + "/secret", "http://[::1]/", "https://example.com/", "http://a:b@127.0.0.1/", "file:///etc/passwd", "data:,x"} {
		r, err := open(p, m{"url": s.URL + "/redirect?to=" + url.QueryEscape(to)})
		if err == nil {
			t.Errorf("%s: got %+v", to, r)
		}
	}
	_, err = open(p, m{"url": s.URL + "/redirect?to=/secret"})
	if err == nil || err.Error() != "url not allowed on the configured scope: "+s.URL+"/secret" {
		t.Errorf("got %v", err)
	}
}

func TestAbort(t *testing.T) {
	arrived, gone := make(chan struct{}, 10), make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			io.WriteString(w, "begun")
			http.NewResponseController(w).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	t.Cleanup(s.Close)
	a := start(t, httpclient.Options{}, here)
	p := a.Page("main")
	begin := func(path string) (rid uint32) {
		t.Helper()
		if err := p.Call("plugin:http|fetch", m{"clientConfig": m{"method": "GET", "url": s.URL + path, "headers": [][2]string{}, "data": nil}}, &rid); err != nil {
			t.Fatal(err)
		}
		return rid
	}
	// Before it is sent.
	rid := begin("/")
	if err := p.Call("plugin:http|fetch_cancel", m{"rid": rid}, nil); err != nil {
		t.Error(err)
	}
	refused(t, "sent after its end", p.Call("plugin:http|fetch_send", m{"rid": rid}, nil), "invalid")
	// While it waits for the header.
	rid = begin("/")
	sent := make(chan error, 1)
	go func() { sent <- p.Call("plugin:http|fetch_send", m{"rid": rid}, nil) }()
	<-arrived
	refused(t, "sent twice", p.Call("plugin:http|fetch_send", m{"rid": rid}, nil), "sent already")
	if err := p.Call("plugin:http|fetch_cancel", m{"rid": rid}, nil); err != nil {
		t.Error(err)
	}
	refused(t, "aborted", <-sent, "Request canceled")
	<-gone
	// The call itself ends.
	rid = begin("/")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { sent <- p.CallContext(ctx, "plugin:http|fetch_send", m{"rid": rid}, nil) }()
	<-arrived
	cancel()
	<-sent
	<-gone
	// While its body is read.
	r, err := open(p, m{"url": s.URL + "/body"})
	if err != nil {
		t.Fatal(err)
	}
	var chunk []byte
	if err := p.Call("plugin:http|fetch_read_body", m{"rid": r.RID}, &chunk); err != nil || string(chunk) != "begun\x00" {
		t.Errorf("got %q, %v", chunk, err)
	}
	go func() { sent <- p.Call("plugin:http|fetch_read_body", m{"rid": r.RID}, nil) }()
	refused(t, "as a request", p.Call("plugin:http|fetch_cancel", m{"rid": r.RID}, nil), "invalid")
	if err := p.Call("plugin:http|fetch_cancel_body", m{"rid": r.RID}, nil); err != nil {
		t.Error(err)
	}
	<-gone
	if err := <-sent; err == nil {
		t.Error("a read goes on after its body was dropped")
	}
	// The page ends.
	if _, err := open(p, m{"url": s.URL + "/body"}); err != nil {
		t.Fatal(err)
	}
	if w, err := a.Window("main"); err != nil {
		t.Error(err)
	} else {
		w.Close()
	}
	<-gone
}

// TestBackPressure: a page that does not read keeps the server waiting.
func TestBackPressure(t *testing.T) {
	var wrote = make(chan int, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, c := 0, http.NewResponseController(w)
		for b := make([]byte, 1<<20); n < 1<<30; n += len(b) {
			_ = c.SetWriteDeadline(time.Now().Add(2 * time.Second))
			if _, err := w.Write(b); err != nil {
				break
			}
		}
		wrote <- n
	}))
	t.Cleanup(s.Close)
	p := start(t, httpclient.Options{}, here).Page("main")
	if _, err := open(p, m{"url": s.URL}); err != nil {
		t.Fatal(err)
	}
	if n := <-wrote; n > 64<<20 {
		t.Errorf("the server could write %d bytes that nobody has read", n)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	named := strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // not in the certificate
	scope := `"allow": ["https://127.0.0.1:*", "https://localhost:*"]`
	plain := start(t, httpclient.Options{}, scope).Page("main")
	_, err := open(plain, m{"url": s.URL})
	refused(t, "unknown authority", err, "unknown authority")
	for _, danger := range []m{{"acceptInvalidCerts": true, "acceptInvalidHostnames": false}, {"acceptInvalidHostnames": true}} {
		_, err = open(plain, m{"url": s.URL, "danger": danger})
		refused(t, fmt.Sprint(danger), err, "dangerous settings used but are not enabled")
	}
	p := start(t, httpclient.Options{RootCAs: roots, DangerousSettings: true}, scope).Page("main")
	if _, body := fetch(t, p, m{"url": s.URL, "danger": m{"acceptInvalidCerts": false, "acceptInvalidHostnames": false}}); body != "HTTP/1.1" {
		t.Errorf("got %q", body)
	}
	_, err = open(p, m{"url": named})
	refused(t, "another name", err, "localhost")
	for _, danger := range []m{{"acceptInvalidHostnames": true}, {"acceptInvalidCerts": true}} {
		if r, _ := fetch(t, p, m{"url": named, "danger": danger}); r.Status != 200 {
			t.Errorf("%v: got %+v", danger, r)
		}
	}
	p = start(t, httpclient.Options{DangerousSettings: true}, scope).Page("main")
	_, err = open(p, m{"url": s.URL, "danger": m{"acceptInvalidHostnames": true}})
	refused(t, "an unknown authority, with any name", err, "unknown authority")
}

func TestUnsafeHeaders(t *testing.T) {
	s := server(t)
	p := start(t, httpclient.Options{UnsafeHeaders: true, Cookies: httpclient.NoCookies}, here).Page("main")
	_, body := fetch(t, p, m{"url": s.URL + "/echo", "headers": [][2]string{{"Host", "other.example:81"}, {"Cookie", "a=b"}, {"Origin", "https://b"}, {"Content-Length", "99"}}})
	if !strings.HasPrefix(body, `GET other.example:81 /echo "" origin=https://b agent=mullion-plugin-http cookie=a=b`) {
		t.Errorf("got %s", body)
	}
	if _, body = fetch(t, p, m{"url": s.URL + "/echo", "headers": [][2]string{{"Origin", ""}}}); !strings.Contains(body, "origin= ") {
		t.Errorf("got %s", body)
	}
	_, err := open(p, m{"url": s.URL + "/echo", "headers": [][2]string{{"Host", "a/b@c"}}})
	refused(t, "a bad host", err, "more than a host")
}

func TestProxy(t *testing.T) {
	s := server(t)
	through := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through <- r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization")
	}))
	t.Cleanup(proxy.Close)
	p := start(t, httpclient.Options{}, `"allow": ["http://127.0.0.1:*", "http://*.test", "https://*.test"]`).Page("main")
	credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass word"))
	for _, test := range []struct {
		url   string
		proxy m
		want  string
	}{
		{"http://a.test/x", m{"all": proxy.URL}, "GET http://a.test/x "},
		{"http://a.test/x", m{"http": m{"url": proxy.URL, "basicAuth": m{"username": "user", "password": "pass word"}}}, "GET http://a.test/x " + credentials},
		{"https://a.test/x", m{"https": proxy.URL}, "CONNECT a.test:443 "},
		{"http://a.test/x", m{"https": "http://127.0.0.1:1", "http": strings.TrimPrefix(proxy.URL, "http://")}, "GET http://a.test/x "},
		{s.URL + "/echo", m{"all": m{"url": proxy.URL, "noProxy": "a.com, 127.0.0.0/8"}}, ""},
		{s.URL + "/echo", m{"all": m{"url": proxy.URL, "noProxy": "127.0.0.1"}}, ""},
		{s.URL + "/echo", m{"https": proxy.URL}, ""},
		{s.URL + "/echo", m{"all": proxy.URL}, "GET " + s.URL + "/echo "},
	} {
		_, err := open(p, m{"url": test.url, "proxy": test.proxy})
		got := ""
		select {
		case got = <-through:
		default:
		}
		if got != test.want || err != nil && !strings.HasPrefix(test.url, "https") {
			t.Errorf("%s by %v: got %q, %v, want %q", test.url, test.proxy, got, err, test.want)
		}
	}
	for _, noProxy := range []string{"*", "a.test", ".test", "test"} {
		if _, err := open(p, m{"url": "http://a.test/x", "proxy": m{"all": m{"url": proxy.URL, "noProxy": noProxy}}, "connectTimeout": 100}); err == nil || len(through) > 0 {
			t.Errorf("%s: %v, %d through the proxy", noProxy, err, len(through))
		}
	}
	_, err := open(p, m{"url": "http://a.test/x", "proxy": m{"all": "http://localhost:1"}})
	refused(t, "a proxy out of the scope", err, "url not allowed on the configured scope: http://localhost:1")
	_, err = open(p, m{"url": "http://a.test/x", "proxy": m{"all": "ftp://127.0.0.1:1"}})
	refused(t, "a proxy of another kind", err, "scheme ftp not supported")
}

func TestCookies(t *testing.T) {
	s := server(t)
	home := t.TempDir()
	var cache string
	run := func() (*httpclient.HTTP, *mulliontest.App) {
		h := httpclient.New(httpclient.Options{})
		return h, mulliontest.Start(t, app(h, here, &cache), &mulliontest.Options{Home: home})
	}
	h, a := run()
	p := a.Page("main")
	set := func(cookie string) { fetch(t, p, m{"url": s.URL + "/set?cookie=" + url.QueryEscape(cookie)}) }
	cookies := func() string {
		_, body := fetch(t, a.Page("main"), m{"url": s.URL + "/echo"})
		_, after, _ := strings.Cut(body, "cookie=")
		list, _, _ := strings.Cut(after, " range=")
		return list
	}
	set("kept=1; Max-Age=1000; HttpOnly; Path=/")
	set("session=2")
	set("gone=3; Max-Age=1000; Path=/")
	set("gone=; Max-Age=0; Path=/")
	set("path=4; Max-Age=1000; Path=/elsewhere")
	set("domain=5; Max-Age=1000; Domain=example.com")
	set("long=" + strings.Repeat("x", 5000))
	if got := cookies(); got != "kept=1; session=2" {
		t.Errorf("got %q", got)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cache, "cookies.json")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	h, a = run()
	p = a.Page("main")
	if got := cookies(); got != "kept=1" {
		t.Errorf("after a new start: %q", got)
	}
	for i := range 300 {
		set(fmt.Sprintf("c%d=1; Max-Age=1000; Path=/", i))
	}
	if got := cookies(); strings.Count(got, "=1") != 180 || strings.Contains(got, "kept=") || !strings.Contains(got, "c299=1") {
		t.Errorf("of 300 there are %d: %s", strings.Count(got, "=1"), got)
	}
	if err := h.ClearCookies(); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "[]" {
		t.Errorf("the file has %q, %v", data, err)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, a = run()
	if got := cookies(); got != "" {
		t.Errorf("of a broken file: %q", got)
	}
	if data, err := os.ReadFile(file + ".bad"); err != nil || string(data) != "{" {
		t.Errorf("a broken file: %q, %v", data, err)
	}
}

func TestClient(t *testing.T) {
	s := server(t)
	h := httpclient.New(httpclient.Options{Cookies: httpclient.SessionCookies})
	a := mulliontest.Start(t, app(h, here, nil), nil)
	fetch(t, a.Page("main"), m{"url": s.URL + "/set?cookie=a%3Db"})
	c, err := h.Client([]string{"http://127.0.0.1:*"}, []string{"http://127.0.0.1:*/secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	get := func(path string) (string, error) {
		r, err := c.Get(s.URL + path)
		if err != nil {
			return "", err
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		return string(body), err
	}
	if body, err := get("/echo"); err != nil || !strings.Contains(body, "cookie=a=b") {
		t.Errorf("got %q, %v", body, err)
	}
	_, err = get("/redirect?to=/secret")
	refused(t, "a redirect", err, "not allowed")
	if _, err := h.Client([]string{"http"}, nil); err == nil {
		t.Error("a pattern without a host is accepted")
	}
}

// TestUnread: a page that never reads its responses can make further requests.
func TestUnread(t *testing.T) {
	s := server(t)
	p := start(t, httpclient.Options{}, here).Page("main")
	first, err := open(p, m{"url": s.URL + "/gzip"})
	if err != nil {
		t.Fatal(err)
	}
	var last response
	for range 600 {
		if last, err = open(p, m{"url": s.URL + "/gzip"}); err != nil {
			t.Fatal(err)
		}
	}
	if body, err := read(p, last.RID); err != nil || len(body) != 5000 {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
	_, err = read(p, first.RID)
	refused(t, "the first", err, "invalid")
}

func TestConcurrent(t *testing.T) {
	s := server(t)
	p := start(t, httpclient.Options{}, here).Page("main")
	errs := make(chan error, 300)
	for range cap(errs) {
		go func() {
			r, err := open(p, m{"url": s.URL + "/gzip"})
			if err == nil {
				var body []byte
				if body, err = read(p, r.RID); err == nil && len(body) != 5000 {
					err = fmt.Errorf("%d bytes", len(body))
				}
			}
			errs <- err
		}()
	}
	lost := 0
	for range cap(errs) {
		if err := <-errs; err != nil {
			if lost++; !strings.Contains(err.Error(), "invalid") {
				t.Error(err)
			}
		}
	}
	if lost > 50 {
		t.Errorf("%d of 300 were dropped", lost)
	}
}

func TestDenied(t *testing.T) {
	a := mulliontest.Start(t, func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json":      {Data: []byte(`{"identifier": "org.example.http", "build": {"frontendDist": "ui"}, "app": {"windows": [{}]}}`)},
			"ui/index.html":          {Data: []byte(`<!doctype html>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(httpclient.New(httpclient.Options{}).Plugin())
		return a.Run(ctx)
	}, nil)
	if _, err := open(a.Page("main"), m{"url": "http://a.test"}); !errors.Is(err, capability.ErrDenied) {
		t.Errorf("got %v", err)
	}
}
