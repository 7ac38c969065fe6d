import {
  PluginListener, Resource, addPluginListener, checkPermissions, invoke, requestPermissions, type PermissionState,
} from "@tauri-apps/api/core";
import { Inbox, equal, fresh, ok, rejection, rejectsWith, test } from "./harness";

test("core/addPluginListener/hears what the plugin sends", async () => {
  const inbox = new Inbox<{ n: number }>();
  const event = fresh("scan");
  const listener = await addPluginListener<{ n: number }>("test", event, inbox.push);
  await invoke("plugin:test|trigger", { event, payload: { n: 1 } });
  await invoke("plugin:test|trigger", { event: fresh("other"), payload: { n: 2 } });
  await invoke("plugin:test|trigger", { event, payload: { n: 3 } });
  equal(await inbox.first(2), [{ n: 1 }, { n: 3 }]);
  await listener.unregister();
});

test("core/addPluginListener/falls back to the older name", async () => {
  const inbox = new Inbox<string>();
  const event = fresh("scan");
  const listener = await addPluginListener<string>("older", event, inbox.push);
  await invoke("plugin:older|trigger", { event, payload: "x" });
  equal(await inbox.first(1), ["x"]);
  await listener.unregister();
});

test("core/addPluginListener/rejects without such a plugin", () =>
  rejectsWith(addPluginListener("nowhere", "scan", () => {}), "plugin:nowhere|registerListener", "not allowed"));

test("core/PluginListener/tells what it belongs to", async () => {
  const event = fresh("scan");
  const listener = await addPluginListener("test", event, () => {});
  ok(listener instanceof PluginListener, "no PluginListener");
  equal([listener.plugin, listener.event], ["test", event]);
  ok(window.__TAURI_INTERNALS__.callbacks.has(listener.channelId), "channelId is no callback");
  await listener.unregister();
});

test("core/PluginListener/unregister", async () => {
  const inbox = new Inbox<number>();
  const event = fresh("scan");
  const listener = await addPluginListener<number>("test", event, inbox.push);
  await invoke("plugin:test|trigger", { event, payload: 1 });
  await inbox.first(1);
  await listener.unregister();
  equal(await invoke<number>("plugin:test|trigger", { event, payload: 2 }), 0, "listeners reached");
  equal(inbox.all, [1]);
});

interface Permissions {
  camera: PermissionState;
  location: PermissionState;
}

test("core/checkPermissions/of a plugin", async () => {
  equal(await checkPermissions<Permissions>("test"), { camera: "prompt", location: "prompt-with-rationale" });
});

test("core/checkPermissions/a plugin without them rejects", () => rejectsWith(checkPermissions("older"), "plugin:older|check_permissions", "not "));

test("core/requestPermissions/of a plugin", async () => {
  equal(await requestPermissions<Permissions>("test"), { camera: "granted", location: "denied" });
});

test("core/requestPermissions/a plugin without them rejects", () => rejectsWith(requestPermissions("older"), "plugin:older|request_permissions", "not "));

class Handle extends Resource {}

test("core/Resource/knows its number", () => {
  const handle = new Handle(7);
  ok(handle instanceof Resource, "no Resource");
  equal(handle.rid, 7);
});

test("core/Resource/close of an unknown one rejects", async () => {
  equal(await rejection(new Handle(4711).close()), "The resource id 4711 is invalid.");
});

test("core/Resource/is disposed of by closing it", async () => {
  if (typeof Symbol.asyncDispose !== "symbol") {
    return; // the engine does not know it, so nobody can ask for it
  }
  equal(await rejection(new Handle(4712)[Symbol.asyncDispose]()), "The resource id 4712 is invalid.");
});
