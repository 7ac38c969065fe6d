import { invoke, transformCallback } from "@tauri-apps/api/core";
import { TauriEvent, emit, emitTo, listen, once, type Event, type EventTarget, type UnlistenFn } from "@tauri-apps/api/event";
import { Inbox, equal, fresh, helper, ok, rejectsWith, test, testIn } from "./harness";

test("event/listen/one object with event, id and payload", async () => {
  const name = fresh("one");
  const inbox = new Inbox<Event<unknown>>();
  const unlisten = await listen(name, inbox.push);
  await emit(name, { a: [1, null] });
  const [got] = await inbox.first(1);
  ok(Number.isInteger(got!.id) && got!.id >= 0, `id ${got!.id}`);
  equal(got!, { event: name, id: got!.id, payload: { a: [1, null] } });
  unlisten();
});

test("event/listen/each listener gets its own id", async () => {
  const name = fresh("own");
  const target: EventTarget = { kind: "Any" };
  const inboxes = [new Inbox<number>(), new Inbox<number>(), new Inbox<number>()];
  const callbacks = inboxes.map((inbox) => transformCallback((e: Event<unknown>) => inbox.push(e.id)));
  const ids = await Promise.all(callbacks.map((handler) => invoke<number>("plugin:event|listen", { event: name, target, handler })));
  equal(new Set(ids).size, 3, "different ids");
  await emit(name);
  for (const [i, inbox] of inboxes.entries()) {
    equal(await inbox.first(1), [ids[i]!]);
  }
  for (const eventId of ids) {
    window.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener(name, eventId);
    await invoke("plugin:event|unlisten", { event: name, eventId });
  }
  for (const handler of callbacks) {
    ok(!window.__TAURI_INTERNALS__.callbacks.has(handler), "a callback stays behind");
  }
});

test("event/listen/the same function twice", async () => {
  const name = fresh("twice");
  const inbox = new Inbox<Event<number>>();
  const offs = [await listen(name, inbox.push), await listen(name, inbox.push)];
  await emit(name, 1);
  const got = await inbox.first(2);
  ok(got[0]!.id !== got[1]!.id, "the ids are the same");
  offs.forEach((off) => off());
});

test("event/listen/hears the app", async () => {
  const name = fresh("app");
  const inbox = new Inbox<Event<unknown>>();
  const unlisten = await listen(name, inbox.push);
  await invoke("core_emit", { event: name, payload: "from the app" });
  equal((await inbox.first(1))[0]!.payload, "from the app");
  unlisten();
});

test("event/listen/a handler that throws stops no other", async () => {
  const name = fresh("throw");
  const inbox = new Inbox<Event<number>>();
  const errors = new Inbox<string>();
  const onError = (e: ErrorEvent): void => {
    e.preventDefault();
    errors.push((e.error as Error).message);
  };
  window.addEventListener("error", onError);
  const offs = [
    await listen(name, () => {
      throw new Error("thrown by a handler");
    }),
    await listen(name, inbox.push),
  ];
  await emit(name, 1);
  await emit(name, 2);
  equal((await inbox.first(2)).map((e) => e.payload), [1, 2]);
  equal(await errors.first(2), ["thrown by a handler", "thrown by a handler"]);
  offs.forEach((off) => off());
  window.removeEventListener("error", onError);
});

const goodNames = ["a", "A-Z_0/9:x", "tauri://anything", "имя", "名前", "٣", "a".repeat(200)];
const badNames = ["", " ", "a b", "a.b", "a\"b", "a\\b", "a\u0000", "a\nb", "<a>", "a,b", "😀", "a'", "a%20b"];

for (const name of goodNames) {
  test(`event/listen/good name ${name.slice(0, 20)}`, async () => {
    const inbox = new Inbox<Event<number>>();
    const unlisten = await listen(name, inbox.push);
    await emit(name, 1);
    await emitTo("main", name, 2);
    equal((await inbox.first(2)).map((e) => [e.event, e.payload]), [[name, 1], [name, 2]]);
    unlisten();
  });
}

const badNameText = "only alphanumeric, '-', '/', ':', '_' permitted for event names: ";

for (const name of badNames) {
  const want = badNameText;
  const shown = JSON.stringify(name);
  test(`event/listen/bad name ${shown}`, () => rejectsWith(listen(name, () => {}), want));
  test(`event/once/bad name ${shown}`, () => rejectsWith(once(name, () => {}), want));
  test(`event/emit/bad name ${shown}`, () => rejectsWith(emit(name), want));
  test(`event/emitTo/bad name ${shown}`, () => rejectsWith(emitTo("main", name), want));
}

test("event/listen/the text for a bad name", () => rejectsWith(listen("a b", () => {}), `${badNameText}"a b"`));

test("event/listen/unlisten ends it at once", async () => {
  const name = fresh("off");
  const inbox = new Inbox<Event<number>>(), other = new Inbox<Event<number>>();
  let off: UnlistenFn = () => {};
  off = await listen<number>(name, (e) => {
    inbox.push(e);
    off(); // more events are on their way
  });
  const offOther = await listen<number>(name, other.push);
  await invoke("burst", { event: name, n: 50 });
  await other.first(50);
  equal(inbox.all.map((e) => e.payload), [0]);
  offOther();
});

test("event/listen/unlisten twice does no harm", async () => {
  const name = fresh("off");
  const off = await listen(name, () => {});
  off();
  off();
  await emit(name);
});

test("event/listen/unlisten frees the callback", async () => {
  const before = window.__TAURI_INTERNALS__.callbacks.size;
  const offs = await Promise.all(Array.from({ length: 10 }, () => listen(fresh("off"), () => {})));
  equal(window.__TAURI_INTERNALS__.callbacks.size, before + 10);
  offs.forEach((off) => off());
  equal(window.__TAURI_INTERNALS__.callbacks.size, before);
});

test("event/listen/unlisten of what nobody knows does no harm", async () => {
  window.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener("nothing", 4_000_000_000);
  equal(await invoke<unknown>("plugin:event|unlisten", { event: "nothing", eventId: 4_000_000_000 }), null);
});

test("event/listen/a listener is its page's own", async () => {
  const name = fresh("own");
  const inbox = new Inbox<Event<number>>();
  const off = await listen<number>(name, inbox.push);
  await emit(name, 1);
  const { id } = (await inbox.first(1))[0]!;
  await unlistenElsewhere("second", { event: name, eventId: id });
  await emit(name, 2);
  equal((await inbox.first(2)).map((e) => e.payload), [1, 2]);
  off();
});

const unlistenElsewhere = helper("unlisten", async (args: { event: string; eventId: number }) => {
  await invoke("plugin:event|unlisten", args);
});

// The app sends two events of that name after it has noted the listener and
// before it answers the call of listen.
testIn(["global"], "event/listen/events before the answer", async () => {
  const name = fresh("race");
  const inbox = new Inbox<Event<string>>();
  const off = await listen<string>(name, inbox.push);
  equal((await inbox.first(2)).map((e) => e.payload), ["early", "early too"]);
  off();
  await emit(name, "late");
  await invoke("nothing");
  equal(inbox.all.length, 2);
});

testIn(["global"], "event/once/events before the answer", async () => {
  const name = fresh("race");
  const inbox = new Inbox<Event<string>>();
  const before = window.__TAURI_INTERNALS__.callbacks.size;
  const off = await once<string>(name, inbox.push);
  await inbox.first(1);
  equal(window.__TAURI_INTERNALS__.callbacks.size, before, "callbacks");
  await emit(name, "late");
  await invoke("nothing");
  equal(inbox.all.map((e) => e.payload), ["early"]);
  off(); // again
});

test("event/once/only the first", async () => {
  const name = fresh("once");
  const inbox = new Inbox<Event<number>>(), all = new Inbox<Event<number>>();
  await once<number>(name, inbox.push);
  const off = await listen<number>(name, all.push);
  await invoke("burst", { event: name, n: 100 });
  await all.first(100);
  equal(inbox.all.map((e) => e.payload), [0]);
  off();
});

test("event/once/given up before", async () => {
  const name = fresh("once");
  const inbox = new Inbox<Event<number>>(), all = new Inbox<Event<number>>();
  (await once<number>(name, inbox.push))();
  const off = await listen<number>(name, all.push);
  await emit(name, 1);
  await all.first(1);
  equal(inbox.all, []);
  off();
});

test("event/emit/resolves with nothing", async () => {
  const got: unknown = await emit(fresh("nobody"), 1);
  ok(got === undefined || got === null, `resolved with ${String(got)}`);
});

test("event/emit/payloads", async () => {
  const name = fresh("payload");
  const inbox = new Inbox<Event<unknown>>();
  const off = await listen(name, inbox.push);
  const sent = [undefined, null, false, 0, "", "\u2028</script>", [], { a: [{}] }, new Map([["a", 1]]), new Uint8Array([1, 2])];
  for (const payload of sent) {
    await emit(name, payload);
  }
  equal((await inbox.first(sent.length)).map((e) => e.payload),
    [null, null, false, 0, "", "\u2028</script>", [], { a: [{}] }, { a: 1 }, [1, 2]]);
  off();
});

test("event/emit/order", async () => {
  const name = fresh("order");
  const inbox = new Inbox<Event<number>>();
  const off = await listen<number>(name, inbox.push);
  const sent: Promise<void>[] = [];
  for (let i = 0; i < 300; i++) {
    sent.push(emit(name, i)); // without waiting for one another
  }
  await Promise.all(sent);
  equal((await inbox.first(300)).map((e) => e.payload), Array.from({ length: 300 }, (_, i) => i));
  off();
});

test("event/emit/order of two names", async () => {
  const a = fresh("order"), b = fresh("order");
  const inbox = new Inbox<Event<number>>();
  const offs = [await listen<number>(a, inbox.push), await listen<number>(b, inbox.push)];
  await Promise.all([emit(a, 1), emitTo({ kind: "Any" }, b, 2), emit(a, 3), emitTo("main", b, 4)]);
  // b's listeners want everything, so both reach them.
  equal((await inbox.first(4)).map((e) => e.payload), [1, 2, 3, 4]);
  offs.forEach((off) => off());
});

test("event/emit/reaches the app", async () => {
  const name = fresh("core");
  await invoke("core_listen", { event: name });
  await emit(name, { n: 1 });
  await emit(name);
  equal(await invoke<unknown>("core_heard", { event: name, n: 2 }), [{ from: "main", payload: { n: 1 } }, { from: "main", payload: null }]);
});

const listenHere = helper("listen", async (name: string) => {
  heard.set(name, new Inbox<unknown>());
  await listen(name, (e) => heard.get(name)!.push(e.payload));
});
const heardHere = helper("heard", (args: { name: string; n: number }) => heard.get(args.name)!.first(args.n));
const isHeard = helper("is heard", (name: string) => heard.has(name));
const heard = new Map<string, Inbox<unknown>>();

test("event/emit/reaches other windows", async () => {
  const name = fresh("far");
  await listenHere("second", name);
  await emit(name, "hello");
  equal(await heardHere("second", { name, n: 1 }), ["hello"]);
});

const callbackHere = helper("callback of a listener", async (name: string) => {
  const before = new Set(window.__TAURI_INTERNALS__.callbacks.keys());
  await listen(name, () => {});
  return [...window.__TAURI_INTERNALS__.callbacks.keys()].find((id) => !before.has(id))!;
});
const spyHere = helper("spy on a callback", (args: { id: number; name: string }) => {
  heard.set(args.name, new Inbox<unknown>());
  window.__TAURI_INTERNALS__.callbacks.set(args.id, (e) => heard.get(args.name)!.push(e));
});

test("event/listen/listeners are dropped on reload", async () => {
  const name = fresh("reload"), spy = fresh("spy");
  const id = await callbackHere("second", name);
  await invoke("reload", { label: "second" });
  ok(!await isHeard("second", name), "the page is the same as before");
  await spyHere("second", { id, name: spy });
  await listenHere("second", name);
  await emit(name, 1);
  equal(await heardHere("second", { name, n: 1 }), [1]);
  equal(await heardHere("second", { name: spy, n: 0 }), [], "what the old listener still gets");
});

const wantNames: Record<keyof typeof TauriEvent, string> = {
  WINDOW_RESIZED: "tauri://resize",
  WINDOW_MOVED: "tauri://move",
  WINDOW_CLOSE_REQUESTED: "tauri://close-requested",
  WINDOW_DESTROYED: "tauri://destroyed",
  WINDOW_FOCUS: "tauri://focus",
  WINDOW_BLUR: "tauri://blur",
  WINDOW_SCALE_FACTOR_CHANGED: "tauri://scale-change",
  WINDOW_THEME_CHANGED: "tauri://theme-changed",
  WINDOW_CREATED: "tauri://window-created",
  WINDOW_SUSPENDED: "tauri://suspended",
  WINDOW_RESUMED: "tauri://resumed",
  WEBVIEW_CREATED: "tauri://webview-created",
  DRAG_ENTER: "tauri://drag-enter",
  DRAG_OVER: "tauri://drag-over",
  DRAG_DROP: "tauri://drag-drop",
  DRAG_LEAVE: "tauri://drag-leave",
};

test("event/TauriEvent/names", () => equal({ ...TauriEvent } as Record<string, string>, wantNames));

test("event/TauriEvent/any page may emit them", async () => {
  const inbox = new Inbox<Event<number>>();
  const off = await listen<number>(TauriEvent.DRAG_DROP, inbox.push);
  await emit(TauriEvent.DRAG_DROP, 1);
  equal((await inbox.first(1))[0]!.payload, 1);
  off();
});
