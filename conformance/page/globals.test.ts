// What a page finds in its window.

import * as Core from "@tauri-apps/api/core";
import * as Event from "@tauri-apps/api/event";
import { equal, info, ok, test, testIn } from "./harness";

test("globals/__TAURI__/only where the configuration wants it", async () => {
  equal(window.__TAURI__ !== undefined, (await info()).run === "global");
});

testIn(["global"], "globals/__TAURI__/the tests use it", () => {
  ok(Core.invoke === window.__TAURI__!.core.invoke, "core is another one");
  ok(Event.listen === window.__TAURI__!.event.listen, "event is another one");
});

const modules = [
  "app", "core", "dpi", "event", "image", "menu", "mocks", "path", "tray", "webview", "webviewWindow", "window",
] as const;

for (const name of modules) {
  testIn(["global"], `globals/__TAURI__/${name} has what the package has`, async () => {
    equal(Object.keys(window.__TAURI__![name]).sort(), (await info()).exports[name]!);
  });
}

testIn(["global"], "globals/__TAURI__/has the plugins that are installed", () => {
  const plugins = ["autostart", "cli", "clipboardManager", "deepLink", "dialog", "fs", "globalShortcut", "http", "log", "notification",
    "opener", "os", "positioner", "process", "shell", "sql", "store", "updater", "upload", "websocket", "windowState"];
  equal(Object.keys(window.__TAURI__!).sort(), [...modules, ...plugins].sort());
  equal(typeof window.__TAURI__!.notification.sendNotification, "function");
});

testIn(["global"], "globals/__TAURI__/its modules share their classes", async () => {
  const { core, image } = window.__TAURI__!;
  const picture = await image.Image.new(new Uint8Array(4), 1, 1);
  ok(picture instanceof core.Resource, "an Image is no Resource");
  await picture.close();
});

testIn(["global"], "globals/__TAURI__/can be assigned to", () => {
  const d = Object.getOwnPropertyDescriptor(window, "__TAURI__")!;
  equal([d.writable, d.configurable, d.enumerable], [true, true, true]);
});

test("globals/__TAURI_INTERNALS__/cannot be replaced", () => {
  const d = Object.getOwnPropertyDescriptor(window, "__TAURI_INTERNALS__")!;
  equal([d.writable, d.configurable], [false, false]);
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(window.__TAURI_INTERNALS__))) {
    equal([member.writable, member.configurable, member.enumerable], [false, false, false], name);
  }
});

test("globals/__TAURI_INTERNALS__/has room for plugins", () => {
  const { plugins } = window.__TAURI_INTERNALS__ as unknown as { plugins: Record<string, unknown> };
  plugins["conformance"] = 1;
  equal(plugins["conformance"], 1);
  delete plugins["conformance"];
  equal(plugins["path"], { sep: "/", delimiter: ":" });
});

test("globals/__TAURI_INTERNALS__/knows its window", () => {
  equal(window.__TAURI_INTERNALS__.metadata.currentWindow.label, "main");
  equal(window.__TAURI_INTERNALS__.metadata.currentWebview.label, "main");
});

test("globals/__TAURI_EVENT_PLUGIN_INTERNALS__/cannot be replaced", () => {
  const d = Object.getOwnPropertyDescriptor(window, "__TAURI_EVENT_PLUGIN_INTERNALS__")!;
  equal([d.writable, d.configurable], [false, false]);
});
