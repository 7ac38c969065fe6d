//go:build wine

package wine

import (
	"strings"
	"testing"
)

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
