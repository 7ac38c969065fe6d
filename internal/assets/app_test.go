package assets

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var site = fstest.MapFS{
	"index.html":          {Data: []byte("<p>home</p>")},
	"about.html":          {Data: []byte("<p>about</p>")},
	"docs/index.html":     {Data: []byte("<p>docs</p>")},
	"docs/guide":          {Data: []byte("a guide")},
	"app.js":              {Data: []byte("run()")},
	"digits.txt":          {Data: []byte("0123456789")},
	"empty.css":           {Data: nil},
	"blob.unknown":        {Data: []byte{0, 1, 2, 3}},
	"NOTES":               {Data: []byte("grüße")},
	"img/é b.PNG":         {Data: []byte("png")},
	"only.dir/index.html": {Data: []byte("<p>only</p>")},
	"pipe":                {Mode: fs.ModeNamedPipe | 0o644},
}

func newApp(t *testing.T, opts AppOptions) *App {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = quiet
	}
	app, err := NewApp(site, opts)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func TestApp(t *testing.T) {
	app := newApp(t, AppOptions{Builtin: map[string][]byte{
		"/_mullion/api.js": []byte("bridge()"),
		"/about":           []byte("built in"),
	}})
	const html, text = "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for _, test := range []struct {
		path   string
		status int
		kind   string
		body   string // "*": any
	}{
		{"", 200, html, "<p>home</p>"},
		{"/", 200, html, "<p>home</p>"},
		{"/?q=1#x", 200, html, "<p>home</p>"},
		{"/index.html", 200, html, "<p>home</p>"},
		{"/about.html", 200, html, "<p>about</p>"},
		{"/about", 200, text, "built in"},
		{"/docs", 200, html, "<p>docs</p>"},
		{"/docs/", 200, html, "<p>docs</p>"},
		{"/docs/guide", 200, text, "a guide"},
		{"/only.dir", 200, html, "<p>only</p>"},
		{"/app.js", 200, "text/javascript; charset=utf-8", "run()"},
		{"/empty.css", 200, "text/css; charset=utf-8", ""},
		{"/blob.unknown", 200, "application/octet-stream", "\x00\x01\x02\x03"},
		{"/NOTES", 200, text, "grüße"},
		{"/img/%C3%A9%20b.PNG", 200, "image/png", "png"},
		{"/_mullion/api.js", 200, "text/javascript; charset=utf-8", "bridge()"},
		// single-page fallback
		{"/settings/profile", 200, html, "<p>home</p>"},
		{"/missing.html", 200, html, "<p>home</p>"},
		{"/img", 200, html, "<p>home</p>"}, // a directory is not listed
		{"/pipe", 200, html, "<p>home</p>"},
		{"/app.js/x", 200, html, "<p>home</p>"},
		// no fallback
		{"/missing.js", 404, text, "*"},
		{"/missing.css", 404, text, "*"},
		{"/docs/missing.png", 404, text, "*"},
		{"/_mullion/other.js", 404, text, "*"},
		{"/../app.js", 403, text, "*"},
		{"/%2e%2e/app.js", 403, text, "*"},
		{"/%", 400, text, "*"},
	} {
		t.Run(test.path, func(t *testing.T) {
			url := "app://localhost" + test.path
			resp, body := serve(t, app, get(url))
			if resp.Status != test.status || resp.Get("Content-Type") != test.kind {
				t.Errorf("got %d %q, want %d %q", resp.Status, resp.Get("Content-Type"), test.status, test.kind)
			}
			if test.body == "*" && body == "" || test.body != "*" && body != test.body {
				t.Errorf("body %q, want %q", body, test.body)
			}
			if resp.Status == 404 && !strings.Contains(body, test.path[1:]) {
				t.Errorf("body %q does not name the file", body)
			}
			if got := resp.Get("Content-Security-Policy"); got != "" {
				t.Errorf("policy %q without a hook", got)
			}
			head, empty := serve(t, app, request("HEAD", url))
			if diff := cmp.Diff(resp.Header, head.Header); diff != "" || empty != "" || head.Status != resp.Status {
				t.Errorf("HEAD: status %d, body %q, header (-GET +HEAD):\n%s", head.Status, empty, diff)
			}
		})
	}
}

func TestAppWithoutFiles(t *testing.T) {
	app, err := NewApp(nil, AppOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/app.js"} {
		if resp, _ := serve(t, app, get("app://localhost"+path)); resp.Status != 404 {
			t.Errorf("%s: status %d, want 404", path, resp.Status)
		}
	}
}

func TestEntityTags(t *testing.T) {
	app := newApp(t, AppOptions{})
	const url = "app://localhost/app.js"
	first, _ := serve(t, app, get(url))
	tag := first.Get("ETag")
	if len(tag) < 10 || tag[0] != '"' {
		t.Fatalf("ETag = %q", tag)
	}
	if other, _ := serve(t, app, get("app://localhost/digits.txt")); other.Get("ETag") == tag {
		t.Error("two files have one tag")
	}
	if same, _ := serve(t, newApp(t, AppOptions{}), get(url)); same.Get("ETag") != tag {
		t.Error("the tag is not made of the content alone")
	}
	for value, want := range map[string]int{
		tag:                           304,
		"W/" + tag:                    304,
		"*":                           304,
		`"a, b", W/"c" ,` + tag:       304,
		`"other"`:                     200,
		`other`:                       200,
		`bad, ` + tag:                 200,
		strings.Trim(tag, `"`):        200,
		`"`:                           200,
		`W/`:                          200,
		"":                            200,
		`"x` + strings.Trim(tag, `"`): 200,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := serve(t, app, request(method, url, "if-none-match", value))
			if resp.Status != want {
				t.Errorf("%s %q: status %d, want %d", method, value, resp.Status, want)
			}
			if resp.Status == 304 && (body != "" || resp.Get("ETag") != tag || resp.Get("Content-Length") != "") {
				t.Errorf("%s %q: body %q, header %v", method, value, body, resp.Header)
			}
		}
	}
}

// countFS counts reads of files.
type countFS struct {
	fs.FS
	mu    sync.Mutex
	reads int // guarded by mu
}

type countFile struct {
	fs.File
	fsys *countFS
}

func (c *countFS) Open(name string) (fs.File, error) {
	file, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &countFile{file, c}, nil
}

func (f *countFile) ReadAt(p []byte, off int64) (int, error) {
	f.fsys.mu.Lock()
	f.fsys.reads++
	f.fsys.mu.Unlock()
	return f.File.(interface {
		ReadAt([]byte, int64) (int, error)
	}).ReadAt(p, off)
}

func TestHashedOnce(t *testing.T) {
	fsys := &countFS{FS: site}
	app, err := NewApp(fsys, AppOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tag := app.Serve(t.Context(), request("HEAD", "app://localhost/app.js")).Get("ETag")
	reads := fsys.reads
	if reads == 0 {
		t.Fatal("never read")
	}
	for range 3 {
		serve(t, app, get("app://localhost/app.js", "If-None-Match", tag))
	}
	if fsys.reads != reads {
		t.Errorf("read %d times more", fsys.reads-reads)
	}
}

func TestDirectoryOnDisk(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "a.js"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	app, err := NewApp(root.FS(), AppOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write("one")
	first, body := serve(t, app, get("app://localhost/a.js"))
	if first.Status != 200 || body != "one" || first.File == nil {
		t.Errorf("got %d %q, file %v", first.Status, body, first.File)
	}
	if part, body := serve(t, app, get("app://localhost/a.js", "Range", "bytes=1-")); body != "ne" || part.Offset != 1 {
		t.Errorf("got %q at %d", body, part.Offset)
	}
	write("two")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "a.js"), later, later); err != nil {
		t.Fatal(err)
	}
	second, body := serve(t, app, get("app://localhost/a.js", "If-None-Match", first.Get("ETag")))
	if second.Status != 200 || body != "two" {
		t.Errorf("after a change: got %d %q", second.Status, body)
	}
	// A file where a directory would have to be is no failure of the server.
	if resp, _ := serve(t, app, get("app://localhost/a.js/b.js")); resp.Status != 404 {
		t.Errorf("below a file: status %d, want 404", resp.Status)
	}
	if resp, _ := serve(t, app, get("app://localhost/"+strings.Repeat("x", 300)+".js")); resp.Status != 404 {
		t.Errorf("long name: status %d, want 404", resp.Status)
	}
}

func TestFileSystemWithoutRandomAccess(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	file, err := w.Create("a.txt")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, "0123456789")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fsys, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	app, err := NewApp(fsys, AppOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if resp, body := serve(t, app, get("app://localhost/a.txt", "Range", "bytes=2-4")); resp.Status != 206 || body != "234" {
		t.Errorf("got %d %q", resp.Status, body)
	}
}

func TestBrokenFileSystem(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
	}{
		"broken":  {errors.New("disk on fire"), 500},
		"invalid": {fs.ErrInvalid, 404},
	} {
		fsys := failFS{test.err}
		app, err := NewApp(fsys, AppOptions{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		resp, body := serve(t, app, get("app://localhost/a.js"))
		if resp.Status != test.status || strings.Contains(body, "fire") {
			t.Errorf("%s: status %d, body %q", name, resp.Status, body)
		}
	}
}

type failFS struct{ err error }

func (f failFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: f.err}
}

func TestHTMLHook(t *testing.T) {
	calls := 0
	app := newApp(t, AppOptions{
		Builtin: map[string][]byte{"/_mullion/blank.html": []byte("<p>blank</p>")},
		HTML: func(html []byte) (string, []byte) {
			calls++
			nonce := fmt.Sprint(calls)
			html[0]++ // the bytes are the hook's own
			return "script-src\n 'nonce-" + nonce + "'", append(html, nonce...)
		},
	})
	first, body := serve(t, app, get("app://localhost/route"))
	if got := first.Get("Content-Security-Policy"); got != "script-src  'nonce-1'" || body != "=p>home</p>1" {
		t.Errorf("policy %q, body %q", got, body)
	}
	// A policy with fresh nonces is another representation: no 304, no part of it.
	tag := first.Get("ETag")
	second, body := serve(t, app, get("app://localhost/", "If-None-Match", tag, "If-Range", tag, "Range", "bytes=0-2"))
	if second.Status != 200 || body != "=p>home</p>2" || second.Get("Content-Security-Policy") != "script-src  'nonce-2'" {
		t.Errorf("got %d %q, header %v", second.Status, body, second.Header)
	}
	for range 2 {
		if _, body := serve(t, app, get("app://localhost/_mullion/blank.html")); body[:11] != "=p>blank</p" {
			t.Errorf("built-in body %q", body)
		}
	}
	script, _ := serve(t, app, get("app://localhost/app.js"))
	if got := script.Get("Content-Security-Policy"); got != "" || calls != 4 {
		t.Errorf("script: policy %q after %d calls", got, calls)
	}
}

func TestStableHTMLHook(t *testing.T) {
	serveTag := func(csp string) (*App, string) {
		app := newApp(t, AppOptions{HTML: func(html []byte) (string, []byte) { return csp, html }})
		resp, _ := serve(t, app, get("app://localhost/"))
		return app, resp.Get("ETag")
	}
	app, tag := serveTag("default-src 'self'")
	resp, _ := serve(t, app, get("app://localhost/", "If-None-Match", tag))
	if resp.Status != 304 || resp.Get("Content-Security-Policy") != "default-src 'self'" {
		t.Errorf("status %d, header %v", resp.Status, resp.Header)
	}
	if _, other := serveTag("default-src 'none'"); other == tag {
		t.Error("the tag does not cover the policy")
	}
}

func TestConcurrent(t *testing.T) {
	app := newApp(t, AppOptions{HTML: func(html []byte) (string, []byte) { return "", html }})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, path := range []string{"/", "/app.js", "/digits.txt", "/NOTES", "/missing.js"} {
				resp := app.Serve(t.Context(), get("app://localhost"+path, "Range", "bytes=0-1,3-3"))
				if resp.Body != nil {
					resp.Body.Read(make([]byte, 100))
				}
				resp.Close()
			}
		})
	}
	group.Wait()
}

// TestMissingPage: a misspelt page is answered by the home page, which nobody
// would understand without a word about it.
func TestMissingPage(t *testing.T) {
	var log strings.Builder
	app := newApp(t, AppOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		for _, path := range []string{"/", "/index.html", "/about.html", "/route", "/setings.html"} {
			r := app.Serve(t.Context(), get("app://localhost"+path))
			if r.Status != 200 {
				t.Errorf("%s: %d", path, r.Status)
			}
			r.Close()
		}
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `file=/setings.html hint="index.html is shown in its place`) {
		t.Errorf("the log has %s", got)
	}
}

// TestMissingFiles: what a page asks for and is not there is logged once, and
// no page can fill the log with it.
func TestMissingFiles(t *testing.T) {
	var log strings.Builder
	app := newApp(t, AppOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ask := func(path string) {
		t.Helper()
		if r := app.Serve(t.Context(), &Request{Method: "GET", URL: "app://localhost" + path}); r.Status != 404 {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
	for range 3 {
		ask("/main.js?v=1")
		ask("/_app/start.js")
		ask("/favicon.ico")
	}
	if got := strings.Count(log.String(), "\n"); got != 2 || !strings.Contains(log.String(), "file=/main.js\n") ||
		!strings.Contains(log.String(), `file=/_app/start.js hint="embed leaves out`) {
		t.Errorf("the log has %s", &log)
	}
	for i := range 10 * maxMissed {
		ask(fmt.Sprintf("/%d-%s.js", i, strings.Repeat("x", 2000)))
	}
	if got := strings.Count(log.String(), "\n"); got != maxMissed+1 || log.Len() > maxMissed*2*maxLogged+1000 {
		t.Errorf("%d lines with %d bytes", got, log.Len())
	}
}

func TestHas(t *testing.T) {
	app := newApp(t, AppOptions{Builtin: map[string][]byte{"/_mullion/api.js": nil}})
	for path, want := range map[string]bool{
		"/": true, "/index.html": true, "/about": true, "/docs": true, "/docs/": true, "/img/%C3%A9%20b.PNG": true, "/_mullion/api.js": true, "/app.js?v=1": true,
		"/route": false, "/gone.js": false, "/gone.html": false, "/pipe": false, "/../x": false,
	} {
		if got := app.Has("app://localhost" + path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
