import assert from "node:assert/strict";
import { test } from "node:test";
import { App, deferred, key, plain, settled, until } from "./app.mjs";

test("globals", () => {
  const app = new App({ config: { window: "w", webview: "v" } });
  const { page } = app.dom;
  for (const name of ["isTauri", "__TAURI_INTERNALS__", "__TAURI_EVENT_PLUGIN_INTERNALS__", "__TAURI_PATTERN__"]) {
    const { writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(page, name);
    assert.deepEqual([name, writable, configurable, enumerable], [name, false, false, false]);
  }
  assert.equal(page.isTauri, true);
  const internals = page.__TAURI_INTERNALS__;
  assert.deepEqual(Object.keys(internals), []);
  const members = ["invoke", "transformCallback", "unregisterCallback", "runCallback", "callbacks", "convertFileSrc", "metadata", "plugins"];
  for (const name of members) {
    const { writable, configurable } = Object.getOwnPropertyDescriptor(internals, name);
    assert.deepEqual([name, writable, configurable], [name, false, false]);
  }
  assert.deepEqual(plain(internals.metadata), { currentWindow: { label: "w" }, currentWebview: { windowLabel: "w", label: "v" } });
  assert.deepEqual(plain(internals.plugins.path), { sep: "/", delimiter: ":" });
  internals.plugins.other = 1;
  assert.equal(internals.plugins.other, 1);
  assert.equal(JSON.stringify(Object.keys(internals)).includes(key), false);
});

test("convertFileSrc", () => {
  const unix = new App().internals;
  assert.equal(unix.convertFileSrc("/a b/ü"), "asset://localhost/%2Fa%20b%2F%C3%BC");
  assert.equal(unix.convertFileSrc("x", "other"), "other://localhost/x");
  const windows = new App({ config: { sep: "\\", delimiter: ";" } }).internals;
  assert.equal(windows.convertFileSrc("C:\\a"), "http://asset.localhost/C%3A%5Ca");
});

test("callbacks", () => {
  const { internals, dom } = new App();
  const got = [];
  const id = internals.transformCallback((x) => got.push(x));
  const once = internals.transformCallback((x) => got.push(x), true);
  assert.ok(Number.isInteger(id) && id > 0 && id < 2 ** 32 && id !== once);
  for (const n of [1, 2]) {
    internals.runCallback(id, n);
    internals.runCallback(once, n * 10);
  }
  assert.deepEqual(got, [1, 10, 2]);
  assert.equal(dom.warnings.length, 1); // the second use of once
  internals.unregisterCallback(id);
  internals.unregisterCallback(id);
  internals.runCallback(id, 3);
  assert.deepEqual(got, [1, 10, 2]);
  assert.equal(dom.warnings.length, 2);
  internals.runCallback(internals.transformCallback(), 1);
  assert.equal(internals.callbacks.size, 1);
  const seen = new Set(Array.from({ length: 500 }, () => internals.transformCallback()));
  assert.equal(seen.size, 500);
});

test("hello comes first", () => {
  const app = new App({ origin: "app://localhost" });
  assert.match(app.messages[0], /^h [0-9a-f]{32} app:\/\/localhost$|^h [0-9a-f]{32} null$/);
  assert.notEqual(new App().doc, new App().doc);
});

test("answers", async () => {
  const app = new App();
  app.commands = {
    json: () => 'o{"a":[1,"é"]}',
    text: () => 'e"broken"',
    object: () => 'e{"kind":"x"}',
    bytes: () => `b${Buffer.from([1, 2, 255]).toString("base64")}`,
    none: () => "b",
    bad: () => "o{",
  };
  assert.deepEqual(plain(await app.invoke("json")), { a: [1, "é"] });
  await assert.rejects(app.invoke("text"), (e) => e === "broken");
  await assert.rejects(app.invoke("object"), (e) => e.kind === "x");
  await assert.rejects(app.invoke("missing"), (e) => e === "Command missing not found");
  await assert.rejects(app.invoke("bad"), (e) => e.name === "SyntaxError");
  const bytes = await app.invoke("bytes");
  assert.equal(Object.prototype.toString.call(bytes), "[object ArrayBuffer]");
  assert.ok(app.dom.page.__TAURI_INTERNALS__ && bytes instanceof app.dom.run("page", "ArrayBuffer"));
  assert.deepEqual([...new Uint8Array(bytes)], [1, 2, 255]);
  assert.equal((await app.invoke("none")).byteLength, 0);
});

test("arguments", async (t) => {
  const app = new App();
  app.commands.echo = (_args, { json }) => json;
  let json = "";
  app.commands.echo = (_args, call) => {
    json = call.json;
  };
  const sees = async (code, want, options) => {
    await app.dom.run("page", `__TAURI_INTERNALS__.invoke('echo', ${code}, ${options})`);
    assert.equal(json, want, code);
  };
  await sees("undefined", '["echo",{}]');
  await sees("null", '["echo",{}]');
  await sees("{}", '["echo",{}]');
  await sees("{a: 1, b: undefined, c: null, d: 'é\"'}", '["echo",{"a":1,"c":null,"d":"é\\""}]');
  await sees("{m: new Map([['x', new Map([[1, 2]])]])}", '["echo",{"m":{"x":{"1":2}}}]');
  await sees("{u: new Uint8Array([1, 2]), b: new Uint8Array([3]).buffer}", '["echo",{"u":[1,2],"b":[3]}]');
  await sees("{f: new Float32Array([1.5])}", '["echo",{"f":{"0":1.5}}]');
  await sees("{list: [{deep: {__TAURI_TO_IPC_KEY__() { return new Map([['k', 1]]).get('k') }}}]}", '["echo",{"list":[{"deep":1}]}]');
  await sees("{s: new (class { __TAURI_TO_IPC_KEY__() { return {Logical: {w: new Uint8Array([1])}} } })}", '["echo",{"s":{"Logical":{"w":[1]}}}]');
  await sees("{__TAURI_TO_IPC_KEY__() { return {x: 1} }}", '["echo",{"x":1}]');
  await sees("{d: new Date(0), u: new URL('https://a.example/')}", '["echo",{"d":"1970-01-01T00:00:00.000Z","u":"https://a.example/"}]');
  await sees("{a: 1}", '["echo",{"a":1},[["path","%2F"],["options","undefined"]]]'.replace('["path","%2F"],["options","undefined"]', '["options","undefined"],["path","%2F"]'),
    "{headers: {path: '%2F', options: undefined}}");
  await sees("{}", '["echo",{},[["x-a","1"],["x-b","2"]]]', "{headers: [['X-B', '2'], ['x-a', '1']]}");
  await sees("{}", '["echo",{},[["x","1"]]]', "{headers: new Headers({x: '1'})}");
  await sees("{}", '["echo",{}]', "{headers: {}}");
  await t.test("refused before they are sent", async () => {
    const before = app.messages.length;
    await assert.rejects(app.dom.run("page", "__TAURI_INTERNALS__.invoke('echo', {a: 1n})"), (e) => e.name === "TypeError");
    await assert.rejects(app.dom.run("page", "{ const o = {}; o.o = o; __TAURI_INTERNALS__.invoke('echo', o) }"), (e) => e.name === "TypeError");
    await assert.rejects(app.invoke("echo", {}, { headers: { "bad name": "1" } }));
    await assert.rejects(app.invoke(undefined), (e) => e.name === "TypeError");
    assert.equal(app.messages.length, before);
  });
});

test("raw bodies", async (t) => {
  const app = new App();
  app.commands.write = (args, { bytes, headers }) => ({ args, headers, size: bytes.length, sum: bytes.reduce((a, b) => a + b, 0) });
  const writes = (code, options) => app.dom.run("page", `__TAURI_INTERNALS__.invoke('write', ${code}, ${options})`).then(plain);
  for (const [code, size, sum] of [
    ["new Uint8Array([1, 2, 3])", 3, 6],
    ["new Uint8Array([1, 2, 3]).subarray(1)", 2, 5],
    ["new Uint8Array([1, 2, 3]).buffer", 3, 6],
    ["new DataView(new Uint8Array([1, 2, 3]).buffer, 0, 2)", 2, 3],
    ["new Float32Array(2)", 8, 0],
    ["[7, 8]", 2, 15],
    ["new Uint8Array(0)", 0, 0],
    ["new Uint8Array(new SharedArrayBuffer(4)).fill(1)", 4, 4],
  ]) {
    assert.deepEqual(await writes(code), { args: null, size, sum }, code);
  }
  assert.deepEqual((await writes("new Uint8Array(1)", "{headers: {path: 'p'}}")).headers, [["path", "p"]]);

  const places = () => app.fetches.map((f) => new URL(f.url).search);
  await t.test("in pieces", async () => {
    app.fetches = [];
    const got = await writes("new Uint8Array(5 * 256 * 1024).fill(1)");
    assert.equal(got.sum, 5 * 256 * 1024);
    assert.deepEqual(app.fetches.map((f) => f.size), [512 << 10, 512 << 10, 256 << 10]);
    assert.deepEqual(places(), ["?0-524288", "?524288-1048576", "?1048576-1310720"]);
  });
  await t.test("exactly one piece", async () => {
    app.fetches = [];
    await writes("new Uint8Array(512 << 10)");
    assert.deepEqual(places(), ["?0-524288"]);
  });
  await t.test("none for no bytes", async () => {
    app.fetches = [];
    assert.equal((await writes("new Uint8Array(0)")).size, 0);
    assert.deepEqual(places(), []);
  });
  await t.test("three at once", async () => {
    app.fetches = [];
    const held = deferred();
    const { fetch } = app.dom.bridge;
    app.dom.bridge.fetch = async (...args) => { const r = await fetch(...args); await held.promise; return r; };
    const call = writes("new Uint8Array(4 << 20)");
    await settled();
    assert.equal(app.fetches.length, 3);
    held.resolve();
    assert.equal((await call).size, 4 << 20);
    assert.equal(app.fetches.length, 8);
    app.dom.bridge.fetch = fetch;
  });
  await t.test("an early answer ends them", async () => {
    app.fetches = [];
    await assert.rejects(app.invoke("missing", new Uint8Array(5 << 20)), (e) => e === "Command missing not found");
    await settled();
    assert.ok(app.fetches.length <= 3);
    assert.equal(app.sent("a").length, 0);
  });
  await t.test("bytes that nobody takes reject the call", async () => {
    const wait = app.commands.wait = deferred();
    app.commands.stuck = () => wait.promise;
    app.bodies.set = () => {};
    await assert.rejects(app.invoke("stuck", new Uint8Array(1)), (e) => e === "sending bytes: status 410");
    assert.equal(app.sent("a").length, 1);
  });
});

test("streams", async (t) => {
  const app = new App();
  const fill = (n, value) => new Uint8Array(n).fill(value);
  let named = "";
  app.commands.read = () => `s${named}`;
  const reads = async (name, chunks) => {
    named = name;
    app.streams.set(7, chunks);
    return new Uint8Array(await app.invoke("read"));
  };
  assert.deepEqual([...await reads("7 3", [fill(1, 0), fill(3, 9)])], [9, 9, 9]);
  assert.deepEqual([...await reads("7 3", [fill(2, 9), fill(2, 8)])], [9, 8, 8]);
  assert.deepEqual([...await reads("7 -1", [fill(2, 9), fill(2, 8)])], [9, 8, 8]);
  assert.deepEqual([...await reads("7 0", [fill(1, 0)])], []);
  await t.test("wrong sizes", async () => {
    await assert.rejects(reads("7 4", [fill(4, 0)]), (e) => e === "reading bytes: ended after 3 of 4 bytes");
    await assert.rejects(reads("7 2", [fill(4, 0)]), (e) => e === "reading bytes: more than 2 bytes");
    await assert.rejects(reads("7 x", []), (e) => e === "malformed stream");
    await assert.rejects(reads("8 1", []), (e) => e === "reading bytes: status 404");
  });
  await t.test("cut off", async () => {
    // What was read by then may be all that was announced, or of any length.
    for (const [name, reason] of [["7 3", "disk on fire"], ["7 -1", "disk on fire"], ["7 3", ""]]) {
      let asked = 0;
      named = name;
      app.streams.set(7, () => {
        asked++;
        if (asked === 1) {
          return new Response(new ReadableStream({
            pull(controller) {
              if (this.sent) {
                controller.error(new TypeError("connection reset"));
              } else {
                this.sent = true;
                controller.enqueue(fill(4, 1));
              }
            },
          }));
        }
        return reason === "" ? new Response("stream 7: not found", { status: 404 }) : new Response(reason, { status: 500 });
      });
      await assert.rejects(app.invoke("read"), (e) => e === `reading bytes: ${reason || "connection reset"}`);
      assert.equal(asked, 2);
    }
  });
  await t.test("long JSON", async () => {
    const value = { text: "жи 😀 ".repeat(10), n: 1 };
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    app.commands.long = () => `j7 ${bytes.length}`;
    // Cut inside a character.
    app.streams.set(7, [fill(1, 0), bytes.slice(0, 11), bytes.slice(11)]);
    assert.deepEqual(plain(await app.invoke("long")), value);
    app.streams.set(7, [fill(1, 0), bytes.slice(1)]);
    await assert.rejects(app.invoke("long"), (e) => e === `reading bytes: ended after ${bytes.length - 1} of ${bytes.length} bytes`);
  });
  await t.test("credit after each 256 KiB", async () => {
    app.messages = [];
    const size = 64 * 16 * 1024;
    const got = await reads(`7 ${size}`, [fill(1, 0), ...Array.from({ length: 64 }, (_, i) => fill(16 << 10, i))]);
    assert.equal(got.length, size);
    assert.equal(got[size - 1], 63);
    assert.deepEqual(app.sent("k"), Array.from({ length: 4 }, () => `k ${app.doc} 7 ${256 << 10}`));
  });
  await t.test("abort ends the fetch", async () => {
    const stopped = deferred();
    app.streams.set(7, (signal) => {
      signal.addEventListener("abort", stopped.resolve);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    named = "7 1";
    const stop = new AbortController();
    const call = app.invoke("read", {}, { signal: stop.signal });
    await settled();
    stop.abort();
    await assert.rejects(call, { name: "AbortError" });
    await stopped.promise;
    await settled();
    assert.deepEqual(app.sent("g"), [`g ${app.doc} 7`]);
  });
});

test("abort", async () => {
  const app = new App();
  const wait = deferred();
  app.commands.slow = () => wait.promise;
  const stop = new AbortController();
  const call = app.invoke("slow", {}, { signal: stop.signal });
  stop.abort("enough");
  await assert.rejects(call, (e) => e === "enough");
  assert.deepEqual(app.sent("a"), [`a ${app.doc} 1`]);
  wait.resolve("o1");
  await settled();

  const before = app.messages.length;
  await assert.rejects(app.invoke("slow", {}, { signal: stop.signal }), (e) => e === "enough");
  assert.equal(app.messages.length, before, "an aborted signal sends nothing");
  await assert.rejects(app.invoke("slow", {}, { signal: {} }), { name: "TypeError" });

  // A settled call has no listener left.
  const later = new AbortController();
  const added = [];
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  app.dom.shared.native.add = function (type, f, o) { added.push(f); addEventListener.call(this, type, f, o); };
  app.dom.shared.native.remove = function (type, f) { added.splice(added.indexOf(f), 1); removeEventListener.call(this, type, f); };
  const quick = app.invoke("slow", {}, { signal: later.signal });
  assert.equal(added.length, 1);
  await quick;
  assert.equal(added.length, 0);
  later.abort();
  assert.equal(app.sent("a").length, 1);
});

test("replays and forgeries", async () => {
  const app = new App();
  let runs = 0;
  app.commands.once = () => ++runs;
  const details = [];
  app.dom.run("page", "document").addEventListener("mullion:call", (e) => details.push(e.detail));
  await app.invoke("once");
  const send = (detail) => app.dom.fire("CustomEvent", app.dom.page.document, "mullion:call", { detail });
  for (const detail of [details[0], "0 c []", "-1 c []", "1.5 c []", "x", "", " 5 c []", null, 7, { t: 5 }, "99 z x"]) {
    send(detail);
  }
  await settled();
  assert.equal(runs, 1);
  assert.equal(app.sent("c").length, 1);
  assert.equal(app.sent("v").length, 11);
  assert.ok(app.sent("v")[0].includes("replay"));
  // An abort of something that is no call never reaches the host.
  app.streams.set(1, () => new Promise(() => {}));
  send("100 f 1 1");
  send("101 a 100");
  send("102 a 5000");
  send({ t: '103 c ["once",null]', b: "no buffer" });
  await settled();
  assert.equal(app.sent("a").length, 0);
  assert.equal(app.sent("c").length, 1);
});

test("a bridge that is refused rejects calls", async () => {
  const app = new App({ refuse: "wrong origin" });
  await assert.rejects(app.invoke("x"), (e) => e === "wrong origin");
  assert.match(app.dom.warnings[0], /wrong origin/);
});

test("calls wait for the bridge", async () => {
  const app = new App({ scripts: ["page"] });
  app.commands.add = ({ n }) => n;
  const calls = [1, 2, 3].map((n) => app.invoke("add", { n }));
  await settled();
  assert.equal(app.messages.length, 0);
  app.load("bridge");
  assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
  assert.deepEqual(app.sent("c").map((m) => m.split(" ")[2]), ["1", "2", "3"]);
});

test("scripts that run twice do so once", async () => {
  const app = new App({ scripts: ["bridge", "page", "page", "bridge"] });
  app.commands.x = () => 1;
  assert.equal(await app.invoke("x"), 1);
  assert.equal(app.sent("h").length, 1);
});

test("document.open()", async () => {
  const app = new App();
  app.commands.x = () => 1;
  app.dom.documentOpen();
  const call = app.invoke("x");
  await settled();
  assert.equal(app.sent("c").length, 0);
  app.dom.mutated();
  assert.equal(await call, 1);
  assert.equal(await app.invoke("x"), 1);
  assert.equal(app.sent("h").length, 1);
});

test("a page that comes back", async () => {
  const app = new App();
  app.commands.never = () => new Promise(() => {});
  app.commands.x = () => 1;
  const call = app.invoke("never");
  app.dom.fire("PageTransitionEvent", app.dom.run("page", "globalThis"), "pageshow", { persisted: false });
  assert.equal(app.sent("h").length, 1);
  app.dom.fire("PageTransitionEvent", app.dom.run("page", "globalThis"), "pageshow", { persisted: true });
  assert.equal(app.sent("h").length, 2);
  assert.equal(app.sent("h")[0], app.sent("h")[1]);
  await assert.rejects(call, (e) => e === "the page was left while the call ran");
  assert.equal(await app.invoke("x"), 1);
});

test("deliveries", async (t) => {
  const app = new App();
  const { internals } = app;
  const got = [];
  const id = internals.transformCallback((m) => got.push(m));
  await t.test("another document's are dropped", () => {
    app.dom.deliver(`${"0".repeat(32)} [["c",${id},0,1]]`);
    assert.equal(got.length, 0);
  });
  await t.test("channels", async () => {
    app.streams.set(5, [new Uint8Array([0, 4, 5])]);
    app.deliver(["c", id, 0, null], ["b", id, 1, "AQI="], ["s", id, 2, 5, 2], ["x", id, 3]);
    await until(() => got.length === 4);
    const byIndex = got.toSorted((a, b) => a.index - b.index);
    assert.deepEqual(plain(byIndex[0]), { index: 0, message: null });
    assert.deepEqual([...new Uint8Array(byIndex[1].message)], [1, 2]);
    assert.deepEqual([...new Uint8Array(byIndex[2].message)], [4, 5]);
    assert.deepEqual(plain(byIndex[3]), { end: true, index: 3 });
  });
  await t.test("a stream that fails", async () => {
    app.deliver(["s", id, 3, 404, 2]);
    await until(() => app.dom.warnings.length > 0);
    assert.match(app.dom.warnings.pop(), /message 3 of channel \d+ is lost: reading bytes: status 404/);
  });
  await t.test("what throws stops nothing", () => {
    got.length = 0;
    const throws = internals.transformCallback(() => { throw new Error("mine"); });
    app.deliver(["c", throws, 0, 1], ["c", 12345, 0, 1], ["b", id, 0, "%"], ["e", "x", 1, [[1, throws], [2, id]]], ["c", id, 1, 2]);
    assert.deepEqual(plain(got), [{ event: "x", id: 2, payload: 1 }, { index: 1, message: 2 }]);
    assert.deepEqual(app.dom.uncaught.map((e) => e.message).toSpliced(1, 1), ["mine", "mine"]);
    assert.match(app.dom.warnings.pop(), /no callback 12345/);
  });
});

test("a page that overwrites builtins", async () => {
  const app = new App();
  app.commands = { echo: (args, { headers }) => ({ args, headers }), raw: (_, { bytes }) => bytes.length };
  // Only what other scripts kept from before: no test helper works in there.
  app.dom.run("page", `
    globalThis.kept = __TAURI_INTERNALS__;
    globalThis.results = [];
    globalThis.promiseThen = Function.prototype.call.bind(Promise.prototype.then);
    globalThis.record = (name, promise) => promiseThen(promise, (v) => { results[name] = v }, (e) => { results[name] = 'E' + e });
    globalThis.mapOf = new Map([['a', 1]]);
    globalThis.withToIPC = new (class { __TAURI_TO_IPC_KEY__() { return 5 } });
    const broken = () => { throw new Error('overwritten') };
    JSON.stringify = JSON.parse = broken;
    const all = [Map, String, EventTarget, Array, ArrayBuffer, Uint8Array, Object.getPrototypeOf(Uint8Array), CustomEvent, Event, RegExp];
    const { ownKeys, defineProperty } = Reflect;
    for (let i = 0; i < all.length; i++) {
      const names = ownKeys(all[i].prototype);
      for (let j = 0; j < names.length; j++) {
        if (names[j] !== 'constructor' && names[j] !== 'length') defineProperty(all[i].prototype, names[j], { value: broken });
      }
    }
    Function.prototype.call = Function.prototype.apply = Function.prototype.bind = broken;
    Promise.prototype.then = Promise.prototype.catch = broken;
    Object.create = Object.getPrototypeOf = Object.defineProperty = Array.isArray = broken;
    Promise = Map = CustomEvent = Headers = Uint8Array = ArrayBuffer = TypeError = encodeURIComponent = broken;
    atob = reportError = queueMicrotask = JSON = broken;
    Object.prototype.cancelable = false;
    Object.prototype.detail = 'polluted';
    document.dispatchEvent = document.addEventListener = broken;
    crypto.getRandomValues = broken;
    record(0, kept.invoke('echo', {a: [1, withToIPC, mapOf]}));
    record(1, kept.invoke('echo', {a: 1}));
    kept.runCallback(kept.transformCallback((x) => { results[2] = x }), 'called');
    results[3] = kept.convertFileSrc('/a');
  `);
  await until(() => app.dom.page.results[1] !== undefined);
  const { results } = app.dom.page;
  const text = (v) => (typeof v === "string" ? v : JSON.stringify(v));
  assert.equal(text(results[0]), '{"args":{"a":[1,5,{"a":1}]}}');
  assert.equal(text(results[1]), '{"args":{"a":1}}');
  assert.equal(results[2], "called");
  assert.equal(results[3], "asset://localhost/%2Fa");
});

test("drag regions", async () => {
  const app = new App();
  app.commands["plugin:window|start_dragging"] = () => null;
  app.commands["plugin:window|internal_toggle_maximize"] = () => null;
  const { Element, document } = app.dom.page;
  const region = "data-tauri-drag-region";
  const el = (tag, attributes) => new Element(tag, attributes);
  const press = (path, init) => {
    const before = app.sent("c").length;
    const event = app.dom.fire("MouseEvent", document, "mousedown", { detail: 1, button: 0, cancelable: true, ...init }, [...path, document]);
    const sent = app.sent("c").slice(before).map((m) => JSON.parse(m.slice(m.indexOf("[")))[0]);
    assert.equal(event.defaultPrevented, sent.length > 0);
    return sent.join().replace("plugin:window|", "");
  };
  const none = el("div");
  for (const [want, path, init] of [
    ["", [none]],
    ["start_dragging", [el("div", { [region]: "" })]],
    ["start_dragging", [el("div", { [region]: "true" })]],
    ["internal_toggle_maximize", [el("div", { [region]: "" })], { detail: 2 }],
    ["", [el("div", { [region]: "" })], { detail: 3 }],
    ["", [el("div", { [region]: "" })], { button: 2 }],
    ["", [none, el("div", { [region]: "" })]],
    ["start_dragging", [none, none, el("div", { [region]: "deep" })]],
    ["start_dragging", [none, el("p", { [region]: "" }), el("div", { [region]: "deep" })]],
    ["", [none, el("p", { [region]: "false" }), el("div", { [region]: "deep" })]],
    ["", [el("button"), el("div", { [region]: "deep" })]],
    ["", [el("i"), el("a"), el("div", { [region]: "deep" })]],
    ["start_dragging", [el("button", { [region]: "" })]],
    ["", [el("div", { contenteditable: "" }), el("div", { [region]: "deep" })]],
    ["start_dragging", [el("div", { contenteditable: "false" }), el("div", { [region]: "deep" })]],
    ["", [el("div", { tabindex: "0" }), el("div", { [region]: "deep" })]],
    ["start_dragging", [el("div", { tabindex: "-1" }), el("div", { [region]: "deep" })]],
    ["", [el("div", { role: "tab" }), el("div", { [region]: "deep" })]],
    ["start_dragging", [el("div", { role: "note" }), el("div", { [region]: "deep" })]],
  ]) {
    assert.equal(press(path, init), want, JSON.stringify([path, init]));
  }
});

test("a refused drag is said on the console", async () => {
  const app = new App();
  const { Element, document } = app.dom.page;
  app.dom.fire("MouseEvent", document, "mousedown", { detail: 1, cancelable: true }, [new Element("div", { "data-tauri-drag-region": "" })]);
  await until(() => app.dom.warnings.length === 1);
  assert.match(app.dom.warnings[0], /plugin:window\|start_dragging: Command .* not found/);
});

test("the key for the developer tools", async () => {
  for (const devtools of [true, false]) {
    const app = new App({ config: { devtools } });
    app.dom.fire("KeyboardEvent", app.dom.page.document, "keydown", { ctrlKey: true, shiftKey: true, code: "KeyI" });
    assert.equal(app.sent("c").length, devtools ? 1 : 0);
  }
});

