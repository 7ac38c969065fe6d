package assets

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// quiet is a logger for tests that provoke failures.
var quiet = slog.New(slog.DiscardHandler)

// get builds a GET request with header fields in pairs.
func get(url string, header ...string) *Request {
	return request("GET", url, header...)
}

func request(method, url string, header ...string) *Request {
	r := &Request{Method: method, URL: url}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header = append(r.Header, Field{header[i], header[i+1]})
	}
	return r
}

// serve returns the answer with its whole body, checked against what every
// answer has to hold.
func serve(t *testing.T, h Handler, r *Request) (*Response, string) {
	t.Helper()
	resp := h.Serve(t.Context(), r)
	if resp == nil {
		t.Fatalf("%s: no response", r.URL)
	}
	defer func() {
		if err := resp.Close(); err != nil {
			t.Errorf("%s: close: %v", r.URL, err)
		}
	}()
	if got := resp.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("%s: X-Content-Type-Options = %q", r.URL, got)
	}
	if got := resp.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("%s: Cache-Control = %q", r.URL, got)
	}
	if resp.Body == nil {
		if resp.Length != 0 || resp.File != nil {
			t.Errorf("%s: no body, but length %d, file %v", r.URL, resp.Length, resp.File)
		}
		return resp, ""
	}
	var fromFile []byte
	if resp.File != nil {
		fromFile = make([]byte, resp.Length)
		if _, err := resp.File.ReadAt(fromFile, resp.Offset); err != nil {
			t.Errorf("%s: file: %v", r.URL, err)
		}
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: body: %v", r.URL, err)
	}
	if int64(len(data)) != resp.Length {
		t.Errorf("%s: body has %d bytes, length says %d", r.URL, len(data), resp.Length)
	}
	if fromFile != nil && string(fromFile) != string(data) {
		t.Errorf("%s: the file's part differs from the body", r.URL)
	}
	return resp, string(data)
}

func TestOrigin(t *testing.T) {
	app := newApp(t, AppOptions{})
	files := NewFiles(FilesOptions{})
	for _, h := range []Handler{app, files} {
		for _, test := range []struct{ origin, want string }{
			{"app://localhost", "app://localhost"},
			{"", ""},
			{"app://localhost\r\nSet-Cookie: a=b", ""},
		} {
			resp, _ := serve(t, h, &Request{URL: "app://localhost/", Origin: test.origin})
			if got := resp.Get("access-control-allow-origin"); got != test.want {
				t.Errorf("origin %q: got %q", test.origin, got)
			}
			if got := resp.Get("Vary") == "Origin"; got != (test.want != "") {
				t.Errorf("origin %q: Vary: Origin is %v", test.origin, got)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	for _, h := range []Handler{newApp(t, AppOptions{}), NewFiles(FilesOptions{})} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "get", "G\r\nT"} {
			resp, body := serve(t, h, request(method, "app://localhost/index.html"))
			if resp.Status != 405 || resp.Get("Allow") != "GET, HEAD" || body == "" {
				t.Errorf("%T %q: status %d, Allow %q, body %q", h, method, resp.Status, resp.Get("Allow"), body)
			}
		}
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	resp := newApp(t, AppOptions{}).Serve(ctx, get("app://localhost/"))
	defer resp.Close()
	if resp.Status != 503 {
		t.Errorf("status %d, want 503", resp.Status)
	}
	if text, err := io.ReadAll(resp.Body); err != nil || len(text) == 0 {
		t.Errorf("body %q, error %v", text, err)
	}
}

func TestPanics(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	handlers := []Handler{
		newApp(t, AppOptions{Logger: logger, HTML: func([]byte) (string, []byte) { panic("hook broke") }}),
		NewFiles(FilesOptions{Logger: logger, Allowed: func(string) error { panic("scope broke") }}),
	}
	for i, what := range []string{"hook broke", "scope broke"} {
		log.Reset()
		resp, body := serve(t, handlers[i], get("app://localhost/"+encodeComponent(absolute("/index.html"))))
		if i == 0 {
			resp, body = serve(t, handlers[i], get("app://localhost/index.html"))
		}
		if resp.Status != 500 || strings.Contains(body, what) {
			t.Errorf("status %d, body %q", resp.Status, body)
		}
		if !strings.Contains(log.String(), what) || !strings.Contains(log.String(), "stack=") {
			t.Errorf("log %q", log.String())
		}
	}
	for _, h := range handlers {
		if resp := h.Serve(t.Context(), nil); resp == nil || resp.Status != 400 {
			t.Errorf("%T: nil request: %+v", h, resp)
		}
	}
}
