package hostile_test

// seesNothing is what the probe says where there is no way to the bridge.
const seesNothing = `{"internals":"undefined","handler":"undefined","parent":"SecurityError","top":"SecurityError","own event":"unheard"}`

// frameAttacks are made by frames in the app's page. The web permissions of
// the page let frames of the hostile site in.
var frameAttacks = []attack{
	{
		name: "frame of another origin", from: "main",
		gets:   "no bridge, no handler, no parent; it may post messages to the page, as on the web",
		script: `return await framed({ src: 'SITE/frame/probe' })`,
		want:   seesNothing,
	},
	{
		name: "sandboxed frame of another origin", from: "main",
		gets:   "the same",
		script: `return await framed({ src: 'SITE/frame/probe', sandbox: 'allow-scripts' })`,
		want:   seesNothing,
	},
	{
		name: "sandboxed frame with srcdoc", from: "main",
		gets:   "the same: its origin is its own",
		script: `return await framed({ srcdoc: '<script>' + ` + "`PROBE`" + ` + '<' + '/script>', sandbox: 'allow-scripts' })`,
		want:   seesNothing,
	},
	{
		name: "sandboxed frame with the app's page", from: "main",
		gets: "the same",
		script: `
			const html = '<script>' + ` + "`PROBE`" + ` + '<' + '/script>';
			const url = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
			return await framed({ src: url, sandbox: 'allow-scripts' });`,
		want: seesNothing,
	},
	{
		name: "data: frame", from: "main",
		gets: "it is not loaded",
		script: `
			const f = document.createElement('iframe');
			f.src = 'data:text/html,<script>parent.postMessage("loaded", "*")</scr' + 'ipt>';
			let loaded = false;
			addEventListener('message', () => { loaded = true }, { once: true });
			document.body.append(f);
			await echo('x');
			await turns();
			f.remove();
			return loaded;`,
		want: "false", log: "data: addresses are never navigated to", echoes: 1,
	},
	{
		name: "frame of a site that is not granted", from: "main",
		gets: "it is not loaded",
		script: `
			const f = document.createElement('iframe');
			f.src = 'SITE/elsewhere';
			document.body.append(f);
			await echo('x');
			await turns();
			f.remove();`,
		log: "SITE/elsewhere is not in the scope of web:allow-navigation", echoes: 1,
	},
	{
		name: "frame of the app's own origin", from: "main",
		gets:   "no bridge of its own, but it is content of the app and may use its parent's",
		script: `return await framed({ srcdoc: '<script>' + ` + "`PROBE`" + ` + '<' + '/script>' })`,
		want:   `{"internals":"undefined","handler":"undefined","parent":"object","top":"object","own event":"unheard"}`,
	},
	{
		name: "frame moves the app's page", from: "main",
		gets: "the page stays: scripts are refused by the engine, addresses by the Core",
		script: `
			const results = [];
			for (const to of ['javascript:void(parent.document)', 'SITE/elsewhere', 'file:///etc/passwd']) {
				const script = "try { top.location = '" + to + "'; parent.postMessage('asked', '*') } catch (e) { parent.postMessage(e.name, '*') }";
				results.push(await framed({ src: 'SITE/frame/to?script=' + encodeURIComponent(script) }));
			}
			await turns();
			return location.pathname + ' ' + results.length;`,
		want: "/page.html 3",
	},
	{
		name: "frame reads the user's files", from: "main",
		gets: "nothing it could read",
		script: `
			const script = "(async () => { const r = []; for (const u of ['asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'), 'app://localhost/app.json', 'mullion://localhost/stream/1']) " +
				"try { r.push(await (await fetch(u)).text()) } catch (e) { r.push(e.name) } parent.postMessage(r.join(), '*') })()";
			return await framed({ src: 'SITE/frame/to?script=' + encodeURIComponent(script) });`,
		want: "TypeError,TypeError,TypeError",
	},
}

// remoteAttacks are made by a page of others in the top frame.
var remoteAttacks = []attack{
	{
		name: "page of another origin", from: "remote",
		gets:   "no bridge and no handler",
		script: `return [typeof window.__TAURI_INTERNALS__, typeof window.isTauri, typeof window.webkit?.messageHandlers?.mullion, dispatchCall('1 c ["secret",{}]')].join()`,
		want:   "undefined,undefined,undefined,true",
	},
	{
		name: "page of another origin reads schemes of the app", from: "remote",
		gets: "nothing it could read",
		script: `
			const results = [];
			for (const url of ['app://localhost/app.json', 'app://localhost/', 'asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'), 'mullion://localhost/stream/1', 'file:///etc/passwd']) {
				results.push(await attempt(async () => (await fetch(url)).text()));
				results.push(await attempt(() => new Promise((resolve, reject) => { const x = new XMLHttpRequest(); x.open('GET', url); x.onload = () => resolve(x.responseText); x.onerror = () => reject(new TypeError('Load failed')); x.send() })));
			}
			return [...new Set(results)].join();`,
		want: "TypeError: Load failed",
	},
	{
		name: "page of another origin embeds what the app has", from: "remote",
		gets: "errors: a window that was never to show a page of the app has none of its files",
		script: `
			const results = [];
			for (const [name, key, url] of [['script', 'src', 'app://localhost/app.js'], ['img', 'src', 'app://localhost/picture.svg'], ['link', 'href', 'app://localhost/app.css']]) {
				const e = document.createElement(name);
				if (name === 'link') e.rel = 'stylesheet';
				results.push(await new Promise((resolve) => { e.onload = () => resolve('loaded'); e.onerror = () => resolve('error'); e[key] = url; document.head.append(e) }));
			}
			return results.join();`,
		want: "error,error,error",
	},
	{
		name: "page of another origin runs scripts of the app", from: "remote",
		gets: "nothing: modules need the app's consent",
		script: `
			return await attempt(async () => Object.keys(await import('app://localhost/app.js')));`,
		want: "TypeError",
	},
	{
		name: "page of another origin frames the app", from: "remote",
		gets: "it is not loaded",
		script: `
			const f = document.createElement('iframe');
			f.src = 'app://localhost/page.html';
			document.body.append(f);
			await turns();
			await fetch('/frame/probe');
			await turns();
			const r = await attempt(() => f.contentWindow.location.href);
			f.remove();
			return r;`,
		want: "about:blank", log: `what=navigation name="" url=app://localhost/page.html from="window \"remote\"`,
	},
	{
		name: "page of another origin leads into the app", from: "remote",
		gets: "it stays where it is",
		script: `
			location.href = 'app://localhost/page.html?from=remote';
			await turns();
			await fetch('/frame/probe');
			const a = document.createElement('a');
			a.href = 'app://localhost/page.html?link';
			document.body.append(a);
			a.click();
			await turns();
			return location.pathname;`,
		want: "/runner", log: `url=app://localhost/page.html?link from="window \"remote\"`,
	},
	{
		name: "page of another origin is redirected into the app", from: "remote",
		gets: "it stays where it is",
		script: `
			location.href = '/page/redirect?to=' + encodeURIComponent('app://localhost/page.html?redirected');
			return location.pathname;`,
		want: "/runner", log: "url=app://localhost/page.html?redirected",
	},
	{
		name: "page of another origin with a grant", from: "guest",
		gets:   "the command that is granted",
		script: `return await window.__TAURI_INTERNALS__.invoke('guest')`,
		want:   "executed",
	},
	{
		name: "page of another origin beyond its grant", from: "guest",
		gets: "a rejection that says nothing of files and permissions, whether there is such a command or not",
		script: `
			const results = [];
			for (const cmd of ['secret', 'echo', 'no_such', 'plugin:event|listen', 'plugin:window|title', 'plugin:state|get', 'e2e_next']) results.push(await attempt(() => window.__TAURI_INTERNALS__.invoke(cmd, {})));
			return results.join('; ');`,
		want: "rejected: Command secret not allowed by ACL; rejected: Command echo not allowed by ACL; rejected: Command no_such not allowed by ACL; rejected: Command plugin:event|listen not allowed by ACL; " +
			"rejected: Command plugin:window|title not allowed by ACL; rejected: Command plugin:state|get not allowed by ACL; rejected: Command e2e_next not allowed by ACL",
	},
	{
		name: "page of another origin with a grant reads schemes of the app", from: "guest",
		gets: "nothing it could read",
		script: `
			const results = [];
			for (const url of ['app://localhost/app.json', 'asset://localhost/' + encodeURIComponent('DIR/scope/inside.txt'), 'mullion://localhost/stream/1']) results.push(await attempt(async () => (await fetch(url)).text()));
			return results.join();`,
		want: "TypeError: Load failed,TypeError: Load failed,TypeError: Load failed",
	},
	{
		name: "page of another origin with a grant asks for devtools", from: "guest",
		gets:   "a rejection",
		script: `return await attempt(() => window.__TAURI_INTERNALS__.invoke('plugin:webview|internal_toggle_devtools'))`,
		want:   "not allowed by ACL",
	},
}
