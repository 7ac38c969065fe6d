//go:build wine

package wine

import (
	"cmp"
	"strconv"
	"strings"
	"testing"
)

// doc is the name of the document that a test plays.
const doc = "0123456789abcdef0123456789abcdef"

// page is what the bridge in a page says, in the webview with the number 1.
type page struct {
	d    *double
	view string
	last int
	// source is the address of its document; "" is that of the app's first page.
	source string
	// script is what runs at the start of its documents.
	script string
}

// open waits for the first page of a host, and begins its document.
func open(d *double) *page {
	d.a.t.Helper()
	d.expect("controller", "1", "window")
	script := d.expect("script", "1")[2]
	d.expect("navigation", "1", "app://localhost/", "allowed")
	d.expect("committed", "1", "app://localhost/")
	p := &page{d: d, view: "1", script: script}
	if got := p.say("h " + doc + " app://localhost"); got != "" {
		d.a.t.Fatalf("hello: got %q", got)
	}
	return p
}

// renew loads the page again, and begins its document.
func (p *page) renew() {
	p.d.a.t.Helper()
	p.d.tell("goto", p.view, "app://localhost/", "1")
	p.d.expect("committed", p.view, "app://localhost/")
	if got := p.say("h " + doc + " app://localhost"); got != "" {
		p.d.a.t.Fatalf("hello: got %q", got)
	}
}

// from sends a message as a document with another address. It returns the number of the message.
func (p *page) from(source, text string) string {
	p.last++
	id := "x-" + strconv.Itoa(p.last)
	p.d.tell("message", p.view, source, "m "+id+" "+text)
	return id
}

// say sends a message of the bridge and returns the answer.
func (p *page) say(text string) string {
	p.d.a.t.Helper()
	id := p.from(cmp.Or(p.source, "app://localhost/"), text)
	answer, failed := strings.CutPrefix(p.d.answerOf(p.view, id), "f "+id+" ")
	if failed {
		p.d.a.t.Fatalf("%s: failed: %s", text, answer)
	}
	return strings.TrimPrefix(answer, "r "+id+" ")
}

// TestHello: the page's call is answered by a command in the Core, and the user closes the window.
func TestHello(t *testing.T) {
	a := start(t, lab.hello)
	d := a.host()
	options := d.expect("options")
	if !strings.Contains(options[1], `--proxy-server="socks5://127.0.0.1:`) || !strings.Contains(options[1], `--proxy-bypass-list="<-loopback>"`) {
		t.Errorf("arguments: %s", options[1])
	}
	if want := "mullion 1 1 1 *,app 1 1 1 *,asset 1 1 1 *"; options[2] != want {
		t.Errorf("schemes: got %q, want %q", options[2], want)
	}
	d.expect("setting", "1", "AreHostObjectsAllowed", "0")
	p := open(d)
	if response := d.expect("response", "0", "200"); !strings.Contains(response[3], "Content-Type: text/html") || !strings.Contains(response[7], "<form") {
		t.Errorf("the page: %q", response)
	}
	if got, want := p.say(`c `+doc+` 1 - ["greet",{"name":"World"}]`), `o"Hello, World, from the Core."`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d.tell("close", "1")
	d.expect("closed", "1")
	if end := d.expect("end"); end[1] != "0" {
		t.Errorf("%s objects are not released", end[1])
	}
	if err := a.wait(); err != nil {
		t.Errorf("the app ends with %v", err)
	}
	if w := d.wrong(); len(w) > 0 {
		t.Errorf("%q", w)
	}
	if strings.Contains(a.log.String(), "references are held") {
		t.Error("references were not given back")
	}
}
