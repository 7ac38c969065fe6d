package webkitgtk

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// probe reports by the path of a request what a page can see of the handler.
const probe = `<script>
const seen = (() => { try { return typeof window.webkit?.messageHandlers?.` + testName + ` } catch (e) { return 'error' } })();
let sent = 'no';
try { window.webkit.messageHandlers.` + testName + `.postMessage('stolen'); sent = 'yes' } catch {}
new Image().src = 'app://localhost/report?' + (window === top ? 'page' : 'frame') + '=' + seen + ',' + sent + ',' + typeof mullionDeliver;
</script>`

func TestWorlds(t *testing.T) {
	x := newTab(t, probe+`<iframe src="other://elsewhere/"></iframe><iframe src="app://localhost/inner"></iframe>`)
	x.pages["/inner"] = probe
	reports := make(chan string, 10)
	x.watchRequests(reports)
	x.script = "globalThis.fromScript = 1"
	x.open().loaded()
	for range 3 {
		got := wait(t, "a report", reports, func(string) bool { return true })
		if !strings.HasSuffix(got, "=undefined,no,undefined") {
			t.Errorf("got %s: the handler can be seen", got)
		}
	}
	if got := x.eval("return typeof fromScript"); got != "undefined" {
		t.Errorf("the world of the bridge sees the page's script: %s", got)
	}
}

// TestWorldsSeen proves that the probe of TestWorlds sees a handler where
// there is one.
func TestWorldsSeen(t *testing.T) {
	x := newTab(t, probe)
	reports := make(chan string, 10)
	x.watchRequests(reports)
	x.open().loaded()
	do(func() {
		c := testEngine.c
		c.webkitUserContentManagerRegisterScriptMessageHandlerWithReply.with(x.webview.content, testName, nil)
		x.webview.Do(wire.Action{Name: wire.ActionReload})
	})
	wait(t, "the page that sees the handler", reports, func(s string) bool { return strings.HasSuffix(s, "page=object,yes,undefined") })
}

// TestScriptsByPort: another port is another address, for which WebKit alone
// would have run the scripts.
func TestScriptsByPort(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>a server") })
	granted, other := httptest.NewServer(page), httptest.NewServer(page)
	defer granted.Close()
	defer other.Close()
	x := newTab(t, "<p>out")
	x.patterns = []string{granted.URL + "/*"}
	x.script = "document.documentElement.dataset.script = 'page'"
	x.open().loaded()
	for url, want := range map[string]string{granted.URL: "function page", other.URL: "undefined undefined"} {
		x.navigate(url + "/")
		x.loaded()
		if got := x.scripts(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}

// scripts tells which of the two scripts the page has.
func (x *tab) scripts() string {
	x.t.Helper()
	errs := make(chan error, 1)
	do(func() {
		x.webview.callAsync("throw `${typeof mullionDeliver} ${document.documentElement.dataset.script}`", 0,
			func(_ uintptr, err error) { errs <- err })
	})
	if got := wait(x.t, "the answer", errs, func(error) bool { return true }); got != nil {
		return got.Error()
	}
	return ""
}

func TestScriptsOnlyWhereAllowed(t *testing.T) {
	x := newTab(t, "<p>out")
	x.patterns = []string{"app://localhost/in/*"}
	x.pages["/in/"] = "<p>in"
	x.script = "document.documentElement.dataset.script = 'page'"
	x.open().loaded()
	found := func(where, want string) {
		t.Helper()
		if got := x.scripts(); !strings.Contains(got, want) {
			t.Errorf("%s: got %v, want %s", where, got, want)
		}
	}
	found("outside", "undefined undefined")
	x.navigate("app://localhost/in/")
	x.loaded()
	found("inside", "function page")
	do(func() {
		x.webview.SetScripts(x.bridge, x.script, nil)
		x.webview.Do(wire.Action{Name: wire.ActionReload})
	})
	x.loaded()
	found("no pattern", "undefined undefined")
}
