package webkitgtk

import (
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

func TestPageEvents(t *testing.T) {
	x := newTab(t, "<title>one</title><p>hello").open()
	var got []wire.PageEventKind
	var states []bool
	wait(t, "the first frame", x.events, func(e wire.PageEvent) bool {
		if e.Kind == wire.PageTitle {
			if e.Detail != "one" {
				t.Errorf("got title %q", e.Detail)
			}
			return false
		}
		if e.Kind == wire.PageState {
			states = append(states, e.Loading)
			return false
		}
		if e.URL != "app://localhost/" {
			t.Errorf("%s: got URL %q", e.Kind, e.URL)
		}
		got = append(got, e.Kind)
		return e.Kind == wire.PagePainted
	})
	// A frame may be drawn before all is loaded.
	order := fmt.Sprint(got)
	if order != "[started committed finished painted]" && order != "[started committed painted]" {
		t.Errorf("got %v", got)
	}
	if len(states) == 0 || !states[0] {
		t.Errorf("loading was told as %v", states)
	}
}

// TestAddress: the address of a message follows steps within the document,
// and does not run ahead of a navigation that is not committed.
func TestAddress(t *testing.T) {
	x := newTab(t, "<p>hello")
	held := make(chan backend.Request, 1)
	serve := x.request
	x.request = func(r backend.Request) {
		if strings.HasPrefix(r.URL(), "other:") {
			held <- r
			return
		}
		serve(r)
	}
	x.open().loaded()
	address := func(step string) string {
		t.Helper()
		do(func() { x.webview.callAsync(step+"; await send('')", 0, nil) })
		return wait(t, "a message", x.said, func(said) bool { return true }).url
	}
	address("history.pushState(null, '', '/there?x#y')")
	if got, want := address(""), "app://localhost/there?x#y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x.navigate("other://elsewhere/")
	r := wait(t, "the request", held, func(backend.Request) bool { return true })
	if got, want := address(""), "app://localhost/there?x#y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	do(func() { r.Fail("no") })
	x.event(wire.PageFailed)
	if got, want := address(""), "app://localhost/there?x#y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPageFails(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	url := "http://" + l.Addr().String() + "/"
	x.navigate(url)
	if e := x.event(wire.PageFailed); e.URL != url || e.Detail == "" {
		t.Errorf("got %+v", e)
	}
	if got := x.eval("return document.body.innerText"); got != "hello" {
		t.Errorf("got %q, an error page?", got)
	}
}

func TestCrash(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	errs := make(chan error, 1)
	do(func() {
		x.webview.callAsync("await new Promise(() => {})", 0, func(_ uintptr, err error) { errs <- err })
	})
	for _, test := range []struct {
		reason string
		crash  func()
	}{
		{wire.CrashTerminated, func() { do(func() { x.webview.Do(wire.Action{Name: wire.ActionTerminate}) }) }},
		{wire.CrashCrashed, func() { killWebProcess(t) }},
	} {
		test.crash()
		if e := x.event(wire.PageCrashed); e.Detail != test.reason || e.URL != "app://localhost/" {
			t.Errorf("got %+v, want %s", e, test.reason)
		}
		if test.reason == wire.CrashTerminated {
			if err := wait(t, "the end of the call", errs, func(error) bool { return true }); err == nil {
				t.Error("a call survived its page")
			}
		}
		do(func() { x.webview.Deliver("lost", func(err error) { errs <- err }) })
		wait(t, "the end of a delivery", errs, func(error) bool { return true })
		do(func() { x.webview.Do(wire.Action{Name: wire.ActionReload}) })
		x.event(wire.PagePainted)
		if got := x.eval("return document.body.innerText + delivered.length"); got != "hello0" {
			t.Errorf("got %q after a reload", got)
		}
	}
}

// TestMemoryLimit: a page that takes more and more memory loses its process,
// not the machine its memory.
func TestMemoryLimit(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	do(func() {
		x.webview.callAsync(`globalThis.kept = [];
			for (let i = 0; i < 24; i++) {
				kept.push(new Uint8Array(32 << 20).fill(i + 1));
				await new Promise(next => setTimeout(next, 20));
			}`, 0, nil)
	})
	if e := x.event(wire.PageCrashed); e.Detail != wire.CrashMemory {
		t.Errorf("got %+v", e)
	}
}

// killWebProcess ends the only web process as a crash does.
func killWebProcess(t *testing.T) {
	t.Helper()
	for _, pid := range strings.Fields(run(t, "pgrep", "-P", strconv.Itoa(os.Getpid()), "WebKitWebProces")) {
		// Those of webviews that were closed just now end by themselves.
		_ = exec.Command("kill", "-KILL", pid).Run()
	}
}

// TestPainted: at the time of the event the page is on the screen.
func TestPainted(t *testing.T) {
	x := newTab(t, `<link rel=stylesheet href="/slow.css"><body><p>hello`)
	held := make(chan backend.Request, 1)
	serve := x.request
	x.request = func(r backend.Request) {
		if strings.HasSuffix(r.URL(), "/slow.css") {
			held <- r
			return
		}
		serve(r)
	}
	x.open()
	r := wait(t, "the request", held, func(backend.Request) bool { return true })
	x.event(wire.PageCommitted)
	// Before the window manager has come to it, nothing can be seen.
	x.xid()
	quiet := time.After(300 * time.Millisecond)
	select {
	case e := <-x.events:
		if e.Kind == wire.PagePainted {
			t.Error("painted before there was a style sheet")
		}
	case <-quiet:
	}
	do(func() {
		r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/css"}}, []byte("body { background: rgb(12, 34, 56) }"), nil, -1)
	})
	x.event(wire.PagePainted)
	// What the widget has drawn is on the screen when the server comes to it.
	poll(t, "the page's color on the screen", func() bool { return x.pixel(200, 150) == [3]uint8{12, 34, 56} })
}

func TestHung(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	do(func() { x.webview.callAsync("const end = Date.now() + 6000; while (Date.now() < end);", 0, nil) })
	// WebKit looks only while it waits for something, such as a key.
	focus(t, x)
	press(t, "a")
	x.event(wire.PageHung)
	x.event(wire.PageAnswers)
}

func TestJavaScriptDisabled(t *testing.T) {
	x := newTab(t, "<title>static</title><script>document.title = 'script'</script><body style='background: rgb(1, 2, 3)'>")
	x.options.JavaScriptDisabled = true
	x.open()
	title, painted := "", false
	wait(t, "the first frame and the title", x.events, func(e wire.PageEvent) bool {
		if e.Kind == wire.PageTitle {
			title = e.Detail
		}
		painted = painted || e.Kind == wire.PagePainted
		return painted && title != ""
	})
	if title != "static" {
		t.Errorf("got title %q", title)
	}
	errs := make(chan error, 1)
	do(func() { x.webview.Deliver("x", func(err error) { errs <- err }) })
	if err := wait(t, "the end of a delivery", errs, func(error) bool { return true }); err == nil {
		t.Error("delivered without scripts")
	}
}

// TestSignals: a nil dereference is a panic like any other, although WebKit
// has taken the signal.
func TestSignals(t *testing.T) {
	newTab(t, "<p>hello").open().loaded().eval("return 1")
	dereference := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = r.(error)
			}
		}()
		var p *image.Point
		p.X++
		return nil
	}
	result := make(chan error, 1)
	go func() { result <- dereference() }()
	var here error
	do(func() { here = dereference() })
	for _, err := range []error{<-result, here} {
		if err == nil || !strings.Contains(err.Error(), "nil pointer") {
			t.Errorf("got %v", err)
		}
	}
}
