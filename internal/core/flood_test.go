package core_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

func (l *logBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// TestLogFloods has a page, and a host that was taken over, make the Core log on
// and on. Other windows are logged beside that.
func TestLogFloods(t *testing.T) {
	const n = 2000
	for _, test := range []struct {
		name, line string
		flood      func(*page)
	}{
		{"refused calls", "call refused", func(g *page) { g.call(`["echo",{}]`) }},
		{"refused decisions", "mullion: refused", func(g *page) {
			_, _ = g.view.Decide(t.Context(), wire.Decision{Kind: wire.DecidePermission, What: "camera"})
		}},
		{"hangs that come and go", "page does not answer", func(g *page) {
			_ = g.view.Emit(wire.PageEvent{Kind: wire.PageHung})
			_ = g.view.Emit(wire.PageEvent{Kind: wire.PageAnswers})
		}},
		{"records of its own", "something odd", func(g *page) { g.say("v " + g.doc + " something odd " + fmt.Sprint(g.last)); g.last++ }},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &logBuffer{}
			p := newPair(t, everything, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, nil)
			g, other := p.open("flood", "app://localhost/"), p.open("other", "app://localhost/")
			began := time.Now()
			for range n {
				test.flood(g)
			}
			other.call(`["echo",{}]`)
			most := 500 + int(time.Since(began)/time.Second) + 1
			if got := log.count(test.line); got == 0 || got > most+1 {
				t.Errorf("%d lines of %d, want at most %d", got, n, most+1)
			}
			if !log.contains("call refused") || log.count("window=other") == 0 {
				t.Error("another window is not logged any more")
			}
		})
	}
}

// TestListenersAreBounded has a page listen on and on, to one event or to ever
// new ones. Others still can, and its next document too.
func TestListenersAreBounded(t *testing.T) {
	for _, test := range []struct{ name, event string }{{"of one event", "x"}, {"of many events", "x%d"}} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, nil)
			g, other := p.open("main", "app://localhost/"), p.open("main2", "app://localhost/")
			listen := func(g *page, n int) string {
				event := strings.ReplaceAll(test.event, "%d", fmt.Sprint(n))
				return g.call(`["plugin:event|listen",{"event":"` + event + `","target":{"kind":"Any"},"handler":1}]`)
			}
			const most, left = 16 << 10, 100
			if err := g.window.Webview().FillListeners(left, func(n int) string { return strings.ReplaceAll(test.event, "%d", fmt.Sprint(n)) }); err != nil {
				t.Fatal(err)
			}
			for n := most - left; n < most+10; n++ {
				if got := listen(g, n); strings.HasPrefix(got, "o") != (n < most) {
					t.Fatalf("listener %d: %s", n+1, got)
				}
			}
			if got := listen(other, 0); !strings.HasPrefix(got, "o") {
				t.Errorf("another page: %s", got)
			}
			if _, err := p.Listen(strings.ReplaceAll(test.event, "%d", "0"), ipc.Target{Kind: ipc.Any}, func(context.Context, core.CoreEvent) {}); err != nil {
				t.Errorf("the app: %v", err)
			}
			g.hello(core.AppOrigin)
			if got := listen(g, 0); !strings.HasPrefix(got, "o") {
				t.Errorf("the next document: %s", got)
			}
		})
	}
}

// TestPopupsAreBounded has a page, or a host without a click of the user, open
// one window after the other.
func TestPopupsAreBounded(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["main", "popup-*"], "permissions": [{"identifier": "web:allow-new-window", "allow": ["app://localhost/*"]}]}`, core.Options{}, nil)
	g := p.open("main", "app://localhost/")
	open := func() bool {
		v, err := g.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNewWindow, URL: "app://localhost/popup"})
		if err != nil {
			t.Fatal(err)
		}
		return v.Allow
	}
	allowed := 0
	for range 300 {
		if open() {
			allowed++
		}
	}
	if allowed != core.MaxPopups {
		t.Errorf("%d were allowed, want %d", allowed, core.MaxPopups)
	}
	until(t, "the windows", func() bool { return len(p.Windows()) == 1+core.MaxPopups })
	w, err := p.Window("popup-1")
	if err != nil {
		t.Fatal(err)
	}
	w.Destroy()
	until(t, "another window in the place of one that was closed", open)
}

// TestDecisionsAreBounded has a host ask more than the app answers.
func TestDecisionsAreBounded(t *testing.T) {
	release := make(chan struct{})
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Kind == ipc.Permission {
				<-release
			}
			return next(ctx, m)
		})
	})
	g := p.open("main", "app://localhost/")
	answers := make(chan wire.Verdict, 1000)
	for range 1000 {
		go func() {
			v, _ := g.view.Decide(context.Background(), wire.Decision{Kind: wire.DecidePermission, What: "camera"})
			answers <- v
		}()
	}
	for range 1000 - core.MaxDecisions {
		wait(t, answers)
	}
	close(release)
	for range core.MaxDecisions {
		wait(t, answers)
	}
}
