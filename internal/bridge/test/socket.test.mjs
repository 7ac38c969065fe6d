import assert from "node:assert/strict";
import { test } from "node:test";
import { App, deferred, settled, until } from "./app.mjs";

const MiB = 1 << 20;

const pattern = (size) => Uint8Array.from({ length: size }, (_, i) => i % 251);

/** An app whose WebSocket is open. */
async function connected() {
  const app = new App();
  app.ticket = "a ticket";
  app.commands.take = () => "taken";
  await app.invoke("take", new Uint8Array(MiB)); // the first goes the old way, and has one opened
  await until(() => app.sockets.length === 1);
  app.sockets[0].accept();
  return { app, socket: app.sockets[0] };
}

/** The size that the last call was announced with. */
const announced = (app) => app.sent("c").at(-1).split(" ")[3];

test("what opens a WebSocket", async () => {
  const app = new App();
  app.ticket = "a ticket";
  app.commands.take = () => "taken";
  await app.invoke("take", new Uint8Array(MiB - 1));
  assert.equal(app.sent("t").length, 0);
  await app.invoke("take", new Uint8Array(MiB));
  await until(() => app.sockets.length === 1);
  const [socket] = app.sockets;
  assert.equal(socket.address, "ws://bytes.localhost/");
  socket.readyState = 1;
  socket.onopen();
  assert.deepEqual(socket.got, ["a ticket"]);
  await app.invoke("take", new Uint8Array(MiB));
  assert.equal(announced(app), `${MiB}`); // the Core has not taken the ticket
  assert.equal(app.sent("t").length, 1);
});

test("where there is none", async () => {
  const app = new App();
  app.commands.take = () => "taken";
  await app.invoke("take", new Uint8Array(MiB));
  await settled();
  await app.invoke("take", new Uint8Array(MiB));
  assert.equal(app.sockets.length, 0);
  assert.equal(app.sent("t").length, 1); // it is not asked for all the time
});

test("the bytes of a call", async () => {
  const { app, socket } = await connected();
  const answer = deferred();
  app.commands.take = () => answer.promise;
  const bytes = pattern(3 * MiB + 7);
  const call = app.invoke("take", bytes);
  await until(() => socket.got.length === 1 + 4); // the ticket, and a window of 2 MiB
  assert.equal(announced(app), `${bytes.length}s`);
  const { id } = socket.got[1];
  socket.say(`k ${id} ${MiB}`);
  assert.equal(socket.pieces(id).length, 6);
  socket.say(`k ${id} ${9 * MiB}`); // more than was sent
  assert.deepEqual(Buffer.concat(socket.pieces(id)), Buffer.from(bytes));
  assert.ok(socket.pieces(id).every((p) => p.length <= MiB / 2));
  app.bodies.get(id).ended.resolve();
  answer.resolve("taken");
  assert.equal(await call, "taken");
  assert.equal(app.fetches.filter((f) => f.url.includes(`/body/${id}`)).length, 0);
});

for (const [name, leave] of [
  ["a WebSocket that is lost", (socket) => socket.close()],
  ["a Core that says another way", (socket, id) => socket.say(`r ${id}`)],
  ["bytes that are no piece", (socket) => socket.onmessage({ data: new ArrayBuffer(3) })],
]) {
  test(`${name}: the bytes of a call`, async () => {
    const { app, socket } = await connected();
    let got;
    app.commands.take = (_, { bytes }) => {
      got = bytes;
      return "taken";
    };
    const bytes = pattern(3 * MiB);
    const call = app.invoke("take", bytes);
    await until(() => socket.got.length === 1 + 4);
    leave(socket, socket.got[1].id);
    assert.equal(await call, "taken");
    assert.deepEqual(got, Buffer.from(bytes));
  });

  test(`${name}: a stream`, async () => {
    const { app, socket } = await connected();
    const bytes = pattern(2 * MiB);
    app.commands.read = () => `s7 ${bytes.length}`;
    // The byte before them all is what PROTOCOL.md says of streams.
    app.streams.set(7, [Buffer.concat([Buffer.of(0), bytes.subarray(MiB)])]);
    const call = app.invoke("read");
    await until(() => socket.got.includes("f 7"));
    socket.give(7, bytes.subarray(0, MiB));
    leave(socket, 7);
    assert.deepEqual(Buffer.from(await call), Buffer.from(bytes));
    assert.match(app.fetches.at(-1).url, new RegExp(`/stream/7\\?${MiB}$`));
  });
}

test("a stream", async () => {
  const { app, socket } = await connected();
  const bytes = pattern(MiB);
  app.commands.read = () => `s7 ${bytes.length}`;
  const call = app.invoke("read");
  await until(() => socket.got.includes("f 7"));
  socket.give(7, bytes.subarray(0, 200 << 10));
  assert.equal(socket.got.at(-1), "f 7"); // too little to tell
  socket.give(7, bytes.subarray(200 << 10, 300 << 10));
  assert.equal(socket.got.at(-1), `k 7 ${300 << 10}`);
  socket.give(8, bytes); // of a stream that nobody reads
  socket.give(7, bytes.subarray(300 << 10));
  socket.say("e 7");
  assert.deepEqual(Buffer.from(await call), Buffer.from(bytes));
  assert.equal(app.fetches.filter((f) => f.url.includes("/stream/")).length, 0);
});

test("a stream that is cut off", async () => {
  const { app, socket } = await connected();
  app.commands.read = () => `s7 ${MiB}`;
  app.streams.set(7, () => new Response("the disk is gone", { status: 500 }));
  const call = app.invoke("read");
  await until(() => socket.got.includes("f 7"));
  socket.say("x 7");
  await assert.rejects(call, /the disk is gone/);
});

test("more than a stream has", async () => {
  const { app, socket } = await connected();
  app.commands.read = () => `s7 ${MiB}`;
  const call = app.invoke("read");
  await until(() => socket.got.includes("f 7"));
  socket.give(7, new Uint8Array(MiB + 1));
  await assert.rejects(call);
  assert.equal(app.sent("g").length, 1); // the Core need not go on
});

test("a call that is ended", async () => {
  const { app, socket } = await connected();
  app.commands.take = () => new Promise(() => {});
  const stop = new AbortController();
  const call = app.invoke("take", pattern(3 * MiB), { signal: stop.signal });
  await until(() => socket.got.length === 1 + 4);
  stop.abort("enough");
  await assert.rejects(call, (e) => e === "enough");
  const { id } = socket.got[1];
  socket.say(`k ${id} ${2 * MiB}`);
  assert.equal(socket.pieces(id).length, 4); // no more of it goes
});
