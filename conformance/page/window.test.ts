// Windows as objects: what the module `window` asks and does.

import { invoke } from "@tauri-apps/api/core";
import { LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize } from "@tauri-apps/api/dpi";
import { Image } from "@tauri-apps/api/image";
import {
  CloseRequestedEvent, Effect, EffectState, ProgressBarStatus, UserAttentionType, Window, availableMonitors, currentMonitor,
  cursorPosition, getAllWindows, getCurrentWindow, monitorFromPoint, primaryMonitor,
  LogicalPosition as LogicalWindowPosition, LogicalSize as LogicalWindowSize, PhysicalPosition as WindowPosition,
  PhysicalSize as WindowSize,
} from "@tauri-apps/api/window";
import { WebviewWindow, getAllWebviewWindows, getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";
import { Inbox, equal, fresh, info, ok, rejectsWith, test, within } from "./harness";

/** Runs body with a window of its own, which is gone afterwards. */
async function withWindow(body: (w: Window) => Promise<void>): Promise<void> {
  const label = fresh("window");
  await invoke("open", { label });
  const w = await Window.getByLabel(label);
  ok(w !== null, "the window is not there");
  try {
    await body(w!);
  } finally {
    await w!.destroy();
  }
}

/** Waits until the window tells what is wanted. */
async function tells<T>(what: string, ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<void> {
  await within(what, (async () => {
    while (!wanted(await ask())) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })());
}

test("window/getCurrentWindow/is this one", () => {
  equal(getCurrentWindow().label, "main");
});

test("window/getAllWindows/has this one and the other", async () => {
  const labels = (await getAllWindows()).map((w) => w.label);
  ok(labels.includes("main") && labels.includes("second"), `labels: ${labels.join()}`);
});

test("window/Window/its events", async () => {
  const here = Window.getCurrent(), heard = new Inbox<string>(), name = fresh("own");
  const off = await here.listen<string>(name, (e) => heard.push(e.payload));
  await here.once<string>(name, (e) => heard.push(`once ${e.payload}`));
  await here.emitTo({ kind: "Window", label: "main" }, name, "to");
  await here.emit(name, "all");
  await heard.find("both", (text) => text === "all");
  equal(heard.all.toSorted(), ["all", "once to", "to"]);
  off();
});

test("window/Window/by label, all and focused", () => withWindow(async (w) => {
  equal(await Window.getByLabel("nobody"), null);
  ok((await Window.getAll()).some((other) => other.label === w.label), "not among all");
  await w.setFocus();
  await tells("the focus", () => Window.getFocusedWindow(), (focused) => focused?.label === w.label);
}));

test("window/Window/size in both pixels", () => withWindow(async (w) => {
  const scale = await w.scaleFactor();
  await w.setSize(new LogicalSize(420, 310));
  await tells("the size", () => w.innerSize(), (s) => s.width === 420 * scale && s.height === 310 * scale);
  await w.setSize(new PhysicalSize(380, 290));
  await tells("the size", () => w.innerSize(), (s) => s.width === 380 && s.height === 290);
  ok((await w.outerSize()).height >= 290, "the frame is smaller than the content");
}));

test("window/Window/limits of the size", () => withWindow(async (w) => {
  const scale = await w.scaleFactor();
  await w.setMinSize(new LogicalSize(250, 200));
  await w.setSize(new LogicalSize(100, 100));
  await tells("the smallest size", () => w.innerSize(), (s) => s.width === 250 * scale && s.height === 200 * scale);
  await w.setMinSize(null);
  await w.setMaxSize(new LogicalSize(400, 300));
  await w.setSize(new LogicalSize(700, 700));
  await tells("the largest size", () => w.innerSize(), (s) => s.width === 400 * scale && s.height === 300 * scale);
  await w.setSizeConstraints({ minWidth: 120, maxWidth: 500 });
  await w.setSize(new LogicalSize(700, 350));
  await tells("the width", () => w.innerSize(), (s) => s.width === 500 * scale && s.height === 350 * scale);
  await w.setSizeConstraints(null);
}));

test("window/Window/position and center", () => withWindow(async (w) => {
  const scale = await w.scaleFactor();
  await w.setPosition(new LogicalPosition(70, 90));
  await tells("the position", () => w.outerPosition(), (p) => p.x === 70 * scale && p.y === 90 * scale);
  ok((await w.innerPosition()).y >= 90 * scale, "the content is above its frame");
  await w.setPosition(new PhysicalPosition(40, 60));
  await tells("the position", () => w.outerPosition(), (p) => p.x === 40 && p.y === 60);
  await w.center();
  await tells("the middle", () => w.outerPosition(), (p) => p.x > 100);
}));

test("window/Window/switches", () => withWindow(async (w) => {
  for (const [set, get] of [
    [(v: boolean) => w.setResizable(v), () => w.isResizable()],
    [(v: boolean) => w.setDecorations(v), () => w.isDecorated()],
    [(v: boolean) => w.setClosable(v), () => w.isClosable()],
    [(v: boolean) => w.setEnabled(v), () => w.isEnabled()],
    [(v: boolean) => w.setAlwaysOnTop(v), () => w.isAlwaysOnTop()],
  ] as const) {
    await set(false);
    equal(await get(), false, String(get));
    await set(true);
    equal(await get(), true, String(get));
  }
  for (const set of [
    (v: boolean) => w.setAlwaysOnBottom(v), (v: boolean) => w.setSkipTaskbar(v), (v: boolean) => w.setFocusable(v),
    (v: boolean) => w.setVisibleOnAllWorkspaces(v), (v: boolean) => w.setIgnoreCursorEvents(v), (v: boolean) => w.setCursorVisible(v),
  ]) {
    await set(true);
    await set(false);
  }
  await w.setTitle("another");
  equal(await w.title(), "another");
}));

test("window/Window/maximized, minimized, hidden, fullscreen", () => withWindow(async (w) => {
  await w.maximize();
  await tells("maximized", () => w.isMaximized(), (on) => on);
  await w.toggleMaximize();
  await tells("not maximized", () => w.isMaximized(), (on) => !on);
  await w.unmaximize();
  await w.setFullscreen(true);
  await tells("fullscreen", () => w.isFullscreen(), (on) => on);
  await w.setSimpleFullscreen(false);
  await tells("not fullscreen", () => w.isFullscreen(), (on) => !on);
  await w.setFullscreenOnMonitor(new PhysicalPosition(10, 10));
  await tells("fullscreen on the monitor", () => w.isFullscreen(), (on) => on);
  await w.setFullscreen(false);
  await tells("not fullscreen", () => w.isFullscreen(), (on) => !on);
  await w.minimize();
  await tells("minimized", () => w.isMinimized(), (on) => on);
  await w.unminimize();
  await tells("not minimized", () => w.isMinimized(), (on) => !on);
  await w.hide();
  await tells("hidden", () => w.isVisible(), (on) => !on);
  await w.show();
  await tells("shown", () => w.isVisible(), (on) => on);
}));

test("window/Window/theme and its event", () => withWindow(async (w) => {
  const themes = new Inbox<string>();
  const off = await w.onThemeChanged((e) => themes.push(e.payload));
  equal(await w.theme(), "light");
  await w.setTheme("dark");
  await themes.find("dark", (t) => t === "dark");
  equal(await w.theme(), "dark");
  await w.setTheme(null);
  await tells("the system's theme", () => w.theme(), (t) => t === "light");
  off();
}));

test("window/Window/cursor, colour, drags", () => withWindow(async (w) => {
  await w.setCursorIcon("colResize");
  await w.setCursorPosition(new LogicalPosition(5, 6));
  for (const color of ["#123", "#11223344", [1, 2, 3], { red: 1, green: 2, blue: 3, alpha: 4 }, null] as const) {
    await w.setBackgroundColor(color as string);
  }
  await w.startResizeDragging("SouthEast");
  await w.startDragging();
  await w.clearEffects();
}));

test("window/Window/the mouse stays inside while it is grabbed", () => withWindow(async (w) => {
  await invoke("window", { label: w.label, operation: "focus", a: 0, b: 0 });
  const { x, y } = await w.innerPosition();
  const away = () => invoke("mouse", { x: x + 700, y: y + 500 });
  const isInside = (p: PhysicalPosition) => p.x >= x && p.x < x + 300 && p.y >= y && p.y < y + 200;
  await away();
  await tells("the mouse outside", () => cursorPosition(), (p) => !isInside(p));
  await w.setCursorGrab(true);
  await tells("the mouse inside", () => cursorPosition(), isInside);
  await away();
  ok(isInside(await cursorPosition()), "the mouse got out");
  await w.setCursorGrab(false);
  await away();
  await tells("the mouse outside", () => cursorPosition(), (p) => !isInside(p));
}));

test("window/Window/maximizable and minimizable", () => withWindow(async (w) => {
  equal([await w.isMaximizable(), await w.isMinimizable()], [true, true]);
  await w.setMaximizable(false);
  equal([await w.isMaximizable(), await w.isMinimizable()], [false, true]);
  await w.setMinimizable(false);
  await w.setMaximizable(true);
  equal([await w.isMaximizable(), await w.isMinimizable()], [true, false]);
}));

test("window/Window/what Linux lacks is an error", () => withWindow(async (w) => {
  for (const [name, reason, call] of [
    ["set_shadow", "window manager", () => w.setShadow(false)],
    ["set_content_protected", "screen captures", () => w.setContentProtected(true)],
    ["set_effects", "Windows and macOS", () => w.setEffects({ effects: [Effect.Blur] })],
    ["set_title_bar_style", "only macOS", () => w.setTitleBarStyle("overlay")],
    ["set_badge_label", "only the Dock of macOS", () => w.setBadgeLabel("new")],
    ["set_overlay_icon", "only the task bar of Windows", () => w.setOverlayIcon("icon.png")],
    ["activity_name", "only Android", () => w.activityName()], ["scene_identifier", "only iOS", () => w.sceneIdentifier()],
  ] as const) {
    await rejectsWith(call(), `${name}: `, reason, "unsupported operation");
  }
}));

test("window/Window/icon: pixels, a file's bytes, a picture", () => withWindow(async (w) => {
  const picture = await Image.new(new Uint8Array([255, 0, 0, 128]), 1, 1);
  await w.setIcon(picture);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 300; // is made smaller
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  await w.setIcon(new Uint8Array(await blob!.arrayBuffer()));
  await picture.close();
  await rejectsWith(w.setIcon(picture), "resource id");
  await rejectsWith(w.setIcon([1, 2, 3]), "neither PNG nor ICO");
  await w.setIcon((await info()).inside);
  await rejectsWith(w.setIcon((await info()).outside), "core:image:allow-from-path");
}));

test("window/Window/resize and move are heard", () => withWindow(async (w) => {
  const sizes = new Inbox<WindowSize>(), positions = new Inbox<WindowPosition>(), focus = new Inbox<boolean>();
  const offs = [
    await w.onResized((e) => sizes.push(e.payload)), await w.onMoved((e) => positions.push(e.payload)),
    await w.onFocusChanged((e) => focus.push(e.payload)), await w.onScaleChanged(() => {}),
  ];
  await w.setSize(new PhysicalSize(333, 222));
  ok(await sizes.find("the size", (s) => s.width === 333) instanceof PhysicalSize, "no PhysicalSize");
  await w.setPosition(new PhysicalPosition(50, 77));
  ok(await positions.find("the place", (p) => p.x === 50 && p.y === 77) instanceof PhysicalPosition, "no PhysicalPosition");
  await getCurrentWindow().setFocus();
  await w.setFocus();
  await focus.find("the focus", (on) => on);
  offs.forEach((off) => off());
}));

test("window/CloseRequestedEvent/may keep the window", () => withWindow(async (w) => {
  let keep = true;
  const asked = new Inbox<boolean>();
  const off = await w.onCloseRequested((e) => {
    ok(e instanceof CloseRequestedEvent, "another class");
    if (keep) {
      e.preventDefault();
    }
    asked.push(e.isPreventDefault());
  });
  await w.close();
  equal(await asked.first(1), [true]);
  ok(await Window.getByLabel(w.label) !== null, "the window is gone all the same");
  keep = false;
  await w.close();
  await within("the window to go", invoke("gone", { label: w.label }));
  await invoke("open", { label: w.label }); // for withWindow
  off();
}));

test("window/UserAttentionType/asked and taken back", () => withWindow(async (w) => {
  await w.requestUserAttention(UserAttentionType.Critical);
  await w.requestUserAttention(UserAttentionType.Informational);
  await w.requestUserAttention(null);
}));

test("window/ProgressBarStatus/docks show it", () => withWindow(async (w) => {
  for (const status of [ProgressBarStatus.Normal, ProgressBarStatus.Indeterminate, ProgressBarStatus.Paused, ProgressBarStatus.Error]) {
    await w.setProgressBar({ status, progress: 25 });
    await within("the dock", invoke("dock", { count: 0, progress: 0.25, hasProgress: true }));
  }
  await rejectsWith(w.setProgressBar({ status: ProgressBarStatus.Normal, progress: 130 }), "0 to 100");
  await w.setProgressBar({ status: ProgressBarStatus.None });
  await within("the dock", invoke("dock", { count: 0, progress: 0, hasProgress: false }));
}));

test("window/Window/badge: docks show it", () => withWindow(async (w) => {
  await w.setBadgeCount(3);
  await within("the dock", invoke("dock", { count: 3, progress: 0, hasProgress: false }));
  await w.setBadgeCount();
  await within("the dock", invoke("dock", { count: 0, progress: 0, hasProgress: false }));
}));

for (const [name, effects] of [["Effect", { effects: [Effect.Mica] }], ["EffectState", { effects: [Effect.HudWindow], state: EffectState.Active }]] as const) {
  test(`window/${name}/Linux has none`, () => withWindow(async (w) => {
    await rejectsWith(w.setEffects({ ...effects, effects: [...effects.effects] }), "set_effects");
  }));
}

test("window/availableMonitors/the one of the tests", async () => {
  const [monitor, ...more] = await availableMonitors();
  equal(more.length, 0);
  equal([monitor!.size.width, monitor!.size.height, monitor!.scaleFactor], [1280, 1024, 1]);
  ok(monitor!.position instanceof PhysicalPosition && monitor!.workArea.size instanceof PhysicalSize, "classes");
});

test("window/currentMonitor/is there", async () => {
  equal((await currentMonitor())?.size.width, 1280);
});

test("window/primaryMonitor/is that one, if any", async () => {
  const primary = await primaryMonitor();
  ok(primary === null || primary.size.width === 1280, "another monitor");
});

test("window/monitorFromPoint/inside and outside", async () => {
  equal((await monitorFromPoint(5, 5))?.size.width, 1280);
  equal(await monitorFromPoint(-5, 5), null);
});

test("window/cursorPosition/follows the mouse", () => withWindow(async (w) => {
  const { x, y } = await w.innerPosition();
  await w.setCursorPosition(new PhysicalPosition(12, 13));
  await tells("the mouse", () => cursorPosition(), (p) => p.x === x + 12 && p.y === y + 13);
}));

for (const [name, got, want] of [
  ["LogicalPosition", LogicalWindowPosition, LogicalPosition], ["LogicalSize", LogicalWindowSize, LogicalSize],
  ["PhysicalPosition", WindowPosition, PhysicalPosition], ["PhysicalSize", WindowSize, PhysicalSize],
] as const) {
  test(`window/${name}/is that of dpi`, () => ok((got as unknown) === want, "another class"));
}

test("webviewWindow/getCurrentWebviewWindow/is this one", () => {
  equal(getCurrentWebviewWindow().label, "main");
});

test("webviewWindow/getAllWebviewWindows/has this one and the other", async () => {
  const labels = (await getAllWebviewWindows()).map((w) => w.label);
  ok(labels.includes("main") && labels.includes("second"), `labels: ${labels.join()}`);
});

/** Opens a window and tells how it went. */
async function create(label: string, options: ConstructorParameters<typeof WebviewWindow>[1]): Promise<WebviewWindow> {
  const w = new WebviewWindow(label, options);
  await within("the window", new Promise<void>((resolve, reject) => {
    void w.once("tauri://created", () => resolve());
    void w.once<string>("tauri://error", (e) => reject(e.payload));
  }));
  return w;
}

test("webviewWindow/WebviewWindow/opens with its options", async () => {
  const label = fresh("created");
  const w = await create(label, {
    url: "conformance.html", title: "opened", width: 350, height: 260, x: 30, y: 40, resizable: false, theme: "light", backgroundColor: "#fff",
  });
  equal((await WebviewWindow.getByLabel(label))?.label, label);
  equal([await w.title(), await w.isResizable()], ["opened", false]);
  await tells("the size", () => w.innerSize(), (s) => s.width === 350 && s.height === 260);
  await within("its page", invoke("page_loaded", { label }));
  ok((await WebviewWindow.getAll()).some((other) => other.label === label), "not among all");
  await rejectsWith(create(label, {}), "already exists");
  await w.destroy();
});

test("webviewWindow/WebviewWindow/refuses what is no label, option or place to go", async () => {
  await rejectsWith(create("a b", {}), "a b");
  await rejectsWith(create(fresh("created"), { url: "https://example.org/" }), "example.org");
  await rejectsWith(create(fresh("created"), { width: -3 }), "width");
  await rejectsWith(create(fresh("created"), { proxyUrl: "http://127.0.0.1:1" }), "proxyUrl");
  equal(WebviewWindow.getCurrent().label, "main");
});
