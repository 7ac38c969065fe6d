package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// devPage tells its server what the bridge says to it.
const devPage = `<!doctype html><script type="module">
const told = [typeof window.__TAURI_INTERNALS__];
try {
	told.push(await window.__TAURI_INTERNALS__.invoke('echo', { text: 'called' }));
} catch (e) {
	told.push(String(e));
}
await fetch('/told', { method: 'POST', body: told.join() });
</script>`

// devServer serves devPage at address and hands on what it tells.
func devServer(t *testing.T, address string) (port string, told <-chan string) {
	t.Helper()
	ch := make(chan string, 10)
	s := startDevServer(t, address, ch)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return port, ch
}

func startDevServer(t *testing.T, address string, ch chan<- string) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, devPage)
	})
	mux.HandleFunc("/told", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		select {
		case ch <- string(text):
		default:
		}
	})
	s := httptest.NewUnstartedServer(mux)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(func() { stopDevServer(s) })
	return s
}

func stopDevServer(s *httptest.Server) {
	s.CloseClientConnections()
	s.Close()
}

func heard(t *testing.T, told <-chan string) string {
	t.Helper()
	select {
	case s := <-told:
		return s
	case <-e2e.Hang(t):
		t.Fatal("the page tells nothing")
		return ""
	}
}

// TestDevServer: pages of the dev server are the app's own, whatever the port;
// pages of the same host on another port get no bridge, though engines know no
// ports where they are told which pages get one.
func TestDevServer(t *testing.T) {
	for _, host := range []string{"localhost", "LOCALHOST", "127.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			port, told := devServer(t, "127.0.0.1:0")
			otherPort, otherTold := devServer(t, "127.0.0.1:0")
			app := e2e.Start(t, e2e.Options{
				Dev:         true,
				Config:      `{"build": {"devUrl": "http://` + host + `:` + port + `"}}`,
				Permissions: []any{"allow-echo"},
				Setup:       func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
			})
			if d := cmp.Diff("object,called", heard(t, told)); d != "" {
				t.Error(d)
			}
			o := app.WindowOptions("other")
			o.URL = "http://" + host + ":" + otherPort + "/"
			if _, err := app.OpenWindow(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			if got := heard(t, otherTold); !strings.HasPrefix(got, "undefined,") {
				t.Errorf("a page on another port has the bridge: %s", got)
			}
		})
	}
}

// TestDevServerDown: a window whose dev server is not there says so, and shows
// the page as soon as there is one; also after the server was started again.
func TestDevServerDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	told := make(chan string, 10)
	app := e2e.Start(t, e2e.Options{
		Dev:         true,
		Config:      `{"build": {"devUrl": "http://` + address + `", "beforeDevCommand": "npm run dev"}}`,
		Permissions: []any{"allow-echo"},
		Setup:       func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
	})
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	waiting := func() {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if w.Webview().Page().Failure == "" || !w.Painted() {
				return fmt.Errorf("no page says that the dev server is missing: %+v", w.Webview().Page())
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	waiting()
	if !app.Log.Contains(`msg="mullion: waiting for the dev server"`) || !app.Log.Contains(`command="npm run dev"`) {
		t.Error("the log does not say what is waited for")
	}
	s := startDevServer(t, address, told)
	if d := cmp.Diff("object,called", heard(t, told)); d != "" {
		t.Error(d)
	}

	stopDevServer(s)
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	waiting()
	startDevServer(t, address, told)
	if d := cmp.Diff("object,called", heard(t, told)); d != "" {
		t.Error(d)
	}
}

// TestMissingScripts: scripts of a page that are not there are in the log, in
// every mode.
func TestMissingScripts(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Files: map[string]string{
		"broken.html": `<!doctype html><script type="module" src="/_app/start.js"></script><script src="old.js"></script>`,
	}})
	o := app.WindowOptions("broken")
	o.URL = "broken.html"
	if _, err := app.OpenWindow(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		for _, want := range []string{"file=/_app/start.js hint=", "file=/old.js\n"} {
			if !app.Log.Contains(want) {
				return fmt.Errorf("the log lacks %q", want)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestDevServerCache: no copy is kept of what a dev server says, however long it
// may be kept.
func TestDevServerCache(t *testing.T) {
	var asked atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><script type="module">
			for (let i = 0; i < 3; i++)
				await (await fetch('/kept.js')).text();
			document.title = 'done';
		</script>`)
	})
	mux.HandleFunc("/kept.js", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cache-Control", "max-age=31536000,immutable")
		io.WriteString(w, "export {}")
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() { stopDevServer(s) })
	app := e2e.Start(t, e2e.Options{Dev: true, Config: `{"build": {"devUrl": "` + s.URL + `"}}`})
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if got := w.Webview().Page().Title; got != "done" {
			return fmt.Errorf("the page is called %q", got)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := asked.Load(); got != 3 {
		t.Errorf("the server was asked %d times, want 3", got)
	}
}
