package hostile_test

// forgedAttacks are made by the app's own page, as a script that was smuggled
// into it would.
var forgedAttacks = []attack{
	{
		name: "replayed call", from: "main", echoes: 1,
		gets: "nothing; the bridge drops a number that does not grow, and the log has it",
		script: `
			let first;
			const detail = capture(() => { first = echo('once') });
			await first;
			for (let i = 0; i < 3; i++) dispatchCall(detail);
			await turns();
			return await first;`,
		want: "once", log: "dropped a replayed message",
	},
	{
		name: "old, negative and senseless numbers", from: "main",
		gets: "nothing",
		script: `
			let replies = 0;
			document.addEventListener('mullion:reply', (e) => { if (/^-|NaN|Infinity|^0 /.test(textOf(e))) replies++ });
			for (const id of ['0', '1', '-1', '-0', 'NaN', 'Infinity', '1e400', '1.5', '', ' ', '0x', '\u0661', '18446744073709551616']) {
				dispatchCall(id + ' c ["echo",{"text":"forged"}]');
			}
			await turns();
			return replies;`,
		want: "0", log: "dropped a replayed message: NaN",
	},
	{
		name: "a huge number", from: "fresh",
		gets: "its call, once; the page has used up its numbers and can call no more",
		mute: true, echoes: 1,
		script: `
			for (let i = 0; i < 3; i++) dispatchCall('9007199254740991 c ["echo",{"text":"last"}]');
			dispatchCall('9007199254740992 c ["echo",{"text":"more"}]');
			await echo('more');`,
		log: "dropped a replayed message: 9007199254740992",
	},
	{
		name: "forged call", from: "main",
		gets:   "what invoke gives: the capabilities decide",
		script: "return await raw('c [\"secret\",{}]')",
		want:   "Command secret not allowed by ACL", log: `msg="mullion: call refused" command=secret`,
	},
	{
		name: "forged reply", from: "main", echoes: 1,
		gets: "its own promise is resolved with what it wrote itself; the Core is not concerned",
		script: `
			let call;
			const id = parseInt(capture(() => { call = echo('true') }));
			document.dispatchEvent(new CustomEvent('mullion:reply', { detail: id + ' o"forged"' }));
			document.dispatchEvent(new CustomEvent('mullion:reply', { detail: { t: id + ' b', b: new ArrayBuffer(1) } }));
			document.dispatchEvent(new CustomEvent('mullion:reply', { detail: 'x' }));
			document.dispatchEvent(new CustomEvent('mullion:reply', { detail: id + ' o{' }));
			document.dispatchEvent(new CustomEvent('mullion:reply'));
			return await call;`,
		want: "forged",
	},
	{
		name: "forged message", from: "main",
		gets: "its own callbacks run; nobody else hears of it",
		script: `
			const heard = [];
			const id = window.__TAURI_INTERNALS__.transformCallback((m) => heard.push(JSON.stringify(m)));
			document.dispatchEvent(new CustomEvent('mullion:message', { detail: JSON.stringify([['c', id, 0, 'forged'], ['e', 'open', 1, [[77, id]]]]) }));
			await turns();
			return heard.length;`,
		want: "2",
	},
	{
		name: "bridge's function and handler", from: "main",
		gets:   "they exist in the bridge's world only",
		script: "return [typeof window.mullionDeliver, typeof window.webkit?.messageHandlers?.mullion, Object.keys(window.webkit?.messageHandlers ?? {}).length]",
		want:   "[undefined undefined 0]",
	},
	{
		name: "bridge's key guessed", from: "main",
		gets: "403, which the page cannot even read; the log has it",
		script: `
			const results = [];
			const headers = [{}, { 'mullion-key': '0'.repeat(64), 'mullion-doc': '0'.repeat(32) }, { 'mullion-key': '', 'mullion-doc': '' }];
			for (const h of headers) {
				for (const [method, url] of [['POST', 'body/1'], ['POST', 'body/1?last'], ['GET', 'stream/1'], ['PUT', 'body/1'], ['DELETE', 'stream/1'],
						['HEAD', 'stream/1'], ['OPTIONS', 'body/1'], ['GET', '../../etc/passwd'], ['GET', '']]) {
					const body = method === 'POST' || method === 'PUT' ? 'x' : undefined;
					results.push(await attempt(async () => (await fetch('mullion://localhost/' + url, { method, body, headers: h })).status));
				}
			}
			return [...new Set(results)].join();`,
		want: "TypeError: Load failed", log: "request for /body/1 without the bridge's key was refused",
	},
	{
		name: "bridge's key left out, answer not asked for", from: "main",
		gets: "an opaque answer without content",
		script: `
			const r = await fetch('mullion://localhost/stream/1', { mode: 'no-cors' });
			const image = await new Promise((r) => { const i = new Image(); i.onload = () => r('loaded'); i.onerror = () => r('failed'); i.src = 'mullion://localhost/stream/1' });
			return r.type + ' ' + (await r.text()).length + ' ' + image;`,
		want: "opaque 0 failed",
	},
	{
		name: "bridge's number of a call in progress", from: "main",
		gets: "403; the bytes of the call stay what they were",
		script: `
			const bytes = new Uint8Array(3 << 20);
			const call = window.__TAURI_INTERNALS__.invoke('take', bytes);
			const forged = [];
			for (let id = 1; id < 200; id++) forged.push(attempt(() => fetch('mullion://localhost/body/' + id + '?last', { method: 'POST', body: 'forged' })));
			await Promise.all(forged);
			return await call;`,
		want: "3145728 bytes",
	},
	{
		name: "huge body without the key", from: "main",
		gets:   "403; the body is never looked at",
		script: `return await attempt(() => fetch('mullion://localhost/body/1', { method: 'POST', body: new Uint8Array(48 << 20) }))`,
		want:   "TypeError: Load failed", log: "request for /body/1 without the bridge's key was refused",
	},
	{
		name: "another document's stream", from: "main",
		gets:   "a rejection: streams are numbered per document",
		script: `return await raw('f 1 -1') + await raw('f 999999 10') + await raw('f -1 1') + await raw('f 1 99999999999999999999')`,
		want:   `e"reading bytes: status 404"e"reading bytes: status 404"e"malformed stream"e"malformed stream"`,
	},
	{
		name: "detail of a wrong type", from: "main",
		gets: "nothing, or a rejection",
		script: `
			for (const d of [null, undefined, 5, true, [], {}, { t: 5 }, { t: {} }, { b: new ArrayBuffer(1) }, { get t() { throw new Error('getter') } }, document.createElement, document.body, Symbol.iterator]) {
				await attempt(() => dispatchCall(d));
			}
			await turns();
			return await raw('c ["take",null]', (t) => ({ t, b: 'no buffer' })) + await raw('c ["take",null]', (t) => ({ t })) + await raw('c ["take",null]', (t) => ({ t, b: new Uint8Array(4) }));`,
		want: `e"the bytes of a call are no ArrayBuffer"e"the bytes of a call are no ArrayBuffer"e"the bytes of a call are no ArrayBuffer"`,
		log:  "a page sent a message that is no text",
	},
	{
		name: "unknown operation", from: "main",
		gets: "nothing; the log has it",
		script: `
			const id = parseInt(capture(() => window.__TAURI_INTERNALS__.invoke('nothing').catch(() => {})));
			dispatchCall((id + 1) + ' h 00 app://localhost');
			window.__TAURI_INTERNALS__.invoke('nothing').catch(() => {});
			await turns();`,
		log: "dropped an unknown message",
	},
}

var oversizedAttacks = []attack{
	{
		name: "20 MiB of arguments", from: "main",
		gets:   "a rejection that says to pass bytes",
		script: `return await attempt(() => echo('x'.repeat(20 << 20)))`,
		want:   "are too large: pass more than 16777216 bytes as raw bytes",
	},
	{
		name: "many large calls at once", from: "main", echoes: 8,
		gets:   "its answers",
		script: `return (await Promise.all(Array.from({ length: 8 }, () => echo('x'.repeat(4 << 20))))).length`,
		want:   "8",
	},
	{
		name: "300 levels of arguments", from: "main",
		gets: "a rejection before anything recurses",
		script: `
			let deep = 'x';
			for (let i = 0; i < 300; i++) deep = [deep];
			return await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', { text: deep }));`,
		want: "arguments nest deeper than 256",
	},
	{
		name: "8 MiB of brackets", from: "main",
		gets:   "a rejection before anything recurses",
		script: `return await raw('c ["echo",' + '['.repeat(8 << 20))`,
		want:   "arguments nest deeper than 256",
	},
	{
		name: "duplicate keys", from: "main",
		gets:   "a rejection",
		script: `return await raw('c ["echo",{"text":"a","text":"b"}]') + await raw('c ["echo",{"text":"a","te\\u0078t":"b"}]')`,
		want:   `duplicate object member name`,
	},
	{
		name: "duplicate keys inside", from: "main",
		gets:   "a rejection",
		script: `return await raw('c ["echo",{"text":{"a":1,"a":2}}]')`,
		want:   `duplicate object member name`,
	},
	{
		name: "unknown argument", from: "main",
		gets:   "a rejection that names it",
		script: `return await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', { text: 'x', window: 'vault' }))`,
		want:   "invalid args `window` for command `echo`",
	},
	{
		name: "argument in other letters", from: "main",
		gets:   "a rejection",
		script: `return await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', { TEXT: 'x' }))`,
		want:   "invalid args",
	},
	{
		name: "__proto__ and constructor", from: "main",
		gets:   "a rejection; they are names like others",
		script: `return await raw('c ["echo",{"text":"x","__proto__":{"text":"y"}}]') + await raw('c ["echo",{"text":"x","constructor":1}]')`,
		want:   "invalid args `__proto__` for command `echo`",
	},
	{
		name: "arguments of wrong types", from: "main",
		gets: "a rejection each",
		script: `
			const results = [];
			for (const text of [1, null, {}, [], true]) results.push(await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', { text })));
			for (const args of ['text', 5, true]) results.push(await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', args)));
			return results.filter((r) => !/^rejected: (invalid args|command echo)/.test(r)).join() || 'all refused';`,
		want: "all refused",
	},
	{
		name: "malformed calls", from: "main",
		gets: "a rejection each",
		script: `
			const results = [];
			for (const json of ['', '{', '[]', '["echo"]', '["echo",{},[],1]', '[5,{}]', '{"cmd":"echo","args":{}}', '["echo",{}] []', '["echo",{"text":"\\ud800"}]',
					'["echo",{"text":"\\u00"}]', "['echo',{}]", '["echo",{"text":"x"},[["a"]]]', '["echo",{"text":"x"},{"a":"b"}]', '["echo",{"text":"x"},[["a","b","c"]]]', '["echo",{"text":01}]', 'null', '\u0000']) {
				results.push(await raw('c ' + json));
			}
			return results.filter((r) => !r.startsWith('e"malformed call')).join() || 'all refused';`,
		want: "all refused",
	},
	{
		name: "NUL and half a character", from: "main", echoes: 1,
		gets: "NUL arrives as it is; half a character is a rejection",
		script: `
			const got = await echo('a\u0000b');
			return [...got].map((c) => c.codePointAt(0).toString(16)).join(' ') + (await attempt(() => echo('\ud800'))) + await raw('c ["echo",{"text":"\ud800"}]');`,
		want: "61 0 62rejected: malformed call",
	},
	{
		name: "absurd name of a command", from: "main",
		gets: "a rejection that does not repeat it",
		script: `
			const results = [];
			for (const name of ['', '\u0000', '../secret', 'plugin:|', 'plugin:web|navigation', 'plugin:state|', 'secret\u0000', 'Secret', 'x'.repeat(1 << 20)]) {
				const r = await attempt(() => window.__TAURI_INTERNALS__.invoke(name));
				if (!/not found|not allowed by ACL/.test(r)) results.push(r);
			}
			return results.join() || 'all refused';`,
		want: "all refused",
	},
	{
		name: "30 000 calls at once", from: "fresh",
		gets: "an answer each; what is more than the Core takes at once is refused",
		script: `
			const calls = [];
			for (let i = 0; i < 30000; i++) calls.push(window.__TAURI_INTERNALS__.invoke('nothing'));
			let ok = 0, refused = 0, other = 0;
			for (const { status, reason } of await Promise.allSettled(calls)) {
				if (status === 'fulfilled') ok++;
				else if (/does not keep up/.test(reason)) refused++;
				else other++;
			}
			return ok + refused + ' settled, ' + other + ' otherwise';`,
		want: "30000 settled, 0 otherwise",
	},
	{
		name: "absurd address", from: "main",
		gets: "a network error or nothing, and no question stays open",
		script: `
			const long = 'x'.repeat(2 << 20);
			const f = document.createElement('iframe');
			f.src = 'SITE/frame/' + long;
			document.body.append(f);
			const r = await attempt(async () => (await fetch('app://localhost/' + long)).status);
			f.remove();
			return r;`,
		want: "TypeError: Load failed", log: "refused navigation to an address of",
	},
	{
		name: "absurd title", from: "main",
		gets: "as much of it as fits; the app is still told of the page",
		script: `
			document.title = 'x'.repeat(3 << 20);
			await turns();
			document.title = 'test';`,
	},
}

// tamperingAttacks change the builtins of the page's world.
var tamperingAttacks = []attack{
	{
		name: "overwritten builtins", from: "fresh", echoes: 1,
		gets: "the Core gets what was meant, and the bridge's world is as it was",
		script: `
			const spoiled = [], P = Promise, then = P.prototype.then;
			const spoil = (o, name) => { spoiled[spoiled.length] = [o, name, o[name]]; o[name] = function () { throw new Error('spoiled ' + String(name)) } };
			spoil(JSON, 'stringify'); spoil(JSON, 'parse');
			spoil(Array.prototype, 'push'); spoil(Array.prototype, 'map'); spoil(Array.prototype, Symbol.iterator);
			spoil(EventTarget.prototype, 'dispatchEvent'); spoil(EventTarget.prototype, 'addEventListener');
			spoil(Map.prototype, 'get'); spoil(Map.prototype, 'set'); spoil(String.prototype, 'slice'); spoil(String.prototype, 'indexOf');
			spoil(Promise.prototype, 'then');
			spoil(crypto, 'getRandomValues'); spoil(Crypto.prototype, 'getRandomValues');
			spoil(RegExp.prototype, 'exec'); spoil(Number, 'isSafeInteger');
			spoil(window, 'fetch'); spoil(window, 'CustomEvent'); spoil(window, 'Promise'); spoil(window, 'Map'); spoil(window, 'TypeError');
			let got;
			try {
				then.call(window.__TAURI_INTERNALS__.invoke('echo', { text: 'meant' }), (v) => { got = v }, (e) => { got = String(e) });
			} catch (e) {
				got = String(e);
			}
			while (got === undefined) await new P((r) => setTimeout(r));
			for (let i = 0; i < spoiled.length; i++) spoiled[i][0][spoiled[i][1]] = spoiled[i][2];
			return got;`,
		want: "meant",
	},
	{
		name: "prototype of all objects", from: "fresh", echoes: 1,
		gets: "the Core gets what was meant",
		script: `
			Object.prototype.toJSON = function () { return 'spoiled' };
			Object.prototype.t = '99999 c ["secret",{}]';
			Object.prototype.b = new ArrayBuffer(4);
			Object.prototype.detail = '99999 c ["secret",{}]';
			Object.defineProperty(Object.prototype, 'value', { get() { return 'spoiled' }, set() {}, configurable: true });
			const call = window.__TAURI_INTERNALS__.invoke('echo', 'x');
			for (const n of ['toJSON', 't', 'b', 'detail', 'value']) delete Object.prototype[n];
			await attempt(() => call);
			return await echo('meant');`,
		want: "meant",
	},
	{
		name: "elements named like methods of the document", from: "fresh", echoes: 1,
		gets: "the call works: the bridge takes methods from prototypes",
		script: `
			document.body.insertAdjacentHTML('beforeend', '<form name=dispatchEvent></form><img name=addEventListener><form name=defaultView></form><form id=webkit name=webkit></form><form name=mullionDeliver></form>');
			return await echo('meant');`,
		want: "meant",
	},
	{
		name: "another document in the same window", from: "fresh", echoes: 1,
		gets: "the app's page is still the caller",
		script: `
			document.open(); document.write('<p>written'); document.close();
			await turns();
			return await echo('meant');`,
		want: "meant",
	},
	{
		name: "labels that are not its own", from: "fresh",
		gets: "the Core goes by what the host attests",
		script: `
			const i = window.__TAURI_INTERNALS__;
			await attempt(() => { i.metadata.currentWindow.label = 'vault'; i.metadata.currentWebview.label = 'vault' });
			await attempt(() => { i.metadata = { currentWindow: { label: 'vault' } } });
			const got = await attempt(() => i.invoke('secret', { label: 'vault', window: 'vault', windowLabel: 'vault' }, { headers: { 'Tauri-Window': 'vault', Origin: 'x' } }));
			return await i.invoke('who') + '; ' + got;`,
		want: "app://localhost; rejected: Command secret not allowed by ACL",
	},
}

var otherWindowAttacks = []attack{
	{
		name: "command of another window", from: "narrow",
		gets:   "a rejection that says which line to add to which file",
		script: `return await attempt(() => window.__TAURI_INTERNALS__.invoke('echo', { text: 'x' })) + await attempt(() => window.__TAURI_INTERNALS__.invoke('secret'))`,
		want:   `Command echo not allowed by ACL: not allowed on window "narrow", webview "narrow", URL: local: add permission "allow-echo" to capability "e2e" (capabilities/e2e.json)`,
		log:    `msg="mullion: call refused" command=secret from="window \"narrow\" (app://localhost)"`,
	},
	{
		name: "built-in commands without permission", from: "narrow",
		gets: "a rejection each",
		script: `
			const results = [];
			const target = { kind: 'Any' };
			for (const [cmd, args] of [['window|close', { label: 'vault' }], ['window|destroy', { label: 'vault' }], ['window|set_title', { label: 'vault', value: 'x' }], ['window|title', { label: 'vault' }],
					['window|get_all_windows', {}], ['event|listen', { event: 'open', target, handler: 1 }], ['event|emit', { event: 'open' }], ['event|emit_to', { event: 'open', target }],
					['state|get', { name: 'open' }], ['state|set', { name: 'open', value: 1 }], ['state|subscribe', { name: 'open', onChange: '__CHANNEL__:1' }], ['app|exit', {}],
					['webview|internal_toggle_devtools', {}], ['webview|create_webview_window', { options: { label: 'x', url: '/' } }]]) {
				const r = await attempt(() => window.__TAURI_INTERNALS__.invoke('plugin:' + cmd, args));
				if (!/not allowed by ACL|not found/.test(r)) results.push(cmd + ' ' + r);
			}
			return results.join() || 'all refused';`,
		want: "all refused",
	},
	{
		name: "events outside of the scope", from: "main",
		gets: "a rejection each",
		script: `
			const target = { kind: 'Any' };
			const i = window.__TAURI_INTERNALS__.invoke;
			const why = async (f) => (await attempt(f)).split(': add {')[0];
			return await why(() => i('plugin:event|listen', { event: 'vault', target, handler: 1 })) + '; ' +
				await why(() => i('plugin:event|emit', { event: 'tauri://close-requested' })) + '; ' +
				await why(() => i('plugin:event|emit_to', { event: 'vault', target: { kind: 'Window', label: 'vault' } }));`,
		want: `rejected: event "vault" is not in the scope of this permission; rejected: event "tauri://close-requested" is not in the scope of this permission; ` +
			`rejected: event "vault" is not in the scope of this permission`,
	},
	{
		name: "state outside of the scope", from: "main",
		gets: "a rejection each, whether there is such a state or not",
		script: `
			const i = window.__TAURI_INTERNALS__.invoke;
			return await attempt(() => i('plugin:state|get', { name: 'vault' })) + '; ' + await attempt(() => i('plugin:state|subscribe', { name: 'vault', onChange: '__CHANNEL__:1' })) + '; ' +
				await attempt(() => i('plugin:state|get', { name: 'no-such' })) + '; ' + await attempt(() => i('plugin:state|set', { name: 'open', value: 'x' })) + '; ' +
				(await i('plugin:state|get', { name: 'open' })).value;`,
		want: `rejected: Command plugin:state|set not allowed by ACL`,
	},
	{
		name: "listener of another page", from: "main",
		gets: "nothing; a page removes its own listeners only",
		script: `
			const i = window.__TAURI_INTERNALS__.invoke;
			const r = [];
			for (let eventId = 0; eventId < 50; eventId++) r.push(await attempt(() => i('plugin:event|unlisten', { event: 'vault', eventId })));
			return new Set(r).size;`,
		want: "1",
	},
}
