package core_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// TestLinkRights: who may have which links opened, and by what.
func TestLinkRights(t *testing.T) {
	const caps = `[
		{"identifier": "own", "windows": ["main", "narrow", "denied"], "permissions": ["core:default"]},
		{"identifier": "narrow", "windows": ["narrow"], "permissions": [{"identifier": "web:allow-open-url", "allow": ["https://good.example/*", "mailto:*"], "deny": ["https://good.example/bad"]}]},
		{"identifier": "denied", "windows": ["denied"], "permissions": ["web:deny-open-url"]},
		{"identifier": "popups", "windows": ["main"], "permissions": [{"identifier": "web:allow-new-window", "allow": ["https://popup.example/*"]}]},
		{"identifier": "others", "windows": ["granted"], "local": false, "remote": {"urls": ["https://remote.example"]},
			"permissions": [{"identifier": "web:allow-open-url", "allow": ["https://good.example/*"]}]}]`
	opened := make(chan string, 100)
	p := newPair(t, caps, core.Options{Links: core.LinkOptions{
		Schemes: []string{"slack"},
		Open:    func(_ context.Context, address string) error { opened <- address; return nil },
	}}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.URL == "https://vetoed.example/" && m.Kind == ipc.OpenURL || m.URL == "https://first.example/" && m.Kind == ipc.Navigation {
				return ipc.Result{}, errors.New("vetoed")
			}
			return next(ctx, m)
		})
	})
	pages := map[string]*page{}
	for label, url := range map[string]string{
		"main": core.AppOrigin + "/", "narrow": core.AppOrigin + "/", "denied": core.AppOrigin + "/",
		"granted": "https://remote.example/", "remote": "https://remote.example/",
	} {
		w, err := p.OpenWindow(t.Context(), core.WindowOptions{
			State: wire.WindowState{Label: label, Width: 9, Height: 9, Visible: true}, Webview: wire.WebviewState{URL: url},
		})
		if err != nil {
			t.Fatal(err)
		}
		pages[label] = &page{pair: p, window: w}
		pages[label].look()
		until(t, "the page of "+label, func() bool { return w.Webview().URL() != "" })
	}
	link, window := wire.DecideNavigation, wire.DecideNewWindow
	clicked := wire.Decision{Clicked: true, MainFrame: true}
	for i, test := range []struct {
		label string
		kind  wire.DecisionKind
		d     wire.Decision
		url   string
		want  bool
	}{
		{"main", link, clicked, "https://any.example/", true},
		{"main", window, clicked, "https://any.example/", true},
		{"main", link, clicked, "mailto:a@b", true},
		{"main", link, clicked, "slack://x", true},
		{"main", link, clicked, "steam://x", false},
		{"main", link, clicked, "file:///etc/passwd", false},
		{"main", link, clicked, "javascript:1", false},
		{"main", link, clicked, "app://other/", false},
		{"main", link, wire.Decision{UserGesture: true, MainFrame: true}, "https://any.example/", false},
		{"main", link, wire.Decision{Clicked: true}, "https://frame.example/", false},
		{"main", link, wire.Decision{Clicked: true, MainFrame: true, Redirect: true}, "https://any.example/", false},
		{"main", window, clicked, "https://popup.example/", false}, // a window of the app
		{"main", link, clicked, "https://vetoed.example/", false},
		{"main", link, clicked, "https://first.example/", false},
		{"narrow", link, clicked, "https://good.example/", true},
		{"narrow", link, clicked, "mailto:a@b", true},
		{"narrow", link, clicked, "https://good.example/bad", false},
		{"narrow", link, clicked, "https://other.example/", false},
		{"denied", link, clicked, "https://any.example/", false},
		{"granted", link, clicked, "https://good.example/", true},
		{"granted", link, clicked, "https://other.example/", false},
		{"remote", link, clicked, "https://good.example/", false},
	} {
		t.Run(fmt.Sprint(i, " ", test.label, " ", test.url), func(t *testing.T) {
			p.ForgetLinks()
			g := pages[test.label]
			d := test.d
			d.Kind, d.URL = test.kind, test.url
			v, err := g.view.Decide(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if test.want {
				if got := wait(t, opened); got != test.url || v.Allow {
					t.Errorf("opened %q; allowed in the page: %v", got, v.Allow)
				}
				return
			}
			// What comes after it in the same way has come when it has not.
			d = clicked
			d.Kind, d.URL = link, "mailto:last"
			if _, err := pages["main"].view.Decide(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if got := wait(t, opened); got != "mailto:last" {
				t.Errorf("opened %q", got)
			}
		})
	}
}

// TestLinkFlood: a page cannot fill the screen, nor have the app asked without
// end.
func TestLinkFlood(t *testing.T) {
	opened, answer := make(chan string, 1000), make(chan bool)
	asked := make(chan struct{}, 1000)
	p := newPair(t, everything, core.Options{Links: core.LinkOptions{
		Open: func(_ context.Context, address string) error { opened <- address; return nil },
		On:   func(core.Link) bool { asked <- struct{}{}; <-answer; return true },
	}}, nil)
	g := p.open("main", core.AppOrigin+"/")
	for i := range 200 {
		d := wire.Decision{Kind: wire.DecideNavigation, Clicked: true, MainFrame: true, URL: fmt.Sprintf("https://example.org/%d", i)}
		if _, err := g.view.Decide(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		wait(t, asked)
	}
	close(answer)
	for range 10 {
		wait(t, opened)
	}
	// By then those beyond were refused, or are by the limit.
	if err := p.OpenURL(t.Context(), "https://example.org/"); !errors.Is(err, core.ErrTooManyLinks) {
		t.Errorf("one more: %v", err)
	}
	if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
	if n := len(opened); n > 0 {
		t.Errorf("%d more were opened", n)
	}
	p.ForgetLinks()
	if err := p.OpenURL(t.Context(), "https://example.org/"); err != nil {
		t.Errorf("later: %v", err)
	}
}
