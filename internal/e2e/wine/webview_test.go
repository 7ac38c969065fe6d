//go:build wine

package wine

import (
	"strings"
	"testing"
)

// TestScrollPosition: a page that comes back in another host is scrolled to where it was; another page is not.
func TestScrollPosition(t *testing.T) {
	a := start(t, lab.hello)
	d := a.host()
	p := open(d)
	greet := `c ` + doc + ` 1 - ["greet",{"name":"World"}]`
	d.tell("scrolled", "1", "0 420.5")
	p.say(greet) // the position has gone to the Core before
	d.tell("exit", "3")
	d.end()
	d = a.host()
	p = open(d)
	waitFor(t, "the script that scrolls", func() bool { return strings.Contains(d.said(), "const [x, y] = data.split") })
	script := d.expect("devtools", "1", "Runtime.evaluate")[3]
	if !strings.HasPrefix(script, `{"awaitPromise":true`) || !strings.Contains(script, `(\"0 420.5\")`) {
		t.Errorf("the page is scrolled by %s", script)
	}
	d.tell("goto", "1", "app://localhost/other.html", "1")
	d.expect("committed", "1", "app://localhost/other.html")
	if said := d.said(); strings.Count(said, "const [x, y] = data.split") != 1 {
		t.Errorf("a page is scrolled again:\n%s", said)
	}
	quiet(t, d)
}

// TestWebviews: a webview that keeps nothing is made in private, and one moves to another window, with which it
// then ends.
func TestWebviews(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	ok := func(command, args string) {
		t.Helper()
		if got := call(command, args); !strings.HasPrefix(got, "o") {
			t.Fatalf("%s: got %s", command, got)
		}
	}
	d.tell("live")
	before := d.expect("live")[1]
	ok("open", `{"label":"secret","incognito":true}`)
	if l := d.expect("controller", "2"); l[3] != "private" {
		t.Errorf("an incognito window: %q", l)
	}
	d.expect("committed", "2", "app://localhost/")

	ok("add_webview", `{"window":"main","label":"pane"}`)
	if l := d.expect("controller", "3"); l[3] != "" {
		t.Errorf("another webview: %q", l)
	}
	d.expect("committed", "3", "app://localhost/")
	d.expect("bounds", "3", "10 20 310 220")
	ok("move_webview", `{"label":"pane","to":"secret"}`)
	d.expect("parent", "3", "secret")
	d.expect("bounds", "3", "10 20 310 220")
	q := &page{d: d, view: "3"}
	const other = "00112233445566778899aabbccddeeff"
	if got := q.say("h " + other + " app://localhost"); got != "" {
		t.Fatalf("hello: got %q", got)
	}
	if got := q.say("c " + other + ` 1 - ["double",{"n":2}]`); got != "o4" {
		t.Errorf("the page that was moved: got %s", got)
	}
	ok("close", `{"label":"secret"}`)
	d.expect("closed", "3")
	d.expect("closed", "2")
	d.tell("live")
	if after := d.expect("live")[1]; after != before {
		t.Errorf("%s objects before, %s after", before, after)
	}
	quiet(t, d)
}
