package webkitgtk

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestScriptDialogs has a page wait for the user in each way that there is.
func TestScriptDialogs(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	focus(t, x)
	for _, test := range []struct{ name, script, key, want string }{
		{"alert", "alert('one'); return 'went on'", "Return", "went on"},
		{"confirm", "return String(confirm('two'))", "Return", "true"},
		{"confirm, no", "return String(confirm('two'))", "Escape", "false"},
		{"prompt", "return prompt('three', 'x')", "Return", "x"},
	} {
		answers := make(chan string, 1)
		do(func() {
			x.webview.callAsync(test.script, 0, func(value uintptr, err error) {
				answers <- testEngine.takeString(value)
			})
		})
		x.event(wire.PageAsks)
		press(t, test.key)
		x.event(wire.PageAsked)
		if got := wait(t, "the page to go on", answers, func(string) bool { return true }); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNavigateWhileAsking: what the app wants of a page that waits for the user
// is done when it goes on.
func TestNavigateWhileAsking(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	focus(t, x)
	do(func() { x.webview.callAsync("alert('one')", 0, nil) })
	x.event(wire.PageAsks)
	do(func() {
		if err := x.webview.Do(wire.Action{Name: wire.ActionNavigate, Args: []byte(`"app://localhost/other"`)}); err != nil {
			t.Error(err)
		}
	})
	press(t, "Return")
	wait(t, "the other page", x.events, func(e wire.PageEvent) bool {
		return e.Kind == wire.PageCommitted && e.URL == "app://localhost/other"
	})
}

// TestLeaveQuestion: a page that is to be left may have the user asked. Whoever
// closes its webview asks nobody.
func TestLeaveQuestion(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	focus(t, x)
	x.eval("addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'x' })")
	clicked := make(chan string, 1)
	do(func() {
		x.webview.callAsync("await new Promise(done => addEventListener('keydown', done)); return ''", 0, func(uintptr, error) { clicked <- "" })
	})
	press(t, "a") // without the user's doing nobody is asked
	wait(t, "a key", clicked, func(string) bool { return true })
	navigate := func() {
		do(func() {
			_ = x.webview.Do(wire.Action{Name: wire.ActionNavigate, Args: []byte(`"app://localhost/other"`)})
		})
	}
	navigate()
	x.event(wire.PageAsks)
	press(t, "Escape")
	x.event(wire.PageAsked)
	if got := x.eval("return location.pathname"); got != "/" {
		t.Errorf("the user stays, and is on %s", got)
	}
	navigate()
	x.event(wire.PageAsks)
	press(t, "Return")
	wait(t, "the other page", x.events, func(e wire.PageEvent) bool {
		return e.Kind == wire.PageCommitted && e.URL == "app://localhost/other"
	})
}
