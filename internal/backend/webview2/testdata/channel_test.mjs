// Plays a page, the bridge and the host around the script of documents, which is the argument.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const source = readFileSync(process.argv[2], "utf8");

// open runs the script in a document of its own, and returns what came of it.
function open({ protocol = "app:", host = "localhost", frame = false } = {}) {
  const d = { posted: [], handler: null, delivered: [], page: false, hear: null };
  const window = {
    location: { protocol, host },
    crypto: globalThis.crypto,
    chrome: { webview: {
      postMessage: (text) => d.posted.push(text),
      addEventListener: (type, f) => { if (type === "message") d.hear = (text) => f({ data: text }); },
    } },
    BRIDGE_RAN(handler) {
      d.handler = handler;
      Object.defineProperty(window, "mullionDeliver", { value: (text) => d.delivered.push(text), configurable: true });
    },
    PAGE_RAN: () => { d.page = true; },
  };
  window.window = window;
  window.top = frame ? {} : window;
  d.window = window;
  vm.runInNewContext(source, window);
  return d;
}

for (const elsewhere of [{ frame: true }, { protocol: "https:", host: "evil.example" }, { host: "localhost:1" }]) {
  const d = open(elsewhere);
  assert.ok(!d.handler && !d.page && !d.hear, JSON.stringify(elsewhere));
}

const d = open();
assert.ok(d.handler && d.page);
assert.equal(d.window.webkit, undefined, "the handler stays in reach");
assert.equal(d.window.mullionDeliver, undefined);

// What the page changes later does not reach the channel.
d.window.chrome.webview.postMessage = () => assert.fail("the page's own");
const first = d.handler.postMessage("c x 1"), second = d.handler.postMessage("a b  c");
const ids = d.posted.map((text) => /^m ([0-9a-f]{16}-\d+) (.*)$/.exec(text));
assert.deepEqual(ids.map((m) => m[2]), ["c x 1", "a b  c"]);
d.hear(`f ${ids[1][1]} no such thing`);
d.hear(`r ${ids[0][1]} o{"a": 1}`);
d.hear(`r ${ids[0][1]} again`);
d.hear("r 0000000000000000-1 of another document");
d.hear(7);
assert.equal(await first, 'o{"a": 1}');
await assert.rejects(second, /no such thing/);

d.hear("d 12 DOC [1, 2]");
assert.deepEqual(d.delivered, ["DOC [1, 2]"]);
assert.equal(d.posted.at(-1), "d 12");
assert.notEqual(open().handler, d.handler);
console.log("ok");
