package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// appReader is a stream of the app's.
type appReader struct {
	read  func(p []byte) (int, error)
	close func() error
}

func (r appReader) Read(p []byte) (int, error) { return r.read(p) }

func (r appReader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// streaming answers the command "fail" with a stream.
func streaming(t *testing.T, open func() (io.ReadCloser, int64)) *page {
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Name != "fail" {
				return next(ctx, m)
			}
			r, size := open()
			return ipc.Result{Stream: r, StreamSize: size}, nil
		})
	})
	return p.open("main", "app://localhost/")
}

// fetchStream reads a stream as the bridge does.
func (g *page) fetchStream(id int64) fake.Response { return g.fetchFrom(int(id), 0) }

// fetchFrom is fetchStream for what follows the bytes that have come already.
func (g *page) fetchFrom(id, from int) fake.Response {
	g.pair.t.Helper()
	ctx, cancel := await.Context(context.Background(), limit)
	defer cancel()
	r, err := g.view.Fetch(ctx, fake.Request{
		URL: fmt.Sprintf("mullion://localhost/stream/%d?%d", id, from), Header: g.bridgeHeader(),
	})
	if err != nil {
		g.pair.t.Fatal(err)
	}
	return r
}

// TestStreamEnds has streams of the app end in every way. Only those that were
// read to their end look so to the page, which can ask for the reason of the
// others.
func TestStreamEnds(t *testing.T) {
	broken := errors.New("disk on fire")
	var read func([]byte) (int, error)
	var size int64
	g := streaming(t, func() (io.ReadCloser, int64) { return appReader{read: read}, size })
	after := func(text string, end func() (int, error)) func([]byte) (int, error) {
		var sent atomic.Bool
		return func(p []byte) (int, error) {
			if sent.CompareAndSwap(false, true) {
				return copy(p, text), nil
			}
			return end()
		}
	}
	for _, test := range []struct {
		name   string
		size   int64
		read   func([]byte) (int, error)
		reason string // empty: complete
	}{
		{"complete", 5, after("12345", func() (int, error) { return 0, io.EOF }), ""},
		{"complete, of unknown size", -1, after("12345", func() (int, error) { return 0, io.EOF }), ""},
		{"fails", -1, after("12345", func() (int, error) { return 0, broken }), "disk on fire"},
		{"fails after all that was announced", 5, after("12345", func() (int, error) { return 0, broken }), "disk on fire"},
		{"fails at once", -1, func([]byte) (int, error) { return 0, broken }, "disk on fire"},
		{"panics", -1, after("12345", func() (int, error) { panic("oh") }), "internal error while reading"},
		{"ends its goroutine", -1, after("12345", func() (int, error) { runtime.Goexit(); return 0, nil }), "internal error while reading"},
		{"returns nothing for ever", -1, after("12345", func() (int, error) { return 0, nil }), io.ErrNoProgress.Error()},
		{"counts wrong", -1, func(p []byte) (int, error) { return len(p) + 1, nil }, "the reader returned an impossible count"},
		{"fails with an error that panics", -1, after("12345", func() (int, error) { return 0, panicsToo{} }), "internal error: an error without a text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			read, size = test.read, test.size
			var id int64
			if _, err := fmt.Sscanf(g.call(`["fail",{}]`), "s%d", &id); err != nil {
				t.Fatal(err)
			}
			got := g.fetchStream(id)
			if (got.Err == nil) != (test.reason == "") {
				t.Errorf("the page got %q and %v", got.Body, got.Err)
			}
			if test.reason == "" {
				if string(got.Body) != "\x0012345" {
					t.Errorf("the page got %q", got.Body)
				}
				return
			}
			why := g.fetchStream(id)
			if why.Status != 500 || string(why.Body) != test.reason {
				t.Errorf("asked why, the Core says %d %q", why.Status, why.Body)
			}
		})
	}
	if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
}

type panicsToo struct{}

func (panicsToo) Error() string { panic("and this as well") }

// TestErrorThatPanics: the methods of a command's error are the app's, too.
func TestErrorThatPanics(t *testing.T) {
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Name == "fail" {
				return ipc.Result{}, panicsToo{}
			}
			return next(ctx, m)
		})
	})
	g := p.open("main", "app://localhost/")
	if got := g.call(`["fail",{}]`); !strings.HasPrefix(got, `e"internal error`) {
		t.Errorf("got %s", got)
	}
}

// TestSlowClose: the Close of a stream, which waits until the test has ended
// or panics, stops nobody. The page gives the stream up, and is left with
// others that nobody has asked for.
func TestSlowClose(t *testing.T) {
	end, closing := make(chan struct{}), make(chan struct{}, 10)
	g := streaming(t, func() (io.ReadCloser, int64) {
		return appReader{
			read:  func([]byte) (int, error) { <-end; return 0, io.EOF },
			close: func() error { closing <- struct{}{}; <-end; panic("and then it panics") },
		}, -1
	})
	t.Cleanup(func() { close(end) })
	for range 3 {
		if got := g.call(`["fail",{}]`); !strings.HasPrefix(got, "s") {
			t.Fatalf("got %s", got)
		}
	}
	g.say(fmt.Sprintf("g %s 1", g.doc))
	wait(t, closing)
	if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("after one was given up: %s", got)
	}
	g.hello(core.AppOrigin) // another document, which ends the first
	if got := g.call(`["echo",{"x":2}]`); got != `o{"x":2}` {
		t.Errorf("after the page was left: %s", got)
	}
	wait(t, closing)
	wait(t, closing)
}

// TestStreamsAreBounded has a page give up one stream after the other whose
// Close does not return.
func TestStreamsAreBounded(t *testing.T) {
	end := make(chan struct{})
	g := streaming(t, func() (io.ReadCloser, int64) {
		return appReader{
			read:  func([]byte) (int, error) { return 0, io.EOF },
			close: func() error { <-end; return nil },
		}, -1
	})
	t.Cleanup(func() { close(end) })
	const most = 100
	g.window.Webview().FillStreams(most)
	for n := 0; ; n++ {
		if n > most {
			t.Fatal("there is no limit")
		}
		got := g.call(`["fail",{}]`)
		var id int64
		if _, err := fmt.Sscanf(got, "s%d", &id); err == nil {
			g.say(fmt.Sprintf("g %s %d", g.doc, id))
			continue
		}
		if n < most || !strings.Contains(got, "streams are open") {
			t.Errorf("stream %d: %s", n, got)
		}
		break
	}
	if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
}

// bridgeHeader is what the bridge says with its requests.
func (g *page) bridgeHeader() []wire.Field {
	g.pair.t.Helper()
	script, _, _ := g.view.Scripts()
	key := bridgeKey.FindString(script)
	if key == "" {
		g.pair.t.Fatal("the bridge has no key")
	}
	return []wire.Field{{Name: bridge.KeyHeader, Value: key}, {Name: bridge.DocHeader, Value: g.doc}}
}

var bridgeKey = regexp.MustCompile(`[0-9a-f]{64}`)

// handlerFunc answers requests for files of the app.
type handlerFunc func(*assets.Request) *assets.Response

func (f handlerFunc) Serve(_ context.Context, r *assets.Request) *assets.Response { return f(r) }

// TestFileEnds has files end before their end, small ones and large ones, of
// known length and not.
func TestFileEnds(t *testing.T) {
	log := &logBuffer{}
	const large = 3 << 20
	body := func(length int, end error) io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", length)), iotest.ErrReader(end)))
	}
	p := newPair(t, everything, core.Options{Log: slog.New(slog.NewTextHandler(log, nil)), App: handlerFunc(func(r *assets.Request) *assets.Response {
		a := &assets.Response{Status: 200}
		switch r.URL {
		case "app://localhost/small":
			a.Body, a.Length = body(10, io.EOF), 10
		case "app://localhost/large":
			a.Body, a.Length = body(large, io.EOF), large
		case "app://localhost/unknown":
			a.Body, a.Length = body(large, io.EOF), -1
		case "app://localhost/small-cut":
			a.Body, a.Length = body(9, io.ErrUnexpectedEOF), 10
		case "app://localhost/large-cut":
			a.Body, a.Length = body(large-1, io.ErrUnexpectedEOF), large
		case "app://localhost/large-short":
			a.Body, a.Length = body(large-1, io.EOF), large
		case "app://localhost/unknown-cut":
			a.Body, a.Length = body(large, errors.New("disk on fire")), -1
		}
		return a
	})}, nil)
	g := p.open("main", "app://localhost/")
	for path, want := range map[string]int{"small": 10, "large": large, "unknown": large, "small-cut": -1, "large-cut": -1, "large-short": -1, "unknown-cut": -1} {
		ctx, cancel := await.Context(t.Context(), limit)
		got, err := g.view.Fetch(ctx, fake.Request{URL: "app://localhost/" + path})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if (got.Err != nil) != (want < 0) || want >= 0 && len(got.Body) != want {
			t.Errorf("%s: %d bytes, %v", path, len(got.Body), got.Err)
		}
		if want < 0 && !log.contains("url=app://localhost/"+path) {
			t.Errorf("%s: the log does not say so", path)
		}
	}
}
