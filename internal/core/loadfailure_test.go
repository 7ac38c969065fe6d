package core_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// failLoad has the host tell that a page could not be loaded.
func (g *page) failLoad(url string) {
	g.pair.t.Helper()
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageFailed, URL: url, Detail: "no <route>"}); err != nil {
		g.pair.t.Fatal(err)
	}
}

// errorPage returns the error page that is shown.
func (g *page) errorPage() string {
	g.pair.t.Helper()
	r, err := g.view.Fetch(g.pair.t.Context(), fake.Request{URL: "mullion://localhost/error"})
	if err != nil || r.Status != 200 {
		g.pair.t.Fatalf("error page: %d, %v", r.Status, err)
	}
	return string(r.Body)
}

func (g *page) says(want ...string) {
	g.pair.t.Helper()
	text := g.errorPage()
	for _, w := range want {
		if !strings.Contains(text, w) {
			g.pair.t.Errorf("the error page does not say %q: %s", w, text)
		}
	}
}

// TestLoadFails: a page of the app that cannot be loaded leaves its place to an
// error page, and is tried again. TestLoadFailsForGood has the bound.
func TestLoadFails(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: core.Patience{Load: time.Millisecond}}, nil)
	main := p.open("main", "app://localhost/")
	const next = "app://localhost/next?a=1"
	for range 8 {
		failed := main.view
		main.failLoad(next)
		until(t, "the next try", func() bool { return main.address() == next && main.view != failed })
		if got := main.window.Webview().URL(); got != next {
			t.Errorf("the Core takes the page for %s", got)
		}
	}
	if err := main.window.Webview().Navigate(t.Context(), "app://localhost/"); err != nil {
		t.Fatal(err)
	}
}

// TestErrorTexts: an error page has the words of the app, and its language; what is
// missing is English, and says so.
func TestErrorTexts(t *testing.T) {
	texts := core.ErrorTexts{Language: "ar", NotLoaded: "تعذر تحميل <الصفحة>", TryAgain: "حاول مرة أخرى"}
	p := newPair(t, everything, core.Options{Patience: core.Patience{Load: time.Hour}, ErrorTexts: texts}, nil)
	main := p.open("main", "app://localhost/")
	main.failLoad("app://localhost/next")
	until(t, "the error page", func() bool { return main.address() == "mullion://localhost/error" })
	main.says(`<html lang="ar">`, `<main dir="auto">`, "<h1>تعذر تحميل &lt;الصفحة&gt;</h1>", "حاول مرة أخرى</button>",
		`<p><span lang="en" dir="ltr">It is being tried again.</span></p>`, `<summary><span lang="en" dir="ltr">Details</span></summary><code lang="en" dir="ltr">no &lt;route&gt;</code>`)
}

// TestLoadFailsForGood: a page that never loads is given up, until the user
// wants it tried again.
func TestLoadFailsForGood(t *testing.T) {
	t.Run("at once", func(t *testing.T) { testFailsForGood(t, func(p *pair) *atomic.Bool { return &p.unloadable }) })
	t.Run("later", func(t *testing.T) { testFailsForGood(t, func(p *pair) *atomic.Bool { return &p.broken }) })
}

func testFailsForGood(t *testing.T, how func(*pair) *atomic.Bool) {
	p := newPair(t, everything, core.Options{Patience: core.Patience{Load: time.Millisecond}}, nil)
	how(p).Store(true)
	const address = "app://localhost/never"
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}, Webview: wire.WebviewState{URL: address}})
	if err != nil {
		t.Fatal(err)
	}
	main := &page{pair: p, window: w}
	until(t, "the last try", func() bool {
		if len(p.hosts()) == 0 || main.address() != "mullion://localhost/error" {
			return false
		}
		r, err := main.view.Fetch(t.Context(), fake.Request{URL: "mullion://localhost/error"})
		return err == nil && strings.Contains(string(r.Body), "It was tried several times.")
	})
	main.onErrorPage()
	main.says("This page could not be loaded", `role="alert"`)
	how(p).Store(false)
	main.tryAgain()
	until(t, "the page", func() bool { return main.address() == address })
}

// TestLoadFailsElsewhere: what a host tells of remote pages shows no error
// page, and leads to no page of the app.
func TestLoadFailsElsewhere(t *testing.T) {
	p := newPair(t, everything, core.Options{Patience: core.Patience{Load: time.Millisecond}}, nil)
	ctx := t.Context()
	const far = "https://far.dev/"
	w, err := p.OpenWindow(ctx, core.WindowOptions{State: wire.WindowState{Label: "far"}, Webview: wire.WebviewState{URL: far}})
	if err != nil {
		t.Fatal(err)
	}
	g := &page{pair: p, window: w}
	until(t, "the remote page", func() bool { return g.address() == far })
	g.failLoad(far)
	g.failLoad("app://localhost/secret")
	// What comes after it on the connection is told when it has been read.
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: "read"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the title", func() bool { return w.Webview().Page().Title == "read" })
	if got := g.address(); got != far {
		t.Errorf("the webview shows %s", got)
	}
	if got := w.Webview().URL(); got != far {
		t.Errorf("the Core takes the page for %s", got)
	}
}

// TestDevServerDown: a window says what it waits for, and shows the page when
// the dev server is there.
func TestDevServerDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for _, test := range []struct{ command, want string }{
		{"npm run dev -- --x='<1>'", "<pre><code>npm run dev -- --x=&#39;&lt;1&gt;&#39;</code></pre>"},
		{"", "build.beforeDevCommand"},
	} {
		origin := "http://" + address
		p := newPair(t, everything, core.Options{DevOrigin: origin, DevCommand: test.command, Patience: core.Patience{Load: time.Millisecond}}, nil)
		main := p.open("main", "app://localhost/")
		main.failLoad(origin + "/start")
		main.onErrorPage()
		main.says("Waiting for the dev server", origin, test.want, `role="status"`, "no &lt;route&gt;")

		// A host that is lost meanwhile changes nothing.
		old := p.engine("app")
		old.Quit()
		p.replaced(old)
		main.onErrorPage()

		s := serveDev(t, address)
		wait(t, s.asked) // it takes connections, which is not enough
		main.onErrorPage()
		close(s.answer)
		until(t, "the page of the server", func() bool { return main.address() == origin+"/start" })
		s.Close()
	}
}

// devServer is a dev server that answers nothing until answer is closed.
type devServer struct {
	net.Listener
	asked  chan string // gets the first line of each request
	answer chan struct{}
}

func serveDev(t *testing.T, address string) *devServer {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &devServer{l, make(chan string, 100), make(chan struct{})}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				line, _ := bufio.NewReader(conn).ReadString('\n')
				s.asked <- strings.TrimSpace(line)
				select {
				case <-s.answer:
					io.WriteString(conn, "HTTP/1.1 404 Not Found\r\n\r\n")
				case <-t.Context().Done():
				}
			}()
		}
	}()
	return s
}

// TestDevServerSilent: a window whose dev server takes connections and does not
// answer says so, instead of staying white, until there is an answer.
func TestDevServerSilent(t *testing.T) {
	s := serveDev(t, "127.0.0.1:0")
	origin := "http://" + s.Addr().String()
	log := &logBuffer{}
	p := newPair(t, everything, core.Options{DevOrigin: origin, DevCommand: "npm run dev", Log: logger(log), Patience: core.Patience{Load: time.Millisecond, Answer: 20 * time.Millisecond}}, nil)
	p.silent.Store(true)
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}, Webview: wire.WebviewState{URL: origin + "/start?a=1#b"}})
	if err != nil {
		t.Fatal(err)
	}
	main := &page{pair: p, window: w}
	main.onErrorPage()
	main.says("Waiting for the dev server", origin, "takes connections, but does not answer", "start it again with", "npm run dev")
	if got := wait(t, s.asked); got != "GET /start?a=1 HTTP/1.1" {
		t.Errorf("the server was asked %q", got)
	}
	if !log.contains("waiting for the dev server") {
		t.Error("the log does not say what is waited for")
	}
	p.silent.Store(false)
	close(s.answer)
	until(t, "the page of the server", func() bool { return main.address() == origin+"/start?a=1#b" })

	until(t, "the page in the Core", func() bool {
		return w.Webview().Committed() && w.Webview().Page().URL == origin+"/start?a=1#b" && !w.Webview().Awaited()
	})
	if err := main.view.Emit(wire.PageEvent{Kind: wire.PageStarted, URL: origin + "/slow"}); err != nil {
		t.Fatal(err)
	}
	if err := main.view.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: "read"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the title", func() bool { return w.Webview().Page().Title == "read" })
	if w.Webview().Awaited() {
		t.Error("a page that goes on to another one may lose its place to an error page")
	}
}

// TestDevServerAnswers: a dev server that answers is not to blame for a window
// that is blank.
func TestDevServerAnswers(t *testing.T) {
	s := serveDev(t, "127.0.0.1:0")
	close(s.answer)
	origin := "http://" + s.Addr().String()
	p := newPair(t, everything, core.Options{DevOrigin: origin, Patience: core.Patience{Load: time.Millisecond, Answer: 20 * time.Millisecond}}, nil)
	p.silent.Store(true)
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "main"}, Webview: wire.WebviewState{URL: origin + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	main := &page{pair: p, window: w}
	wait(t, s.asked)
	until(t, "the end of the watch", func() bool { return !w.Webview().Awaited() })
	if got := main.address(); got != origin+"/" {
		t.Errorf("the window shows %s", got)
	}
}
