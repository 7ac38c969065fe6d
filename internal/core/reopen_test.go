package core_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestHostOpenedAgain: a host that was given up is no reason to refuse windows
// for ever. What it lacked may be there by now.
func TestHostOpenedAgain(t *testing.T) {
	for _, test := range []struct {
		name, label, host string
		isolate           bool
	}{
		{"the host of the main window", "main", "app", false},
		{"a host of one window", "main2", "window:main2", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, nil)
			open := func(label string, isolate bool) (*core.Window, error) {
				return p.OpenWindow(t.Context(), core.WindowOptions{
					State:   wire.WindowState{Label: label, Width: 9, Height: 9, Visible: true},
					Webview: wire.WebviewState{URL: core.AppOrigin + "/"}, Isolate: isolate,
				})
			}
			first, err := open(test.label, test.isolate)
			if err != nil {
				t.Fatal(err)
			}
			p.page(first)
			if _, err := open("main-other", true); err != nil { // it keeps the app
				t.Fatal(err)
			}
			lacks := func(err error) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.initErr = err
			}
			missing := errors.New("the library is missing")
			lacks(&backend.InitError{Code: backend.InitLibrary, Err: missing})
			p.engine(test.host).Quit()
			select {
			case <-first.Gone():
			case <-await.Hang(context.Background(), limit):
				t.Fatal("the window stays, and nothing shows it")
			}
			if _, err := open(test.label, test.isolate); err == nil {
				t.Fatal("a window opened without the library")
			}
			lacks(nil)
			again, err := open(test.label, test.isolate)
			if err != nil {
				t.Fatalf("the library is back, and the window does not open: %v", err)
			}
			if got := p.page(again).call(`["echo",{"x":1}]`); got != `o{"x":1}` {
				t.Errorf("got %s", got)
			}
		})
	}
}
