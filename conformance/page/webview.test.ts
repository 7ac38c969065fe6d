// Webviews as objects: several in one window, placed, moved and closed.

import { invoke } from "@tauri-apps/api/core";
import { emit } from "@tauri-apps/api/event";
import { LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize } from "@tauri-apps/api/dpi";
import { Webview, getAllWebviews, getCurrentWebview } from "@tauri-apps/api/webview";
import { WebviewWindow } from "@tauri-apps/api/webviewWindow";
import { Window } from "@tauri-apps/api/window";
import { Inbox, equal, fresh, helper, ok, test, rejectsWith, within } from "./harness";

/** Runs body with a window of its own, which is gone afterwards. */
async function withWindow(body: (w: Window) => Promise<void>): Promise<void> {
  const label = fresh("window");
  await invoke("open", { label });
  const w = (await Window.getByLabel(label))!;
  try {
    await body(w);
  } finally {
    await w.destroy();
  }
}

type Options = ConstructorParameters<typeof Webview>[2];

const place = { x: 10, y: 20, width: 120, height: 80 };

/** Adds a webview and tells how it went. page.html runs what tests ask of it. */
async function add(w: Window, label: string, options: Options = { url: "page.html", ...place }): Promise<Webview> {
  const v = new Webview(w, label, options);
  await within("the webview", new Promise<void>((resolve, reject) => {
    void v.once("tauri://created", () => resolve());
    void v.once<string>("tauri://error", (e) => reject(e.payload));
  }));
  return v;
}

async function withWebview(body: (v: Webview, w: Window) => Promise<void>): Promise<void> {
  await withWindow(async (w) => body(await add(w, fresh("webview")), w));
}

/** Waits until what is told is as wanted. */
async function tells<T>(what: string, ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<void> {
  await within(what, (async () => {
    while (!wanted(await ask())) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })());
}

const look = helper("look at the page", () => ({
  width: innerWidth, height: innerHeight, ratio: devicePixelRatio,
  window: window.__TAURI_INTERNALS__.metadata.currentWindow.label,
  webview: window.__TAURI_INTERNALS__.metadata.currentWebview.label,
  mark: (window as { mark?: string }).mark ?? "",
  stored: localStorage.length,
  focused: document.hasFocus(),
}));
const mark = helper("mark the page", (text: string) => {
  (window as { mark?: string }).mark = text;
  localStorage.setItem(text, text);
});

test("webview/getCurrentWebview/is this one", () => {
  equal([getCurrentWebview().label, getCurrentWebview().window.label, Webview.getCurrent().label], ["main", "main", "main"]);
});

test("webview/getAllWebviews/has this one and added ones", () => withWebview(async (v, w) => {
  const all = (await getAllWebviews()).map((other) => [other.label, other.window.label]);
  ok(all.some(([label, of]) => label === "main" && of === "main"), "without main");
  ok(all.some(([label, of]) => label === v.label && of === w.label), "without the new one");
  equal((await Webview.getAll()).length, all.length);
  equal(await Webview.getByLabel("nobody"), null);
  equal((await Webview.getByLabel(v.label))?.window.label, w.label);
}));

test("webview/Webview/is where it is wanted, and knows who it is", () => withWebview(async (v, w) => {
  equal(await v.position(), new PhysicalPosition(10, 20));
  equal(await v.size(), new PhysicalSize(120, 80));
  await tells("the page's size", () => look(v.label, undefined), (p) => p.width === 120 && p.height === 80);
  const page = await look(v.label, undefined);
  equal([page.window, page.webview], [w.label, v.label]);
}));

test("webview/Webview/moves and is resized, in both kinds of pixels", () => withWebview(async (v) => {
  await v.setPosition(new LogicalPosition(5, 6));
  await v.setSize(new PhysicalSize(60, 70));
  equal([await v.position(), await v.size()], [new PhysicalPosition(5, 6), new PhysicalSize(60, 70)]);
  await v.setSize(new LogicalSize(90, 100));
  await v.setPosition(new PhysicalPosition(-3, 0));
  equal([await v.position(), await v.size()], [new PhysicalPosition(-3, 0), new PhysicalSize(90, 100)]);
  await tells("the page's size", () => look(v.label, undefined), (p) => p.width === 90 && p.height === 100);
  await rejectsWith(v.setSize(new LogicalSize(-1, 2)), "negative");
  await rejectsWith(v.setPosition(new LogicalPosition(1e12, 2)), "pixels");
}));

test("webview/Webview/keeps its share of the window, or its place", () => withWebview(async (v, w) => {
  await w.setSize(new LogicalSize(400, 300));
  await tells("the window's size", () => w.innerSize(), (s) => s.width === 400 && s.height === 300);
  await v.setPosition(new LogicalPosition(200, 0));
  await v.setSize(new LogicalSize(200, 150));
  await v.setAutoResize(true);
  await w.setSize(new LogicalSize(500, 400));
  await tells("its share of a wider window", () => v.size(), (s) => s.width === 250 && s.height === 200);
  equal(await v.position(), new PhysicalPosition(250, 0));
  await tells("the page's size", () => look(v.label, undefined), (p) => p.width === 250 && p.height === 200);
  await v.setAutoResize(false);
  await w.setSize(new LogicalSize(400, 300));
  await tells("the window's size", () => w.innerSize(), (s) => s.width === 400);
  equal(await v.size(), new PhysicalSize(250, 200));
}));

test("webview/Webview/hides, shows, has zoom, colour and the keyboard", () => withWebview(async (v, w) => {
  await v.hide();
  await v.show();
  await v.setZoom(2);
  await tells("the page's size at 200 %", () => look(v.label, undefined), (p) => p.width === 60);
  await rejectsWith(v.setZoom(0), "zoom 0");
  await v.setZoom(1);
  for (const color of ["#123", [1, 2, 3, 4], { red: 1, green: 2, blue: 3, alpha: 4 }, null] as const) {
    await v.setBackgroundColor(color as string);
  }
  await rejectsWith(v.setBackgroundColor("red"), "color");
  await w.setFocus();
  await v.setFocus();
  await tells("the focus", () => look(v.label, undefined), (p) => p.focused);
}));

test("webview/Webview/moves to another window with its page", () => withWebview(async (v, w) => {
  await mark(v.label, "before");
  await withWindow(async (other) => {
    await v.reparent(other);
    equal((await Webview.getByLabel(v.label))?.window.label, other.label);
    const page = await look(v.label, undefined);
    equal([page.mark, page.width], ["before", 120]);
    await v.setSize(new LogicalSize(100, 50));
    await tells("the page's size there", () => look(v.label, undefined), (p) => p.width === 100);
    await v.reparent(w.label);
    await v.reparent(w.label);
  });
  equal((await look(v.label, undefined)).mark, "before");
  await rejectsWith(v.reparent("nobody"), "window not found");
  await rejectsWith(new Webview(w, w.label, { skip: true } as unknown as Options).reparent("main"), "cannot leave");
}));

test("webview/Webview/clears what pages have stored", () => withWebview(async (v) => {
  await mark(v.label, "to be removed");
  await getCurrentWebview().clearAllBrowsingData();
  await tells("an empty store", () => look(v.label, undefined), (p) => p.stored === 0);
}));

test("webview/Webview/events to it and from it", () => withWebview(async (v) => {
  const here = getCurrentWebview();
  const heard = new Inbox<string>();
  const name = fresh("event");
  const off = await here.listen<string>(name, (e) => heard.push(`always ${e.payload}`));
  await here.once<string>(name, (e) => heard.push(`once ${e.payload}`));
  await here.emitTo({ kind: "Webview", label: here.label }, name, "one");
  await v.emitTo(v.label, name, "for the other one");
  await v.emit(name, "two");
  await heard.find("two", (t) => t === "always two");
  equal([...heard.all].sort(), ["always one", "always two", "once one"]);
  off();
  await emit(name, "nobody hears this");
}));

test("webview/Webview/closes alone", () => withWebview(async (v, w) => {
  const second = await add(w, fresh("webview"));
  await v.close();
  equal(await Webview.getByLabel(v.label), null);
  await rejectsWith(v.size(), "webview not found");
  equal((await look(second.label, undefined)).webview, second.label);
  ok((await Window.getByLabel(w.label)) !== null, "the window has gone too");
  await add(w, v.label); // its label is free
}));

test("webview/Webview/refuses what is no label, place, option or window", () => withWindow(async (w) => {
  await rejectsWith(add(w, "a b"), "a b");
  await rejectsWith(add(w, "main"), "already exists");
  await rejectsWith(add(w, fresh("webview"), { url: "page.html" } as Options), "is missing");
  await rejectsWith(add(w, fresh("webview"), { ...place, title: "x" } as Options), "title");
  await rejectsWith(add(w, fresh("webview"), { ...place, proxyUrl: "http://127.0.0.1:1" }), "proxyUrl");
  await rejectsWith(add(w, fresh("webview"), { ...place, url: "https://example.org/" }), "https://example.org/");
  await rejectsWith(add(w, fresh("webview"), { ...place, width: 1e9 }), "width");
  await rejectsWith(add(new Window("nobody", { skip: true } as object), fresh("webview")), "window not found");
}));

/** Opens a window without a webview, and tells how it went. */
async function bare(options: ConstructorParameters<typeof Window>[1]): Promise<Window> {
  const w = new Window(fresh("bare"), options);
  await within("the window", new Promise<void>((resolve, reject) => {
    void w.once("tauri://created", () => resolve());
    void w.once<string>("tauri://error", (e) => reject(e.payload));
  }));
  return w;
}

test("window/Window/opens without a webview, and takes some", async () => {
  const w = await bare({ title: "bare", width: 300, height: 200, resizable: false, parent: "main", backgroundColor: "#204060" });
  try {
    equal([await w.title(), await w.isResizable(), (await w.innerSize()).width], ["bare", false, 300]);
    ok((await getAllWebviews()).every((v) => v.window.label !== w.label), "it has a webview");
    ok(((await Window.getByLabel(w.label))) !== null, "it is not listed");
    const first = await add(w, fresh("webview")), second = await add(w, fresh("webview"));
    equal([(await look(first.label, undefined)).window, (await look(second.label, undefined)).webview], [w.label, second.label]);
    await first.close();
    await second.close();
    equal(await w.title(), "bare");
  } finally {
    await w.destroy();
  }
});

test("window/Window/refuses what only webviews have, and parents that are not there", async () => {
  await rejectsWith(bare({ url: "page.html" } as object), "url is for webviews");
  await rejectsWith(bare({ parent: "nobody" }), "parent window \"nobody\"");
});

test("webview/Webview/prints nothing that is not there", () =>
  rejectsWith(invoke("plugin:webview|print", { label: "nobody" }), "webview not found"));

test("webviewWindow/WebviewWindow/listens, and has a colour behind its page", async () => {
  const label = fresh("colored");
  await invoke("open", { label });
  const w = (await WebviewWindow.getByLabel(label))!;
  const heard = new Inbox<string>();
  const off = await w.listen<string>("colored", (e) => heard.push(e.payload));
  await emit("colored", "to all");
  await w.emitTo(label, "colored", "to it");
  await heard.find("the event", (t) => t === "to it");
  off();
  await w.setBackgroundColor("#102030");
  await w.setBackgroundColor(null as unknown as string);
  await w.destroy();
});
