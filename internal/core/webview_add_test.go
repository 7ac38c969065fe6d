package core_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// add adds a webview to a window and returns it as the living host has it,
// with a document whose bridge is up.
func (p *pair) add(w *core.Window, o core.WebviewOptions) (*core.Webview, *page) {
	p.t.Helper()
	if o.State.URL == "" {
		o.State.URL = "app://localhost/"
	}
	ctx, cancel := await.Context(p.t.Context(), limit)
	defer cancel()
	v, err := p.AddWebview(ctx, w, o)
	if err != nil {
		p.t.Fatal(err)
	}
	pg := &page{pair: p, window: w, label: v.Label()}
	pg.find()
	return v, pg
}

// shown returns the webviews of the living engine of a host by label, but
// those that are gone.
func (p *pair) shown(host string) map[string]*fake.Webview {
	views := map[string]*fake.Webview{}
	e := p.engine(host)
	if e == nil {
		return views // it has not started yet
	}
	for _, id := range e.Webviews() {
		if v := e.Webview(id); v != nil {
			views[v.State().Label] = v
		}
	}
	return views
}

// TestUnheededGrant: what a capability grants one of several webviews of the
// system has no effect, and the log says so.
func TestUnheededGrant(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Log: logger(log)}, nil)
	more, err := capability.Parse("capabilities/more.json", []byte(`{"identifier": "loud", "webviews": ["side"], "permissions": ["sandbox:allow-audio"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AddCapabilities(more...); err != nil {
		t.Fatal(err)
	}
	main := p.open("main", "app://localhost/")
	p.add(main.window, core.WebviewOptions{State: wire.WebviewState{Label: "plain"}})
	if log.contains("has no effect") {
		t.Error("told of a webview without grants of its own")
	}
	p.add(main.window, core.WebviewOptions{State: wire.WebviewState{Label: "side"}})
	if !log.contains("webview=side capabilities=[loud]") {
		t.Error("not told")
	}
}

// TestUnheededBeforeRun: the same of a webview that is there before the
// capabilities are known.
func TestUnheededBeforeRun(t *testing.T) {
	log := &logBuffer{}
	newPair(t, `[`+everything+`, {"identifier": "loud", "webviews": ["side"], "permissions": ["sandbox:allow-audio"]}]`,
		core.Options{Log: logger(log)}, func(c *core.Core) {
			w, err := c.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}, Webview: wire.WebviewState{URL: "app://localhost/"}})
			if err == nil {
				_, err = c.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: "side"}})
			}
			if err != nil {
				t.Error(err)
			}
		})
	eventually(t, "a word in the log", func() bool { return log.contains("webview=side capabilities=[loud]") })
	if log.contains("webview=main") {
		t.Error("told of the window's own webview")
	}
}

// TestAddWebview shows three pages in one window, and what each may call.
func TestAddWebview(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	more, err := capability.Parse("capabilities/more.json", []byte(`[
		{"identifier": "plain", "windows": ["plain"], "permissions": ["allow-echo"]},
		{"identifier": "side", "webviews": ["side"], "permissions": ["allow-fail"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AddCapabilities(more...); err != nil {
		t.Fatal(err)
	}
	first := p.open("plain", "app://localhost/")
	w := first.window
	side, sidePage := p.add(w, core.WebviewOptions{State: wire.WebviewState{Label: "side", Bounds: &wire.Rect{X: 200, Width: 100, Height: 200}}})
	_, below := p.add(w, core.WebviewOptions{State: wire.WebviewState{Label: "below", Bounds: &wire.Rect{Y: 100, Width: 150, Height: 100}}, AutoResize: true})
	for _, test := range []struct {
		name, call, want string
		page             *page
	}{
		{"granted to the window", `["echo",1]`, "o1", first},
		{"the same in a webview of it", `["echo",2]`, "o2", sidePage},
		{"granted to the webview", `["fail",{}]`, `e"it failed"`, sidePage},
		{"not to its neighbour", `["fail",{}]`, `e"Command fail not allowed by ACL`, below},
		{"nor to the window's own", `["fail",{}]`, `e"Command fail not allowed by ACL`, first},
	} {
		if got := test.page.call(test.call); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got, want := side.Bounds(), (wire.Rect{X: 200, Width: 100, Height: 200}); got != want {
		t.Errorf("bounds %v, want %v", got, want)
	}
	if got, want := *below.view.State().Share, (wire.Rect{Y: 0.5, Width: 0.5, Height: 0.5}); got != want {
		t.Errorf("share %v, want %v", got, want)
	}

	for _, test := range []struct {
		name, want string
		o          wire.WebviewState
	}{
		{"bad label", `webview label "a b"`, wire.WebviewState{Label: "a b"}},
		{"webview's label", "a webview with label `side` already exists", wire.WebviewState{Label: "side"}},
		{"window's label", "a webview with label `plain` already exists", wire.WebviewState{Label: "plain"}},
		{"far away", "x 1e+09", wire.WebviewState{Label: "x", Bounds: &wire.Rect{X: 1e9}}},
		{"negative", "no negative length", wire.WebviewState{Label: "x", Bounds: &wire.Rect{Width: -1}}},
		{"page of others", core.ErrSharedHost.Error(), wire.WebviewState{Label: "x", URL: "https://example.org/"}},
	} {
		if _, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: test.o}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}

	// One goes, the others stay.
	side.Close()
	side.Close()
	if err := side.Update(t.Context(), func(s *wire.WebviewState) { s.Zoom = 2 }); !errors.Is(err, core.ErrNoWebview) {
		t.Errorf("update of a closed webview: %v", err)
	}
	until(t, "one webview less", func() bool { return len(p.shown("app")) == 2 })
	if got := below.call(`["echo",3]`); got != "o3" {
		t.Errorf("neighbour of a closed webview: %s", got)
	}
	// Its label is free again.
	p.add(w, core.WebviewOptions{State: wire.WebviewState{Label: "side"}})
	w.Webview().Close()
	<-w.Gone()
	if views, _ := p.Webviews(); len(views) != 0 {
		t.Errorf("webviews after their window has closed: %q", views)
	}
}

// TestWebviewsComeBack loses the host of a window with several webviews.
func TestWebviewsComeBack(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	side, sidePage := p.add(main.window, core.WebviewOptions{State: wire.WebviewState{Label: "side", Bounds: &wire.Rect{Width: 100, Height: 50}}})
	gone, _ := p.add(main.window, core.WebviewOptions{State: wire.WebviewState{Label: "gone"}})
	if err := errors.Join(
		side.SetAutoResize(t.Context(), true),
		side.ChangeBounds(t.Context(), func(r *wire.Rect) { r.X = 150 }),
		side.SetZoom(t.Context(), 1.5),
		side.Update(t.Context(), func(s *wire.WebviewState) { s.Hidden = true }),
		side.Navigate(t.Context(), "app://localhost/else"),
	); err != nil {
		t.Fatal(err)
	}
	until(t, "the other page", func() bool { return sidePage.view.URL() == "app://localhost/else" })
	until(t, "the Core to know", func() bool { return side.URL() == "app://localhost/else" })
	gone.Close()
	old := p.engine("app")
	old.Quit()
	until(t, "a new host", func() bool { e := p.engine("app"); return e != old && len(p.shown("app")) == 2 })
	sidePage.find()
	main.find()
	s := sidePage.view.State()
	if s.Share == nil || *s.Share != (wire.Rect{X: 0.5, Width: 1.0 / 3, Height: 0.25}) || s.Zoom != 1.5 || !s.Hidden || s.URL != "app://localhost/else" {
		t.Errorf("the webview came back as %+v", s)
	}
	if got := sidePage.call(`["echo",1]`); got != "o1" {
		t.Errorf("call after a new host: %s", got)
	}
	if got := main.view.State().URL; got != "app://localhost/" {
		t.Errorf("the first webview came back at %s", got)
	}
}

// TestWebviewsOfOthers adds remote pages where they may be.
func TestWebviewsOfOthers(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: "main", Width: 300, Height: 200, Visible: true}, Webview: wire.WebviewState{URL: "app://localhost/"}, Isolate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: "web", URL: "https://example.org/"}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the page", func() bool {
		v := p.shown("window:main")["web"]
		return v != nil && v.URL() == "https://example.org/"
	})
	for i := 2; i < 32; i++ {
		if _, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: fmt.Sprint("more", i), URL: "app://localhost/"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: "last"}}); err == nil {
		t.Error("a window took more than 32 webviews")
	}
}
