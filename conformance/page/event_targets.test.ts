// Whom an event reaches, for every kind of target on both sides.

import { invoke } from "@tauri-apps/api/core";
import { emit, emitTo, listen, once, type EventTarget } from "@tauri-apps/api/event";
import { Inbox, equal, fresh, helper, rejectsWith, test } from "./harness";

const labels = ["main", "second"] as const;

/** Every target that a listener of the tests has, by the name of the listener. */
const targets: Record<string, EventTarget> = { Any: { kind: "Any" }, App: { kind: "App" } };
for (const kind of ["AnyLabel", "Window", "Webview", "WebviewWindow"] as const) {
  for (const label of labels) {
    targets[`${kind} ${label}`] = { kind, label };
  }
}

interface Listening {
  /** Which of the targets heard something, in any order. */
  heard: string[];
  done: Inbox<null>;
  offs: (() => void)[];
}

const listening = new Map<string, Listening>();

// Listens with every target, until an event with the payload "end" says that
// no more are on their way.
const begin = helper("listen with all targets", async (event: string) => {
  const l: Listening = { heard: [], done: new Inbox(), offs: [] };
  listening.set(event, l);
  for (const [name, target] of Object.entries(targets)) {
    l.offs.push(await listen<string>(event, (e) => {
      if (e.payload === "end") {
        l.done.push(null);
      } else {
        l.heard.push(name);
      }
    }, { target }));
  }
});

const finish = helper("what the targets heard", async (event: string) => {
  const l = listening.get(event)!;
  await l.done.first(Object.keys(targets).length);
  l.offs.forEach((off) => off());
  listening.delete(event);
  return l.heard.sort();
});

/** What the listeners of both windows hear of what send sends. */
async function hears(send: (event: string) => Promise<unknown>): Promise<string[]> {
  const event = fresh("target");
  await begin("main", event);
  await begin("second", event);
  await send(event);
  await emit(event, "end");
  const [here, there] = [await finish("main", event), await finish("second", event)];
  equal(here, there, "what main and second hear");
  return here;
}

const everybody = Object.keys(targets).sort();

// Rows of the table: the target of the event, and which listeners hear it
// where both have the label l, and where they do not.
const table: [kind: "AnyLabel" | "Window" | "Webview" | "WebviewWindow", listeners: string[]][] = [
  ["AnyLabel", ["AnyLabel", "Window", "Webview", "WebviewWindow"]],
  ["Window", ["AnyLabel", "Window"]],
  ["Webview", ["AnyLabel", "Webview"]],
  ["WebviewWindow", ["AnyLabel", "WebviewWindow"]],
];

test("event/emit/reaches every target", async () => equal(await hears((event) => emit(event, 1)), everybody));

test("event/emitTo/Any", async () => equal(await hears((event) => emitTo({ kind: "Any" }, event, 1)), everybody));

test("event/emitTo/App", async () => equal(await hears((event) => emitTo({ kind: "App" }, event, 1)), ["Any", "App"]));

for (const [kind, listeners] of table) {
  for (const label of labels) {
    const want = ["Any", ...listeners.map((l) => `${l} ${label}`)].sort();
    test(`event/emitTo/${kind} ${label}`, async () => equal(await hears((event) => emitTo({ kind, label }, event, 1)), want));
    test(`event/listen/what the app emits to ${kind} ${label}`, async () =>
      equal(await hears((event) => invoke("core_emit", { event, target: { kind, label }, payload: 1 })), want));
  }
  test(`event/emitTo/${kind} of nobody`, async () => equal(await hears((event) => emitTo({ kind, label: "nobody" }, event, 1)), ["Any"]));
}

test("event/emitTo/a string means AnyLabel", async () =>
  equal(await hears((event) => emitTo("second", event, 1)), ["Any", "AnyLabel second", "Webview second", "WebviewWindow second", "Window second"]));

test("event/emitTo/a label that no window can have", async () => equal(await hears((event) => emitTo("no such window!", event, 1)), ["Any"]));

test("event/emitTo/an unknown kind rejects", async () => {
  const target = { kind: "Everyone" } as unknown as EventTarget;
  await rejectsWith(emitTo(target, "a", 1), "Everyone");
  await rejectsWith(listen("a", () => {}, { target }), "Everyone");
});

test("event/emitTo/without payload it is null", async () => {
  const event = fresh("null");
  const inbox = new Inbox<unknown>();
  const off = await listen(event, (e) => inbox.push(e.payload));
  await emitTo("main", event);
  equal(await inbox.first(1), [null]);
  off();
});

for (const [name, target] of Object.entries({ Any: { kind: "Any" }, App: { kind: "App" }, "a label": "main" } as Record<string, string | EventTarget>)) {
  test(`event/emitTo/the app hears what is for ${name}`, async () => {
    const event = fresh("core");
    await invoke("core_listen", { event });
    await emitTo(target, event, 5);
    equal(await invoke<unknown>("core_heard", { event, n: 1 }), [{ from: "main", payload: 5 }]);
  });
}

test("event/listen/a string as target means AnyLabel", async () => {
  const event = fresh("string");
  const inbox = new Inbox<string>();
  const off = await listen<string>(event, (e) => inbox.push(e.payload), { target: "second" });
  await emitTo({ kind: "Window", label: "main" }, event, "window main");
  await emitTo({ kind: "Window", label: "second" }, event, "window second");
  await emitTo("second", event, "second");
  await emit(event, "end");
  equal(await inbox.first(3), ["window second", "second", "end"]);
  off();
});

test("event/once/with a target", async () => {
  const event = fresh("once");
  const inbox = new Inbox<string>();
  await once<string>(event, (e) => inbox.push(e.payload), { target: { kind: "Webview", label: "second" } });
  await emitTo({ kind: "Window", label: "second" }, event, "window");
  await emitTo({ kind: "Webview", label: "second" }, event, "webview");
  await emitTo({ kind: "Webview", label: "second" }, event, "again");
  await emit(event, "end");
  await invoke("nothing");
  equal(await inbox.first(1), ["webview"]);
  equal(inbox.all.length, 1);
});
