// The options of windows and webviews, each by its effect: as the X server has
// it, or as the page has it. The other runs would learn nothing more from it.

import { invoke } from "@tauri-apps/api/core";
import { LogicalPosition } from "@tauri-apps/api/dpi";
import { Webview, type WebviewOptions } from "@tauri-apps/api/webview";
import { WebviewWindow } from "@tauri-apps/api/webviewWindow";
import { Effect, EffectState, ProgressBarStatus, Window, getCurrentWindow, type Effects, type WindowOptions } from "@tauri-apps/api/window";
import { equal, fresh, helper, ok, rejection, testIn, within } from "./harness";

type Options = ConstructorParameters<typeof WebviewWindow>[1];

function opened(w: WebviewWindow | Webview): Promise<void> {
  return within("the window", new Promise<void>((resolve, reject) => {
    void w.once("tauri://created", () => resolve());
    void w.once<string>("tauri://error", (e) => reject(e.payload));
  }));
}

/** Runs body with a window that has the options, the label for its title, and the page of tests. */
async function withOptions(options: Options, body: (w: WebviewWindow) => Promise<void>): Promise<void> {
  const label = fresh("options");
  const w = new WebviewWindow(label, { url: "conformance.html", title: label, width: 300, height: 200, ...options });
  await opened(w);
  try {
    await body(w);
  } finally {
    await w.destroy();
  }
}

const place = { x: 10, y: 20, width: 120, height: 80 };

/** The same for a webview in a window that is there. */
async function withWebview(w: Window, options: Partial<WebviewOptions>, body: (v: Webview) => Promise<void>): Promise<void> {
  const v = new Webview(w, fresh("options"), { url: "conformance.html", ...place, ...options });
  await opened(v);
  try {
    await body(v);
  } finally {
    await v.close();
  }
}

/** Waits until what is told is as wanted. */
async function tells<T>(what: string, ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<void> {
  let last: unknown;
  let late = false;
  await within(what, (async () => {
    while (!late) {
      try {
        const value = await ask();
        if (wanted(value)) {
          return;
        }
        last = value;
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })()).catch((error: unknown) => {
    late = true;
    throw new Error(`${String(error)}; the last was ${last instanceof Error ? String(last) : JSON.stringify(last)}`);
  });
}

/** Waits until the X server tells that of a window. */
function xTells(w: { label: string }, ...patterns: RegExp[]): Promise<void> {
  return tells(`${patterns.join(" ")} of the X server`, () => invoke<string>("x_window", { title: w.label }),
    (text) => patterns.every((pattern) => pattern.test(text)));
}

const is = (name: string, value: unknown) => new RegExp(`${name}.*[:=#] *${String(value)}\\b`);
const size = (width: number, height: number) => [is("\\n  Width", width), is("\\n  Height", height)];

/** Adds a test of options that run in a window with these. */
function windowTest(keys: string, what: string, options: Options, body: (w: WebviewWindow) => Promise<void>): void {
  testIn(["package"], `window/WindowOptions.${keys}/${what}`, () => withOptions(options, body));
}

windowTest("title,width,height", "are those of the window", { width: 333, height: 222 }, (w) =>
  xTells(w, new RegExp(`_NET_WM_NAME.*"${w.label}"`), ...size(333, 222)));

windowTest("x,y", "is the outer position", { x: 70, y: 90 }, async (w) => {
  await xTells(w, /-geometry 300x200\+70\+90\n/);
  await tells("the place", () => w.outerPosition(), (p) => p.x === 70 && p.y === 90);
});

windowTest("center", "is the middle", { center: true, x: 1, y: 1, decorations: false }, (w) =>
  xTells(w, is("Absolute upper-left X", (1280 - 300) / 2), is("Absolute upper-left Y", (1024 - 200) / 2)));

windowTest("minWidth,minHeight,maxWidth,maxHeight", "are limits of the window manager", { minWidth: 250, minHeight: 150, maxWidth: 500, maxHeight: 400 },
  (w) => xTells(w, /minimum size: 250 by 150/, /maximum size: 500 by 400/));

windowTest("preventOverflow", "keeps the window on the screen", { width: 3000, height: 200, preventOverflow: true }, (w) =>
  tells("a width that fits", () => w.outerSize(), (s) => s.width <= 1280 && s.width > 1200));

windowTest("preventOverflow", "has a margin", { width: 3000, height: 200, preventOverflow: { width: 100, height: 100 } as LogicalPosition & { width: number; height: number } },
  (w) => tells("a width that fits", () => w.outerSize(), (s) => s.width <= 1180 && s.width > 1000));

windowTest("resizable", "false fixes the size", { resizable: false }, (w) => xTells(w, /minimum size: 300 by 200/, /maximum size: 300 by 200/));

windowTest("fullscreen", "covers the screen", { fullscreen: true }, (w) => xTells(w, /_NET_WM_STATE_FULLSCREEN/, ...size(1280, 1024)));

windowTest("maximized", "is wide", { maximized: true }, (w) => xTells(w, /_NET_WM_STATE_MAXIMIZED_VERT/, /_NET_WM_STATE_MAXIMIZED_HORZ/, is("Width", 1280)));

windowTest("visible", "false waits for show", { visible: false }, async (w) => {
  equal(await w.isVisible(), false);
  const state = await invoke<string>("x_window", { title: w.label }).catch(() => "IsUnMapped");
  ok(state.includes("IsUnMapped"), state);
  await w.show();
  await xTells(w, /Map State: IsViewable/);
});

windowTest("decorations", "false leaves the frame out", { decorations: false }, (w) => xTells(w, /_NET_FRAME_EXTENTS.*= 0, 0, 0, 0/));

const focused = (w: Window) => tells(`the focus of ${w.label}`, () => w.isFocused(), (on) => on);

testIn(["package"], "window/WindowOptions.focus/a new window takes the keyboard, or leaves it", async () => {
  await withOptions({ focus: true }, async (first) => {
    await focused(first);
    await withOptions({ focus: false }, async (second) => {
      await within("the page", invoke("page_loaded", { label: second.label }));
      await invoke("settled");
      equal([await first.isFocused(), await second.isFocused()], [true, false]);
    });
  });
});

windowTest("focusable", "false never has the keyboard", { focusable: false }, async (w) => {
  await xTells(w, /Client accepts input or input focus: False/);
  equal(await w.isFocused(), false);
});

windowTest("alwaysOnTop", "is above", { alwaysOnTop: true }, (w) => xTells(w, /_NET_WM_STATE_ABOVE/));
windowTest("alwaysOnBottom", "is below", { alwaysOnBottom: true }, (w) => xTells(w, /_NET_WM_STATE_BELOW/));
windowTest("skipTaskbar", "is not in task bars", { skipTaskbar: true }, (w) => xTells(w, /_NET_WM_STATE_SKIP_TASKBAR/));
windowTest("visibleOnAllWorkspaces", "is on all desktops", { visibleOnAllWorkspaces: true }, (w) => xTells(w, is("_NET_WM_DESKTOP", 4294967295)));
/** Allows all functions but one: the first bit makes the others mean that. */
const allBut = (bit: number) => new RegExp(`_MOTIF_WM_HINTS.*= 0x1, 0x${(bit | 1).toString(16)},`);
windowTest("maximizable", "false is told to the window manager", { maximizable: false }, async (w) => {
  await xTells(w, allBut(0x10));
  equal([await w.isMaximizable(), await w.isMinimizable()], [false, true]);
});
windowTest("minimizable", "false is told to the window manager", { minimizable: false }, async (w) => {
  await xTells(w, allBut(0x08));
  equal([await w.isMaximizable(), await w.isMinimizable()], [true, false]);
});
windowTest("closable", "false is told to the window manager", { closable: false }, async (w) => {
  await xTells(w, allBut(0x20));
  equal(await w.isClosable(), false);
});

const look = helper("look at the page of options", () => ({
  dark: matchMedia("(prefers-color-scheme: dark)").matches, agent: navigator.userAgent, width: innerWidth, stored: localStorage.length,
  focused: document.hasFocus(), path: location.pathname,
}));
const store = helper("store something", (name: string) => localStorage.setItem(name, name));

windowTest("theme", "is that of the page", { theme: "dark" }, async (w) => {
  equal(await w.theme(), "dark");
  await tells("a dark page", () => look(w.label, undefined), (p) => p.dark);
});

const pixelOf = (w: { label: string }, x: number, y: number) => invoke<[number, number, number]>("pixel", { title: w.label, x, y });
const shows = (w: { label: string }, [red, green, blue]: [number, number, number], x = 150, y = 150) =>
  tells(`the colour ${red} ${green} ${blue}`, () => pixelOf(w, x, y), (p) => p[0] === red && p[1] === green && p[2] === blue);

windowTest("backgroundColor", "shows where the page has none", { backgroundColor: "#102030" }, (w) => shows(w, [0x10, 0x20, 0x30]));

windowTest("transparent", "has an alpha channel", { transparent: true }, (w) => xTells(w, is("Depth", 32)));

testIn(["package"], "window/WindowOptions.javascriptDisabled/no script runs", () => withOptions({ javascriptDisabled: true }, async (w) => {
  await invoke("painted", { label: w.label });
  equal(await invoke("loads", { label: w.label }), 0);
}));

testIn(["package"], "window/WindowOptions.parent/is above that window", () => withOptions({}, async (w) => {
  await lacks("window.WindowOptions", "parent", w, async () => {
    const parent = /_NET_ACTIVE_WINDOW.*(0x[0-9a-f]+)/;
    await focused(w);
    await xTells(w, parent);
    const [, id] = parent.exec(await invoke<string>("x_window", { title: w.label }))!;
    await withOptions({ parent: w }, (child) => xTells(child, new RegExp(`WM_TRANSIENT_FOR.*${id}\\b`)));
  });
}));

/**
 * Checks that the app says of an option why it has no effect, as an error or
 * in its log, and notes that. Where it says nothing, otherwise has to pass.
 */
async function lacks(type: string, key: string, value: unknown, otherwise?: () => Promise<void>): Promise<void> {
  const options = { [key]: value } as Options;
  const label = fresh("lacks");
  let reason: string;
  const made = type === "webview.WebviewOptions"
    ? new Webview(getCurrentWindow(), label, { url: "page.html", ...place, ...options as object })
    : new WebviewWindow(label, { url: "page.html", title: label, width: 100, height: 100, focus: false, ...options });
  try {
    await opened(made);
  } catch (error) {
    const found = new RegExp(`option ${key}: (.*): unsupported operation$`).exec(String(error));
    ok(found !== null, `of ${key} it is said: ${String(error)}`);
    await invoke("lacks", { row: `${type}.${key}`, reason: `refused: ${found![1]!}` });
    return;
  }
  await made.close();
  try {
    reason = await invoke<string>("told", { label, option: key });
  } catch (error) {
    if (otherwise === undefined) {
      throw error;
    }
    return otherwise();
  }
  await invoke("lacks", { row: `${type}.${key}`, reason });
}

const windowLacks: Partial<Record<keyof WindowOptions, unknown>> = {
  activityName: "Main", allowLinkPreview: false, backgroundThrottling: "suspend", contentProtected: true, createdByActivityName: "Main",
  disableInputAccessoryView: true, hiddenTitle: true, noRedirectionBitmap: true, requestedBySceneIdentifier: "scene",
  scrollBarStyle: "fluentOverlay", shadow: false, tabbingIdentifier: "tabs", titleBarStyle: "overlay",
  trafficLightPosition: new LogicalPosition(1, 2), windowEffects: { effects: [Effect.Mica] },
};
const webviewLacks: Partial<Record<keyof WebviewOptions, unknown>> = {
  acceptFirstMouse: true, allowLinkPreview: false, backgroundThrottling: "suspend", dataDirectory: "data",
  dataStoreIdentifier: Array.from({ length: 16 }, (_, i) => i), devtools: true, disableInputAccessoryView: true,
  generalAutofillEnabled: false, proxyUrl: "http://127.0.0.1:1", scrollBarStyle: "fluentOverlay", useHttpsScheme: true,
};
for (const [type, all] of [["window.WindowOptions", windowLacks], ["webview.WebviewOptions", webviewLacks]] as const) {
  for (const [key, value] of Object.entries(all)) {
    testIn(["package"], `${type.replace(".", "/")}.${key}/it is told that there is no such thing`, () => lacks(type, key, value));
  }
}

/** Adds a test of options of a webview in a window. */
function webviewTest(keys: string, what: string, options: Partial<WebviewOptions>, body: (v: Webview, w: WebviewWindow) => Promise<void>): void {
  testIn(["package"], `webview/WebviewOptions.${keys}/${what}`, () =>
    withOptions({ backgroundColor: "#ff0000" }, async (w) => withWebview(w, options, (v) => body(v, w))));
}

webviewTest("url,x,y,width,height", "are those of the webview", { url: "page.html" }, async (v) => {
  equal([await v.position(), await v.size()].map((p) => JSON.stringify(p)), ['{"x":10,"y":20}', '{"width":120,"height":80}']);
  await tells("the page", () => look(v.label, undefined), (p) => p.path === "/page.html" && p.width === 120);
});

webviewTest("userAgent", "is the page's", { url: "page.html", userAgent: "Agent 1" }, (v) =>
  tells("the user agent", () => look(v.label, undefined), (p) => p.agent === "Agent 1"));

webviewTest("backgroundColor", "shows where the page has none", { backgroundColor: "#102030" }, async (v, w) => {
  await invoke("painted", { label: v.label });
  await shows(w, [0x10, 0x20, 0x30], 70, 60);
  await shows(w, [0xff, 0, 0], 200, 150);
});

webviewTest("transparent", "shows what is below it", { transparent: true }, async (v, w) => {
  await invoke("painted", { label: v.label });
  await shows(w, [0xff, 0, 0], 70, 60);
});

webviewTest("incognito", "keeps what it stores to itself", { url: "page.html", incognito: true }, async (v) => {
  const name = fresh("incognito");
  localStorage.setItem(name, name);
  equal((await look(v.label, undefined)).stored, 0);
  localStorage.removeItem(name);
  await store(v.label, name);
  equal(localStorage.getItem(name), null);
});

webviewTest("javascriptDisabled", "no script runs", { javascriptDisabled: true }, async (v, w) => {
  await invoke("painted", { label: v.label });
  await within("the window's own page", invoke("page_loaded", { label: w.label }));
  equal(await invoke("loads", { label: w.label }), 1);
});

testIn(["package"], "webview/WebviewOptions.focus/takes the keyboard, or leaves it", () => withOptions({}, async (w) => {
  await focused(w);
  await withWebview(w, { url: "page.html", focus: true }, async (first) => {
    await tells("the focus", () => look(first.label, undefined), (p) => p.focused);
    await withWebview(w, { url: "page.html", focus: false, x: 150 }, async (second) => {
      equal((await look(second.label, undefined)).focused, false);
      equal((await look(first.label, undefined)).focused, true);
    });
  });
}));

testIn(["package"], "webview/WebviewOptions.zoomHotkeysEnabled/Ctrl and plus zooms", () => withOptions({}, async (w) => {
  await focused(w);
  await withWebview(w, { url: "page.html", zoomHotkeysEnabled: true, focus: true }, async (v) => {
    await tells("the focus", () => look(v.label, undefined), (p) => p.focused);
    await invoke("key", { keys: ["ctrl+plus"] });
    await tells("the page's width", () => look(v.label, undefined), (p) => Math.abs(p.width - 100) <= 1); // it is rounded
    await invoke("key", { keys: ["ctrl+0"] });
    await tells("the page's width", () => look(v.label, undefined), (p) => p.width === 120);
  });
}));

testIn(["package"], "window/WindowSizeConstraints.minWidth,minHeight,maxWidth,maxHeight/are limits of the window manager", () => withOptions({}, async (w) => {
  await w.setSizeConstraints({ minWidth: 210, minHeight: 110, maxWidth: 510, maxHeight: 410 });
  await xTells(w, /minimum size: 210 by 110/, /maximum size: 510 by 410/);
}));

testIn(["package"], "window/ProgressBarState.status,progress/docks show it", () => withOptions({}, async (w) => {
  await w.setProgressBar({ status: ProgressBarStatus.Normal, progress: 75 });
  await within("the dock", invoke("dock", { count: 0, progress: 0.75, hasProgress: true }));
  await w.setProgressBar({ status: ProgressBarStatus.None });
  await within("the dock", invoke("dock", { count: 0, progress: 0, hasProgress: false }));
}));

testIn(["package"], "window/Effects.color,effects,interactive,radius,state/there are none", () => withOptions({}, async (w) => {
  const effects: Effects = { effects: [Effect.Blur], state: EffectState.Active, radius: 1, color: "#123", interactive: true };
  const said = /set_effects: (.*): unsupported operation$/.exec(String(await rejection(w.setEffects(effects))));
  ok(said !== null, "another error");
  for (const key of Object.keys(effects)) {
    await invoke("lacks", { row: `window.Effects.${key}`, reason: `refused: ${said![1]!}` });
  }
}));

const events: string[] = [];
const offer = helper("offer text", () => {
  const source = document.createElement("div");
  source.draggable = true;
  source.style.cssText = "position: fixed; inset: 0; background: #abc";
  source.ondragstart = (e) => e.dataTransfer!.setData("text/uri-list", "file:///etc/hostname");
  document.body.append(source);
});
const take = helper("take what is dropped", () => {
  const target = document.createElement("div");
  target.style.cssText = "position: fixed; inset: 0; background: #cba";
  target.ondragover = (e) => e.preventDefault();
  target.ondrop = (e) => {
    e.preventDefault();
    void invoke("plugin:event|emit", { event: "dropped-on-page", payload: null });
  };
  document.body.append(target);
});

testIn(["package"], "webview/WebviewOptions.dragDropEnabled/false leaves drops of files to the page", async () => {
  await withOptions({ x: 50, y: 50, dragDropEnabled: false }, async (from) => {
    await withOptions({ x: 450, y: 50, dragDropEnabled: false }, async (over) => {
      const offs = await Promise.all((["enter", "over", "drop", "leave"] as const).map((name) => over.listen(`tauri://drag-${name}`, () => events.push(name))));
      await offer(from.label, null);
      await take(over.label, null);
      await invoke("drag", { from: from.label, over: over.label, x: 170, y: 120, back: false, event: "dropped-on-page" });
      equal(events, []);
      offs.forEach((off) => off());
    });
  });
});
