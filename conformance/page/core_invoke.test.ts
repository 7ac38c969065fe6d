import { Channel, SERIALIZE_TO_IPC_FN, invoke, isTauri, type InvokeArgs, type InvokeOptions } from "@tauri-apps/api/core";
import { equal, fresh, ok, pattern, rejection, rejectsWith, same, test } from "./harness";

/** What a command saw of a call. */
interface Seen {
  args: unknown;
  bytes: number[] | null;
  headers: [name: string, value: string][];
}

function seen(args?: InvokeArgs, options?: InvokeOptions): Promise<Seen> {
  return invoke<Seen>("describe", args, options);
}

async function sees(args: Record<string, unknown>, want: unknown): Promise<void> {
  const got = await seen(args);
  equal(got.args, want, "arguments");
  equal(got.bytes, null, "bytes");
}

test("core/invoke/no arguments", async () => equal((await seen()).args, {}));

test("core/invoke/scalars, lists and objects", async () => {
  const args = { text: "жи \"q\" \\ \u2028 \u0000 </script> 😀", n: -1.5e-7, big: 9007199254740991, yes: true, none: null, list: [1, [2, []]], o: { a: { b: {} } } };
  await sees(args, args);
});

test("core/invoke/undefined vanishes", () => sees({ a: undefined, b: { c: undefined, d: 1 }, list: [undefined] }, { b: { d: 1 }, list: [null] }));

test("core/invoke/numbers without JSON become null", () => sees({ a: NaN, b: Infinity }, { a: null, b: null }));

test("core/invoke/Map becomes an object", () =>
  sees({ m: new Map<string, unknown>([["a", 1], ["b", new Map([["c", new Uint8Array([2])]])]]) }, { m: { a: 1, b: { c: [2] } } }));

test("core/invoke/Uint8Array becomes numbers", () =>
  sees({ b: new Uint8Array([0, 127, 255]), part: new Uint8Array([1, 2, 3, 4]).subarray(1, 3), deep: [{ b: new Uint8Array(0) }] },
    { b: [0, 127, 255], part: [2, 3], deep: [{ b: [] }] }));

test("core/invoke/ArrayBuffer becomes numbers", () =>
  sees({ b: new Uint8Array([9, 8]).buffer, deep: { list: [new ArrayBuffer(1)] } }, { b: [9, 8], deep: { list: [[0]] } }));

test("core/invoke/other typed arrays are plain JSON", () => sees({ f: new Float32Array([0.5, 2]) }, { f: { 0: 0.5, 1: 2 } }));

test("core/invoke/toJSON runs first", async () => {
  const time = new Date(0);
  await sees({ time, url: new URL("https://a.example/b?c#d"), own: { toJSON: () => ({ inner: new Uint8Array([1]) }) } },
    { time: "1970-01-01T00:00:00.000Z", url: "https://a.example/b?c#d", own: { inner: [1] } });
});

test("core/invoke/names with a meaning elsewhere are just names", async () => {
  const args: Record<string, unknown> = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "": 4}') as Record<string, unknown>;
  const got = (await seen(args)).args as object;
  equal(Object.keys(got).sort(), ["", "__proto__", "constructor", "toString"]);
});

test("core/invoke/arguments without a prototype", async () => {
  const args = Object.create(null) as Record<string, unknown>;
  args["a"] = new Map([["b", 1]]);
  await sees(args, { a: { b: 1 } });
});

test("core/invoke/what has no JSON rejects", async () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  ok(await rejection(invoke("describe", circle)) instanceof TypeError, "a circle is a TypeError");
  ok(await rejection(invoke("describe", { n: 1n })) instanceof TypeError, "a BigInt is a TypeError");
});

test("core/invoke/arguments nested too deep reject", async () => {
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 2000; i++) {
    deep = { deep };
  }
  await rejectsWith(invoke("describe", deep), "nest");
});

test("core/SERIALIZE_TO_IPC_FN/its value", () => equal(SERIALIZE_TO_IPC_FN as string, "__TAURI_TO_IPC_KEY__"));

test("core/SERIALIZE_TO_IPC_FN/an object says what it is", async () => {
  class Size {
    constructor(readonly width: number) {}
    [SERIALIZE_TO_IPC_FN](): unknown {
      return { Logical: { width: this.width } };
    }
  }
  await sees({ size: new Size(1), deep: [{ size: new Size(2) }] }, { size: { Logical: { width: 1 } }, deep: [{ size: { Logical: { width: 2 } } }] });
});

test("core/SERIALIZE_TO_IPC_FN/on an object literal, with values that need replacing", () =>
  sees({ o: { [SERIALIZE_TO_IPC_FN]: () => ({ map: new Map([["a", new Uint8Array([1])]]) }) } }, { o: { map: { a: [1] } } }));

test("core/SERIALIZE_TO_IPC_FN/a channel", async () => {
  const channel = new Channel();
  await sees({ channel }, { channel: `__CHANNEL__:${channel.id}` });
});

for (const [name, args] of [
  ["Uint8Array", new Uint8Array([1, 2, 255])],
  ["part of a Uint8Array", new Uint8Array([0, 1, 2, 255, 0]).subarray(1, 4)],
  ["ArrayBuffer", new Uint8Array([1, 2, 255]).buffer],
  ["list of numbers", [1, 2, 255]],
] as const) {
  test(`core/invoke/raw: ${name}`, async () => {
    const got = await seen(args as InvokeArgs);
    equal(got, { args: null, bytes: [1, 2, 255], headers: [] });
  });
}

test("core/invoke/raw: nothing", async () => {
  equal((await seen(new Uint8Array(0))).bytes, []);
  equal((await seen(new ArrayBuffer(0))).bytes, []);
  equal((await seen([])).bytes, []);
});

for (const size of [1, 32 << 10, (1 << 20) - 1, 1 << 20, (3 << 20) + 7]) {
  test(`core/invoke/raw: ${size} bytes there and back`, async () => {
    const sent = pattern(size);
    const got = await invoke<ArrayBuffer>("raw_echo", new Uint8Array(sent));
    ok(got instanceof ArrayBuffer, "raw bytes come back as an ArrayBuffer");
    ok(same(got, sent), `${got.byteLength} other bytes came back`);
    equal(sent.byteLength, size, "size of what was sent");
  });
}

test("core/invoke/headers: object", async () => {
  equal((await seen({}, { headers: { "X-Name": "image.png", accept: "a, b" } })).headers, [["accept", "a, b"], ["x-name", "image.png"]]);
});

test("core/invoke/headers: Headers", async () => {
  const headers = new Headers();
  headers.append("x-a", "1");
  headers.append("x-a", "2");
  equal((await seen({}, { headers })).headers, [["x-a", "1, 2"]]);
});

test("core/invoke/headers: list of pairs", async () => {
  equal((await seen({}, { headers: [["x-b", "2"], ["x-a", "1"]] })).headers, [["x-a", "1"], ["x-b", "2"]]);
});

test("core/invoke/headers: with raw bytes", async () => {
  equal(await seen(new Uint8Array([7]), { headers: { path: encodeURIComponent("/tmp/ж"), options: "{}" } }),
    { args: null, bytes: [7], headers: [["options", "{}"], ["path", "%2Ftmp%2F%D0%B6"]] });
});

test("core/invoke/headers: undefined means absent", async () => {
  // JSON.stringify has the type string, whatever it returns.
  const headers = { options: JSON.stringify(undefined), there: "1" };
  equal(await invoke<Record<string, string | null>>("header_values", { names: ["options", "there", "never"] }, { headers }),
    { options: null, there: "1", never: null });
});

test("core/invoke/headers: what is no header rejects", async () => {
  ok(await rejection(seen({}, { headers: { "x-ж": "1" } })) instanceof TypeError, "a name that cannot be one is a TypeError");
  ok(await rejection(seen({}, { headers: { "x-a": "ж" } })) instanceof TypeError, "a value that is not Latin-1 is a TypeError");
});

for (const value of [null, true, 0, -1.25, 9007199254740991, "", "a\u0000b\u2029", [], [1, [null]], {}, { a: { b: [1] } }]) {
  test(`core/invoke/result: ${JSON.stringify(value)}`, async () => equal(await invoke<unknown>("give", { value }), value));
}

test("core/invoke/result: nothing is null", async () => equal(await invoke<unknown>("nothing"), null));

for (const size of [0, 1, 32 << 10, (32 << 10) + 1, (2 << 20) + 3]) {
  test(`core/invoke/result: ${size} bytes`, async () => {
    const got = await invoke<unknown>("bytes", { size });
    ok(got instanceof ArrayBuffer, "bytes are an ArrayBuffer");
    ok(same(got, pattern(size)), "other bytes came back");
  });
}

test("core/invoke/result: a stream of unknown length", async () => {
  ok(same(await invoke<ArrayBuffer>("bytes", { size: 300_000, stream: true }), pattern(300_000)), "other bytes came back");
});

test("core/invoke/result: JSON of six megabytes", async () => {
  equal((await invoke<string>("text", { size: 6 << 20 })).length, 6 << 20);
});

test("core/invoke/error: string", () => rejectsWith(invoke("fail", { text: "no luck: ж" }), "no luck: ж"));

for (const value of [null, false, 7, "text", ["a", 1], { code: "E1", deep: { list: [null] } }]) {
  test(`core/invoke/error: ${JSON.stringify(value)}`, async () => {
    const reason = await rejection(invoke("fail", { value }));
    equal(reason, value);
    ok(!(reason instanceof Error), "an Error was made of it");
  });
}

test("core/invoke/error: a command that panics", async () => {
  const reason = await rejection(invoke("panic"));
  ok(typeof reason === "string" && !reason.includes("goroutine"), `rejected with ${String(reason)}`);
});

test("core/invoke/error: unknown command", () => rejectsWith(invoke("no_such_command"), "Command no_such_command not found"));

test("core/invoke/error: unknown plugin", () => rejectsWith(invoke("plugin:nowhere|nothing"), "not allowed"));

test("core/invoke/error: not granted", () => rejectsWith(invoke("forbidden"), "Command forbidden not allowed by ACL"));

test("core/invoke/error: command of a plugin, not granted", () =>
  rejectsWith(invoke("plugin:test|secret"), "Command plugin:test|secret not allowed by ACL"));

test("core/invoke/error: missing argument", () =>
  rejectsWith(invoke("typed", { count: 1 }), "invalid args `text` for command `typed`: command typed missing required key text"));

test("core/invoke/error: argument of a wrong type", () => rejectsWith(invoke("typed", { text: "a", count: "b" }), "invalid args `count` for command `typed`: "));

test("core/invoke/error: bytes instead of arguments", () =>
  rejectsWith(invoke("typed", new Uint8Array([1])), "invalid args `text` for command `typed`: ", "but the IPC call used a bytes payload"));

test("core/invoke/error: no name", async () => {
  const noName = undefined as unknown as string;
  ok(await rejection(invoke(noName)) instanceof TypeError, "a command that is not a string is a TypeError");
});

test("core/invoke/absent and null are both none", async () => {
  const want = { text: "a", count: 0, option: null };
  equal(await invoke<unknown>("typed", { text: "a", count: 0 }), want, "absent");
  equal(await invoke<unknown>("typed", { text: "a", count: 0, option: null }), want, "null");
  equal(await invoke<unknown>("typed", { text: "a", count: 0, option: undefined }), want, "undefined");
});

test("core/invoke/many at once", async () => {
  const all = await Promise.all(Array.from({ length: 500 }, (_, i) => invoke<number>("give", { value: i })));
  equal(all, Array.from({ length: 500 }, (_, i) => i));
});

test("core/invoke/never throws at once", async () => {
  const promise = invoke("describe", { n: 1n });
  ok(promise instanceof Promise, "no promise came back");
  await rejection(promise);
});

test("core/invoke/leaves no callbacks behind", async () => {
  const before = window.__TAURI_INTERNALS__.callbacks.size;
  await Promise.allSettled([invoke("nothing"), invoke("fail", { text: "x" })]);
  equal(window.__TAURI_INTERNALS__.callbacks.size, before);
});

// The published type has headers only, but hands the object on as it is.
interface AbortableOptions extends InvokeOptions {
  signal: AbortSignal;
}

function hang(token: string, signal: AbortSignal): Promise<unknown> {
  const options: AbortableOptions = { headers: {}, signal };
  return invoke("hang", { token }, options);
}

test("core/invoke/signal: aborted in between", async () => {
  const controller = new AbortController();
  const token = fresh("hang");
  const call = rejection(hang(token, controller.signal));
  await invoke("hang_began", { token });
  const reason = { why: "enough" };
  controller.abort(reason);
  ok(await call === reason, "rejected with something else than the reason of the signal");
  equal(await invoke<string>("hang_ended", { token }), "the page gave the call up: context canceled", "what the command saw");
});

test("core/invoke/signal: aborted before", async () => {
  const token = fresh("hang");
  const reason = await rejection(hang(token, AbortSignal.abort()));
  ok(reason instanceof DOMException && reason.name === "AbortError", `rejected with ${String(reason)}`);
  equal(await invoke<boolean>("hang_known", { token }), false, "whether the command ran");
});

test("core/invoke/signal: timeout", async () => {
  const token = fresh("hang");
  const reason = await rejection(hang(token, AbortSignal.timeout(30)));
  ok(reason instanceof DOMException && reason.name === "TimeoutError", `rejected with ${String(reason)}`);
});

test("core/invoke/signal: aborted afterwards", async () => {
  const controller = new AbortController();
  const options: AbortableOptions = { headers: {}, signal: controller.signal };
  equal(await invoke<number>("give", { value: 1 }, options), 1);
  controller.abort();
  equal(await invoke<number>("give", { value: 2 }), 2);
});

test("core/invoke/signal: while bytes are on their way", async () => {
  const controller = new AbortController();
  const options: AbortableOptions = { headers: {}, signal: controller.signal };
  const call = rejection(invoke("raw_echo", new Uint8Array(8 << 20), options));
  controller.abort();
  ok((await call as DOMException).name === "AbortError", "rejected with something else");
  equal(await invoke<number>("give", { value: 3 }), 3);
});

test("core/isTauri/is true", () => equal(isTauri(), true));

test("core/isTauri/cannot be changed or seen", () => {
  const d = Object.getOwnPropertyDescriptor(window, "isTauri");
  equal({ ...d }, { value: true, writable: false, configurable: false, enumerable: false });
});
