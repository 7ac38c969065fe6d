package fake

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a handler that allows everything, serves one page and echoes
// messages.
type site struct {
	events   chan wire.PageEvent
	observed chan wire.WindowObserved
	closing  chan uint32
	request  func(backend.Request)
}

func (s *site) Observed(_ uint32, o wire.WindowObserved)    { s.observed <- o }
func (s *site) MenuChosen(_, _ uint32)                      {}
func (s *site) CloseRequested(id uint32)                    { s.closing <- id }
func (s *site) Page(_ uint32, e wire.PageEvent)             { s.events <- e }
func (s *site) Dragged(uint32, wire.DragEvent)              {}
func (s *site) Session(uint32, []byte)                      {}
func (s *site) Request(_ uint32, r backend.Request)         { s.request(r) }
func (s *site) Download(uint32, uint64, wire.DownloadEvent) {}
func (s *site) Message(_ uint32, url, body string, r backend.Reply) {
	if body == "no" {
		r.Fail("refused")
		return
	}
	r.Return(url + " " + body)
}

func (s *site) Decide(_ uint32, d wire.Decision, answer func(wire.Verdict)) {
	answer(wire.Verdict{Allow: d.URL != "https://elsewhere.example/"})
}

func start(t *testing.T) (context.Context, *Engine, *site) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	s := &site{
		events:   make(chan wire.PageEvent, 100),
		observed: make(chan wire.WindowObserved, 100),
		closing:  make(chan uint32, 1),
		request: func(r backend.Request) {
			r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/html"}}, []byte("<p>"), nil, -1)
		},
	}
	e := New()
	done := make(chan error, 1)
	ready := make(chan error, 1)
	go func() {
		done <- e.Run(backend.Options{Schemes: []string{"app"}}, s, func() {
			w, err := e.NewWindow(1, &wire.WindowState{Title: "one", Width: 300, Height: 200, Visible: true})
			if err == nil {
				var v backend.Webview
				if v, err = e.NewWebview(2, w, &wire.WebviewState{}); err == nil {
					v.Load("app://localhost/")
				}
			}
			ready <- err
		})
	}()
	t.Cleanup(func() {
		cancel()
		e.Quit()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, m := range e.Misuse() {
			t.Error(m)
		}
	})
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	return ctx, e, s
}

func page(t *testing.T, ctx context.Context, e *Engine) *Webview {
	t.Helper()
	v, err := e.WaitWebview(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLoad(t *testing.T) {
	ctx, e, s := start(t)
	v := page(t, ctx, e)
	var got []wire.PageEventKind
	for range 6 {
		got = append(got, (<-s.events).Kind)
	}
	want := []wire.PageEventKind{wire.PageStarted, wire.PageState, wire.PageCommitted, wire.PageFinished, wire.PageState, wire.PagePainted}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := v.Crash(wire.CrashMemory); err != nil {
		t.Fatal(err)
	}
	if e := <-s.events; e.Kind != wire.PageCrashed || e.Detail != wire.CrashMemory {
		t.Errorf("got %+v after a crash", e)
	}
	if _, err := v.Message(ctx, "x"); !errors.Is(err, ErrCrashed) {
		t.Errorf("message of a crashed page: got %v", err)
	}
	e.Post(func() { v.Do(wire.Action{Name: wire.ActionReload}) })
	if err := e.Wait(ctx, func() bool { return v.loaded }); err != nil {
		t.Error("reload:", err)
	}
}

func TestMessage(t *testing.T) {
	ctx, e, _ := start(t)
	v := page(t, ctx, e)
	got, err := v.Message(ctx, "hello")
	if want := "app://localhost/ hello"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	var refused *MessageError
	if _, err := v.Message(ctx, "no"); !errors.As(err, &refused) || refused.Text != "refused" {
		t.Errorf("got %v, want a rejection", err)
	}
}

func TestDeliver(t *testing.T) {
	ctx, e, _ := start(t)
	v := page(t, ctx, e)
	gone, stop := context.WithCancel(ctx)
	stop()
	if _, err := v.NextDelivery(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v from a canceled wait", err)
	}
	done := make(chan error, 2)
	e.Post(func() {
		v.Deliver("a", func(err error) { done <- err })
		v.Deliver("b", func(err error) { done <- err })
	})
	for _, want := range []string{"a", "b"} {
		if got, err := v.NextDelivery(ctx); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestFetch(t *testing.T) {
	ctx, e, s := start(t)
	v := page(t, ctx, e)
	s.request = func(r backend.Request) {
		b, err := io.ReadAll(r.Body())
		if err != nil || string(b) != "body" || r.Method() != "POST" {
			r.Fail("wrong request")
			return
		}
		in, out, err := os.Pipe()
		if err != nil {
			r.Fail(err.Error())
			return
		}
		go func() {
			out.WriteString("from a file")
			out.Close()
		}()
		r.Respond(201, nil, nil, in, -1)
	}
	got, err := v.Fetch(ctx, Request{Method: "POST", URL: "app://localhost/x", Body: []byte("body")})
	if err != nil || got.Err != nil || got.Status != 201 || string(got.Body) != "from a file" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDecide(t *testing.T) {
	ctx, e, _ := start(t)
	v := page(t, ctx, e)
	for url, want := range map[string]bool{"https://elsewhere.example/": false, "app://localhost/b": true} {
		got, err := v.Decide(ctx, wire.Decision{Kind: wire.DecideNavigation, URL: url})
		if err != nil || got.Allow != want {
			t.Errorf("%s: got %v, %v, want %v", url, got.Allow, err, want)
		}
	}
}

func TestWindow(t *testing.T) {
	ctx, e, s := start(t)
	w, err := e.WaitWindow(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if o := <-s.observed; o.Width != 300 || !o.Visible {
		t.Errorf("observed %+v", o)
	}
	if err := w.Change(func(o *wire.WindowObserved) { o.Maximized = true }); err != nil {
		t.Fatal(err)
	}
	if o := <-s.observed; !o.Maximized {
		t.Errorf("observed %+v", o)
	}
	if err := w.RequestClose(); err != nil || <-s.closing != 1 {
		t.Errorf("request to close: %v", err)
	}
	e.Post(w.Close)
	if got := e.Webviews(); len(got) != 0 {
		t.Errorf("webviews %v are open after their window was closed", got)
	}
	if err := w.RequestClose(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestInitError(t *testing.T) {
	e := New()
	e.InitErr = &backend.InitError{Code: backend.InitDisplay, Err: errors.New("no display")}
	var init *backend.InitError
	if err := e.Run(backend.Options{}, nil, nil); !errors.As(err, &init) || init.Code != backend.InitDisplay {
		t.Errorf("got %v", err)
	}
}
