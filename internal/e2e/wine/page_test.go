//go:build wine

package wine

import (
	"strings"
	"testing"
)

// events: events of the Core reach the page, which says when it has run them.
func events(t *testing.T, p *page) {
	d := p.d
	if got := p.say(`c ` + doc + ` 1 - ["plugin:event|listen",{"event":"note","target":{"kind":"Any"},"handler":7}]`); !strings.HasPrefix(got, "o") {
		t.Fatalf("listen: got %s", got)
	}
	emit := p.from("app://localhost/", `c `+doc+` 2 - ["plugin:event|emit",{"event":"note","payload":{"text":"ünïcode"}}]`)
	batch := d.delivery(`[["e","note",{"text":"ünïcode"},[[0,7]]]]`)
	p.from("app://localhost/", `c `+doc+` 3 - ["plugin:event|emit",{"event":"note","payload":2}]`)
	// The next one, and the answers, come when the page has confirmed this one.
	d.tell("message", "1", "app://localhost/", "d "+batch)
	d.expect("post", "1", "r "+emit+" onull")
	d.delivery(`[["e","note",2,[[0,7]]]]`)
}

// quiet fails if the double has complained.
func quiet(t *testing.T, d *double) {
	t.Helper()
	if w := d.wrong(); len(w) > 0 {
		t.Errorf("%q", w)
	}
}

// foreignFrame: what documents of other origins send does not get through, whatever they know.
func foreignFrame(t *testing.T, p *page) {
	a, d := p.d.a, p.d
	for _, source := range []string{"https://evil.example/", "about:srcdoc", "about:blank", "", "data:text/html,x", "app://localhost.evil/", "app://evil/", "http://localhost/", "asset://localhost/", "app://localhost:1/"} {
		p.from(source, `c `+doc+` 1 - ["greet",{"name":"Mallory"}]`)
	}
	if got := p.say(`c ` + doc + ` 1 - ["greet",{"name":"World"}]`); got != `o"Hello, World, from the Core."` {
		t.Errorf("the page itself: got %s", got)
	}
	if said := d.said(); strings.Contains(said, "Mallory") {
		t.Errorf("a foreign document had an answer:\n%s", said)
	}
	if log := a.log.String(); strings.Count(log, "is not the page that is shown") < 10 {
		t.Errorf("not all of it is logged")
	}
	// A document of another name has no calls, though its origin is right.
	id := p.from("app://localhost/", `c ffffffffffffffffffffffffffffffff 2 - ["greet",{"name":"Mallory"}]`)
	d.expect("post", "1", "f "+id+" the document is no longer shown")
}

// navigation: the Core decides about navigations, of frames too, and about windows.
func navigation(t *testing.T, p *page) {
	d := p.d
	d.tell("goto", "1", "https://example.org/", "0")
	d.expect("navigation", "1", "https://example.org/", "cancelled")
	d.tell("frame", "1", "https://example.org/")
	d.expect("frame", "1", "https://example.org/", "cancelled")
	d.tell("open", "1", "https://example.org/", "0")
	d.expect("opened", "1", "handled")
	d.tell("permission", "1", "2")
	d.expect("permission", "2", "2") // camera: deny
	if got := p.say(`c ` + doc + ` 1 - ["greet",{"name":"World"}]`); got != `o"Hello, World, from the Core."` {
		t.Errorf("the page goes on: got %s", got)
	}
	// A page that is left: what it still sends is of no document.
	d.tell("goto", "1", "app://localhost/other.html", "1")
	d.expect("navigation", "1", "app://localhost/other.html", "allowed")
	d.expect("committed", "1", "app://localhost/other.html")
	id := p.from("app://localhost/", `c `+doc+` 2 - ["greet",{"name":"Mallory"}]`)
	d.expect("post", "1", "f "+id+" the document is no longer shown")
}

// files: the app's files come with their header fields and ranges, and what is not there does not.
func files(t *testing.T, p *page) {
	d := p.d
	d.expect("response", "0", "200")
	d.tell("request", "1", "5", "GET", "app://localhost/main.js", "")
	if r := d.expect("response", "5", "200"); !strings.Contains(r[3], "text/javascript") || !strings.Contains(r[7], "invoke('greet'") || r[6] != "complete" {
		t.Errorf("main.js: %q", r)
	}
	d.tell("request", "1", "6", "GET", "app://localhost/main.js", "", "Range", "bytes=0-5")
	if r := d.expect("response", "6", "206"); r[7] != "import" || !strings.Contains(r[3], "Content-Range: bytes 0-5/") {
		t.Errorf("a range: %q", r)
	}
	d.tell("request", "1", "7", "GET", "app://localhost/nothing.js", "")
	d.expect("response", "7", "404")
	d.tell("request", "1", "8", "GET", "mullion://localhost/stream/1", "")
	d.expect("response", "8", "403")
}

// TestRecovery: a window comes back whatever has ended: a renderer, the browser, the host.
func TestRecovery(t *testing.T) {
	a := start(t, lab.hello)
	d := a.host()
	open(d)
	const renderExited, browserExited, crashed = "1", "0", "3"
	d.tell("fail", "1", renderExited, crashed)
	d.expect("reload", "1")
	d.expect("navigation", "1", "app://localhost/", "allowed")
	d.expect("committed", "1", "app://localhost/")

	for _, end := range []struct {
		name string
		end  func(*double)
	}{
		{"the browser", func(d *double) { d.tell("fail", "1", browserExited, crashed) }},
		{"the host crashes", func(d *double) { d.tell("crash") }},
		{"the host exits", func(d *double) { d.tell("exit", "0") }},
		{"the host is killed", func(d *double) {
			pid := d.expect("start")[1]
			if out, err := wine("wine", "taskkill", "/F", "/PID", pid).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}},
	} {
		end.end(d)
		d.end()
		d = a.host()
		p := open(d)
		if got := p.say(`c ` + doc + ` 1 - ["greet",{"name":"World"}]`); got != `o"Hello, World, from the Core."` {
			t.Errorf("after the end of %s: got %s", end.name, got)
		}
	}
	if log := a.log.String(); !strings.Contains(log, "reason=crashed") {
		t.Error("no end of a host is told as a crash")
	}
	d.tell("close", "1")
	if err := a.wait(); err != nil {
		t.Error(err)
	}
}

// TestCoreKilled: hosts end with the Core.
func TestCoreKilled(t *testing.T) {
	a := start(t, lab.hello)
	d := a.host()
	open(d)
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.end()
	_ = a.wait()
}
