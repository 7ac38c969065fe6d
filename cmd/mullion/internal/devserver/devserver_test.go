package devserver_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/devserver"
)

func start(t *testing.T) *devserver.Server {
	t.Helper()
	s, err := devserver.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func files(pairs ...string) map[string][]byte {
	m := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = []byte(pairs[i+1])
	}
	return m
}

func get(t *testing.T, s *devserver.Server, path string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}

func TestFiles(t *testing.T) {
	s := start(t)
	s.Update(files("index.html", "<!doctype html><html><head><title>x</title>", "about.html", "about", "assets/main.js", "code", "sub/index.html", "sub"))
	for _, test := range []struct {
		path   string
		status int
		body   string
		kind   string
	}{
		{"/", 200, `<head><script type="module" src="/_mullion/dev.js?`, "text/html; charset=utf-8"},
		{"/about.html", 200, "about", "text/html; charset=utf-8"},
		{"/about", 200, "about", "text/html; charset=utf-8"},
		{"/sub/", 200, "sub", "text/html; charset=utf-8"},
		{"/some/route", 200, "<title>x</title>", "text/html; charset=utf-8"},
		{"/assets/main.js", 200, "code", "text/javascript; charset=utf-8"},
		{"/assets/none.js", 404, "", "text/plain; charset=utf-8"},
		{"/../../etc/passwd.txt", 404, "", "text/plain; charset=utf-8"},
		{"/_mullion/api.js", 200, "invoke", "text/javascript; charset=utf-8"},
		{"/_mullion/dev.js", 200, "WebSocket", "text/javascript; charset=utf-8"},
	} {
		status, body, header := get(t, s, test.path, nil)
		if status != test.status || !strings.Contains(body, test.body) || header.Get("Content-Type") != test.kind {
			t.Errorf("%s: got %d %s %q", test.path, status, header.Get("Content-Type"), body)
		}
	}
}

// TestStrangers: only pages of the server get files, and only by its name.
func TestStrangers(t *testing.T) {
	s := start(t)
	s.Update(files("index.html", "x", "main.js", "y"))
	host := strings.TrimPrefix(s.URL(), "http://")
	_, port, _ := net.SplitHostPort(host)
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"by its name", func(r *http.Request) { r.Host = "localhost:" + port }, 200},
		{"own page", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 200},
		{"another name", func(r *http.Request) { r.Host = "evil.example:" + port }, 403},
		{"another port", func(r *http.Request) { r.Host = "127.0.0.1:1" }, 403},
		{"another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"another port of this machine", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"a link", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
		}, 200},
		{"something to do", func(r *http.Request) { r.Method = http.MethodPost }, 405},
	} {
		if status, _, _ := get(t, s, "/main.js", test.change); status != test.want {
			t.Errorf("%s: got %d, want %d", test.name, status, test.want)
		}
	}
	for _, origin := range []string{"", "http://evil.example", "http://127.0.0.1:1"} {
		_, answer, err := websocket.Dial(t.Context(), s.URL()+"/_mullion/dev", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: got %v", origin, err)
		}
	}
}

// message is what a page is told.
type message struct {
	Type, Version string
	Paths, Text   []string
}

// page is what the script of a page does.
type page struct {
	t    *testing.T
	conn *websocket.Conn
}

func open(t *testing.T, s *devserver.Server) page {
	t.Helper()
	_, body, _ := get(t, s, "/", nil)
	version := regexp.MustCompile(`dev\.js\?([^"]+)"`).FindStringSubmatch(body)[1]
	return follow(t, s, version)
}

func follow(t *testing.T, s *devserver.Server, version string) page {
	t.Helper()
	u, err := url.Parse(s.URL() + "/_mullion/dev?" + version)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(t.Context(), u.String(), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.URL()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	return page{t, conn}
}

func (p page) want(kind string, rest ...string) message {
	p.t.Helper()
	_, text, err := p.conn.Read(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		p.t.Fatal(err)
	}
	if m.Type != kind || strings.Join(append(m.Paths, m.Text...), " ") != strings.Join(rest, " ") {
		p.t.Errorf("got %+v, want %s %q", m, kind, rest)
	}
	return m
}

func TestUpdates(t *testing.T) {
	s := start(t)
	s.Update(files("index.html", "x", "a.css", "1", "main.js", "1"))
	p := open(t, s)
	// What is told is told once the page is known, which an error tells in any case.
	s.Fail([]string{"main.ts:1:1: bad"})
	p.want("error", "main.ts:1:1: bad")
	q := open(t, s)
	q.want("error", "main.ts:1:1: bad")
	s.Update(files("index.html", "x", "a.css", "1", "main.js", "1"))
	p.want("clear")
	s.Update(files("index.html", "x", "a.css", "2", "main.js", "1"))
	m := p.want("css", "/a.css")
	s.Update(files("index.html", "x", "a.css", "2", "main.js", "2"))
	p.want("reload")
	s.Update(files("index.html", "x", "a.css", "2", "main.js", "2", "b.css", "new"))
	p.want("reload")
	// A page that was loaded before is behind.
	follow(t, s, m.Version).want("reload")
}

// TestFirst: a page that comes before the first front end waits for it.
func TestFirst(t *testing.T) {
	s := start(t)
	done := make(chan string)
	go func() {
		_, body, _ := get(t, s, "/", nil)
		done <- body
	}()
	s.Update(files("index.html", "now"))
	if body := <-done; !strings.Contains(body, "now") {
		t.Errorf("got %q", body)
	}
	port, _ := strconv.Atoi(s.URL()[strings.LastIndex(s.URL(), ":")+1:])
	if _, err := devserver.Listen(port); !errors.Is(err, devserver.ErrPortTaken) {
		t.Errorf("a taken port: got %v", err)
	}
	bad := start(t)
	bad.Fail([]string{"no page"})
	if status, body, _ := get(t, bad, "/", nil); status != 200 || !strings.Contains(body, "dev.js") {
		t.Errorf("an error without a page: got %d %q", status, body)
	}
}

func TestFolder(t *testing.T) {
	s := start(t)
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("index.html", "one")
	put("a.css", "one")
	s.Serve(os.DirFS(dir))
	p := open(t, s)
	s.Fail([]string{"now it is known"})
	p.want("error", "now it is known")
	put("a.css", "two")
	s.Changed([]string{"a.css"})
	p.want("css", "/a.css")
	if _, body, _ := get(t, s, "/a.css", nil); body != "two" {
		t.Errorf("got %q", body)
	}
	s.Changed([]string{"a.css", "index.html"})
	p.want("reload")
}
