package plugin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
)

// placer is a plugin that says how windows open, and notes what becomes of them.
type placer struct {
	mu      sync.Mutex
	opening []string                    // guarded by mu; labels
	opened  map[string]mullion.Geometry // guarded by mu
	closed  map[string]mullion.Geometry // guarded by mu
}

func (p *placer) plugin() plugin.Plugin {
	p.opened, p.closed = map[string]mullion.Geometry{}, map[string]mullion.Geometry{}
	note := func(in map[string]mullion.Geometry) func(w *mullion.Window) {
		return func(w *mullion.Window) {
			p.mu.Lock()
			defer p.mu.Unlock()
			in[w.Label()] = w.Geometry()
		}
	}
	return plugin.Plugin{Name: "placer", Start: func(_ context.Context, app plugin.App) error {
		a, _ := mullion.AppOf(app)
		a.OnWindowOpening(func(o *mullion.WindowOpening) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.opening = append(p.opening, o.Label)
			switch o.Label {
			case "main":
				o.Width, o.Height = 432, 321
			case "second":
				x := 10.0
				o.X, o.Y, o.Width = &x, nil, 100 // refused as a whole
			case "third":
				o.Label, o.Width = "other", 234
			case "fourth":
				panic("as tested")
			}
		})
		a.OnWindowOpened(note(p.opened))
		a.OnWindowClosed(note(p.closed))
		return nil
	}}
}

// TestWindows: a plugin hears of the windows, whoever opens them, and says how
// they open.
func TestWindows(t *testing.T) {
	p := &placer{}
	var app *mullion.App
	d := mulliontest.Open(t, func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.placer", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "second", "width": 345, "height": 222}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>placer</title><p id=there>there</p>`)},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["*"],
				"permissions": ["core:default", "core:webview:allow-create-webview-window"]}`)},
		}})
		if err != nil {
			return err
		}
		app = a
		a.AddPlugin(p.plugin())
		return a.Run(ctx)
	}, nil)
	d.Window("main").Eval(`for (const label of ['third', 'fourth'])
		await window.__TAURI_INTERNALS__.invoke('plugin:webview|create_webview_window', {options: {label, width: 300, height: 200}})`, nil)
	d.Window("fourth").Find("#there").WaitText("there")
	width := func(in map[string]mullion.Geometry, label string, want int) {
		t.Helper()
		if err := await.Until(time.Minute, func() error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if _, ok := in[label]; !ok {
				return fmt.Errorf("the plugin has not been told of %q", label)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if got := in[label].Width; got != want {
			t.Errorf("%s: width %d, want %d", label, got, want)
		}
	}
	for label, want := range map[string]int{"main": 432, "second": 345, "third": 234, "fourth": 300} {
		width(p.opened, label, want)
	}
	third, err := app.Window("third")
	if err != nil {
		t.Fatal(err)
	}
	third.Close()
	width(p.closed, "third", 234)
	app.Quit()
	for label, want := range map[string]int{"main": 432, "second": 345, "fourth": 300} {
		width(p.closed, label, want)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.opening) != 4 || len(p.closed) != 4 {
		t.Errorf("asked about %q; closed: %v", p.opening, p.closed)
	}
}
