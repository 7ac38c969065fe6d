package upload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
	"github.com/mullion-dev/mullion/plugin/upload"
)

// app runs one whose windows main and other have a scope.
func app(u *upload.Uploads, scope string, see func(plugin.App)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.upload", "build": {"frontendDist": "ui"}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>Upload</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["*"], "permissions": ["core:default",
				{"identifier": "upload:default"` + scope + `}]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(u.Plugin())
		a.AddPlugin(plugin.Plugin{Name: "seer", Start: func(_ context.Context, app plugin.App) error {
			see(app)
			return nil
		}})
		return a.Run(ctx)
	}
}

func start(t *testing.T, scope string) (u *upload.Uploads, a *mulliontest.App) {
	t.Helper()
	u = upload.New()
	return u, mulliontest.Start(t, app(u, scope, func(plugin.App) {}), nil)
}

type m map[string]any

func args(p *mulliontest.Page, url, path string, more m) (m, *mulliontest.Channel) {
	ch := p.Channel()
	all := m{"id": 1, "url": url, "filePath": path, "headers": m{}, "onProgress": ch}
	for k, v := range more {
		all[k] = v
	}
	return all, ch
}

func call(p *mulliontest.Page, command, url, path string, more m) (string, error) {
	a, _ := args(p, url, path, more)
	var got string
	var result any
	if command == "upload" {
		result = &got
		if more["method"] == nil {
			a["method"] = "POST"
		}
	}
	err := p.Call("plugin:upload|"+command, a, result)
	return got, err
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func want(t *testing.T, path, text string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("%s has %.100q, %v; want %.100q", path, got, err, text)
	}
}

// alone fails where a folder has other files than those.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s has %q, want %q", dir, got, names)
	}
}

func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/up", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %d %s %s host=%t agent=%s", r.Method, r.ContentLength, len(body), bytes.ToUpper(body[:min(5, len(body))]), r.Header.Get("X-Own"), r.Host != "evil" && r.Header["Upgrade"] == nil && r.Header["Te"] == nil, r.UserAgent())
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		http.Redirect(w, r, r.FormValue("to"), http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, body, r.Header.Get("X-Own"))
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10000000")
		for range 1000 {
			w.Write(bytes.Repeat([]byte("x"), 10_000))
		}
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10000")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func scopeOf(dir string) string {
	return fmt.Sprintf(`, "allow": [{"path": %q}, {"url": "http://127.0.0.1:*"}], "deny": [{"path": %q}, "http://127.0.0.1:*/secret"]`,
		capability.EscapePath(dir)+"/**", capability.EscapePath(dir)+"/secret*")
}

func TestUpload(t *testing.T) {
	s, dir := server(t), t.TempDir()
	_, a := start(t, scopeOf(dir))
	p := a.Page("main")
	small, empty := write(t, filepath.Join(dir, "a"), "hello"), write(t, filepath.Join(dir, "empty"), "")
	for _, test := range []struct {
		path string
		more m
		want string
	}{
		{small, nil, "POST 5 5 HELLO  host=true agent=mullion-plugin-upload"},
		{small, m{"method": "PUT", "headers": m{"X-Own": "mine", "User-Agent": "me", "Host": "evil", "Content-Length": "1", "Upgrade": "x", "TE": "trailers"}}, "PUT 5 5 HELLO mine host=true agent=me"},
		{"file://" + small, m{"method": "PATCH"}, "PATCH 5 5 HELLO  host=true agent=mullion-plugin-upload"},
		{empty, nil, "POST 0 0   host=true agent=mullion-plugin-upload"},
	} {
		if got, err := call(p, "upload", s.URL+"/up", test.path, test.more); err != nil || got != test.want {
			t.Errorf("got %q, %v, want %q", got, err, test.want)
		}
	}
	if got, err := call(p, "upload", s.URL+"/moved?to=/up", small, nil); err != nil || !strings.HasPrefix(got, "POST 5 5 HELLO") {
		t.Errorf("after a redirect: %q, %v", got, err)
	}
	_, err := call(p, "upload", s.URL+"/none", small, nil)
	refused(t, "404", err, "request failed with status code 404: 404 page not found")
	_, err = call(p, "upload", s.URL+"/up", small, m{"method": "GET"})
	refused(t, "GET", err, "want POST, PUT or PATCH")
	_, err = call(p, "upload", s.URL+"/up", dir+"/none", nil)
	refused(t, "no file", err, "file does not exist")
	_, err = call(p, "upload", s.URL+"/up", "./a", nil)
	refused(t, "a relative path", err, "not an absolute path")
}

// check follows the messages of a transfer that is over.
func check(t *testing.T, messages []upload.Progress, size, total uint64) {
	t.Helper()
	var sum uint64
	for _, p := range messages {
		sum += p.Bytes
		if p.Done != sum || p.Total != total || p.Bytes == 0 {
			t.Errorf("after %d bytes: %+v", sum, p)
		}
	}
	if sum != size || len(messages) == 0 {
		t.Errorf("told of %d bytes of %d in %d messages", sum, size, len(messages))
	}
}

func TestProgress(t *testing.T) {
	s, dir := server(t), t.TempDir()
	u, a := start(t, scopeOf(dir))
	p := a.Page("main")
	path := filepath.Join(dir, "long")
	next := func(ch *mulliontest.Channel, size uint64) (all []upload.Progress) {
		for done := uint64(0); done < size; {
			var x upload.Progress
			if !ch.Next(&x) {
				t.Fatal("the channel is closed")
			}
			all, done = append(all, x), x.Done
		}
		return all
	}
	arguments, ch := args(p, s.URL+"/long", path, nil)
	if err := p.Call("plugin:upload|download", arguments, nil); err != nil {
		t.Fatal(err)
	}
	check(t, next(ch, 10_000_000), 10_000_000, 10_000_000)
	arguments, ch = args(p, s.URL+"/up", path, m{"method": "POST"})
	if err := p.Call("plugin:upload|upload", arguments, nil); err != nil {
		t.Fatal(err)
	}
	check(t, next(ch, 10_000_000), 10_000_000, 10_000_000)
	var got []upload.Progress
	note := func(x upload.Progress) { got = append(got, x) }
	if err := u.Download(t.Context(), path, upload.Transfer{URL: s.URL + "/long", Progress: note}); err != nil {
		t.Error(err)
	}
	check(t, got, 10_000_000, 10_000_000)
	got = nil
	if answer, err := u.Upload(t.Context(), path, upload.Transfer{URL: s.URL + "/up", Method: "PUT", Progress: note}); err != nil || !strings.HasPrefix(answer, "PUT 10000000") {
		t.Errorf("got %q, %v", answer, err)
	}
	check(t, got, 10_000_000, 10_000_000)
	err := u.Download(t.Context(), path, upload.Transfer{URL: s.URL + "/long", Progress: func(upload.Progress) { panic("oh") }})
	refused(t, "a panic", err, "panic in the function for progress: oh")
	if e, ok := errors.AsType[*upload.StatusError](u.Download(t.Context(), path, upload.Transfer{URL: s.URL + "/none"})); !ok || e.Status != 404 {
		t.Errorf("got %v", e)
	}
	want(t, path, strings.Repeat("x", 10_000_000))
}

func TestDownload(t *testing.T) {
	s, dir := server(t), t.TempDir()
	_, a := start(t, scopeOf(dir))
	p := a.Page("main")
	path := filepath.Join(dir, "a")
	if _, err := call(p, "download", s.URL+"/down", path, m{"headers": m{"X-Own": "mine"}}); err != nil {
		t.Error(err)
	}
	want(t, path, "GET  mine")
	if _, err := call(p, "download", s.URL+"/moved?to=/down", path, m{"body": "text"}); err != nil {
		t.Error(err)
	}
	want(t, path, "POST text ")
	_, err := call(p, "download", s.URL+"/cut", path, nil)
	refused(t, "cut", err, "unexpected EOF")
	_, err = call(p, "download", s.URL+"/cut", dir+"/b", nil)
	refused(t, "cut", err, "unexpected EOF")
	_, err = call(p, "download", s.URL+"/none", path, nil)
	refused(t, "404", err, "request failed with status code 404")
	_, err = call(p, "download", s.URL+"/down", dir+"/none/b", nil)
	refused(t, "no folder", err, "file does not exist")
	want(t, path, "POST text ")
	alone(t, dir, "a")
}

// TestChosen: what the user has chosen needs no scope.
func TestChosen(t *testing.T) {
	s, dir := server(t), t.TempDir()
	var grants *files.Grants
	see := func(app plugin.App) { grants = files.GrantsOf(app) }
	p := mulliontest.Start(t, app(upload.New(), `, "allow": ["http://127.0.0.1:*"]`, see), nil).Page("main")
	path := filepath.Join(dir, "a")
	_, err := call(p, "download", s.URL+"/down", path, nil)
	refused(t, "no scope", err, "the user has not chosen it")
	if err := grants.AllowFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := call(p, "download", s.URL+"/down", path, nil); err != nil {
		t.Error(err)
	}
	want(t, path, "GET  ")
}

// TestAttacks is what a page may try.
func TestAttacks(t *testing.T) {
	var hits, going, peak atomic.Int64
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		http.Redirect(w, r, r.FormValue("to"), http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/ok", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) {
		peak.Store(max(peak.Load(), going.Add(1)))
		defer going.Add(-1)
		io.WriteString(w, "begun")
		http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { hits.Add(1) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	dir := t.TempDir()
	outside := t.TempDir()
	secret := write(t, filepath.Join(outside, "secret"), "secret")
	denied := write(t, filepath.Join(dir, "secret1"), "secret")
	mine := write(t, filepath.Join(dir, "mine"), "mine")
	if err := os.Symlink(secret, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	_, a := start(t, fmt.Sprintf(`, "allow": [{"path": %q}, "http://127.0.0.1:*/to", "http://127.0.0.1:*/ok", "http://127.0.0.1:*/endless", "http://127.0.0.1:*/hang", "http://*:*"],
		"deny": [{"path": %q}]`, capability.EscapePath(dir)+"/**", capability.EscapePath(dir)+"/secret*"))
	p := a.Page("main")
	before := len(names(t, dir))
	for _, path := range []string{
		secret, denied, dir + "/link", dir + "/folder/secret", dir + "/../" + filepath.Base(outside) + "/secret", dir + "/./secret1", "file://" + secret, "file://" + denied,
		dir, outside, "/etc/passwd", "/dev/zero", "/dev/null", "/proc/self/mem", "", "mine", "./mine", "~/mine", "-", "--help", dir + "/\x00", dir + "/mine\x00.txt",
		dir + "/" + strings.Repeat("x", 4096), dir + "/\xff\xfe", "\\\\server\\share", "C:\\Windows\\x", "http://127.0.0.1/", "file://evil.test/etc/passwd",
	} {
		for _, command := range []string{"upload", "download"} {
			if got, err := call(p, command, s.URL+"/ok", path, nil); err == nil {
				t.Errorf("%s of %.100q: got %q", command, path, got)
			}
		}
	}
	for _, address := range []string{
		s.URL + "/", s.URL + "/other", strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/to", strings.Replace(s.URL, "127.0.0.1", "2130706433", 1) + "/to",
		strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1) + "/to", strings.Replace(s.URL, "127.0.0.1", "a@127.0.0.1", 1) + "/to", "http://169.254.169.254/",
		"https://127.0.0.1/", "ftp://127.0.0.1/", "file://" + secret, "", s.URL + `\@evil.test/to`, s.URL + "/to/../other",
	} {
		for _, command := range []string{"upload", "download"} {
			if got, err := call(p, command, address, mine, nil); err == nil {
				t.Errorf("%s with %q: got %q", command, address, got)
			}
			if got, err := call(p, command, s.URL+"/to?to="+strings.ReplaceAll(address, "\\", "%5C"), mine, nil); err == nil && address != "" {
				t.Errorf("%s with a redirect to %q: got %q", command, address, got)
			}
		}
	}
	for _, more := range []m{
		{"headers": m{"X": "a\r\nY: b"}}, {"headers": m{"X\r\nY": "a"}}, {"headers": m{"": "a"}}, {"headers": m{"X": strings.Repeat("a", 1<<20)}}, {"headers": []int{}},
		{"method": "POST / HTTP/1.1\r\n\r\n"}, {"method": "post"}, {"method": "DELETE"}, {"id": -1}, {"onProgress": "__CHANNEL__:99999999999"}, {"onProgress": 1}, {"unknown": 1},
	} {
		if got, err := call(p, "upload", s.URL+"/ok", mine, more); err == nil {
			t.Errorf("%.100s: got %q", fmt.Sprint(more), got)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d requests got through", n)
	}
	_, err := call(p, "upload", s.URL+"/endless", mine, nil)
	refused(t, "an endless answer", err, "answered with more than")
	want(t, mine, "mine")
	want(t, secret, "secret")
	want(t, denied, "secret")

	// A flood, and the page ends in the middle of it.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 40)
	for i := range cap(done) {
		arguments, _ := args(p, s.URL+"/hang", fmt.Sprintf("%s/new%d", dir, i), nil)
		go func() {
			for {
				if err := p.CallContext(ctx, "plugin:upload|download", arguments, nil); err == nil || err.Error() != "malformed call" {
					done <- err
					return
				}
			}
		}()
	}
	mulliontest.Wait(t, 0, func() error {
		if n := going.Load(); n < 16 {
			return fmt.Errorf("%d transfers", n)
		}
		return nil
	})
	w, err := a.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	mulliontest.Wait(t, 0, func() error {
		if n := going.Load(); n > 0 {
			return fmt.Errorf("%d transfers of a page that is gone", n)
		}
		if n := len(names(t, dir)); n != before {
			return fmt.Errorf("%d files where %d were", n, before)
		}
		return nil
	})
	if peak.Load() > 16 {
		t.Errorf("%d transfers at once", peak.Load())
	}
	cancel()
	close(release)
	if _, err := call(a.Page("other"), "upload", s.URL+"/hang", mine, nil); err != nil {
		t.Errorf("another page: %v", err)
	}
}

func names(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
