package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
