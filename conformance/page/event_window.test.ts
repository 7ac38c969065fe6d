// The events that the app sends of its windows.

import { invoke } from "@tauri-apps/api/core";
import { TauriEvent, listen, type Event, type EventTarget } from "@tauri-apps/api/event";
import { Window, type ScaleFactorChanged } from "@tauri-apps/api/window";
import { Inbox, equal, fresh, helper, ok, test, within } from "./harness";

interface Size {
  width: number;
  height: number;
}

interface Position {
  x: number;
  y: number;
}

type Operation = "resize" | "move" | "focus" | "destroy" | "user close" | "keep";

function act(label: string, operation: Operation, a = 0, b = 0): Promise<void> {
  return invoke("window", { label, operation, a, b });
}

/** Runs body with a window of its own, which is gone afterwards. */
async function withWindow(body: (label: string) => Promise<void>): Promise<void> {
  const label = fresh("window");
  await invoke("open", { label });
  try {
    await body(label);
  } finally {
    await act(label, "destroy");
  }
}

async function collect<T>(event: string, target: EventTarget): Promise<{ inbox: Inbox<T>; off: () => void }> {
  const inbox = new Inbox<T>();
  return { inbox, off: await listen<T>(event, (e: Event<T>) => inbox.push(e.payload), { target }) };
}

test("event/TauriEvent.WINDOW_RESIZED/inner size in physical pixels", () => withWindow(async (label) => {
  const { inbox, off } = await collect<Size>(TauriEvent.WINDOW_RESIZED, { kind: "Window", label });
  await act(label, "resize", 500, 310);
  const scale = await invoke<number>("plugin:window|scale_factor", { label });
  const want = { width: Math.round(500 * scale), height: Math.round(310 * scale) };
  equal(await inbox.find("that size", (s) => s.width === want.width && s.height === want.height), want);
  equal(await invoke<Size>("plugin:window|inner_size", { label }), want);
  off();
}));

test("event/TauriEvent.WINDOW_MOVED/outer position in physical pixels", () => withWindow(async (label) => {
  const { inbox, off } = await collect<Position>(TauriEvent.WINDOW_MOVED, { kind: "Window", label });
  await act(label, "move", 210, 130);
  const scale = await invoke<number>("plugin:window|scale_factor", { label });
  const want = { x: Math.round(210 * scale), y: Math.round(130 * scale) };
  equal(await inbox.find("that position", (p) => p.x === want.x && p.y === want.y), want);
  equal(await invoke<Position>("plugin:window|outer_position", { label }), want);
  off();
}));

const pixelRatio = helper("pixel ratio", () => devicePixelRatio);

test("event/TauriEvent.WINDOW_SCALE_FACTOR_CHANGED/the factor, and the size with it", () => withWindow(async (label) => {
  const inbox = new Inbox<number[]>();
  const off = await listen<{ scaleFactor: number; size: Size }>(TauriEvent.WINDOW_SCALE_FACTOR_CHANGED, ({ payload }) =>
    inbox.push([payload.scaleFactor, payload.size.width, payload.size.height]), { target: { kind: "Window", label } });
  const w = (await Window.getByLabel(label))!, heard = new Inbox<ScaleFactorChanged>();
  const offToo = await w.onScaleChanged((e) => heard.push(e.payload));
  await act(label, "resize", 320, 210);
  await within("the size", (async () => {
    while ((await w.innerSize()).width !== 320) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })());
  try {
    await invoke("scale", { scale: 2 });
    equal(await inbox.first(1), [[2, 640, 420]]);
    const [change] = await heard.first(1);
    equal([change!.scaleFactor, change!.size.width, change!.size.height], [2, 640, 420]);
    equal(await w.scaleFactor(), 2);
    equal(await pixelRatio(label, null), 2);
  } finally {
    await invoke("scale", { scale: 1 });
  }
  equal((await inbox.first(2))[1], [1, 320, 210]);
  off();
  offToo();
}));

test("event/TauriEvent.WINDOW_THEME_CHANGED/its name", () => withWindow(async (label) => {
  const { inbox, off } = await collect<string>(TauriEvent.WINDOW_THEME_CHANGED, { kind: "Window", label });
  const w = (await Window.getByLabel(label))!;
  await w.setTheme("dark");
  equal(await inbox.first(1), ["dark"]);
  await w.setTheme(null);
  equal(await inbox.first(2), ["dark", "light"]);
  off();
}));

test("event/TauriEvent.WINDOW_RESIZED/who hears it", () => withWindow(async (label) => {
  const heard = new Set<string>();
  const offs: (() => void)[] = [];
  const targets: EventTarget[] = [
    { kind: "Any" }, { kind: "App" }, { kind: "AnyLabel", label }, { kind: "Webview", label }, { kind: "WebviewWindow", label },
    { kind: "Window", label: "main" }, { kind: "WebviewWindow", label: "main" },
  ];
  for (const target of targets) {
    offs.push(await listen<Size>(TauriEvent.WINDOW_RESIZED, (e) => {
      if (e.payload.width === 530) {
        heard.add(target.kind + ("label" in target && target.label === "main" ? " main" : ""));
      }
    }, { target }));
  }
  const last = await collect<Size>(TauriEvent.WINDOW_RESIZED, { kind: "Window", label });
  await act(label, "resize", 530, 320);
  await last.inbox.find("that width", (s) => s.width === 530);
  equal([...heard].sort(), ["Any", "WebviewWindow"]);
  last.off();
  offs.forEach((off) => off());
}));

test("event/TauriEvent.WINDOW_FOCUS/and blur, of the one window and the other", () => withWindow(async (label) => {
  const other = fresh("window");
  await invoke("open", { label: other });
  await act(label, "focus");
  const events = new Inbox<string>();
  const offs: (() => void)[] = [];
  for (const [name, of] of [[TauriEvent.WINDOW_FOCUS, other], [TauriEvent.WINDOW_BLUR, label]] as const) {
    offs.push(await listen<null>(name, (e) => {
      equal(e.payload, null, "payload");
      events.push(`${e.event} ${of}`);
    }, { target: { kind: "WebviewWindow", label: of } }));
  }
  await act(other, "focus");
  equal((await events.first(2)).sort(), [`tauri://blur ${label}`, `tauri://focus ${other}`]);
  offs.forEach((off) => off());
  await act(other, "destroy");
}));

test("event/TauriEvent.WINDOW_BLUR/comes when another window opens", () => withWindow(async (label) => {
  await act(label, "focus");
  const { inbox, off } = await collect<null>(TauriEvent.WINDOW_BLUR, { kind: "Window", label });
  const other = fresh("window");
  await invoke("open", { label: other });
  await act(other, "focus");
  equal(await inbox.first(1), [null]);
  off();
  await act(other, "destroy");
}));

test("event/TauriEvent.WINDOW_CREATED/before the webview, to everybody", async () => {
  const label = fresh("window");
  const inbox = new Inbox<string>();
  const offs: (() => void)[] = [];
  for (const [name, target] of [
    [TauriEvent.WINDOW_CREATED, { kind: "Any" }],
    [TauriEvent.WEBVIEW_CREATED, { kind: "Window", label: "main" }],
  ] as const) {
    offs.push(await listen<{ label: string }>(name, (e) => inbox.push(`${e.event} ${e.payload.label}`), { target }));
  }
  await invoke("open", { label });
  equal(await inbox.first(2), [`tauri://window-created ${label}`, `tauri://webview-created ${label}`]);
  offs.forEach((off) => off());
  await act(label, "destroy");
});

test("event/TauriEvent.WEBVIEW_CREATED/tells the label", async () => {
  const label = fresh("window");
  const { inbox, off } = await collect<{ label: string }>(TauriEvent.WEBVIEW_CREATED, { kind: "Any" });
  await invoke("open", { label });
  equal(await inbox.first(1), [{ label }]);
  off();
  await act(label, "destroy");
});

test("event/TauriEvent.WINDOW_DESTROYED/when the window is gone", async () => {
  const label = fresh("window");
  await invoke("open", { label });
  const windowToo = await collect<null>(TauriEvent.WINDOW_DESTROYED, { kind: "Window", label });
  const others = await collect<null>(TauriEvent.WINDOW_DESTROYED, { kind: "AnyLabel", label });
  await act(label, "destroy");
  equal(await windowToo.inbox.first(1), [null]);
  equal(others.inbox.all, [], "what AnyLabel hears");
  ok(!(await invoke<string[]>("plugin:window|get_all_windows")).includes(label), "the window is still there");
  await invoke("open", { label }); // its label is free again
  await act(label, "destroy");
  windowToo.off();
  others.off();
});

async function isOpen(label: string): Promise<boolean> {
  return (await invoke<string[]>("plugin:window|get_all_windows")).includes(label);
}

/** Waits until a window is gone. */
async function gone(label: string): Promise<void> {
  await within(`window ${label} to go`, invoke("gone", { label }));
}

test("event/TauriEvent.WINDOW_CLOSE_REQUESTED/closes where nobody listens", () => withWindow(async (label) => {
  const { inbox, off } = await collect<null>(TauriEvent.WINDOW_CLOSE_REQUESTED, { kind: "Any" }); // does not count
  await invoke("plugin:window|close", { label });
  await gone(label);
  equal(await inbox.first(1), [null]);
  off();
}));

for (const kind of ["Window", "WebviewWindow"] as const) {
  test(`event/TauriEvent.WINDOW_CLOSE_REQUESTED/a listener with target ${kind} decides`, () => withWindow(async (label) => {
    const { inbox, off } = await collect<null>(TauriEvent.WINDOW_CLOSE_REQUESTED, { kind, label });
    await invoke("plugin:window|close", { label });
    equal(await inbox.first(1), [null]);
    await invoke("settled");
    ok(await isOpen(label), "the window is gone all the same");
    await invoke("plugin:window|destroy", { label });
    await gone(label);
    await invoke("settled");
    equal(inbox.all.length, 1, "destroy asks nobody");
    off();
  }));
}

const vetoes = new Map<string, number>();

// As onCloseRequested does it: the first wish is refused, then the window is
// destroyed by its own page.
const vetoOnce = helper("veto once", async (label: string) => {
  vetoes.set(label, 0);
  await listen(TauriEvent.WINDOW_CLOSE_REQUESTED, async () => {
    const n = vetoes.get(label)! + 1;
    vetoes.set(label, n);
    if (n > 1) {
      await invoke("plugin:window|destroy", { label });
    }
  }, { target: { kind: "Window", label } });
});
const vetoesOf = helper("vetoes", (label: string) => vetoes.get(label) ?? -1);

test("event/TauriEvent.WINDOW_CLOSE_REQUESTED/the user closes, the page refuses once", () => withWindow(async (label) => {
  await vetoOnce(label, label);
  const { inbox, off } = await collect<null>(TauriEvent.WINDOW_CLOSE_REQUESTED, { kind: "Any" });
  await act(label, "user close");
  await inbox.first(1);
  await invoke("settled");
  ok(await isOpen(label), "the window is gone all the same");
  equal(await vetoesOf(label, label), 1);
  await act(label, "user close");
  await gone(label);
  off();
}));

test("event/TauriEvent.WINDOW_CLOSE_REQUESTED/a reload forgets who listened", () => withWindow(async (label) => {
  await vetoOnce(label, label);
  await invoke("reload", { label });
  await invoke("plugin:window|close", { label });
  await gone(label);
}));

test("event/TauriEvent.WINDOW_CLOSE_REQUESTED/the app may refuse", () => withWindow(async (label) => {
  await act(label, "keep", 1);
  const { inbox, off } = await collect<null>(TauriEvent.WINDOW_CLOSE_REQUESTED, { kind: "Any" });
  await invoke("plugin:window|close", { label });
  equal(await inbox.first(1), [null]);
  await invoke("settled");
  ok(await isOpen(label), "the window is gone all the same");
  await act(label, "keep", 0);
  await invoke("plugin:window|close", { label });
  await gone(label);
  off();
}));
