package webkitgtk

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// answer is how a test answers a request for a path.
type answer func(t *testing.T, r backend.Request)

// serving opens a tab that has answers beside its page.
func serving(t *testing.T, answers map[string]answer) *tab {
	t.Helper()
	x := newTab(t, "<p>")
	serve := x.request
	x.request = func(r backend.Request) {
		_, path, _ := strings.Cut(strings.TrimPrefix(r.URL(), "app://"), "/")
		if a := answers[path]; a != nil {
			a(t, r)
			return
		}
		serve(r)
	}
	return x.open().loaded()
}

// fetched is what a page sees of an answer.
type fetched struct {
	Status int
	Type   string
	Custom string
	Text   string
	Error  string
}

func (x *tab) fetch(path, options string) fetched {
	x.t.Helper()
	text := x.eval(`try {
		const r = await fetch('/` + path + `', ` + options + `);
		return JSON.stringify({status: r.status, type: r.headers.get('content-type') ?? '', custom: r.headers.get('x-custom') ?? '', text: await r.text()})
	} catch (e) { return JSON.stringify({error: String(e)}) }`)
	var f fetched
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		x.t.Fatal(err)
	}
	return f
}

func TestRespond(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 200_000)
	plain := []wire.Field{{Name: "content-type", Value: "text/plain"}, {Name: "X-Custom", Value: "a, b"}}
	pipe := func(write func(w *os.File)) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() { write(w); w.Close() }()
		return r
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	x := serving(t, map[string]answer{
		"data":  func(t *testing.T, r backend.Request) { r.Respond(200, plain, []byte(long), nil, -1) },
		"empty": func(t *testing.T, r backend.Request) { r.Respond(200, plain, nil, nil, -1) },
		"teapot": func(t *testing.T, r backend.Request) {
			r.Respond(418, plain, []byte("short and stout"), nil, -1)
			r.Respond(200, plain, []byte("twice"), nil, -1)
			r.Fail("thrice")
		},
		"304": func(t *testing.T, r backend.Request) { r.Respond(304, plain, nil, nil, -1) },
		"204": func(t *testing.T, r backend.Request) { r.Respond(204, nil, nil, nil, -1) },
		"bad": func(t *testing.T, r backend.Request) {
			r.Respond(200, append(plain, wire.Field{Name: "X-Bad", Value: "a\r\nX-Custom: injected"}), []byte("ok"), nil, -1)
		},
		"fail": func(t *testing.T, r backend.Request) { r.Fail("the reason") },
		"file": func(t *testing.T, r backend.Request) {
			f, err := os.Open(name)
			if err != nil {
				t.Error(err)
			}
			r.Respond(200, plain, nil, f, int64(len(long)))
			if _, err := f.Stat(); err == nil {
				t.Error("the file is open after Respond")
			}
		},
		"pipe": func(t *testing.T, r backend.Request) {
			f := pipe(func(w *os.File) {
				io.WriteString(w, long[:100_000])
				runtime.GC() // nothing may close the other end
				io.WriteString(w, long[100_000:])
			})
			r.Respond(200, plain, nil, f, -1)
		},
	})
	want := func(status int, text string) fetched {
		return fetched{Status: status, Type: "text/plain", Custom: "a, b", Text: text}
	}
	for _, test := range []struct {
		path string
		want fetched
	}{
		{"data", want(200, long)},
		{"empty", want(200, "")},
		{"teapot", want(418, "short and stout")},
		{"304", want(304, "")},
		{"204", fetched{Status: 204}},
		{"bad", want(200, "ok")},
		{"file", want(200, long)},
		{"pipe", want(200, long)},
	} {
		if d := cmp.Diff(test.want, x.fetch(test.path, "{}")); d != "" {
			t.Errorf("%s: %s", test.path, d)
		}
	}
	if got := x.fetch("fail", "{}"); got.Error == "" {
		t.Errorf("fail: got %+v", got)
	}
	if got := testLog.take(); len(got) != 1 || !strings.Contains(got[0], "X-Bad") {
		t.Errorf("logged %q, want one line about X-Bad", got)
	}
	if n := len(testEngine.requests); n != 0 {
		t.Errorf("%d requests are left", n)
	}
}

func TestRequest(t *testing.T) {
	echo := func(t *testing.T, r backend.Request) {
		b, err := readAll(r.Body())
		if err != nil {
			t.Error(err)
		}
		i := slices.IndexFunc(r.Header(), func(f wire.Field) bool { return strings.EqualFold(f.Name, "X-Custom") })
		custom := "none"
		if i >= 0 {
			custom = r.Header()[i].Value
		}
		text := fmt.Sprintf("%s %s %s %d ", r.Method(), r.URL(), custom, len(b))
		r.Respond(200, nil, []byte(text+b[:min(len(b), 100)]), nil, -1)
	}
	x := serving(t, map[string]answer{"echo": echo, "echo?a=b%20c": echo})
	for _, test := range []struct{ name, path, options, want string }{
		{"get", "echo", "{}", "GET app://localhost/echo none 0 "},
		{"query and header", "echo?a=b%20c#part", "{headers: {'X-Custom': 'yes'}}", "GET app://localhost/echo?a=b%20c yes 0 "},
		{"text", "echo", "{method: 'POST', body: 'жé'}", "POST app://localhost/echo none 4 жé"},
		{"empty", "echo", "{method: 'POST', body: ''}", "POST app://localhost/echo none 0 "},
		{"bytes", "echo", "{method: 'PUT', body: new Uint8Array([65, 0, 66])}", "PUT app://localhost/echo none 3 A\x00B"},
		{"large", "echo", "{method: 'POST', body: new Uint8Array(5 << 20).fill(65)}", "POST app://localhost/echo none 5242880 " + strings.Repeat("A", 100)},
	} {
		if got := x.fetch(test.path, test.options); got.Text != test.want {
			t.Errorf("%s: got %q %s, want %q", test.name, got.Text, got.Error, test.want)
		}
	}
}

// TestRequestOfOtherScheme: the bridge can fetch what the page's policy
// forbids.
func TestRequestOfOtherScheme(t *testing.T) {
	x := newTab(t, `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; connect-src 'none'"><p>`)
	serve := x.request
	x.request = func(r backend.Request) {
		if !strings.HasPrefix(r.URL(), "mullion:") {
			serve(r)
			return
		}
		i := slices.IndexFunc(r.Header(), func(f wire.Field) bool { return f.Name == "X-Secret" })
		if r.Method() != "POST" || i < 0 {
			r.Fail("a preflight is not needed")
			return
		}
		r.Respond(200, []wire.Field{{Name: "Access-Control-Allow-Origin", Value: "*"}}, []byte(r.Header()[i].Value), nil, -1)
	}
	x.open().loaded()
	got := x.eval(`return (await fetch('mullion://core/x', {method: 'POST', headers: {'X-Secret': 's'}, body: 'b'})).text()`)
	if got != "s" {
		t.Errorf("got %q", got)
	}
}

func TestRespondLate(t *testing.T) {
	held := make(chan backend.Request, 10)
	hold := func(t *testing.T, r backend.Request) { held <- r }
	x := serving(t, map[string]answer{"a": hold, "b": hold, "c": hold})
	do(func() { x.webview.callAsync("fetch('/a'); fetch('/b'); fetch('/c')", 0, nil) })
	a := wait(t, "a request", held, func(backend.Request) bool { return true })
	b := wait(t, "a request", held, func(backend.Request) bool { return true })
	c := wait(t, "a request", held, func(backend.Request) bool { return true })
	x.close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	do(func() {
		a.Respond(200, nil, []byte("late"), nil, -1)
		b.Respond(200, nil, nil, r, -1)
		c.Fail("late")
		if a.URL() != "" || len(c.Header()) != 0 {
			t.Error("an answered request has an address")
		}
	})
	y := newTab(t, "<p>the engine goes on").open().loaded()
	if got := y.eval("return document.body.innerText"); got != "the engine goes on" {
		t.Errorf("got %q", got)
	}
}
