package webkitgtk

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestLeavingPageGoesNowhere: a page that is being left, and wants to be
// elsewhere by then, is as little allowed that as before.
func TestLeavingPageGoesNowhere(t *testing.T) {
	var came atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer server.Close()
	c := newCensus(t)
	for range 5 {
		x := newTab(t, "<p>home")
		x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
			answer(wire.Verdict{Allow: d.URL == "app://localhost/"})
			put(x.asked, d)
		}
		c.openPage(t, x).loaded()
		x.eval(`
			const go = () => { location.href = '` + server.URL + `/away' };
			addEventListener('pagehide', go);
			setInterval(go, 1)`)
		x.decision(wire.DecideNavigation, server.URL) // it is at it
		x.close()
	}
	poll(t, "the end of the views", func() bool { return c.tables()["objects WebKitWebView"] == 0 })
	if n := came.Load(); n > 0 {
		t.Errorf("the server has seen %d requests", n)
	}
}

// TestPrintEndsWithWebview: who waits for a page to be printed is told when its
// webview is closed.
func TestPrintEndsWithWebview(t *testing.T) {
	x := newTab(t, "<p>printed")
	x.open().loaded()
	done := make(chan error, 10)
	path := filepath.Join(t.TempDir(), "page.pdf")
	do(func() {
		x.webview.Print(path, func(err error) { done <- err })
		x.window.Close()
	})
	wait(t, "the end of printing", done, func(error) bool { return true })
}
