package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

const remotePages = `{"capabilities": [
	{"identifier": "own", "windows": ["main"], "permissions": ["core:default", "core:window:allow-close"]},
	{"identifier": "remote", "windows": ["remote"], "local": false, "remote": {"urls": ["https://remote.example"]}, "permissions": ["core:event:default"]},
	{"identifier": "wild", "windows": ["wild"], "local": false, "remote": {"urls": ["https://remote.example"]},
		"permissions": [{"identifier": "core:event:allow-emit", "allow": ["*", {"event": "**"}]}]},
	{"identifier": "named", "windows": ["named"], "local": false, "remote": {"urls": ["https://remote.example"]},
		"permissions": [{"identifier": "core:event:allow-emit", "allow": [{"event": "tauri://drag-*"}, "own", "own://*"]}]}]}`

// openRemote opens a window on a page from elsewhere.
func (p *pair) openRemote(label string) *page {
	p.t.Helper()
	w, err := p.OpenWindow(p.t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: label, Width: 9, Height: 9, Visible: true}, Webview: wire.WebviewState{URL: "https://remote.example/"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	g := &page{pair: p, window: w}
	g.look()
	until(p.t, "the page of "+label, func() bool { return w.Webview().URL() != "" })
	g.hello("https://remote.example")
	return g
}

// TestRemoteEmits has remote pages emit what pages of the app take for the
// framework's word, or that of the app and its plugins.
func TestRemoteEmits(t *testing.T) {
	p := newPair(t, remotePages, core.Options{}, nil)
	if err := p.ReserveEvents("own", "own://changed"); err != nil {
		t.Fatal(err)
	}
	main := p.open("main", "app://localhost/")
	pages := map[string]*page{"main": main}
	for _, label := range []string{"remote", "wild", "named"} {
		pages[label] = p.openRemote(label)
	}
	for event, may := range map[string]string{
		"tauri://close-requested": "main",
		"tauri://drag-drop":       "main named",
		"tauri://of-tomorrow":     "main",
		"own":                     "main named",
		"own://changed":           "main named",
		"notes://changed":         "main remote wild",
	} {
		for label, g := range pages {
			for _, call := range []string{
				fmt.Sprintf(`["plugin:event|emit",{"event":%q}]`, event),
				fmt.Sprintf(`["plugin:event|emit_to",{"event":%q,"target":{"kind":"Window","label":"main"}}]`, event),
			} {
				if strings.Contains(call, "emit_to") && (label == "wild" || label == "named") {
					continue // which it is not granted
				}
				got := g.call(call)
				if strings.HasPrefix(got, "o") != strings.Contains(may, label) {
					t.Errorf("%s of %s: %s: %s", event, label, call, got)
				}
				if label != "main" && strings.Contains(got, "capabilit") {
					t.Errorf("%s of %s: a remote page is told %s", event, label, got)
				}
			}
		}
	}
}

// TestRemoteListens: a remote page hears of its own window, and neither what
// happens to others nor what is dropped there; and it keeps no other window.
func TestRemoteListens(t *testing.T) {
	p := newPair(t, remotePages, core.Options{Patience: quickClose}, nil)
	main, remote := p.open("main", "app://localhost/"), p.openRemote("remote")
	for _, event := range []string{"tauri://resize", "tauri://window-created", "tauri://close-requested", "tauri://destroyed"} {
		for _, target := range []string{`{"kind":"Any"}`, `{"kind":"Window","label":"main"}`} {
			if got := remote.call(fmt.Sprintf(`["plugin:event|listen",{"event":%q,"target":%s,"handler":7}]`, event, target)); !strings.HasPrefix(got, "o") {
				t.Fatal(got)
			}
		}
	}
	p.open("wild", "app://localhost/")
	resize := func(g *page, width float64) {
		if err := g.window.Update(t.Context(), func(s *wire.WindowState) { s.Width, s.Touch = width, append(s.Touch, wire.TouchSize) }); err != nil {
			t.Fatal(err)
		}
	}
	resize(main, 444)
	until(t, "the size", func() bool { return main.window.Observed().Width == 444 })
	main.window.CloseRequested()
	if !isGone(main.window) {
		t.Error("a remote page keeps a window of the app")
	}
	resize(remote, 333)
	until(t, "news of its own window", func() bool {
		for _, data := range remote.view.TakeDeliveries() {
			if strings.Contains(data, `"tauri://resize",{"width":333`) {
				return true
			}
			t.Errorf("a remote page hears %s", data)
		}
		return false
	})
}
