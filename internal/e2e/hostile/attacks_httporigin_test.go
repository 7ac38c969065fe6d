package hostile_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// inFrame has a frame of the hostile site run a script, in which of(tag, attributes)
// tells whether an element has loaded, and app is the app's origin. Its result is
// that of the attack.
const inFrame = `
	const inFrame = (f) => framed({ src: 'SITE/frame/to?script=' + encodeURIComponent(
		'const app = "http://app.localhost";' +
		'const of = (tag, attributes) => new Promise((r) => { const e = document.createElement(tag); e.onload = e.oncanplay = () => r("loaded"); e.onerror = () => r("error"); Object.assign(e, attributes); document.body.append(e) });' +
		'(' + f + ')().then((r) => parent.postMessage(String(r), "*"), (e) => parent.postMessage(e.name, "*"))') });
`

// httpAttacks are made where the app's pages are at http://app.localhost, by a frame
// of the hostile site in one of these pages, whose host has the app's files.
var httpAttacks = []attack{
	{
		name: "frame reads files of the app at http://app.localhost", from: "main",
		gets: "nothing it could read: of no-cors fetches an answer that says nothing, to which the app has not given a file",
		script: inFrame + `return await inFrame(async () => {
			const get = (mode) => fetch(app + '/app.json', { mode }).then((r) => r.type + ' ' + r.status, (e) => e.name);
			const x = await new Promise((r) => { const x = new XMLHttpRequest(); x.open('GET', app + '/app.json'); x.onload = () => r(x.responseText); x.onerror = () => r('error'); x.send() });
			return [await get('cors'), await get('no-cors'), x].join();
		});`,
		want: "TypeError,opaque 0,error",
	},
	{
		name: "frame embeds what the app has at http://app.localhost", from: "main",
		gets: "errors",
		script: inFrame + `return await inFrame(async () => [
			await of('script', { src: app + '/app.js' }), await of('img', { src: app + '/picture.svg' }),
			await of('link', { rel: 'stylesheet', href: app + '/app.css' }), await of('audio', { src: app + '/picture.svg' }),
			await import(app + '/app.js').then(() => 'loaded', (e) => e.name),
		].join());`,
		want: "error,error,error,error,TypeError",
	},
	{
		name: "frame frames the app at http://app.localhost", from: "main",
		gets: "a page that says that it is not for others",
		script: inFrame + `
			let told = 'not shown';
			const on = (e) => { if (e.data === 'told') told = 'shown' };
			addEventListener('message', on);
			const r = await inFrame(async () => of('iframe', { src: app + '/told.html' }));
			await turns();
			removeEventListener('message', on);
			return told;`,
		want: "not shown",
	},
	{
		name: "frame goes to the app at http://app.localhost", from: "main",
		gets: "the same, by its address as by a form",
		script: `
			let told = 'not shown';
			const on = (e) => { if (e.data === 'told') told = 'shown' };
			addEventListener('message', on);
			for (const script of ['location.href = "http://app.localhost/told.html"', 'document.body.innerHTML = "<form action=http://app.localhost/told.html><input name=evil></form>"; document.forms[0].submit()']) {
				const f = document.createElement('iframe');
				const loads = (n) => new Promise((r) => { f.onload = () => { if (--n === 0) r() } });
				const both = loads(2);
				f.src = 'SITE/frame/to?script=' + encodeURIComponent('addEventListener("load", () => setTimeout(() => { ' + script + ' }))');
				document.body.append(f);
				await both;
				await turns();
				f.remove();
			}
			removeEventListener('message', on);
			return told;`,
		want: "not shown",
	},
	{
		name: "frame leads the top of the page to http://app.localhost", from: "main",
		gets: "the page stays: the engine asks for it in the name of the other site",
		script: `
			await framed({ src: 'SITE/frame/to?script=' + encodeURIComponent("parent.postMessage('asked', '*'); top.location = 'http://app.localhost/page.html?chosen'") });
			await turns();
			return location.href;`,
		want: "http://app.localhost/page.html", log: "no web:allow-navigation names the address for it",
	},
	{
		name: "frame frames the app at http://app.localhost, whose service worker passes requests on", from: "main",
		gets: "a page that says that it is not for others",
		script: inFrame + `
			await navigator.serviceWorker.register('/passing.js');
			if (!navigator.serviceWorker.controller) await new Promise((r) => navigator.serviceWorker.addEventListener('controllerchange', r, { once: true }));
			let told = 'not shown';
			const on = (e) => { if (e.data === 'told') told = 'shown' };
			addEventListener('message', on);
			await inFrame(async () => { const f = of('iframe', { src: app + '/told.html' }); await Promise.race([f, new Promise((r) => setTimeout(r, 500))]) });
			await turns();
			const theirs = told;
			const own = document.createElement('iframe');
			own.src = '/told.html';
			const shown = new Promise((r) => { own.onload = r });
			document.body.append(own);
			await shown;
			await turns();
			own.remove();
			removeEventListener('message', on);
			for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
			return theirs + ' there, ' + told + ' in the app';`,
		want: "not shown there, shown in the app",
	},
	{
		name: "frame opens WebSockets to the app", from: "main",
		gets: "errors, whether there is such a server or not",
		script: inFrame + `return await inFrame(async () => {
			const results = [];
			for (const name of ['app', 'bytes', 'asset']) results.push(await new Promise((r) => {
				const s = new WebSocket('ws://' + name + '.localhost/');
				s.onopen = () => r('open');
				s.onerror = () => r('error');
			}));
			return results.join();
		});`,
		want: "error,error,error",
	},
	{
		name: "page at a name beside that of the app", from: "main",
		gets: "it is not loaded, though a capability grants it: such a page could say that its domain is localhost",
		script: `
			const f = document.createElement('iframe');
			f.src = 'BESIDE/frame/probe';
			const loaded = await new Promise((r) => {
				addEventListener('message', (e) => { if (e.source === f.contentWindow) r('loaded') });
				document.body.append(f);
				setTimeout(() => r('not loaded'), 500); // nothing tells; the log must say why
			});
			f.remove();
			return loaded;`,
		want: "not loaded", log: "names below localhost belong to the app's own pages",
	},
	{
		name: "page of another origin reads the app at http://app.localhost", from: "remote",
		gets: "nothing: a window that was never to show a page of the app has none of its files",
		script: `
			const of = (tag, attributes) => new Promise((r) => { const e = document.createElement(tag); e.onload = () => r('loaded'); e.onerror = () => r('error'); Object.assign(e, attributes); document.head.append(e) });
			return [await fetch('http://app.localhost/app.json').then((r) => r.text(), (e) => e.name), await of('script', { src: 'http://app.localhost/app.js' }), await of('img', { src: 'http://app.localhost/picture.svg' })].join();`,
		want: "TypeError,error,error",
	},
	{
		name: "page of another origin leads into the app at http://app.localhost", from: "remote",
		gets: "it stays where it is",
		script: `
			location.href = 'http://app.localhost/page.html?from=remote';
			await turns();
			location.href = '/page/redirect?to=' + encodeURIComponent('http://app.localhost/page.html?redirected');
			await turns();
			return location.pathname;`,
		want: "/runner", log: "url=http://app.localhost/page.html?redirected",
	},
}

// TestAttacksHTTPOrigin is TestAttacks where the app's pages are at
// http://app.localhost.
func TestAttacksHTTPOrigin(t *testing.T) {
	x := newTarget(t, true)
	for _, a := range httpAttacks {
		t.Run(a.name, func(t *testing.T) { x.try(t, a) })
	}
	t.Run("server redirects into the app", func(t *testing.T) {
		w, err := x.app.Window("remote")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Navigate(e2e.Context(t), "http://app.localhost/page.html"); err != nil {
			t.Fatal(err)
		}
		const home = "http://app.localhost/page.html"
		isHome := func() error { // a navigation ends what the page loads, the script as well
			var at string
			if err := x.app.Page("remote").Run(`return location.href`, &at); err != nil || at != home {
				return fmt.Errorf("the page is at %q, %v", at, err)
			}
			return nil
		}
		if err := e2e.WaitFor(e2e.Timeout, isHome); err != nil {
			t.Fatal(err)
		}
		if err := w.Navigate(e2e.Context(t), x.site.URL+"/page/redirect?to="+home+"?chosen"); err != nil {
			t.Fatal(err)
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !x.app.Log.Contains(`msg="mullion: refused" what=navigation name="" url=` + home + "?chosen") {
				return errors.New("it was not refused")
			}
			return isHome()
		}); err != nil {
			t.Error(err)
		}
	})
	for _, f := range x.app.Faults() {
		t.Errorf("fault: %+v", f)
	}
}

// beside is the hostile site under a name beside that of the app.
func (h *hostile) beside() string {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(h.URL, "http://"))
	return "http://evil.localhost:" + port
}
