package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// originFiles are what pages of these tests load, beside the runner.
var originFiles = map[string]string{
	"worker.js": `
		addEventListener('install', () => skipWaiting());
		addEventListener('activate', (e) => e.waitUntil(clients.claim()));
		addEventListener('fetch', (e) => {
			if (e.request.url.endsWith('/of-the-worker')) e.respondWith(new Response('the worker'));
		});`,
	"module.js":  `postMessage(location.origin)`,
	"frame.html": `<!doctype html><script>parent.postMessage(origin, origin)</script>`,
	"tone.wav":   string(tone(20)),
}

const originHelpers = `
	const event = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
	const controlled = async () => {
		if (!navigator.serviceWorker.controller) await event(navigator.serviceWorker, 'controllerchange');
		return (await fetch('/of-the-worker')).text();
	};
`

// TestHTTPOrigin: pages at http://app.localhost have what engines keep for http,
// and all that pages of the app have elsewhere, without any network granted. What
// they store is there again in the next run.
func TestHTTPOrigin(t *testing.T) {
	dir, downloads := t.TempDir(), t.TempDir()
	start := func() *e2e.App {
		return e2e.Start(t, e2e.Options{
			HTTPOrigin: true, Offline: true, DataDir: dir, Files: originFiles, DownloadDir: downloads,
			Permissions: []any{"allow-echo", map[string]any{"identifier": "web:allow-download", "allow": []string{"http://app.localhost/*"}}},
			Setup:       func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
		})
	}
	app := start()
	for _, test := range []struct {
		name, script, want string
	}{
		{"origin", `return [location.origin, isSecureContext, typeof crypto.subtle].join()`, "http://app.localhost,true,object"},
		{"a call", `return await invoke('echo', { text: 'called' })`, "called"},
		{"cookies", `document.cookie = 'kept=1; max-age=1000; samesite=strict'; return document.cookie`, "kept=1"},
		{"Cache API", `
			const c = await caches.open('c');
			await c.put('/cached', new Response('from the cache'));
			localStorage.setItem('kept', 'stored');
			return await (await c.match('/cached')).text()`, "from the cache"},
		{"service worker", originHelpers + `
			await navigator.serviceWorker.register('/worker.js');
			return await controlled()`, "the worker"},
		{"media", originHelpers + `
			const a = new Audio('/tone.wav');
			a.muted = true;
			await event(a, 'canplay');
			const seeked = event(a, 'seeked'), ended = event(a, 'ended');
			a.currentTime = 19.5;
			await seeked;
			await a.play();
			await ended;
			return Math.round(a.duration) + ' ' + a.ended`, "20 true"},
		{"module worker", originHelpers + `return (await event(new Worker('/module.js', { type: 'module' }), 'message')).data`, "http://app.localhost"},
		{"frame", originHelpers + `
			const f = document.createElement('iframe');
			f.src = '/frame.html';
			const m = event(window, 'message');
			document.body.append(f);
			return (await m).data`, "http://app.localhost"},
		{"missing file", `return String((await fetch('/missing.js')).status)`, "404"},
		{"part of a file", `
			const r = await fetch('/tone.wav', { headers: { Range: 'bytes=8-11' } });
			return r.status + ' ' + await r.text()`, "206 WAVE"},
		{"POST", `return String((await fetch('/tone.wav', { method: 'POST', body: 'x' })).status)`, "400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			app.Main().Must(test.script, &got)
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	app.Main().Reload()
	var got string
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		// The page that is being left may be handed the script, and cannot load it.
		err := app.Main().Run(`return document.cookie + ' ' + performance.getEntriesByType('navigation')[0].type`, &got)
		if err == nil && got != "kept=1 reload" {
			err = errors.New(got)
		}
		return err
	}); err != nil {
		t.Errorf("after a reload: %v", err)
	}
	app.Open("second", nil).Must(`return location.origin + ' ' + document.cookie`, &got)
	if got != "http://app.localhost kept=1" {
		t.Errorf("a second window: %s", got)
	}
	app.Main().Must(`
		const a = document.createElement('a');
		a.href = '/tone.wav';
		a.download = 'of the app.wav';
		a.click();`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		b, err := os.ReadFile(filepath.Join(downloads, "of the app.wav"))
		if err == nil && string(b) != originFiles["tone.wav"] {
			err = fmt.Errorf("%d bytes", len(b))
		}
		return err
	}); err != nil {
		t.Errorf("download: %v", err)
	}
	host := app.Processes()["app"]
	e2e.Kill(t, host)
	e2e.Restarted(t, app, host)
	app.Main().Must(originHelpers+`return [location.href, localStorage.kept, await controlled()].join()`, &got)
	if d := cmp.Diff("http://app.localhost/page.html,stored,the worker", got); d != "" {
		t.Errorf("after the host was killed: %s", d)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}

	app = start()
	app.Main().Must(originHelpers+`return [document.cookie, localStorage.kept, await (await caches.match('/cached')).text(), await controlled()].join()`, &got)
	if d := cmp.Diff("kept=1,stored,from the cache,the worker", got); d != "" {
		t.Errorf("in the next run: %s", d)
	}
	w, err := app.Webview("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ClearBrowsingData(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}

	app = start()
	app.Main().Must(`return [document.cookie, localStorage.kept, (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length].join()`, &got)
	if d := cmp.Diff(",,0,0", got); d != "" {
		t.Errorf("after all was cleared: %s", d)
	}
}

// TestHTTPOriginUpdate: a service worker that a new version of the app brings takes
// the place of the old one, though no page asks for that.
func TestHTTPOriginUpdate(t *testing.T) {
	dir := t.TempDir()
	start := func(version string) *e2e.App {
		return e2e.Start(t, e2e.Options{HTTPOrigin: true, Offline: true, DataDir: dir, Files: map[string]string{
			"worker.js": strings.ReplaceAll(originFiles["worker.js"], "the worker", version),
		}})
	}
	app := start("first")
	var got string
	app.Main().Must(originHelpers+`await navigator.serviceWorker.register('/worker.js'); return await controlled()`, &got)
	if got != "first" {
		t.Error(got)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	app = start("second")
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if err := app.Main().Run(originHelpers+`return await controlled()`, &got); err != nil || got != "second" {
			return fmt.Errorf("%q answers, %v", got, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestHTTPOriginCookies: pages that set as many cookies as they can go on to be
// served, in this run and the next.
func TestHTTPOriginCookies(t *testing.T) {
	dir := t.TempDir()
	start := func() *e2e.App { return e2e.Start(t, e2e.Options{HTTPOrigin: true, Offline: true, DataDir: dir}) }
	const status = `return (await fetch('/page.html')).status`
	var n int
	app := start()
	app.Main().Must(`for (let i = 0; i < 30; i++) document.cookie = 'large' + i + '=' + 'y'.repeat(3900) + '; max-age=1000';`+status, &n)
	if err := app.Stop(); err != nil || n != 200 {
		t.Fatal(n, err)
	}
	app = start()
	if app.Main().Must(status, &n); n != 200 {
		t.Errorf("in the next run: status %d", n)
	}
}

// TestHTTPOriginWebProcess: pages come back whose web process was killed.
func TestHTTPOriginWebProcess(t *testing.T) {
	app := e2e.Start(t, e2e.Options{HTTPOrigin: true, Offline: true})
	app.Main().Must(`window.before = true`, nil)
	for _, pid := range e2e.PIDs(app.Processes()["app"], e2e.WebProcess) {
		_ = e2e.TryKill(pid)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var got string
		if err := app.Main().Run(`return location.href + ' ' + window.before`, &got); err != nil || got != "http://app.localhost/page.html undefined" {
			return fmt.Errorf("%q, %v", got, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
