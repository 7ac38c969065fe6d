package core_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/rendering"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// quickClose is impatient with pages that listen for the closing of a window.
var quickClose = core.Patience{Close: 30 * time.Millisecond}

// listening opens a window whose page wants to decide whether it closes.
func (p *pair) listening(label string) *page {
	p.t.Helper()
	g := p.open(label, "app://localhost/")
	got := g.call(fmt.Sprintf(`["plugin:event|listen",{"event":"tauri://close-requested","target":{"kind":"Window","label":%q},"handler":1}]`, label))
	if !strings.HasPrefix(got, "o") {
		p.t.Fatalf("listen: %s", got)
	}
	return g
}

func isGone(w *core.Window) bool {
	select {
	case <-w.Gone():
		return true
	default:
		return false
	}
}

// TestCloseRequested: a page that listens keeps the window, as long as it gives
// a sign of life.
func TestCloseRequested(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*page)
		gone bool
	}{
		{"answers", func(*page) {}, false},
		{"hangs", func(g *page) { g.view.Freeze(true) }, true},
		{"is known to hang", func(g *page) {
			g.view.Freeze(true)
			if err := g.view.Emit(wire.PageEvent{Kind: wire.PageHung}); err != nil {
				t.Error(err)
			}
		}, true},
		{"has no process", func(g *page) { _ = g.view.Crash("crashed") }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{Patience: quickClose}, nil)
			g := p.listening("main")
			test.do(g)
			g.window.CloseRequested()
			if got := isGone(g.window); got != test.gone {
				t.Errorf("gone: %t", got)
			}
		})
	}
	t.Run("ends while it is asked", func(t *testing.T) {
		p := newPair(t, everything, core.Options{Patience: core.Patience{Close: limit}}, nil)
		g := p.listening("main")
		g.view.Freeze(true)
		closed := make(chan bool, 1)
		go func() { g.window.CloseRequested(); closed <- true }()
		for len(closed) == 0 {
			_ = g.view.Crash("crashed") // before it is asked, or after
			time.Sleep(time.Millisecond)
		}
		if !isGone(g.window) {
			t.Error("the window stays")
		}
	})
	t.Run("asks the user", func(t *testing.T) {
		p := newPair(t, everything, core.Options{Patience: quickClose}, nil)
		g := p.listening("main")
		// As a page does that calls confirm in its listener.
		g.view.Freeze(true)
		if err := g.view.Emit(wire.PageEvent{Kind: wire.PageAsks}); err != nil {
			t.Fatal(err)
		}
		decided := make(chan bool, 1)
		go func() { g.window.CloseRequested(); decided <- true }()
		// Meanwhile others are closed for their silence.
		for n := range 3 {
			other := p.listening(fmt.Sprintf("main-%d", n))
			other.view.Freeze(true)
			other.window.CloseRequested()
		}
		if len(decided) > 0 || isGone(g.window) {
			t.Error("it was decided without the user")
		}
		if err := g.view.Emit(wire.PageEvent{Kind: wire.PageAsked}); err != nil {
			t.Fatal(err)
		}
		g.view.Freeze(false)
		wait(t, decided)
		if isGone(g.window) {
			t.Error("the window was closed, though its page answers")
		}
	})
}

// TestCloseRequestedAgain: nobody is asked twice at a time, however often a
// user, or a host, wants the window closed.
func TestCloseRequestedAgain(t *testing.T) {
	var asked atomic.Int32
	answer := make(chan bool)
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.OnClose(func(*core.Window) bool { asked.Add(1); return <-answer })
	})
	g := p.open("main", "app://localhost/")
	w := g.fakeWindow()
	for range 100 {
		w.RequestClose()
	}
	g.call(`["echo",{}]`) // behind all of them
	answer <- true
	until(t, "another question", func() bool {
		w.RequestClose()
		select {
		case answer <- false:
			return true
		default:
			return false
		}
	})
	wait(t, g.window.Gone())
	if n := asked.Load(); n != 2 {
		t.Errorf("the app was asked %d times", n)
	}
}

// TestPageClosesAgain: a page that has kept its window may close it at once, before
// the Core has seen that it lives. The user's wishes meanwhile are one.
func TestPageClosesAgain(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["*"], "permissions": ["core:default", "core:window:allow-close"]}`, core.Options{}, nil)
	told := make(chan bool, 100)
	if _, err := p.Listen("tauri://close-requested", ipc.Target{Kind: ipc.Any}, func(context.Context, core.CoreEvent) { told <- true }); err != nil {
		t.Fatal(err)
	}
	g, other := p.listening("main"), p.open("main-other", "app://localhost/")
	g.view.Freeze(true) // no sign of life yet
	closeIt := func() {
		t.Helper()
		if got := other.call(`["plugin:window|close",{"label":"main"}]`); !strings.HasPrefix(got, "o") {
			t.Fatal(got)
		}
	}
	w := g.fakeWindow()
	closeIt()
	wait(t, told)
	for range 10 {
		w.RequestClose()
	}
	for range 20 { // the app is told a moment before its pages are asked
		closeIt()
	}
	g.view.Freeze(false)
	wait(t, told)
	if isGone(g.window) {
		t.Error("the window was closed, though its page answers")
	}
}

// TestWaitsForUser: a page that stands still until the user has answered is not
// one that hangs, nor one that cannot be drawn, however long that takes.
func TestWaitsForUser(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Patience: impatient, Log: logger(log)}, nil)
	g, other := p.open("main", "app://localhost/"), p.open("main-other", "app://localhost/")
	g.view.Freeze(true)
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageAsks}); err != nil {
		t.Fatal(err)
	}
	// By the time that others were ended for that it would have been, too.
	for range 3 {
		before := len(p.kinds())
		other.view.Freeze(true)
		until(t, "the end of a page that hangs", func() bool { return len(p.kinds()) > before })
		other = p.page(other.window)
	}
	if log.contains(`page does not answer" window=main `) {
		t.Error("it counts as hung")
	}
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageAsked}); err != nil {
		t.Fatal(err)
	}
	until(t, "a hang after the answer", func() bool { return log.contains(`page does not answer" window=main `) })
}

// TestEngineWaitsForUser: what the engine says of a page that waits for the
// user, whom it takes for one that hangs, says nothing of it afterwards.
func TestEngineWaitsForUser(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Log: logger(log)}, nil)
	g := p.open("main", "app://localhost/")
	for _, kind := range []wire.PageEventKind{wire.PageAsks, wire.PageHung, wire.PageAsked, wire.PageAnswers} {
		if err := g.view.Emit(wire.PageEvent{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	g.call(`["echo",{}]`) // behind all of them
	if log.contains("does not answer") {
		t.Error("it counts as hung")
	}
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageHung}); err != nil {
		t.Fatal(err)
	}
	until(t, "a hang of its own", func() bool { return log.contains("does not answer") })
}

// TestNavigateOfHungPage: where the app takes a page that does not answer it
// is once its process was ended for that.
func TestNavigateOfHungPage(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: impatient}, nil)
	g := p.open("main", "app://localhost/")
	g.call(`["echo",{}]`) // the Core knows of the page by now
	g.view.Freeze(true)
	if err := g.window.Webview().Navigate(t.Context(), "app://localhost/other"); err != nil {
		t.Fatal(err)
	}
	until(t, "the other page", func() bool { return g.address() == "app://localhost/other" })
}

// TestHungIsNotBlank: a page that hangs before it was drawn says nothing about
// the settings with which its host draws, though it takes longer to find out
// that it hangs.
func TestHungIsNotBlank(t *testing.T) {
	l, err := rendering.Open(filepath.Join(t.TempDir(), "rendering.json"), rendering.Machine{GPU: "1:2"})
	if err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	patience := core.Patience{Ping: 50 * time.Millisecond, Page: limit, Blank: 100 * time.Millisecond}
	p := newPair(t, everything, core.Options{Patience: patience, Rendering: l, Log: logger(log)}, nil)
	p.mu.Lock()
	p.draws = func(wire.Rendering) bool { return false }
	p.mu.Unlock()
	g := p.open("main", "app://localhost/")
	g.view.Freeze(true)
	if err := g.fakeWindow().Change(func(o *wire.WindowObserved) { o.Focused = true }); err != nil {
		t.Fatal(err)
	}
	until(t, "the page's silence", func() bool { return log.contains("page does not answer") })
	if got := p.kinds(); len(got) > 0 {
		t.Errorf("faults %v", got)
	}
}
