package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// tallPage is the test page, and long enough to be scrolled.
const tallPage = `<!doctype html><meta charset="utf-8"><title>tall</title>
<style>div { height: 5000px }</style><div>top</div><script type="module" src="/runner.js"></script>`

// reasons are those of the faults so far.
func reasons(app *e2e.App) (r []string) {
	for _, f := range app.Faults() {
		r = append(r, f.Reason)
	}
	return r
}

// TestPlaceComesBack: history and scroll position survive the loss of
// the host and of the web process.
func TestPlaceComesBack(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Files: map[string]string{"tall.html": tallPage, "taller.html": tallPage}})
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	app.Main().Must(`return 1`, nil)
	for _, page := range []string{"tall.html", "taller.html"} {
		if err := w.Navigate(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !strings.HasSuffix(w.URL(), page) || !w.Painted() {
				return fmt.Errorf("shows %s", w.URL())
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	app.Main().Must(`scrollTo(0, 1500)`, nil)
	// The host tells once the page has stood still for a while; then it may be
	// lost.
	app.Main().Must(`await new Promise(done => setTimeout(done, 1500))`, nil)
	for _, victim := range []string{"host", "web process", "host again"} {
		t.Run(victim, func(t *testing.T) {
			host := app.Processes()["app"]
			if victim == "web process" {
				for _, pid := range e2e.PIDs(host, e2e.WebProcess) {
					e2e.Kill(t, pid)
				}
			} else {
				e2e.Kill(t, host)
				e2e.Restarted(t, app, host)
			}
			var got string
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				app.Main().Must(`return location.pathname + ' ' + scrollY + ' ' + history.length`, &got)
				if got != "/taller.html 1500 3" {
					return fmt.Errorf("the page is at %s", got)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			app.Main().Must(`await new Promise(done => setTimeout(done, 1000))`, nil)
		})
	}
	app.Main().Must(`setTimeout(() => history.back(), 0)`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !strings.HasSuffix(w.URL(), "/tall.html") {
			return fmt.Errorf("shows %s", w.URL())
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// onTop returns the titles of the windows on the screen, the topmost last, and
// the title of the one with the focus.
func onTop(t *testing.T) (stack []string, active string) {
	t.Helper()
	name := func(window uint32) string {
		w, _ := e2e.Screen(t).Look(window) // it may be gone
		return w.Title
	}
	root := func(property string) []uint32 {
		list, err := e2e.Screen(t).Numbers(e2e.Screen(t).Root(), property)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, w := range root("_NET_CLIENT_LIST_STACKING") {
		stack = append(stack, name(w))
	}
	if a := root("_NET_ACTIVE_WINDOW"); len(a) > 0 {
		active = name(a[0])
	}
	return stack, active
}

// TestStackingComesBack: windows of a new host lie as those of the lost one,
// and take the focus only if they had it.
func TestStackingComesBack(t *testing.T) {
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	labels := []string{"one", "two", "three"}
	for _, l := range append([]string{"elsewhere"}, labels...) {
		app.Open(l, func(o *mullion.WindowOptions) {
			o.Title, o.Isolate, o.Width, o.Height = l, l == "elsewhere", 300, 200
		}).Must(`return 1`, nil)
	}
	focus := func(label string) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			// Again and again: a window that opens takes the focus late.
			seen, err := e2e.Screen(t).Find(label)
			if err == nil {
				err = e2e.Screen(t).Activate(seen.ID)
			}
			if err != nil {
				return err
			}
			if _, active := onTop(t); active != label {
				return fmt.Errorf("%q has the focus", active)
			}
			// A host that is killed before it has told that its window lost the
			// focus counts as one that had it.
			for _, l := range append([]string{"elsewhere"}, labels...) {
				w, err := app.Window(l)
				if err == nil && w.Geometry().Focused != (l == label) {
					err = fmt.Errorf("the app does not know of the focus")
				}
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		last string
		want []string
	}{
		{"two", []string{"three", "one", "two"}},
		{"elsewhere", []string{"three", "one", "two"}},
	} {
		t.Run(test.last, func(t *testing.T) {
			for _, l := range test.want {
				focus(l)
			}
			focus(test.last)
			host := app.Processes()["app"]
			e2e.Kill(t, host)
			e2e.Restarted(t, app, host)
			for _, l := range labels {
				app.Page(l).Must(`return 1`, nil)
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				stack, active := onTop(t)
				stack = slices.DeleteFunc(stack, func(s string) bool { return !slices.Contains(labels, s) })
				if !slices.Equal(stack, test.want) || active != test.last {
					return fmt.Errorf("windows lie as %q, %q has the focus", stack, active)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStoppedHost: a host that does not react is replaced.
func TestStoppedHost(t *testing.T) {
	impatient(t)
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	host := app.Processes()["app"]
	if err := syscall.Kill(host, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	e2e.Restarted(t, app, host)
	app.Main().Must(`return 1`, nil)
	if got := reasons(app); !slices.Equal(got, []string{"hung"}) {
		t.Errorf("faults %q", got)
	}
}

// TestLeakingPage: a page that takes more and more memory loses its process, and
// comes back.
func TestLeakingPage(t *testing.T) {
	impatient(t)
	limit := e2e.ParseCapabilities(t, "memory", `{"identifier": "memory", "windows": ["main"],
		"permissions": [{"identifier": "sandbox:memory-limit", "allow": [{"bytes": 268435456}]}]}`, "")
	app := e2e.Start(t, e2e.Options{Capabilities: limit})
	app.Main().Must(`globalThis.kept = []; setInterval(() => kept.push(new Uint8Array(16 << 20).fill(1)), 50)`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if got := reasons(app); !slices.Equal(got, []string{"out of memory"}) {
			return fmt.Errorf("faults %q", got)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	app.Main().Must(`return globalThis.kept`, nil)
}

// TestStoppedNetwork: a network process that does not react is replaced, and
// what waited for it goes on.
func TestStoppedNetwork(t *testing.T) {
	impatient(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		io.WriteString(w, "here")
	}))
	t.Cleanup(func() { site.CloseClientConnections(); site.Close() })
	app := e2e.Start(t, e2e.Options{Config: `{"app": {"security": {"csp": null}}}`})
	fetched := func() (got string) {
		app.Main().Must(`for (;;) {
			const timeout = AbortSignal.timeout(5000);
			try { return await (await fetch('`+site.URL+`/text', { cache: 'no-store', signal: timeout })).text() }
			catch (e) { if (!timeout.aborted) await new Promise((r) => setTimeout(r, 50)) }
		}`, &got)
		return got
	}
	if got := fetched(); got != "here" {
		t.Fatalf("fetched %q", got)
	}
	host := app.Processes()["app"]
	old := e2e.PIDs(host, e2e.NetworkProcess)
	if len(old) != 1 {
		t.Fatalf("network processes: %v", old)
	}
	if err := syscall.Kill(old[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if got := fetched(); got != "here" {
		t.Errorf("fetched %q from a process that had stopped", got)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if len(app.Faults()) == 0 {
			return errors.New("the app was not told")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	faults := app.Faults()
	if len(faults) != 1 || faults[0].Component != "network" || faults[0].Reason != "hung" || !slices.Equal(faults[0].Windows, []string{"main"}) || !faults[0].Restarting {
		t.Errorf("faults: %+v", faults)
	}
	if now := e2e.PIDs(host, e2e.NetworkProcess); len(now) != 1 || now[0] == old[0] {
		t.Errorf("network processes: %v, before %v", now, old)
	}
	if app.Processes()["app"] != host {
		t.Error("the host was replaced")
	}
}

// TestDestroyedByOthers: windows come back that another program has destroyed,
// or whose connection to the display it has ended.
func TestDestroyedByOthers(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	app.Open("victim", func(o *mullion.WindowOptions) { o.Title = "victim" }).Must(`return 1`, nil)
	for how, end := range map[string]func(uint32) error{"destroyed": e2e.Screen(t).Destroy, "killed": e2e.Screen(t).Kill} {
		host := app.Processes()["app"]
		seen, err := e2e.Screen(t).Wait("victim")
		if err == nil {
			err = end(seen.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		e2e.Restarted(t, app, host)
		app.Page("victim").Must(`return 1`, nil)
		app.Main().Must(`return 1`, nil)
		if _, err := e2e.Screen(t).Wait("victim"); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
}

// TestEndlessLoop: a page whose script does not end stops no other page, and
// is loaded again.
func TestEndlessLoop(t *testing.T) {
	impatient(t)
	var asked atomic.Int32
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-echo"},
		HangTimeout: time.Second,
		OnHang: func(h mullion.Hang) mullion.HangAction {
			asked.Add(1)
			if h.Window != "main" || h.For < time.Second {
				return mullion.HangWait
			}
			return mullion.HangReload
		},
		Setup: func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
	})
	other := app.Open("other", nil)
	other.Must(`return 1`, nil)
	app.Main().Must(`setTimeout(() => { for (;;); }, 0)`, nil)
	if web := e2e.PIDs(app.Processes()["app"], e2e.WebProcess); len(web) < 2 {
		t.Errorf("two windows share a web process: %v", web)
	}
	calls := 0
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		other.Must(`for (let i = 0; i < 20; i++) if (await invoke('echo', {text: 't' + i}) !== 't' + i) throw new Error('wrong')`, nil)
		calls += 20
		if len(app.Faults()) == 0 {
			return fmt.Errorf("the page was not found to hang")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls of the other page while the first one hung", calls)
	var text string
	app.Main().Must(`return await invoke('echo', {text: 'back'})`, &text)
	if got := reasons(app); text != "back" || !slices.Equal(got, []string{"hung"}) || asked.Load() < 2 {
		t.Errorf("got %q after faults %q, asked %d times", text, got, asked.Load())
	}
}

// TestErrorPage: windows whose page or host cannot be kept alive show an error
// page, from where the user can try again.
func TestErrorPage(t *testing.T) {
	for _, victim := range []string{"web process", "host"} {
		t.Run(victim, func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{Permissions: []any{"allow-echo"}, Setup: func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) }})
			other := app.Open("other", func(o *mullion.WindowOptions) { o.Isolate = true })
			other.Must(`return 1`, nil)
			app.Main().Must(`return 1`, nil)
			w, err := app.Window("main")
			if err != nil {
				t.Fatal(err)
			}
			given := func() bool {
				return slices.ContainsFunc(app.Faults(), func(f mullion.Fault) bool { return !f.Restarting })
			}
			for end := e2e.Context(t); !given(); time.Sleep(time.Millisecond) {
				host := app.Processes()["app"]
				victims := []int{host}
				if victim == "web process" {
					victims = e2e.PIDs(host, e2e.WebProcess)
				}
				for _, pid := range victims {
					if pid != 0 {
						_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
					}
				}
				if end.Err() != nil {
					t.Fatalf("never given up, after %d faults", len(app.Faults()))
				}
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if !w.Painted() {
					return fmt.Errorf("no error page")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			other.Must(`await invoke('echo', {text: 'x'})`, nil)
			// The button has the keyboard.
			pressed := make(chan error, 1)
			go func() { pressed <- app.Main().Run(`return 1`, nil) }()
			for {
				_ = e2e.TryKeys("main", "Return") // it goes when it is tried again
				select {
				case err := <-pressed:
					if err != nil {
						t.Error(err)
					}
					return
				case <-time.After(500 * time.Millisecond):
				}
			}
		})
	}
}

// listeningPage listens as apps do: when it is loaded.
const listeningPage = `<!doctype html><meta charset="utf-8"><title>listening</title>
<script type="module">
import { invoke, listen } from '/_mullion/api.js';
await listen('news', e => invoke('heard', { n: e.payload }));
await invoke('ready');
</script>`

// TestListenersComeBack: what a page listens to when it is loaded it hears
// after each kind of healing.
func TestListenersComeBack(t *testing.T) {
	impatient(t)
	heard, ready := make(chan int, 100), make(chan struct{}, 100)
	type news struct {
		N int `json:"n"`
	}
	app := e2e.Start(t, e2e.Options{
		NoWindow: true, HangTimeout: time.Second,
		Permissions: []any{"core:event:default", "allow-heard", "allow-ready"},
		Files:       map[string]string{"listening.html": listeningPage},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "heard", func(_ context.Context, n news) (struct{}, error) { heard <- n.N; return struct{}{}, nil })
			mullion.Handle(a, "ready", func(context.Context, struct{}) (struct{}, error) { ready <- struct{}{}; return struct{}{}, nil })
		},
	})
	app.Open("main", func(o *mullion.WindowOptions) { o.URL = "listening.html" })
	host := func() int { return app.Processes()["app"] }
	for n, healing := range []struct {
		name string
		do   func()
	}{
		{"none", func() {}},
		{"host killed", func() { e2e.Kill(t, host()) }},
		{"web process killed", func() { e2e.Kill(t, e2e.PIDs(host(), e2e.WebProcess)[0]) }},
		{"web process stopped", func() { _ = syscall.Kill(e2e.PIDs(host(), e2e.WebProcess)[0], syscall.SIGSTOP) }},
		{"host stopped", func() { _ = syscall.Kill(host(), syscall.SIGSTOP) }},
	} {
		t.Run(healing.name, func(t *testing.T) {
			healing.do()
			e2e.Take(t, ready)
			if err := app.Emit(t.Context(), "news", n); err != nil {
				t.Fatal(err)
			}
			if got := e2e.Take(t, heard); got != n {
				t.Errorf("heard %d, want %d", got, n)
			}
		})
	}
}
