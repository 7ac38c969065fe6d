package e2e_test

import (
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
	dir := t.TempDir()
	start := func() *e2e.App {
		return e2e.Start(t, e2e.Options{
			HTTPOrigin: true, Offline: true, DataDir: dir, Files: originFiles, Permissions: []any{"allow-echo"},
			Setup: func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
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
	app.Main().Must(`return document.cookie + ' ' + performance.getEntriesByType('navigation')[0].type`, &got)
	if got != "kept=1 reload" {
		t.Errorf("after a reload: %s", got)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}

	app = start()
	app.Main().Must(originHelpers+`return [document.cookie, localStorage.kept, await (await caches.match('/cached')).text(), await controlled()].join()`, &got)
	if d := cmp.Diff("kept=1,stored,from the cache,the worker", got); d != "" {
		t.Errorf("in the next run: %s", d)
	}
}
