package plugin_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"weak"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
)

// tallies is a plugin that counts the calls in each webview.
type tallies struct {
	listeners *plugin.Listeners

	mu    sync.Mutex
	ended []int               // guarded by mu; what the webviews had counted that were closed
	last  weak.Pointer[tally] // guarded by mu; the one that was made last
}

type tally struct {
	mu sync.Mutex
	n  int // guarded by mu
}

func (t *tallies) of(p ipc.Page) *tally {
	return plugin.PerWebview(p, func(webview context.Context) *tally {
		one := &tally{}
		t.mu.Lock()
		t.last = weak.Make(one)
		t.mu.Unlock()
		context.AfterFunc(webview, func() {
			one.mu.Lock()
			defer one.mu.Unlock()
			t.mu.Lock()
			defer t.mu.Unlock()
			t.ended = append(t.ended, one.n)
		})
		return one
	})
}

func (t *tallies) count(ctx context.Context, _ none) (int, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return 0, err
	}
	one := t.of(p)
	one.mu.Lock()
	one.n++
	n := one.n
	one.mu.Unlock()
	return n, t.listeners.TellPages(ctx, "counted", n, func(other ipc.Page) bool { return t.of(other) == one })
}

func (t *tallies) plugin() plugin.Plugin {
	commands := plugin.Commands{"count": plugin.Typed(t.count)}
	t.listeners.AddTo(commands)
	return plugin.Plugin{Name: "tallies", Commands: commands, Default: []string{"allow-count", "allow-register-listener"}}
}

// TestPerWebview: what a plugin keeps for a webview stays through its pages, and
// ends with it; another webview of that label has its own.
func TestPerWebview(t *testing.T) {
	tallies := &tallies{listeners: plugin.NewListeners("counted")}
	tallies.listeners.Most = 2
	app := mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{StayOpen: true, Files: fstest.MapFS{
			"mullion.conf.json":         {Data: []byte(`{"identifier": "org.example.tallies", "build": {"frontendDist": "ui"}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html":             {Data: []byte(`<!doctype html><title>tallies</title>`)},
			"ui/next.html":              {Data: []byte(`<!doctype html><title>tallies</title>`)},
			"capabilities/tallies.json": {Data: []byte(`{"identifier": "tallies", "windows": ["*"], "permissions": ["core:default", "tallies:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(tallies.plugin())
		return app.Run(ctx)
	}, nil)
	main, other := app.Page("main"), app.Page("other")
	count := func(p *mulliontest.Page, want int) {
		t.Helper()
		var got int
		if err := p.Call("plugin:tallies|count", nil, &got); err != nil || got != want {
			t.Errorf("counted %d, %v; want %d", got, err, want)
		}
	}
	listen := func(p *mulliontest.Page) (*mulliontest.Channel, error) {
		ch := p.Channel()
		return ch, p.Call("plugin:tallies|register_listener", map[string]any{"event": "counted", "handler": ch}, nil)
	}
	count(main, 1)
	for n := range 4 {
		count(other, n+1)
	}
	w := window(t, app, "main")
	if err := w.Navigate(t.Context(), "next.html"); err != nil {
		t.Fatal(err)
	}
	until(t, "the next page", func() bool { return strings.HasSuffix(w.URL(), "next.html") })
	here, err := listen(main)
	if err != nil {
		t.Fatal(err)
	}
	there, err := listen(other)
	if err != nil {
		t.Fatal(err)
	}
	hears := func(ch *mulliontest.Channel, want int) {
		t.Helper()
		var got int
		if ch.Next(&got); got != want {
			t.Errorf("a page was told %d, want %d", got, want)
		}
	}
	count(main, 2)
	hears(here, 2)
	count(other, 5)
	hears(there, 5)
	count(main, 3)
	hears(here, 3)
	if _, err := listen(main); err != nil {
		t.Error(err)
	}
	if _, err := listen(main); err == nil || !strings.Contains(err.Error(), "2 listeners") {
		t.Errorf("a third listener: %v", err)
	}

	window(t, app, "other").Close()
	tallies.wait(t, 5)
	if _, err := app.OpenWindow(t.Context(), mullion.WindowOptions{Label: "other"}); err != nil {
		t.Fatal(err)
	}
	count(app.Page("other"), 1)
	if _, err := window(t, app, "main").AddWebview(t.Context(), mullion.WebviewOptions{Label: "added"}); err != nil {
		t.Fatal(err)
	}
	count(app.Page("added"), 1)
	added, err := app.Webview("added")
	if err != nil {
		t.Fatal(err)
	}
	added.Close()
	tallies.wait(t, 5, 1)
	until(t, "the collector to take the last one", func() bool {
		runtime.GC()
		tallies.mu.Lock()
		defer tallies.mu.Unlock()
		return tallies.last.Value() == nil
	})
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	tallies.wait(t, 5, 1, 1, 3)
}

// wait waits until these have ended; the last two in any order.
func (t *tallies) wait(test *testing.T, want ...int) {
	test.Helper()
	until(test, fmt.Sprintf("%d tallies to end", want), func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		got := slices.Clone(t.ended)
		if len(got) > 2 {
			slices.Sort(got[2:])
		}
		return slices.Equal(got, want)
	})
}

func window(t *testing.T, app *mulliontest.App, label string) *mullion.Window {
	t.Helper()
	w, err := app.Window(label)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	if err := await.Until(time.Minute, func() error {
		if !is() {
			return fmt.Errorf("%s: not yet", what)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
