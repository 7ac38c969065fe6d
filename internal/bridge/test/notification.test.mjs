// window.Notification, whose notifications go to the app.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, plain, settled, until } from "./app.mjs";

/** An app that shows notifications, and what it was asked for. */
function notifyingApp() {
  const app = new App();
  app.shown = [];
  app.removed = [];
  app.commands["plugin:notification|is_permission_granted"] = () => true;
  app.commands["plugin:notification|notify"] = ({ options, handler }) => {
    app.shown.push({ options, channel: Number(handler.split(":")[1]) });
    return options.body === "bad" ? 'e"not that one"' : null;
  };
  app.commands["plugin:notification|remove_active"] = ({ notifications }) => void app.removed.push(...notifications);
  app.focused = [];
  app.commands["plugin:notification|focus"] = ({ id }) => void app.focused.push(id);
  app.load("notification");
  return app;
}

/** A new notification, which notes its events. */
async function show(app, options) {
  const heard = [];
  const notification = new app.dom.page.Notification("title", options);
  for (const type of ["show", "error", "click", "close"]) {
    notification[`on${type}`] = (event) => heard.push(event.type);
  }
  await until(() => heard.length > 0);
  return { notification, heard, ...app.shown.at(-1) };
}

test("the page hears clicks and the end", async () => {
  const app = notifyingApp();
  const { heard, channel } = await show(app);
  app.deliver(["c", channel, 0, "click"], ["c", channel, 1, "click"], ["c", channel, 2, "close"], ["x", channel, 3]);
  await until(() => heard.length === 4);
  assert.deepEqual(heard, ["show", "click", "click", "close"]);
  assert.ok(!app.internals.callbacks.has(channel), "the callback stays");
});

test("a click brings the window to the front unless the page prevents it", async () => {
  const app = notifyingApp();
  const { notification, channel } = await show(app, { id: 7 });
  let prevent = true;
  notification.onclick = (event) => prevent && event.preventDefault();
  app.deliver(["c", channel, 0, "click"]);
  await settled();
  assert.deepEqual(app.focused, []);
  prevent = false;
  app.deliver(["c", channel, 1, "click"]);
  await until(() => app.focused.length > 0);
  assert.deepEqual(plain(app.focused), [7]);
});

test("close takes away the one that is meant", async () => {
  const app = notifyingApp();
  const { notification, options } = await show(app);
  const other = await show(app, { id: 7 });
  assert.ok(Number.isInteger(options.id) && options.id >= 0 && options.id < 2 ** 31, `id ${options.id}`);
  notification.close();
  other.notification.close();
  await until(() => app.removed.length === 2);
  assert.deepEqual(plain(app.removed), [{ id: options.id }, { id: 7 }]);
});

test("close waits until it is shown", async () => {
  const app = notifyingApp();
  new app.dom.page.Notification("title", { id: 8 }).close();
  await until(() => app.removed.length === 1);
  assert.deepEqual(plain(app.removed), [{ id: 8 }]);
});

for (const last of ["close", "replaced"]) {
  test(`close does nothing after ${last}`, async () => {
    const app = notifyingApp();
    const { notification, heard, channel } = await show(app, { id: 7 });
    app.deliver(["c", channel, 0, last], ["x", channel, 1]);
    await settled();
    notification.close();
    await settled();
    assert.deepEqual(app.removed, []);
    assert.deepEqual(heard, last === "close" ? ["show", "close"] : ["show"]);
  });
}

test("one that is refused is an error, and leaves nothing", async () => {
  const app = notifyingApp();
  const { notification, heard, channel } = await show(app, { body: "bad" });
  notification.close();
  await settled();
  assert.deepEqual(heard, ["error"]);
  assert.deepEqual(app.removed, []);
  assert.ok(!app.internals.callbacks.has(channel), "the callback stays");
});
