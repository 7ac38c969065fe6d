package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// What the functions of an app may do: everything, also wait for the very host
// that they are told of.

// resize has the host see the window in another size.
func (g *page) resize(t *testing.T) {
	t.Helper()
	if err := g.fakeWindow().Change(func(o *wire.WindowObserved) { o.Width += 10 }); err != nil {
		t.Fatal(err)
	}
}

func retitle(w *core.Window) error {
	return w.Update(context.Background(), func(s *wire.WindowState) { s.Title += "!" })
}

// TestListenerWaitsForHost: a listener, and an interceptor, of a window's event
// change the window.
func TestListenerWaitsForHost(t *testing.T) {
	for _, test := range []struct {
		name string
		add  func(t *testing.T, c *core.Core, f func())
	}{
		{"listener", func(t *testing.T, c *core.Core, f func()) {
			if _, err := c.Listen("tauri://resize", ipc.Target{Kind: ipc.Any}, func(context.Context, core.CoreEvent) { f() }); err != nil {
				t.Fatal(err)
			}
		}},
		{"interceptor", func(t *testing.T, c *core.Core, f func()) {
			c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
				if m.Kind == ipc.Event && m.Name == "tauri://resize" {
					f()
				}
				return next(ctx, m)
			})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, nil)
			g := p.open("main", core.AppOrigin+"/")
			inside, release := make(chan struct{}), make(chan struct{})
			changed := make(chan error, 1)
			test.add(t, p.Core, func() {
				close(inside)
				<-release
				changed <- retitle(g.window)
			})
			g.resize(t)
			wait(t, inside)
			// The host is served meanwhile.
			if got := g.call(`["echo",{}]`); got != "o{}" {
				t.Errorf("a call was answered %s", got)
			}
			if err := retitle(g.window); err != nil {
				t.Error(err)
			}
			close(release)
			if err := wait(t, changed); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestQuickInterceptor: an interceptor that is run by the goroutine that reads
// may wait for that host as well.
func TestQuickInterceptor(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	g := p.open("main", core.AppOrigin+"/")
	var inline atomic.Bool
	changed := make(chan error, 1)
	p.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		if m.Name == "echo" && bytes.Contains(debug.Stack(), []byte("(*reader).inline")) && inline.CompareAndSwap(false, true) {
			changed <- retitle(g.window)
		}
		return next(ctx, m)
	})
	for n := 0; !inline.Load(); n++ {
		if got := g.call(`["echo",{}]`); got != "o{}" {
			t.Fatalf("answered %s", got)
		}
		if n > 100_000 {
			t.Fatal("no call is run by the goroutine that reads")
		}
	}
	if err := wait(t, changed); err != nil {
		t.Error(err)
	}
}

// TestEventOrder: a page and functions of the app get the events of many
// senders in the same order.
func TestEventOrder(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	g := p.open("main", core.AppOrigin+"/")
	if got := g.call(`["plugin:event|listen",{"event":"e","target":{"kind":"Any"},"handler":7}]`); got != "o0" {
		t.Fatal(got)
	}
	const senders, each = 4, 50
	var heard [2][]string
	told := make(chan struct{}, 2*senders*each)
	for i := range heard {
		if _, err := p.Listen("e", ipc.Target{Kind: ipc.Any}, func(_ context.Context, e core.CoreEvent) {
			heard[i] = append(heard[i], string(e.Payload))
			told <- struct{}{}
		}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for n := range each {
				if err := p.Emit(t.Context(), "e", ipc.Target{Kind: ipc.Any}, fmt.Appendf(nil, "%d", s*each+n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range cap(told) {
		wait(t, told)
	}
	if d := cmp.Diff(heard[0], heard[1]); d != "" {
		t.Error("two functions of the app differ:", d)
	}
	var shown []string
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	for len(shown) < senders*each {
		data, err := g.view.NextDelivery(ctx)
		if err != nil {
			t.Fatalf("the page got %d events: %v", len(shown), err)
		}
		for _, m := range regexp.MustCompile(`"e","e",(\d+),`).FindAllStringSubmatch(data, -1) {
			shown = append(shown, m[1])
		}
	}
	if d := cmp.Diff(heard[0], shown); d != "" {
		t.Error("the page and the app differ:", d)
	}
}

// TestListenerFallsBehind: whoever sends to a function of the app that does not
// return is told so, or waits, and nobody else does.
func TestListenerFallsBehind(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	g := p.open("main", core.AppOrigin+"/")
	inside, release := make(chan struct{}), make(chan struct{})
	var told atomic.Int64
	off, err := p.Listen("e", ipc.Target{Kind: ipc.Any}, func(context.Context, core.CoreEvent) {
		if told.Add(1) == 1 {
			close(inside)
			<-release
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	emit := func() error {
		return p.Emit(t.Context(), "e", ipc.Target{Kind: ipc.Any}, make(jsontext.Value, 8<<20-1))
	}
	if err := emit(); err != nil {
		t.Fatal(err)
	}
	wait(t, inside)
	n := 0
	for err = emit(); err == nil && n < 100; err = emit() {
		n++
	}
	if !errors.Is(err, core.ErrBackpressure) || n > 9 || !strings.Contains(err.Error(), "function of the app") {
		t.Errorf("after %d events of 8 MiB: %v", n, err)
	}
	answer := make(chan string, 1)
	g.last++
	text := fmt.Sprintf(`c %s %d - ["plugin:event|emit",{"event":"e","payload":"%01024d"}]`, g.doc, g.last, 0)
	go func() { answer <- g.say(text) }()
	until(t, "the page's event waits", func() bool { return p.Held()["calls"] == 1 })
	if got := g.call(`["echo",{}]`); got != "o{}" {
		t.Errorf("a call was answered %s", got)
	}
	select {
	case got := <-answer:
		t.Errorf("the page's event was answered %s, though there is no room for it", got)
	default:
	}
	close(release)
	if got := wait(t, answer); got != "onull" {
		t.Errorf("the page's event was answered %s", got)
	}
	until(t, "all are told", func() bool { return told.Load() == int64(n)+2 })
	off()
	off()
	if err := emit(); err != nil {
		t.Error(err)
	}
}

// TestListenerContext: it has the values of the sender's, says who sent the
// event, and lasts longer than the call.
func TestListenerContext(t *testing.T) {
	type key struct{}
	p := newPair(t, everything, core.Options{}, nil)
	p.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		return next(context.WithValue(ctx, key{}, "value"), m)
	})
	g := p.open("main", core.AppOrigin+"/")
	release, done := make(chan struct{}), make(chan error, 1)
	if _, err := p.Listen("e", ipc.Target{Kind: ipc.Any}, func(ctx context.Context, e core.CoreEvent) {
		<-release
		m, ok := ipc.MessageFrom(ctx)
		if !ok || m.From.Window != "main" || ctx.Value(key{}) != "value" {
			done <- fmt.Errorf("message %+v, value %v", m, ctx.Value(key{}))
			return
		}
		done <- ctx.Err()
	}); err != nil {
		t.Fatal(err)
	}
	if got := g.call(`["plugin:event|emit",{"event":"e"}]`); got != "onull" {
		t.Fatal(got)
	}
	close(release)
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
}

// TestWatch: the present value first, then each change, until it is ended. The
// function may use the state and all else.
func TestWatch(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	s, err := p.NewState("s", jsontext.Value(`1`), core.StateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 10)
	var off func()
	ready := make(chan struct{})
	off = s.Watch(func(v jsontext.Value, version uint64) {
		<-ready
		if version > 3 {
			t.Errorf("told of version %d after its end", version) // at the latest while the Core ends
			return
		}
		now, _ := s.Get()
		_, _ = p.Window("main")
		told <- fmt.Sprintf("%s in %d, now %s", v, version, now)
		switch version {
		case 2:
			if _, err := s.Set(jsontext.Value(`3`), version); err != nil {
				t.Error(err)
			}
		case 3:
			off()
			off()
			if _, err := s.Set(jsontext.Value(`4`), version); err != nil {
				t.Error(err)
			}
			close(told)
		}
	})
	close(ready)
	if got, want := wait(t, told), "1 in 1, now 1"; got != want {
		t.Errorf("first told %q, want %q", got, want)
	}
	if _, err := s.Set(jsontext.Value(`2`), 0); err != nil {
		t.Fatal(err)
	}
	var rest []string
	for text := range told {
		rest = append(rest, text)
	}
	if d := cmp.Diff([]string{"2 in 2, now 2", "3 in 3, now 3"}, rest); d != "" {
		t.Error(d)
	}
}

// TestWatchDoesNotLock: while a function of Watch stands, the state and the
// Core work on, also for pages that take the locks in another order.
func TestWatchDoesNotLock(t *testing.T) {
	caps := `{"identifier":"all","windows":["main*"],"permissions":["core:default",{"identifier":"state:read","allow":["s"]}]}`
	p := newPair(t, caps, core.Options{}, nil)
	s, err := p.NewState("s", jsontext.Value(`1`), core.StateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g := p.open("main", core.AppOrigin+"/")
	inside, release := make(chan struct{}, 2), make(chan struct{})
	done := make(chan struct{})
	s.Watch(func(_ jsontext.Value, version uint64) {
		inside <- struct{}{}
		<-release
		_, _ = p.Window("main")
		if version == 2 {
			close(done)
		}
	})
	wait(t, inside)
	if _, err := s.Set(jsontext.Value(`2`), 0); err != nil {
		t.Fatal(err)
	}
	if got := g.call(`["plugin:state|unsubscribe",{"id":77}]`); got != "onull" {
		t.Error(got)
	}
	p.OnClose(func(*core.Window) bool { return false }) // takes Core.mu for writing
	if got, _ := s.Get(); string(got) != "2" {
		t.Errorf("got %s", got)
	}
	close(release)
	wait(t, done)
}

// TestCancelInOnDownload: what is told of a download may end it.
func TestCancelInOnDownload(t *testing.T) {
	var p *filePair
	done := make(chan error, 1)
	p = newFilePair(t, allowFiles, nil)
	p.OnDownload(func(e core.DownloadEvent) {
		if e.State == core.DownloadRunning && e.Total > 5 {
			done <- p.CancelDownload(context.Background(), e.ID)
		}
	})
	g := p.open("main", core.AppOrigin+"/")
	v := wait(t, p.decide(g, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: "a"}))
	g.view.Download(v.Download, wire.DownloadEvent{State: wire.DownloadProgress, Received: 3, Total: 6})
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
	p.event(core.DownloadStarted)
	p.event(core.DownloadRunning)
	if e := p.event(core.DownloadFailed); !errors.Is(e.Err, core.ErrCancelled) {
		t.Errorf("it ended with %v", e.Err)
	}
}

// TestLastProgress: what a host has reported while the app was slow, and last, is
// told when the app is done.
func TestLastProgress(t *testing.T) {
	p := newFilePair(t, allowFiles, nil)
	release := make(chan struct{})
	told := make(chan core.DownloadEvent, 10)
	p.OnDownload(func(e core.DownloadEvent) {
		if e.State == core.DownloadStarted {
			<-release
		}
		told <- e
	})
	g := p.open("main", core.AppOrigin+"/")
	v := wait(t, p.decide(g, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: "a"}))
	for n := range uint64(3) {
		g.view.Download(v.Download, wire.DownloadEvent{State: wire.DownloadProgress, Received: n + 1, Total: 6})
	}
	g.call(`["echo",{}]`) // behind all of them
	close(release)
	if e := wait(t, told); e.State != core.DownloadStarted {
		t.Errorf("got %+v first", e)
	}
	for {
		if e := wait(t, told); e.State == core.DownloadRunning && e.Received == 3 {
			return
		}
	}
}

// TestSlowOnDownload: a function that stands does not keep other functions
// from being told, nor downloads from their end, and what it is to be told does
// not pile up.
func TestSlowOnDownload(t *testing.T) {
	p := newFilePair(t, allowFiles, nil)
	release := make(chan struct{})
	told := make(chan core.DownloadState, 200)
	p.OnDownload(func(e core.DownloadEvent) {
		<-release
		told <- e.State
	})
	g := p.open("main", core.AppOrigin+"/")
	v := wait(t, p.decide(g, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: "a"}))
	for n := range uint64(100) {
		g.view.Download(v.Download, wire.DownloadEvent{State: wire.DownloadProgress, Received: n, Total: 100})
	}
	g.view.Download(v.Download, wire.DownloadEvent{State: wire.DownloadFailed, Detail: "as tested"})
	for e := wait(t, p.events); e.State != core.DownloadFailed; e = wait(t, p.events) { // of the other function
	}
	close(release)
	states := []core.DownloadState{wait(t, told)}
	for states[len(states)-1] != core.DownloadFailed {
		states = append(states, wait(t, told))
	}
	// While it stands one event waits beside the first and the last.
	if states[0] != core.DownloadStarted || slices.Contains(states[1:], core.DownloadStarted) || len(states) > 3 {
		t.Errorf("told %q", states)
	}
}

// TestAskedOnce: while the app is being asked whether a window may close, more
// wishes to close it ask nothing; the function itself may have one.
func TestAskedOnce(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	g := p.open("main", core.AppOrigin+"/")
	asked, release := make(chan struct{}, 100), make(chan struct{})
	var keep atomic.Bool
	keep.Store(true)
	p.OnClose(func(w *core.Window) bool {
		asked <- struct{}{}
		w.CloseRequested()
		<-release
		return keep.Load()
	})
	first := make(chan struct{})
	go func() { defer close(first); g.window.CloseRequested() }()
	wait(t, asked)
	for range 50 {
		g.window.CloseRequested()
	}
	if n := len(asked); n != 0 {
		t.Errorf("the app was asked %d times more", n)
	}
	close(release)
	wait(t, first)
	keep.Store(false)
	g.window.CloseRequested()
	wait(t, g.window.Gone())
}

// TestFaultsInOrder: OnFault may wait for the host that has ended.
func TestFaultsInOrder(t *testing.T) {
	var p *pair
	done := make(chan error, 1)
	var once sync.Once
	p = newPair(t, everything, core.Options{Log: slog.New(slog.DiscardHandler), OnFault: func(f core.Fault) {
		once.Do(func() {
			w, err := p.Window(f.Windows[0])
			if err == nil {
				err = retitle(w)
			}
			done <- err
		})
	}}, nil)
	p.open("main", core.AppOrigin+"/")
	p.engine("app").Quit()
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
}
