import { Channel, invoke, transformCallback } from "@tauri-apps/api/core";
import { Inbox, equal, fresh, helper, ok, pattern, rejection, rejectsWith, same, test, until, within } from "./harness";

const internals = window.__TAURI_INTERNALS__;

test("core/transformCallback/numbers that nobody can guess", () => {
  const ids = Array.from({ length: 100 }, () => transformCallback());
  for (const [i, id] of ids.entries()) {
    ok(Number.isInteger(id) && id > 0 && id <= 0xffffffff, `${id} is no u32`);
    ok(i === 0 || id !== ids[i - 1]! + 1, "two numbers follow each other");
    internals.unregisterCallback(id);
  }
  equal(new Set(ids).size, 100, "different numbers");
});

test("core/transformCallback/is called each time", () => {
  const got: number[] = [];
  const id = transformCallback((n: number) => got.push(n));
  internals.runCallback(id, 1);
  internals.runCallback(id, 2);
  equal(got, [1, 2]);
  internals.unregisterCallback(id);
  internals.runCallback(id, 3);
  internals.unregisterCallback(id);
  equal(got, [1, 2], "after it was unregistered");
});

test("core/transformCallback/once", () => {
  const got: number[] = [];
  const id = transformCallback((n: number) => {
    got.push(n);
    internals.runCallback(id, n + 1); // it is gone already
  }, true);
  internals.runCallback(id, 1);
  internals.runCallback(id, 2);
  equal(got, [1]);
});

test("core/transformCallback/without a function", () => {
  internals.runCallback(transformCallback(undefined, true), "nobody hears it");
});

test("core/transformCallback/called by the app", async () => {
  const inbox = new Inbox<unknown>();
  const event = fresh("callback");
  const handler = transformCallback(inbox.push);
  const id = await invoke<number>("plugin:event|listen", { event, target: { kind: "Any" }, handler });
  await invoke("core_emit", { event, payload: { a: 1 } });
  equal(await inbox.first(1), [{ event, id, payload: { a: 1 } }]);
  await invoke("plugin:event|unlisten", { event, eventId: id });
  internals.unregisterCallback(handler);
});

function channel<T>(): { channel: Channel<T>; inbox: Inbox<T> } {
  const inbox = new Inbox<T>();
  return { channel: new Channel<T>(inbox.push), inbox };
}

test("core/Channel/values of all kinds", async () => {
  const { channel: c, inbox } = channel<unknown>();
  const values = [null, true, 0, "ж\u2028", [], [null], { a: { b: [1] } }, ""];
  await invoke("send", { channel: c, values });
  equal(await inbox.first(values.length), values);
});

test("core/Channel/order of thousands", async () => {
  const { channel: c, inbox } = channel<number>();
  await invoke("count", { channel: c, n: 5000 });
  equal(await inbox.first(5000), Array.from({ length: 5000 }, (_, i) => i));
});

test("core/Channel/messages come before the answer", async () => {
  const { channel: c, inbox } = channel<number>();
  await invoke("count", { channel: c, n: 100 });
  equal(inbox.all.length, 100, "messages at the time of the answer");
});

test("core/Channel/small bytes come before the answer", async () => {
  const { channel: c, inbox } = channel<ArrayBuffer>();
  await invoke("send_bytes", { channel: c, sizes: [10, 1000] });
  equal(inbox.all.map((b) => b.byteLength), [10, 1000]);
});

test("core/Channel/bytes of all sizes are ArrayBuffers", async () => {
  const { channel: c, inbox } = channel<ArrayBuffer>();
  const sizes = [0, 1, 1000, 32 << 10, (32 << 10) + 1, 2_500_000, 3];
  await invoke("send_bytes", { channel: c, sizes });
  for (const [i, got] of (await inbox.first(sizes.length)).entries()) {
    ok(got instanceof ArrayBuffer, "no ArrayBuffer");
    ok(same(got, pattern(sizes[i]!)), `${sizes[i]} bytes: other bytes came`);
  }
});

test("core/Channel/bytes and values keep their order", async () => {
  const { channel: c, inbox } = channel<ArrayBuffer | number>();
  await invoke("send_mixed", { channel: c, sizes: [100_000, 10, 1_000_000, 0] });
  const got = (await inbox.first(8)).map((m) => (m instanceof ArrayBuffer ? m.byteLength : `#${m}`));
  equal(got, ["#0", 100_000, "#1", 10, "#2", 1_000_000, "#3", 0]);
});

test("core/Channel/the end frees the callback", async () => {
  const { channel: c, inbox } = channel<number>();
  ok(internals.callbacks.has(c.id), "the callback is not there at first");
  await invoke("count", { channel: c, n: 3, end: true });
  equal(await inbox.first(3), [0, 1, 2]);
  await until("the callback to go", () => !internals.callbacks.has(c.id));
});

test("core/Channel/the end without any message", async () => {
  const { channel: c } = channel<number>();
  await invoke("count", { channel: c, n: 0, end: true });
  await until("the callback to go", () => !internals.callbacks.has(c.id));
});

test("core/Channel/the end comes after bytes that were still being read", async () => {
  const { channel: c, inbox } = channel<ArrayBuffer>();
  await invoke("send_bytes", { channel: c, sizes: [1_000_000, 2_000_000], end: true });
  equal((await inbox.first(2)).map((b) => b.byteLength), [1_000_000, 2_000_000]);
  await until("the callback to go", () => !internals.callbacks.has(c.id));
});

test("core/Channel/onmessage replaced", async () => {
  const first = new Inbox<number>(), second = new Inbox<number>();
  const c = new Channel<number>();
  c.onmessage = first.push;
  ok(c.onmessage === first.push, "onmessage is not what was set");
  const key = fresh("kept");
  await invoke("keep", { channel: c, key });
  await invoke("send_kept", { key, values: [1] });
  await first.first(1);
  c.onmessage = second.push;
  await invoke("send_kept", { key, values: [2] });
  equal(await second.first(1), [2]);
  equal(first.all, [1]);
});

test("core/Channel/without onmessage", async () => {
  const c = new Channel<number>();
  await invoke("count", { channel: c, n: 3, end: true });
  await until("the callback to go", () => !internals.callbacks.has(c.id));
});

test("core/Channel/an onmessage that throws stalls nothing", async () => {
  const inbox = new Inbox<number>();
  const errors = new Inbox<string>();
  const onError = (e: ErrorEvent): void => {
    e.preventDefault();
    errors.push((e.error as Error).message);
  };
  window.addEventListener("error", onError);
  const c = new Channel<number>((n) => {
    inbox.push(n);
    throw new Error(`thrown for ${n}`);
  });
  await invoke("count", { channel: c, n: 3, end: true });
  equal(await inbox.first(3), [0, 1, 2]);
  equal(await errors.first(3), ["thrown for 0", "thrown for 1", "thrown for 2"]);
  window.removeEventListener("error", onError);
});

test("core/Channel/sent after the command returned", async () => {
  const { channel: c, inbox } = channel<string>();
  const key = fresh("kept");
  await invoke("keep", { channel: c, key });
  equal(inbox.all, []);
  await invoke("send_kept", { key, values: ["a", "b"] });
  await invoke("send_kept", { key, values: ["c"], end: true });
  equal(await inbox.first(3), ["a", "b", "c"]);
  await rejectsWith(invoke("send_kept", { key, values: ["d"] }), "channel is closed");
});

test("core/Channel/nested in arguments", async () => {
  const a = channel<string>(), b = channel<string>();
  await invoke("send_nested", { options: { items: [{ id: "one", handler: a.channel }, { id: "two", handler: b.channel }, { id: "three" }] } });
  equal(await a.inbox.first(1), ["one"]);
  equal(await b.inbox.first(1), ["two"]);
});

test("core/Channel/the same twice", async () => {
  const { channel: c, inbox } = channel<number>();
  await invoke("count", { channel: c, n: 2 });
  await invoke("count", { channel: c, n: 2 });
  equal(await inbox.first(4), [0, 1, 0, 1]);
});

test("core/Channel/two keep apart", async () => {
  const a = channel<number>(), b = channel<number>();
  await Promise.all([invoke("count", { channel: a.channel, n: 50 }), invoke("count", { channel: b.channel, n: 70 })]);
  await a.inbox.first(50);
  await b.inbox.first(70);
  equal([a.inbox.all.length, b.inbox.all.length], [50, 70]);
});

test("core/Channel/its marker", () => {
  const c = new Channel();
  equal(c.toJSON(), `__CHANNEL__:${c.id}`);
});

for (const marker of ["nonsense", "__CHANNEL__:", "__CHANNEL__:-1", "__CHANNEL__:99999999999"]) {
  test(`core/Channel/bad marker ${marker}`, () =>
    rejectsWith(invoke("count", { channel: marker, n: 1 }), `invalid channel value \`${marker}\`, expected a string in the \`__CHANNEL__:ID\` format`));
}

const keepInOther = helper("keep a channel", async (key: string) => {
  await invoke("keep", { channel: new Channel(), key });
});

test("core/Channel/ends when its page is reloaded", async () => {
  const key = fresh("kept");
  await keepInOther("second", key);
  await invoke("send_kept", { key, values: [1] });
  await invoke("reload", { label: "second" });
  await rejectsWith(invoke("send_kept", { key, values: [2] }), "channel is closed");
});

test("core/Channel/a call that fails keeps nothing", async () => {
  const { channel: c } = channel<number>();
  await rejection(invoke("no_such_command", { channel: c }));
  await within("the next call", invoke("nothing"));
});
