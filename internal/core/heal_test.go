package core_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/rendering"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// impatient makes the watch over hosts and pages quick.
var impatient = core.Patience{Ping: 2 * time.Millisecond, Host: 100 * time.Millisecond, Page: 20 * time.Millisecond, Blank: 30 * time.Millisecond}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// kinds are the reasons of the faults so far.
func (p *pair) kinds() (k []supervise.Kind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		k = append(k, f.Ending.Kind)
	}
	return k
}

// replaced waits for the engine after old.
func (p *pair) replaced(old *fake.Engine) *fake.Engine {
	p.t.Helper()
	until(p.t, "a new host", func() bool { return p.engine("app") != old })
	return p.engine("app")
}

func logger(b *logBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// openFocused opens a window that has the focus, and does not wait for its
// page.
func (p *pair) openFocused(label string) *page {
	p.t.Helper()
	w, err := p.OpenWindow(p.t.Context(), core.WindowOptions{
		State:   wire.WindowState{Label: label, Width: 300, Height: 200, Visible: true, Focus: true},
		Webview: wire.WebviewState{URL: "app://localhost/"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return &page{pair: p, window: w}
}

// sessionOf waits for a webview of that window and returns its session.
func sessionOf(p *pair, label string) string {
	p.t.Helper()
	var session *string
	until(p.t, "the webview", func() bool {
		e := p.engine("app")
		for _, id := range e.Webviews() {
			if v := e.Webview(id); v != nil {
				if s := v.State(); s.Label == label {
					text := string(s.Session)
					session = &text
				}
			}
		}
		return session != nil
	})
	return *session
}

func TestSessionComesBack(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	p.open("other", "app://localhost/")
	main.view.SaveSession("first")
	main.view.SaveSession("second")
	if err := main.window.Webview().Update(t.Context(), func(s *wire.WebviewState) { s.Zoom = 2 }); err != nil {
		t.Fatal(err)
	}
	if s := main.view.State(); s.Session != nil {
		t.Error("an open webview was sent its session")
	}
	old := p.engine("app")
	old.Quit()
	p.replaced(old)
	if got := sessionOf(p, "main"); got != "second" {
		t.Errorf("session %q", got)
	}
	if got := sessionOf(p, "other"); got != "" {
		t.Errorf("another webview got the session %q", got)
	}
	if got := p.page(main.window).view.State().Zoom; got != 2 {
		t.Errorf("zoom %v", got)
	}
}

// TestLargeSession: a page whose scripts leave no room for its history comes
// back without that.
func TestLargeSession(t *testing.T) {
	p := newPair(t, everything, core.Options{Script: strings.Repeat(" ", 900<<10)}, nil)
	main := p.open("main", "app://localhost/")
	main.view.SaveSession(strings.Repeat("s", 200<<10))
	old := p.engine("app")
	old.Quit()
	p.replaced(old)
	main = p.page(main.window)
	if got := main.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
	if got := len(main.view.State().Session); got > 0 {
		t.Errorf("a session of %d bytes came with it", got)
	}
}

// TestPoisonedSession: a session with which no page is drawn is dropped.
func TestPoisonedSession(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	main.view.SaveSession("poison")
	p.mu.Lock()
	p.draws = func(wire.Rendering) bool { return false }
	p.mu.Unlock()
	var got []string
	for range 4 {
		old := p.engine("app")
		old.Quit()
		p.replaced(old)
		got = append(got, sessionOf(p, "main"))
	}
	if d := cmp.Diff([]string{"poison", "poison", "poison", ""}, got); d != "" {
		t.Error(d)
	}
}

func TestWindowOrder(t *testing.T) {
	for _, test := range []struct {
		name    string
		focused bool // the app has the focus when its host is lost
	}{{"with the focus", true}, {"without", false}} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, nil)
			e := func() *fake.Engine { return p.engine("app") }
			ids := map[string]uint32{}
			for _, label := range []string{"main", "main2", "main3"} {
				p.open(label, "app://localhost/")
				ids[label] = slices.Max(e().Windows())
			}
			focus := func(label string, on bool) {
				if err := e().Window(ids[label]).Change(func(o *wire.WindowObserved) { o.Focused = on }); err != nil {
					t.Fatal(err)
				}
				w, err := p.Core.Window(label)
				if err != nil {
					t.Fatal(err)
				}
				until(t, "the focus", func() bool { return w.Observed().Focused == on })
			}
			for _, label := range []string{"main3", "main", "main2"} {
				focus(label, true)
				if label != "main2" || !test.focused {
					focus(label, false)
				}
			}
			old := e()
			old.Quit()
			fresh := p.replaced(old)
			until(t, "three windows", func() bool { return len(fresh.Windows()) == 3 })
			var order []string
			for _, id := range fresh.Opened() {
				s := fresh.Window(id).State()
				order = append(order, fmt.Sprint(s.Label, " ", s.Focus))
			}
			want := []string{"main3 false", "main false", fmt.Sprint("main2 ", test.focused)}
			if d := cmp.Diff(want, order); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestHungHost: a host whose main loop stands still is replaced.
func TestHungHost(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: impatient}, nil)
	main := p.open("main", "app://localhost/")
	old := p.engine("app")
	old.Hang()
	p.replaced(old)
	again := p.page(main.window)
	if got := again.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
	if got := p.kinds(); len(got) == 0 || got[0] != supervise.Hung {
		t.Errorf("faults %v", got)
	}
}

// TestBusyHost: a host that has more to do than it can in the time that an answer
// may take is not hung.
func TestBusyHost(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: impatient}, nil)
	var pages []*page
	for i := range 12 {
		pages = append(pages, p.open(fmt.Sprint("main", i), "app://localhost/"))
	}
	engine := p.engine("app")
	engine.Slow(impatient.Host / 4)
	var all sync.WaitGroup
	for _, page := range pages {
		all.Go(func() {
			if err := page.window.Update(t.Context(), func(s *wire.WindowState) { s.Title = "changed" }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := p.kinds(); len(got) > 0 || p.engine("app") != engine {
		t.Errorf("faults %v", got)
	}
}

// TestHungNetwork: a network process that does not answer is ended and told
// of, each time; the page stays.
func TestHungNetwork(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: impatient}, nil)
	main := p.open("main", "app://localhost/")
	engine := p.engine("app")
	for n := 1; n <= 3; n++ {
		engine.StopNetwork()
		until(t, "the fault", func() bool { return len(p.kinds()) == n })
	}
	p.mu.Lock()
	last := p.faults[2]
	p.mu.Unlock()
	if last.Component != "network" || last.Host != "app" || last.Ending.Kind != supervise.Hung || last.Failures != 3 || !last.Restarting {
		t.Errorf("fault %+v", last)
	}
	if got := main.call(`["echo",{"x":1}]`); got != `o{"x":1}` || p.engine("app") != engine {
		t.Errorf("got %s", got)
	}
}

func TestHungPage(t *testing.T) {
	for _, test := range []struct {
		name     string
		devtools bool
		onHang   func(core.Hang) core.HangAction
		thaws    bool
		want     []supervise.Kind
		gone     bool
	}{
		{"nobody asked", false, nil, false, []supervise.Kind{supervise.Hung}, false},
		{"reload", false, func(core.Hang) core.HangAction { return core.HangReload }, false, []supervise.Kind{supervise.Hung}, false},
		{"second time", false, func(h core.Hang) core.HangAction {
			if h.For == 0 || h.For < impatient.Page || h.Window != "main" {
				return core.HangWait
			}
			return core.HangReload
		}, false, []supervise.Kind{supervise.Hung}, false},
		{"close", false, func(core.Hang) core.HangAction { return core.HangClose }, false, nil, true},
		{"wait", false, func(core.Hang) core.HangAction { return core.HangWait }, true, nil, false},
		{"panic", false, func(core.Hang) core.HangAction { panic("oh") }, true, nil, false},
		{"developer tools", true, nil, true, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &logBuffer{}
			p := newPair(t, everything, core.Options{Patience: impatient, OnHang: test.onHang, Log: logger(log)}, nil)
			main := p.open("main", "app://localhost/")
			if err := main.window.Webview().Update(t.Context(), func(s *wire.WebviewState) { s.Devtools = test.devtools }); err != nil {
				t.Fatal(err)
			}
			main.view.Freeze(true)
			until(t, "the page's silence", func() bool { return log.contains("page does not answer") })
			if test.thaws {
				time.Sleep(3 * impatient.Page) // for what must not happen
				main.view.Freeze(false)
				until(t, "the page's answer", func() bool { return log.contains("page answers") })
			}
			switch {
			case test.gone:
				<-main.window.Gone()
				return
			case !test.thaws:
				until(t, "the fault", func() bool { return len(p.kinds()) > 0 })
			}
			main = p.page(main.window)
			if got := main.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
				t.Errorf("got %s", got)
			}
			if d := cmp.Diff(test.want, p.kinds()); d != "" {
				t.Error(d)
			}
		})
	}
}

// address is what the living webview of a window shows.
func (g *page) address() string {
	for _, name := range g.pair.hosts() {
		e := g.pair.engine(name)
		for _, id := range e.Webviews() {
			if v := e.Webview(id); v != nil && v.State().Label == g.window.Label() {
				g.view = v
				return v.URL()
			}
		}
	}
	return ""
}

// crashForGood crashes the page until it is given up.
func (g *page) crashForGood(reason string) {
	t := g.pair.t
	t.Helper()
	g.pair.undrawn.Store(true) // or each frame that is drawn would be a new beginning
	defer g.pair.undrawn.Store(false)
	until(t, "the error page", func() bool {
		if g.address() == "mullion://localhost/error" {
			return true
		}
		if g.view.State().URL == "mullion://localhost/error" {
			return false // made anew for the error page, which it has not begun to load
		}
		if err := g.view.Crash(reason); err != nil && !errors.Is(err, fake.ErrCrashed) && !errors.Is(err, fake.ErrClosed) {
			t.Fatal(err)
		}
		return false
	})
}

// onErrorPage waits for the error page and checks that it can do nothing but
// try again.
func (g *page) onErrorPage() {
	t := g.pair.t
	t.Helper()
	until(t, "the error page", func() bool { return g.address() == "mullion://localhost/error" })
	if s := g.view.State(); len(s.Origins) > 0 || s.Script != "" || !s.JavaScriptDisabled {
		t.Errorf("the error page has a bridge: %+v", s)
	}
	if got := g.say("h " + strings.Repeat("e", 32) + " app://localhost"); !strings.HasPrefix(got, "error: ") {
		t.Errorf("the bridge of an error page was greeted by %q", got)
	}
	r, err := g.view.Fetch(t.Context(), fake.Request{URL: "mullion://localhost/error"})
	if err != nil || r.Status != 200 || !strings.Contains(string(r.Body), "Try again") {
		t.Errorf("got %d, %v: %s", r.Status, err, r.Body)
	}
	for _, url := range []string{"app://localhost/", "mullion://localhost/other", "about:blank"} {
		if v, err := g.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: url, MainFrame: true}); err != nil || v.Allow {
			t.Errorf("the error page may go to %s: %v", url, err)
		}
	}
}

// tryAgain presses the button.
func (g *page) tryAgain() {
	_, err := g.view.Decide(g.pair.t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: "mullion://localhost/retry?", MainFrame: true})
	if err != nil && !errors.Is(err, fake.ErrQuit) {
		g.pair.t.Error(err)
	}
}

// TestPageGivenUp: a page whose web process ends again and again leaves its
// place to an error page.
func TestPageGivenUp(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/page.html"), p.open("main2", "app://localhost/")
	if r, err := main.view.Fetch(t.Context(), fake.Request{URL: "mullion://localhost/error"}); err != nil || r.Status != 403 {
		t.Errorf("a page that is well got an error page: %d, %v", r.Status, err)
	}
	main.view.SaveSession("history")
	main.crashForGood(wire.CrashMemory)
	main.onErrorPage()
	if got := other.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("the other window got %s", got)
	}
	if got := p.kinds(); len(got) < 2 || got[len(got)-1] != supervise.OutOfMemory {
		t.Errorf("faults %v", got)
	}
	if got := main.window.Webview().URL(); got != "app://localhost/page.html" {
		t.Errorf("the Core takes the page for %s", got)
	}

	// It survives its host.
	old := p.engine("app")
	old.Quit()
	p.replaced(old)
	main.onErrorPage()

	main.tryAgain()
	until(t, "the page", func() bool { return main.address() == "app://localhost/page.html" })
	main = p.page(main.window)
	if got := main.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
		t.Errorf("got %s", got)
	}
	if got := string(main.view.State().Session); got != "history" {
		t.Errorf("session %q", got)
	}
	if v, err := main.view.Decide(t.Context(), wire.Decision{Kind: wire.DecideNavigation, URL: "mullion://localhost/retry", MainFrame: true}); err != nil || v.Allow {
		t.Errorf("a page may go to the error page's button: %v", err)
	}
}

// TestErrorPageLost: an error page whose own web process ends does not leave the
// window blank.
func TestErrorPageLost(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	main.crashForGood(wire.CrashMemory)
	for range 4 {
		main.onErrorPage()
		lost := main.view
		if err := lost.Crash(wire.CrashMemory); err != nil {
			t.Fatal(err)
		}
		until(t, "another error page", func() bool { return main.address() == "mullion://localhost/error" && main.view != lost })
	}
	main.onErrorPage()
	main.tryAgain()
	until(t, "the page", func() bool { return main.address() == "app://localhost/" })
}

// TestNavigateAwayFromError: the app can show another page instead.
func TestNavigateAwayFromError(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	main.crashForGood(wire.CrashCrashed)
	main.onErrorPage()
	if err := main.window.Webview().Navigate(t.Context(), "app://localhost/else"); err != nil {
		t.Fatal(err)
	}
	until(t, "the page", func() bool { return main.address() == "app://localhost/else" })
}

// TestHostGivenUp: the windows of a host that cannot be kept alive show error
// pages in a fresh one.
func TestHostGivenUp(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("main2", "app://localhost/")
	p.mu.Lock()
	p.deadly = func(url string) bool { return strings.HasPrefix(url, "app:") }
	p.mu.Unlock()
	p.engine("app").Quit()
	main.onErrorPage()
	other.onErrorPage()
	var last core.Fault
	until(t, "the last fault", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.deadly = nil
		last = p.faults[len(p.faults)-1]
		return !last.Restarting
	})
	if last.Component != "host" || len(last.Windows) != 2 {
		t.Errorf("fault %+v", last)
	}
	main.tryAgain()
	until(t, "the page", func() bool { return main.address() == "app://localhost/" })
	other.onErrorPage()
}

// TestBlank: a host whose pages are loaded but not drawn is started with other
// settings, and what has worked is remembered.
func TestBlank(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rendering.json")
	machine := rendering.Machine{GPU: "1:2", Driver: "x"}
	ladder := func() *rendering.Ladder {
		l, err := rendering.Open(file, machine)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	draws := func(r wire.Rendering) bool { return r.Software }
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{Patience: impatient, Rendering: ladder(), Log: logger(log)}, nil)
	p.mu.Lock()
	p.draws = draws
	p.mu.Unlock()
	main := p.openFocused("main")
	until(t, "a picture", main.window.Webview().Painted)
	if d := cmp.Diff([]supervise.Kind{supervise.Blank, supervise.Blank}, p.kinds()); d != "" {
		t.Error(d)
	}
	if n, s := ladder().Step(); n != 2 {
		t.Errorf("remembered step %d, %s", n, s.Name)
	}
	if !log.contains("no-acceleration") {
		t.Error("the log does not tell")
	}
}

// TestNotBlank: a window that nobody can see need not be drawn.
func TestNotBlank(t *testing.T) {
	l, err := rendering.Open(filepath.Join(t.TempDir(), "rendering.json"), rendering.Machine{GPU: "1:2"})
	if err != nil {
		t.Fatal(err)
	}
	patience := impatient
	patience.Blank = 200 * time.Millisecond
	p := newPair(t, everything, core.Options{Patience: patience, Rendering: l}, nil)
	p.mu.Lock()
	p.draws = func(wire.Rendering) bool { return false }
	p.mu.Unlock()
	main := p.openFocused("main")
	change := func(f func(*wire.WindowObserved)) {
		until(t, "the change", func() bool {
			e := p.engine("app")
			if e == nil {
				return false
			}
			ids := e.Windows()
			return len(ids) == 1 && e.Window(ids[0]).Change(f) == nil
		})
	}
	change(func(o *wire.WindowObserved) { o.Minimized = true })
	until(t, "the change", func() bool { return main.window.Observed().Minimized })
	before := len(p.kinds())
	time.Sleep(4 * patience.Blank) // for what must not happen
	if got := p.kinds(); len(got) != before {
		t.Errorf("a minimised window counts as blank: %v", got)
	}
	change(func(o *wire.WindowObserved) { o.Minimized = false })
	until(t, "the next settings", func() bool { return len(p.kinds()) > before })
}

// TestCrashBeforeFirstPage ends the web process while the first page of a
// window is still asked for: an engine has nothing then that it could reload.
func TestCrashBeforeFirstPage(t *testing.T) {
	asked, held := make(chan struct{}, 1), make(chan struct{})
	first := true
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Kind == ipc.Navigation && first {
				first = false
				asked <- struct{}{}
				<-held
			}
			return next(ctx, m)
		})
	})
	g := p.openFocused("main")
	wait(t, asked)
	v := p.engine("app").Webview(p.engine("app").Webviews()[0])
	if err := v.Crash(wire.CrashCrashed); err != nil {
		t.Fatal(err)
	}
	until(t, "the fault", func() bool { return slices.Contains(p.kinds(), supervise.Crashed) })
	close(held)
	g.find()
	if got := g.address(); got != "app://localhost/" {
		t.Errorf("the window shows %q", got)
	}
}
