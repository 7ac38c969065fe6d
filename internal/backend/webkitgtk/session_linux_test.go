package webkitgtk

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

const longPage = "<style>html { scroll-behavior: smooth } div { height: 5000px; width: 5000px }</style><div>%s</div>"

// keptSession waits for a session that satisfies ok.
func (x *tab) keptSession(ok func(s session) bool) []byte {
	x.t.Helper()
	return wait(x.t, "the session", x.sessions, func(data []byte) bool {
		var s session
		if err := json.Unmarshal(data, &s); err != nil {
			x.t.Fatal(err)
		}
		return ok(s)
	})
}

// reopen opens a tab with the session of another.
func reopen(t *testing.T, pages map[string]string, session []byte, url string) *tab {
	y := newTab(t, "")
	y.pages = pages
	y.options.Session = session
	var err error
	testSite.add(y)
	do(func() { y.window, err = testEngine.NewWindow(y.id, &y.state) })
	if err != nil {
		t.Fatal(err)
	}
	return y.openIn(y, url)
}

func TestSession(t *testing.T) {
	pages := map[string]string{"/": "<p>start", "/a": fmt.Sprintf(longPage, "a"), "/b": fmt.Sprintf(longPage, "b")}
	x := newTab(t, "")
	x.pages = pages
	x.open().loaded()
	for _, page := range []string{"/a", "/b"} {
		x.navigate("app://localhost" + page)
		x.loaded()
	}
	x.eval("scrollTo({left: 321, top: 1234, behavior: 'instant'})")
	session := x.keptSession(func(s session) bool { return s.Page == "app://localhost/b" && s.Y == 1234 && s.X == 321 })
	x.close()

	for _, test := range []struct{ name, url, want, back string }{
		{"same page", "app://localhost/b", "b 321 1234", "a"},
		{"another page", "app://localhost/", "start 0 0", "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			y := reopen(t, pages, session, test.url).loaded()
			poll(t, "the page as it was", func() bool {
				return y.eval("return document.body.innerText + ' ' + scrollX + ' ' + scrollY") == test.want
			})
			do(func() { y.webview.Do(wire.Action{Name: wire.ActionBack}) })
			y.loaded()
			if got := y.eval("return document.body.innerText"); got != test.back {
				t.Errorf("back leads to %q, want %q", got, test.back)
			}
		})
	}
}

// TestSessionSteps: a step within the document is where it comes back, though
// without the object that the page has put there.
func TestSessionSteps(t *testing.T) {
	pages := map[string]string{"/": "<p>start", "/step": "<p>step"}
	x := newTab(t, "")
	x.pages = pages
	x.open().loaded()
	x.keptSession(func(session) bool { return true })
	x.eval("history.pushState(null, '', '/step')")
	session := x.keptSession(func(session) bool { return true })
	x.close()
	y := reopen(t, pages, session, "app://localhost/").loaded()
	if got, want := y.eval("return location.pathname + history.length"), "/step2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSignalArguments: handlers get what their signal passes, however many arguments
// that is, and no other handler gets it. That of the history's "changed" was
// once taken for one with an argument more.
func TestSignalArguments(t *testing.T) {
	x := newTab(t, "<p>start").open().loaded()
	e, v := testEngine, x.webview
	type call struct {
		signal string
		args   args
	}
	calls := make(chan call, 100)
	var list uintptr
	do(func() {
		list = e.c.webkitWebViewGetBackForwardList.call(v.view)
		for _, test := range []struct {
			object uintptr
			signal string
			n      int
		}{
			{v.view, "close", 1}, {v.view, "notify::uri", 2}, {v.view, "load-changed", 2},
			{list, "changed", 3}, {v.view, "load-failed", 4}, {v.view, "drag-data-received", 7},
		} {
			if n := e.c.signals.arguments(test.object, test.signal); n != test.n {
				t.Errorf("%s has %d arguments, want %d", test.signal, n, test.n)
			}
			e.connect(test.object, test.signal, func(a args) uintptr { put(calls, call{test.signal, a}); return 0 })
		}
	})
	x.eval("history.pushState(null, '', '/step')")
	wait(t, "the history's change", calls, func(c call) bool {
		return c.signal == "changed" && c.args[0] == list && c.args[1] != 0 && c.args[2] == 0
	})
}

// TestSessionCrash: a page that is loaded again after its process was lost
// stands where it stood.
func TestSessionCrash(t *testing.T) {
	x := newTab(t, fmt.Sprintf(longPage, "a")).open().loaded()
	x.eval("scrollTo({left: 0, top: 777, behavior: 'instant'})")
	x.keptSession(func(s session) bool { return s.Y == 777 })
	killWebProcess(t)
	x.event(wire.PageCrashed)
	do(func() { x.webview.Do(wire.Action{Name: wire.ActionReload}) })
	x.loaded()
	poll(t, "the scroll position", func() bool { return x.eval("return scrollY") == "777" })
	x.navigate("app://localhost/?other")
	x.loaded()
	if got := x.eval("return scrollY"); got != "0" {
		t.Errorf("another page begins at %s", got)
	}
}

// TestSessionBounded: what pages keep in their history cannot make a session
// longer than a frame.
func TestSessionBounded(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	x.keptSession(func(s session) bool { return len(s.History) > 0 })
	x.eval("for (let i = 0; i < 20; i++) history.pushState('x'.repeat(20000) + i, '', '/' + i)")
	x.keptSession(func(s session) bool { return len(s.History) == 0 })
}

func TestSessionDamaged(t *testing.T) {
	for _, data := range []string{"x", `{"page":"app://localhost/","history":"eHh4"}`, `{"page":"app://localhost/","y":1e300}`} {
		t.Run(data, func(t *testing.T) {
			reopen(t, map[string]string{"/": "<p>hello"}, []byte(data), "app://localhost/").loaded()
			testLog.take()
		})
	}
}
