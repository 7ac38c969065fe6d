package hostile_test

var assetAttacks = []attack{
	{
		name: "path traversal in the app's files", from: "main",
		gets: "400, 403 or 404",
		script: `
			const results = {};
			for (const path of ['../../../etc/passwd', '%2e%2e/%2e%2e/etc/passwd', '..%2f..%2fetc/passwd', '%252e%252e/etc/passwd', '%25%32%65%25%32%65/etc/passwd', '..\\..\\etc\\passwd', '..%5c..%5cetc%5cpasswd',
					'app.js%00.txt', '%00', '%ff', '%zz', '//etc/passwd', 'C:/Windows', 'app.js/', './/app.js', '.git', 'no.such']) {
				results[path] = await attempt(async () => { const r = await fetch('app://localhost/' + path); return r.status + (/html/.test(r.headers.get('content-type')) ? ' page' : '') });
			}
			return Object.entries(results).filter(([, s]) => !/^40[034]$/.test(s)).map(([p, s]) => p + ': ' + s).join();`,
		want: "app.js/: 200",
	},
	{
		name: "another host of the app's scheme", from: "main",
		gets:   "404",
		script: `return await attempt(async () => (await fetch('app://elsewhere/app.js')).status)`,
		want:   "404",
	},
	{
		name: "other methods on the app's files", from: "main",
		gets: "405",
		script: `
			const results = [];
			for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) results.push(await attempt(async () => (await fetch('app://localhost/app.js', { method })).status));
			return results.join();`,
		want: "405,405,405,405,405",
	},
	{
		name: "files of the user in the scope", from: "main",
		gets:   "the file, as granted",
		script: `return await (await fetch('asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'))).text()`,
		want:   "in scope",
	},
	{
		name: "files of the user out of the scope", from: "main",
		gets: "403 or 404, and not whether there is such a file",
		script: `
			const results = {};
			const enc = encodeURIComponent;
			for (const path of [enc('DIR/outside.txt'), enc('DIR/no-such.txt'), enc('/etc/passwd'), enc('DIR/scope/../outside.txt'), enc('DIR/scope/link.txt'), enc('DIR/scope/directory'), enc('DIR/scope/fifo.txt'), enc('DIR/scope'),
					'DIR/scope/%2e%2e/outside.txt', enc(enc('DIR/scope/inside.txt')), enc('DIR/scope/inside.txt\u0000'), enc('DIR\\scope\\..\\outside.txt'), enc('~/x'), enc('scope/inside.txt'), '', enc('/proc/self/environ'), enc('/dev/zero')]) {
				results[path] = await attempt(async () => (await fetch('asset://localhost/' + path)).status);
			}
			return Object.entries(results).filter(([, s]) => s !== 403 && s !== 404).map(([p, s]) => p + ': ' + s).join() || 'all refused';`,
		want: "all refused",
	},
	{
		name: "bodies that the engine cannot read", from: "main",
		gets: "an answer; the body is never read, which would end the host",
		script: `
			const form = new FormData(); form.append('f', new Blob(['x'.repeat(100000)]), 'f.txt');
			const bodies = { blob: new Blob(['x'.repeat(100000)]), form, params: new URLSearchParams('a=b'), text: 'x', bytes: new Uint8Array(1 << 20), file: new File(['x'], 'x'), nested: new Blob([new Blob(['x'])]) };
			const results = [];
			for (const name in bodies) {
				for (const url of ['app://localhost/app.js', 'asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'), 'mullion://localhost/body/1?last', 'mullion://localhost/stream/1']) {
					results.push(await attempt(async () => (await fetch(url, { method: 'POST', body: bodies[name] })).status));
				}
			}
			results.push(await attempt(async () => (await fetch('app://localhost/x', { method: 'POST', duplex: 'half', body: new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(10)); c.close() } }) })).status));
			return [...new Set(results.map(String))].sort().join().slice(0, 60);`,
		want: "405,",
	},
	{
		name: "Blob as arguments", from: "main",
		gets:   "a rejection: it is an object without fields",
		script: `return await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', new Blob(['{"text":"x"}']))) + await attempt(() => window.__TAURI_INTERNALS__.invoke('take', new Blob(['x'])))`,
		want:   "missing required key text",
	},
}

// refusedNavigation tries to leave by code and comes back to say where it is.
func refusedNavigation(code string) string {
	return "window.stayed = true;\n" + code + "\nawait turns(); await echo('x'); await turns(); return window.stayed + ' ' + location.pathname"
}

var navigationAttacks = []attack{
	{
		name: "http:", from: "main", echoes: 1,
		gets:   "the page stays; the log says what was refused",
		script: refusedNavigation(`location.href = 'SITE/elsewhere'`),
		want:   "true /page.html", log: `msg="mullion: refused" what=navigation name="" url=SITE/elsewhere from="window \"main\"`,
	},
	{
		name: "file:", from: "main", echoes: 1,
		gets:   "the page stays",
		script: refusedNavigation(`location.href = 'file:///etc/passwd'; await turns(); location.href = 'FILE:/etc/passwd'`),
		want:   "true /page.html",
	},
	{
		name: "javascript:", from: "main", echoes: 1,
		gets:   "what the page's policy allows in the page itself, and no more than any script of it gets",
		script: refusedNavigation(`location.href = 'javascript:void(window.__TAURI_INTERNALS__.invoke("secret").catch(() => {}))'`),
		want:   "true /page.html",
	},
	{
		name: "data:", from: "main", echoes: 1,
		gets:   "the page stays",
		script: refusedNavigation(`location.href = 'data:text/html,<p>x'`),
		want:   "true /page.html",
	},
	{
		name: "schemes of the engine and of others", from: "main", echoes: 1,
		gets: "the page stays, and no other program is started",
		script: refusedNavigation(`for (const url of ['view-source:app://localhost/page.html', 'webkit://gpu', 'resource:///org/webkit', 'mullion://localhost/stream/1', 'asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'),
			'ftp://127.0.0.1/', 'mailto:a@b.c', 'tel:1', 'about:memory', 'ws://127.0.0.1/', 'x-unknown:y', 'app://elsewhere/', 'https://app.localhost/', 'app://localhost.evil.example/', 'app://localhost:80/', 'app://user@localhost/']) {
			await attempt(() => { location.href = url }); await turns();
		}`),
		want: "true /page.html", log: "addresses with a user name are never navigated to",
	},
	{
		name: "form", from: "main", echoes: 1,
		gets: "the page stays",
		script: refusedNavigation(`for (const method of ['get', 'post']) {
				const f = document.createElement('form'); f.action = 'SITE/page/form-' + method; f.method = method; document.body.append(f);
				const i = document.createElement('input'); i.name = 'a'; i.value = 'b'; f.append(i); f.submit(); await turns(); f.remove();
			}`),
		want: "true /page.html", log: `url=SITE/page/form-post from=`,
	},
	{
		name: "meta refresh", from: "main", echoes: 1,
		gets:   "the page stays",
		script: refusedNavigation(`const m = document.createElement('meta'); m.httpEquiv = 'refresh'; m.content = '0;url=SITE/page/meta'; document.head.append(m); await turns(); m.remove()`),
		want:   "true /page.html", log: `url=SITE/page/meta`,
	},
	{
		name: "blob: of the page", from: "main", echoes: 1,
		gets:   "nothing beyond the app's own origin: it is in a frame, without a bridge",
		script: `const u = URL.createObjectURL(new Blob(['<script>' + ` + "`PROBE`" + ` + '<' + '/script>'], { type: 'text/html' })); await echo('x'); return await framed({ src: u })`,
		want:   `{"internals":"undefined","handler":"undefined","parent":"object"`,
	},
	{
		name: "history", from: "main", echoes: 1,
		gets: "steps within the app's own pages only",
		script: refusedNavigation(`const r = [await attempt(() => history.pushState(1, '', 'SITE/x')), await attempt(() => history.replaceState(1, '', 'file:///etc/passwd'))].map((s) => s?.split(':')[0]).join();
			if (r !== 'SecurityError,SecurityError') return r;
			history.pushState(1, '', '/page.html?step'); history.back(); await turns()`),
		want: "true /page.html",
	},
	{
		name: "popups", from: "main", echoes: 1,
		gets: "null; the log says what was refused",
		script: `
			const results = [];
			for (const features of ['', 'noopener', 'popup,width=100', 'noreferrer']) for (const url of ['SITE/page/popup', '', 'about:blank', 'app://localhost/page.html', 'javascript:1', 'file:///etc/passwd', 'data:text/html,x']) {
				results.push(String(await attempt(() => window.open(url, '_blank', features))));
			}
			const a = document.createElement('a'); a.target = '_blank'; a.href = 'SITE/page/blank'; document.body.append(a); a.click(); a.rel = 'noopener'; a.click(); a.remove();
			const f = document.createElement('form'); f.target = '_blank'; f.action = 'SITE/page/form-blank'; document.body.append(f); f.submit(); f.remove();
			await turns(); await echo('x');
			return [...new Set(results)].join();`,
		want: "null",
	},
	{
		name: "popups by a click", from: "main", click: true,
		gets: "null; the log says what was refused",
		script: `
			const results = [];
			await new Promise((resolve) => document.addEventListener('click', () => {
				results.push(window.open('SITE/page/click'), window.open('javascript:1'), window.open('SITE/page/noopener', '_blank', 'noopener'));
				const a = document.createElement('a'); a.target = '_blank'; a.href = 'SITE/page/blank'; document.body.append(a); a.click(); a.remove();
				resolve();
			}, { once: true }));
			return [...new Set(results.map(String))].join();`,
		want: "null", log: `what="new window" name="" url=SITE/page/blank`,
	},
	{
		name: "file chooser by a click", from: "main", click: true,
		gets: "nothing is shown; the log says what was refused",
		script: `
			const i = document.createElement('input'); i.type = 'file'; document.body.append(i);
			await new Promise((resolve) => document.addEventListener('click', () => { i.click(); resolve() }, { once: true }));
			await turns();
			i.remove();
			return i.files.length;`,
		want: "0", log: `what="file chooser" name=file`,
	},
	{
		name: "pointer lock by a click", from: "main", click: true,
		gets: "a rejection",
		script: `
			return await new Promise((resolve) => document.addEventListener('click', () => {
				document.addEventListener('pointerlockchange', () => resolve('locked'), { once: true });
				document.addEventListener('pointerlockerror', () => resolve('refused'), { once: true });
				attempt(() => document.body.requestPointerLock()).then((r) => { if (/Error/.test(r)) resolve('refused') });
			}, { once: true }));`,
		want: "refused",
	},
	{
		name: "downloads", from: "main", echoes: 1,
		gets: "no file; the log says what was refused",
		script: refusedNavigation(`
			const click = async (href, name) => { const a = document.createElement('a'); a.href = href; if (name !== undefined) a.download = name; document.body.append(a); a.click(); await turns(); a.remove() };
			await click('app://localhost/app.js', 'evil.sh');
			await click(URL.createObjectURL(new Blob(['x'])), '../../evil.sh');
			await click('data:text/plain,x', 'evil.txt');
			await click('SITE/page/attachment');
			const f = document.createElement('iframe'); f.src = 'SITE/frame/attachment'; document.body.append(f); await fetch('/app.js'); await turns();`),
		want: "true /page.html", log: `what=download name=evil.sh`,
	},
	{
		name: "file chooser", from: "main", echoes: 1,
		gets: "nothing is asked",
		script: `
			const i = document.createElement('input'); i.type = 'file'; document.body.append(i);
			await attempt(() => i.click());
			const r = await attempt(() => i.showPicker());
			await turns(); await echo('x');
			i.remove();
			return i.files.length;`,
		want: "0",
	},
}

var engineAttacks = []attack{
	{
		name: "camera and microphone", from: "main",
		gets: "a rejection",
		script: `
			const results = [];
			for (const c of [{ video: true }, { audio: true }, { video: true, audio: true }]) results.push((await attempt(() => navigator.mediaDevices.getUserMedia(c))).split(':')[0]);
			results.push((await attempt(() => navigator.mediaDevices.getDisplayMedia({ video: true }))).split(':')[0]);
			return results.filter((r) => !/Error$/.test(r)).length + ' granted';`,
		want: "0 granted",
	},
	{
		name: "location", from: "main",
		gets:   "a rejection",
		script: `return await new Promise((r) => navigator.geolocation.getCurrentPosition(() => r('granted'), (e) => r('error ' + e.code)))`,
		want:   "error 1", log: "what=permission name=location",
	},
	{
		name: "notification", from: "main",
		gets:   "denied",
		script: `return await Notification.requestPermission() + ' ' + Notification.permission`,
		want:   "denied",
	},
	{
		name: "clipboard reading", from: "main",
		gets:   "a rejection",
		script: `return (await attempt(() => navigator.clipboard.readText())).split(':')[0] + ' ' + (await attempt(() => navigator.clipboard.read())).split(':')[0] + ' ' + document.execCommand('paste')`,
		want:   "NotAllowedError NotAllowedError false",
	},
	{
		name: "pointer lock and full screen", from: "main",
		gets: "a rejection",
		script: `
			const locked = new Promise((r) => { document.addEventListener('pointerlockchange', () => r('locked')); document.addEventListener('pointerlockerror', () => r('refused')) });
			const r = await attempt(() => document.body.requestPointerLock());
			return /Error/.test(r) ? 'refused' : await locked;`,
		want: "refused",
	},
	{
		name: "web permissions from another origin", from: "remote",
		gets:   "denied",
		script: `return await Notification.requestPermission() + ' ' + (await attempt(() => navigator.mediaDevices?.getUserMedia({ video: true }) ?? Promise.reject(new TypeError('none')))).split(':')[0] + ' ' + (await attempt(() => navigator.clipboard?.readText() ?? Promise.reject(new TypeError('none')))).split(':')[0]`,
		want:   "denied",
	},
	{
		name: "modal dialog", from: "fresh", mute: true,
		gets:   "a dialog that keeps the page itself waiting, and nobody else",
		script: `invoke('who').then(() => {}); alert('x')`,
	},
	{
		name: "developer tools", from: "main",
		gets: "they open only where the app asks for them",
		script: `
			document.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyI', ctrlKey: true, shiftKey: true }));
			return await attempt(() => window.__TAURI_INTERNALS__.invoke('plugin:webview|internal_toggle_devtools'));`,
		want: "not",
	},
}
