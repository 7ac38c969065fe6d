// The published packages, unmodified, on top of the page script; and our own
// modules, which must do the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App, plain, settled, until } from "./app.mjs";

/** An app with the event plugin's commands. */
function eventApp(options) {
  const app = new App(options);
  app.listeners = new Map();
  let next = 0;
  app.commands["plugin:event|listen"] = async ({ event, target, handler }) => {
    const id = next++;
    app.listeners.set(id, { event, target, handler });
    await app.beforeListenReply?.(id, handler);
    return id;
  };
  app.commands["plugin:event|unlisten"] = ({ eventId }) => {
    app.listeners.delete(eventId);
  };
  app.emitted = [];
  app.commands["plugin:event|emit"] = (args) => void app.emitted.push(args);
  app.commands["plugin:event|emit_to"] = (args) => void app.emitted.push(args);
  return app;
}

const flavours = {
  async npm(app) {
    return { core: await app.api("core"), event: await app.api("event") };
  },
  async global(app) {
    app.load("global");
    return app.dom.page.__TAURI__;
  },
};

for (const [flavour, load] of Object.entries(flavours)) {
  test(flavour, async (t) => {
    await t.test("invoke", async () => {
      const app = new App();
      const { core } = await load(app);
      app.commands.greet = ({ name }) => `o"hello ${name}"`;
      assert.equal(await core.invoke("greet", { name: "Ada" }), "hello Ada");
      await assert.rejects(core.invoke("none"), (e) => e === "Command none not found");
      assert.equal(core.isTauri(), true);
      assert.equal(core.convertFileSrc("/x"), "asset://localhost/%2Fx");
      assert.equal(core.SERIALIZE_TO_IPC_FN, "__TAURI_TO_IPC_KEY__");
      app.commands.write = (_, { bytes, headers }) => [...bytes, headers[0]];
      assert.deepEqual(plain(await core.invoke("write", new Uint8Array([1, 2]), { headers: { a: "b" } })), [1, 2, ["a", "b"]]);
      const stop = new AbortController();
      app.commands.slow = () => new Promise(() => {});
      const slow = core.invoke("slow", {}, { signal: stop.signal });
      stop.abort("stopped");
      await assert.rejects(slow, (e) => e === "stopped");
    });

    await t.test("channel", async () => {
      const app = new App();
      const { core } = await load(app);
      const got = [];
      const channel = new core.Channel((m) => {
        got.push(m);
        if (m === 1) {
          throw new Error("of a handler");
        }
      });
      let args;
      app.commands.download = (a) => void (args = a);
      await core.invoke("download", { nested: [{ channel }] });
      assert.deepEqual(args, { nested: [{ channel: `__CHANNEL__:${channel.id}` }] });
      app.deliver(["c", channel.id, 1, 1], ["c", channel.id, 3, 3], ["c", channel.id, 0, null]);
      assert.deepEqual(plain(got), [null, 1]);
      await until(() => app.dom.uncaught.length === 1);
      assert.equal(app.dom.uncaught[0].message, "of a handler");
      app.deliver(["x", channel.id, 4]);
      assert.ok(app.internals.callbacks.has(channel.id));
      app.streams.set(1, [new Uint8Array([0, 42])]);
      app.deliver(["s", channel.id, 2, 1, 1]);
      await until(() => got.length === 4);
      assert.deepEqual([...new Uint8Array(got[2])], [42]);
      assert.equal(got[3], 3);
      assert.ok(!app.internals.callbacks.has(channel.id), "the end forgets the callback");

      const empty = new core.Channel();
      app.deliver(["x", empty.id, 0]);
      assert.ok(!app.internals.callbacks.has(empty.id));
      const replaced = new core.Channel();
      replaced.onmessage = (m) => got.push(m);
      app.deliver(["b", replaced.id, 0, ""]);
      assert.equal(got[4].byteLength, 0);
    });

    await t.test("listen and unlisten", async () => {
      const app = eventApp();
      const { event } = await load(app);
      const got = [];
      const unlisten = await event.listen("tick", (e) => got.push(plain(e)), { target: "other" });
      const [id, listener] = [...app.listeners][0];
      assert.deepEqual(listener.target, { kind: "AnyLabel", label: "other" });
      app.deliver(["e", "tick", { n: 1 }, [[id, listener.handler]]]);
      assert.deepEqual(got, [{ event: "tick", id, payload: { n: 1 } }]);
      const gone = unlisten();
      assert.ok(!app.internals.callbacks.has(listener.handler), "forgotten before the reply");
      app.deliver(["e", "tick", { n: 2 }, [[id, listener.handler]]]);
      await gone;
      assert.equal(app.listeners.size, 0);
      assert.equal(got.length, 1);
      assert.deepEqual(app.dom.warnings, [], "an event under way is no surprise");
      app.deliver(["e", "tick", { n: 3 }, [[id, listener.handler]]]);
      assert.equal(app.dom.warnings.length, 1);
    });

    await t.test("unlisten before any event", async () => {
      const app = eventApp();
      const { event } = await load(app);
      const size = app.internals.callbacks.size;
      const unlisten = await event.listen("never", () => {});
      await unlisten();
      assert.equal(app.internals.callbacks.size, size);
    });

    await t.test("an event before the reply of listen", async () => {
      const app = eventApp();
      const { event } = await load(app);
      const got = [];
      app.beforeListenReply = (id, handler) => app.deliver(["e", "early", 1, [[id, handler]]], ["e", "early", 2, [[id, handler]]]);
      await event.once("early", (e) => got.push(e.payload));
      await settled();
      assert.deepEqual(got, [1]);
      assert.equal(app.listeners.size, 0);
      assert.equal(app.internals.callbacks.size, 0);
    });

    await t.test("unregisterListener of what is not there", async () => {
      const { dom } = new App();
      dom.page.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener("none", 1);
    });

    await t.test("emit", async () => {
      const app = eventApp();
      const { event } = await load(app);
      await event.emit("a", 1);
      await event.emit("b");
      await event.emitTo("w", "c", null);
      await event.emitTo({ kind: "Any" }, "d", 2);
      assert.deepEqual(app.emitted, [
        { event: "a", payload: 1 },
        { event: "b" },
        { target: { kind: "AnyLabel", label: "w" }, event: "c", payload: null },
        { target: { kind: "Any" }, event: "d", payload: 2 },
      ]);
    });

    await t.test("Resource", async () => {
      const app = new App();
      const dispose = app.dom.run("page", "Symbol.asyncDispose ??= Symbol('asyncDispose')");
      const { core } = await load(app);
      const closed = [];
      app.commands["plugin:resources|close"] = ({ rid }) => void closed.push(rid);
      const resource = new core.Resource(7);
      assert.equal(resource.rid, 7);
      await resource.close();
      await new core.Resource(8)[dispose]();
      assert.deepEqual(closed, [7, 8]);
    });

    await t.test("addPluginListener", async () => {
      for (const name of ["register_listener", "registerListener"]) {
        const app = new App();
        const { core } = await load(app);
        let args;
        app.commands[`plugin:p|${name}`] = (a) => void (args = a);
        let removed;
        app.commands["plugin:p|remove_listener"] = (a) => void (removed = a);
        const got = [];
        const listener = await core.addPluginListener("p", "scan", (m) => got.push(m));
        assert.deepEqual(args, { event: "scan", handler: `__CHANNEL__:${listener.channelId}` });
        app.deliver(["c", listener.channelId, 0, "x"]);
        assert.deepEqual(got, ["x"]);
        await listener.unregister();
        assert.deepEqual(removed, { event: "scan", channelId: listener.channelId });
      }
    });

    await t.test("permissions", async () => {
      const app = new App();
      const { core } = await load(app);
      app.commands["plugin:p|check_permissions"] = () => ({ camera: "prompt" });
      app.commands["plugin:p|request_permissions"] = () => ({ camera: "granted" });
      assert.equal((await core.checkPermissions("p")).camera, "prompt");
      assert.equal((await core.requestPermissions("p")).camera, "granted");
    });
  });
}

test("the global modules export what the published ones do", async () => {
  const app = new App();
  const ours = await flavours.global(app);
  const theirs = await flavours.npm(app);
  for (const name of ["core", "event"]) {
    assert.deepEqual(Object.keys(ours[name]).sort(), Object.keys(theirs[name]).sort());
  }
  assert.deepEqual(plain(ours.event.TauriEvent), plain(theirs.event.TauriEvent));
  const { writable, configurable } = Object.getOwnPropertyDescriptor(app.dom.page, "__TAURI__");
  assert.ok(writable && configurable);
});

test("api.js", async (t) => {
  const app = eventApp();
  const api = await app.dom.import(new URL("../dist/api.js", import.meta.url), (url) => readFileSync(url, "utf8"));
  assert.deepEqual(Object.keys(api).sort(), [
    "Channel", "PluginListener", "Resource", "addPluginListener", "commands", "convertFileSrc", "emit", "invoke", "isVersionConflict", "listen", "state",
  ]);

  const shared = { value: { n: 1 }, version: 4 };
  const subscribers = new Map();
  app.commands["plugin:state|get"] = ({ name }) => (name === "counter" ? shared : 'e"no state of that name"');
  app.commands["plugin:state|set"] = ({ value, version }) => {
    if (version !== undefined && version !== shared.version) {
      return `e"state \\"counter\\": version conflict: have ${shared.version}"`;
    }
    Object.assign(shared, { value, version: shared.version + 1 });
    return shared.version;
  };
  app.commands["plugin:state|subscribe"] = ({ onChange }) => {
    const channel = Number(onChange.replace("__CHANNEL__:", ""));
    subscribers.set(9, channel);
    app.deliver(["c", channel, 0, shared]);
    return 9;
  };
  app.commands["plugin:state|unsubscribe"] = ({ id }) => {
    app.deliver(["x", subscribers.get(id), 2]);
    subscribers.delete(id);
  };
  const counter = api.state("counter");

  await t.test("get and set", async () => {
    assert.deepEqual(plain(await counter.get()), { value: { n: 1 }, version: 4 });
    assert.equal(await counter.set({ n: 2 }), 5);
    assert.equal(await counter.set({ n: 3 }, { version: 5 }), 6);
    await assert.rejects(counter.set({ n: 4 }, { version: 5 }), (e) => api.isVersionConflict(e));
    await assert.rejects(api.state("x").get(), (e) => !api.isVersionConflict(e));
  });

  await t.test("update retries on conflict", async () => {
    let runs = 0;
    const result = await counter.update(async ({ n }) => {
      if (runs++ < 2) {
        shared.version++; // somebody else
        shared.value = { n: n + 10 };
      }
      return { n: n + 1 };
    });
    assert.equal(runs, 3);
    assert.deepEqual(plain(result), { value: { n: 24 }, version: 9 });
    await assert.rejects(counter.update(() => { throw new Error("mine"); }), /mine/);
  });

  await t.test("subscribe", async () => {
    const got = [];
    const unsubscribe = await counter.subscribe((value, version) => got.push([value.n, version]));
    assert.deepEqual(got, [[24, 9]]);
    const channel = subscribers.get(9);
    unsubscribe();
    app.deliver(["c", channel, 1, { value: { n: 0 }, version: 10 }]);
    unsubscribe();
    await settled();
    assert.equal(got.length, 1);
    assert.equal(subscribers.size, 0);
    assert.ok(!app.internals.callbacks.has(channel));
  });

  await t.test("commands", async () => {
    app.commands.greet = ({ name }) => `o"hello ${name}"`;
    app.commands["plugin:p|go"] = () => 1;
    app.commands.slow = () => new Promise(() => {});
    const own = api.commands();
    assert.equal(await own.greet({ name: "Ada" }), "hello Ada");
    assert.equal(await api.commands("p").go(), 1);
    assert.equal(await own, own);
    const stop = new AbortController();
    const slow = own.slow(null, { signal: stop.signal });
    stop.abort("stopped");
    await assert.rejects(slow, (e) => e === "stopped");
  });

  await t.test("listen and emit", async () => {
    const got = [];
    const unlisten = await api.listen("x", (e) => got.push(e.payload));
    const [id, { handler }] = [...app.listeners].at(-1);
    app.deliver(["e", "x", 1, [[id, handler]]]);
    assert.deepEqual(got, [1]);
    unlisten();
    await api.emit("y", 2);
    assert.deepEqual(app.emitted.at(-1), { event: "y", payload: 2 });
  });
});
