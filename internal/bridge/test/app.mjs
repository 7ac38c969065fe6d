// An app for tests: a document with the real scripts in it, and the host and
// Core that answer them.

import { readFileSync } from "node:fs";
import { Dom } from "./dom.mjs";
import { CoreSocket } from "./coresocket.mjs";

const dist = (name) => readFileSync(new URL(`../dist/${name}.js`, import.meta.url), "utf8");
export const key = "0123456789abcdef".repeat(4);
const defaults = { window: "main", webview: "main", sep: "/", delimiter: ":" };

export class App {
  /** What the bridge told the host, in order. */
  messages = [];
  /** The fetches of the bridge. */
  fetches = [];
  /** Commands by name: from arguments and details to the answer's text. */
  commands = {};
  /** The raw bytes of calls, by number. */
  bodies = new Map();
  /** Streams by number: lists of chunks, or a function from AbortSignal to a Response. */
  streams = new Map();
  /** The WebSockets that the bridge has opened. */
  sockets = [];
  /** What the host draws for a WebSocket: none by default. */
  ticket = "";
  doc = "";

  constructor({ config = {}, scripts = ["bridge", "page"], refuse = "", origin } = {}) {
    this.config = { ...defaults, ...config };
    this.refuse = refuse;
    const { sockets } = this;
    this.dom = new Dom({
      origin,
      WebSocket: class extends CoreSocket {
        constructor(address) { super(address); sockets.push(this); }
      },
      fetch: (url, init) => this.#fetch(url, init),
      postMessage: (text) => this.#message(text),
    });
    for (const name of scripts) {
      this.load(name);
    }
  }

  load(name) {
    const argument = { bridge: `("${key}")`, page: `(${JSON.stringify(this.config)})`, global: "", notification: "" }[name];
    this.dom.run(name === "bridge" ? "bridge" : "page", dist(name) + argument);
  }

  get internals() { return this.dom.page.__TAURI_INTERNALS__; }

  invoke(...args) { return this.internals.invoke(...args); }

  deliver(...messages) { this.dom.deliver(`${this.doc} ${JSON.stringify(messages)}`); }

  sent(op) { return this.messages.filter((m) => m[0] === op); }

  async api(name) {
    return this.dom.import(new URL(`../node_modules/@tauri-apps/api/${name}.js`, import.meta.url), (url) => readFileSync(url, "utf8"));
  }

  async #message(text) {
    this.messages.push(text);
    const [op, doc, id, size] = text.split(" ", 4);
    if (op === "h") {
      this.doc = doc;
      if (this.refuse) {
        throw new Error(this.refuse);
      }
      return "";
    }
    if (op === "t") {
      return this.ticket;
    }
    if (op !== "c") {
      return "";
    }
    if (this.refuse) {
      throw new Error(this.refuse);
    }
    const json = text.slice(op.length + doc.length + id.length + size.length + 4);
    const [cmd, args, headers] = JSON.parse(json);
    const command = this.commands[cmd];
    if (!command) {
      return `e${JSON.stringify(`Command ${cmd} not found`)}`;
    }
    const bytes = size === "-" ? null : await this.#body(Number(id), Number.parseInt(size));
    const answer = await command(args, { bytes, headers, id: Number(id), json });
    return typeof answer === "string" && /^[oebsj]/.test(answer) ? answer : `o${JSON.stringify(answer ?? null)}`;
  }

  async #body(id, size) {
    const whole = Buffer.alloc(size);
    const body = { left: size, whole, ended: Promise.withResolvers?.() ?? deferred() };
    this.bodies.set(id, body);
    if (size > 0) {
      await body.ended.promise;
    }
    return whole;
  }

  async #fetch(url, init) {
    const { pathname, search } = new URL(url);
    this.fetches.push({ url, init, size: init.body?.byteLength });
    if (init.headers["mullion-key"] !== key || init.headers["mullion-doc"] !== this.doc) {
      return new Response("", { status: 403 });
    }
    init.signal.throwIfAborted();
    const [, kind, id] = pathname.split("/");
    if (kind === "body") {
      const piece = Buffer.from(init.body);
      await new Promise((done) => setTimeout(done));
      init.signal.throwIfAborted();
      const body = this.bodies.get(Number(id));
      if (!body) {
        return new Response("", { status: 410 });
      }
      const [from, to] = search.slice(1).split("-").map(Number);
      if (to - from !== piece.length) {
        return new Response("", { status: 400 });
      }
      piece.copy(body.whole, from);
      if ((body.left -= piece.length) === 0) {
        body.ended.resolve();
      }
      return new Response(null, { status: 204 });
    }
    const stream = this.streams.get(Number(id));
    if (!stream) {
      return new Response("", { status: 404 });
    }
    if (typeof stream === "function") {
      return stream(init.signal);
    }
    const chunks = [...stream];
    return new Response(new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) {
          controller.enqueue(chunk);
        } else {
          controller.close();
        }
      },
    }));
  }
}

export function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

/** Settles once condition holds. */
export async function until(condition) {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) {
      throw new Error(`not within 5 s: ${condition}`);
    }
    await new Promise((done) => setTimeout(done, 1));
  }
}

/** Lets everything run that is ready to. */
export const settled = () => new Promise((done) => setTimeout(done, 5));

/** Plain data without the realm that made it, for assert. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
