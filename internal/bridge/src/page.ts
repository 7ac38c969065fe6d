// The page script. It runs in the page's own world before any script of the
// page and provides what Tauri's npm packages look for. Everything leaves
// through events on `document`, which the bridge script answers; see
// PROTOCOL.md, section 2.

import { again, noteCall, type Listener } from "./again";
import { decodeBase64 } from "./base64";
import {
  create, defineProperty, dispatch, freeze, getter, indexOf, listen, mapDelete, mapGet, mapHas, mapSet, parse, slice, uncurry, unlisten,
} from "./builtins";
import { encodeArgs, encodeHeaders, isPlain, rawBytes } from "./encode";
import { devtoolsKey, dragRegions } from "./input";
import { watch } from "./report";
import { popups } from "./popup";
import { callEvent, messageEvent, readyEvent, replyEvent, type Detail, type Message, type PageConfig } from "./protocol";

declare const config: PageConfig;

type Callback = (data: unknown) => void;

/** What a caller waits for. */
interface Call {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  signal: AbortSignal | null;
  onAbort: (() => void) | null;
  /** Runs before resolve. */
  before: ((value: unknown) => void) | null;
}

interface InvokeOptions {
  headers?: HeadersInit;
  signal?: AbortSignal | null;
}

const MapOf = Map;
const PromiseOf = Promise;
const CustomEventOf = CustomEvent;
const TypeErrorOf = TypeError;
const detailOf = getter(CustomEvent.prototype, "detail") as (event: CustomEvent) => unknown;
const isAborted = getter(AbortSignal.prototype, "aborted") as (signal: AbortSignal) => boolean;
const reasonOf = getter(AbortSignal.prototype, "reason") as (signal: AbortSignal) => unknown;
const getRandomValues = uncurry(crypto.getRandomValues) as (self: Crypto, to: Uint32Array) => void;
const randomSource = crypto;
const encode = encodeURIComponent;
const warn = console.warn.bind(console);
const logError = console.error.bind(console);
const page = document;
const throwLater = queueMicrotask;
const reportUncaught = (window.reportError as typeof window.reportError | undefined)?.bind(window);

/** Reports an error as if nobody had caught it, and goes on. */
function report(error: unknown): void {
  if (reportUncaught) {
    reportUncaught(error);
  } else {
    throwLater(() => {
      throw error;
    });
  }
}

// ---- callbacks ----

const callbacks = new MapOf<number, Callback>();
const random = new Uint32Array(32);
let randomUsed = random.length;

function freshID(): number {
  for (;;) {
    if (randomUsed === 32) {
      getRandomValues(randomSource, random);
      randomUsed = 0;
    }
    const id = random[randomUsed++]!;
    if (id !== 0 && !mapHas(callbacks, id)) {
      return id;
    }
  }
}

function transformCallback(callback?: Callback, once = false): number {
  const id = freshID();
  mapSet(callbacks, id, (data) => {
    if (once) {
      mapDelete(callbacks, id);
    }
    return callback?.(data);
  });
  return id;
}

function unregisterCallback(id: number): void {
  mapDelete(callbacks, id);
}

function runCallback(id: number, data: unknown): void {
  const callback = mapGet(callbacks, id);
  if (callback === undefined) {
    warn(`mullion: there is no callback ${id}. It may belong to the page before a reload.`);
  } else {
    callback(data);
  }
}

/** runCallback for messages of the Core: what a callback throws stops nothing. */
function deliver(id: number, data: unknown): void {
  try {
    runCallback(id, data);
  } catch (error) {
    report(error);
  }
}

// ---- listeners of events ----

// The handlers of listeners by event id, an app-wide number. A record exists
// before the listener's first event runs and before the reply to `listen`.
const handlers = new MapOf<number, Listener>();
// Listeners that are gone here while the Core may still send them events.
const leaving = new MapOf<number, true>();

function deliverEvent(event: string, payload: unknown, listeners: [eventId: number, handler: number][]): void {
  for (let i = 0; i < listeners.length; i++) {
    const id = listeners[i]![0];
    const handler = listeners[i]![1];
    if (mapHas(leaving, id)) {
      continue;
    }
    if (mapHas(callbacks, handler) && !mapHas(handlers, id)) {
      mapSet(handlers, id, { event, handler, target: "" });
    }
    deliver(handler, { event, id, payload });
  }
}

function unregisterListener(event: string, eventId: number): void {
  const known = mapGet(handlers, eventId);
  if (known !== undefined && known.event === event) {
    mapDelete(handlers, eventId);
    mapDelete(callbacks, known.handler);
    mapSet(leaving, eventId, true);
  }
}

/** What the reply to a call of the event plugin, or about a state, means here. */
function eventReply(cmd: string, args: unknown): Call["before"] {
  if (cmd !== "plugin:event|listen" && cmd !== "plugin:event|unlisten") {
    return noteCall(cmd, args, callbacks);
  }
  const { event, handler, eventId, target } = args as { event?: unknown; handler?: unknown; eventId?: unknown; target?: unknown };
  if (cmd === "plugin:event|unlisten") {
    return () => mapDelete(leaving, eventId as number);
  }
  const to = encodeArgs(target);
  return (id) => {
    // A listener may have heard its events and gone before the answer.
    if (typeof id === "number" && typeof event === "string" && typeof handler === "number" && mapHas(callbacks, handler)) {
      mapSet(handlers, id, { event, handler, target: to });
    }
  };
}

// ---- calls ----

const calls = new MapOf<number, Call>();
let lastID = 0;
// What was said before the bridge listened, in order.
let unheard: Detail[] = [];
const eventInit = create(null) as { detail: Detail | null; cancelable: boolean };
eventInit.cancelable = true;

/** Hands detail to the bridge; false if it does not listen yet. */
function hand(detail: Detail): boolean {
  eventInit.detail = detail;
  const event = new CustomEventOf(callEvent, eventInit);
  eventInit.detail = null;
  return !dispatch(page, event);
}

function say(text: string, bytes: ArrayBuffer | null): void {
  const detail = bytes === null ? text : { t: text, b: bytes };
  if (unheard.length > 0 || !hand(detail)) {
    unheard[unheard.length] = detail;
  }
}

function sayAgain(): void {
  const waiting = unheard;
  unheard = [];
  for (let i = 0; i < waiting.length; i++) {
    const detail = waiting[i]!;
    if (unheard.length > 0 || !hand(detail)) {
      unheard[unheard.length] = detail;
    }
  }
}

function begin(
  cmd: string, args: unknown, options: InvokeOptions | null | undefined, resolve: Call["resolve"], reject: Call["reject"],
): void {
  if (typeof cmd !== "string") {
    throw new TypeErrorOf("invoke: the name of the command is not a string");
  }
  const signal = options?.signal ?? null;
  if (signal !== null && isAborted(signal)) {
    return reject(reasonOf(signal));
  }
  const bytes = args === undefined || isPlain(args) ? null : rawBytes(args);
  const headers = options?.headers ? encodeHeaders(options.headers) : "";
  const text = `c [${encodeArgs(cmd)},${bytes === null ? encodeArgs(args ?? {}) : "null"}${headers}]`;

  const id = ++lastID;
  const call: Call = { resolve, reject, signal, onAbort: null, before: bytes === null && args ? eventReply(cmd, args) : null };
  if (signal !== null) {
    call.onAbort = () => {
      if (mapHas(calls, id)) {
        settle(id, false, reasonOf(signal));
        say(`${++lastID} a ${id}`, null);
      }
    };
    listen(signal, "abort", call.onAbort);
  }
  mapSet(calls, id, call);
  say(`${id} ${text}`, bytes);
}

function settle(id: number, ok: boolean, value: unknown): void {
  const call = mapGet(calls, id);
  if (call === undefined) {
    return;
  }
  mapDelete(calls, id);
  if (call.signal !== null) {
    unlisten(call.signal, "abort", call.onAbort!);
  }
  call.before?.(ok ? value : undefined);
  if (ok) {
    call.resolve(value);
  } else {
    call.reject(value);
  }
}

function invoke(cmd: string, args?: unknown, options?: InvokeOptions): Promise<unknown> {
  return new PromiseOf((resolve, reject) => begin(cmd, args, options, resolve, reject));
}

/** Calls a command for this script itself. */
function run(cmd: string, args?: unknown): void {
  begin(cmd, args, null, () => {}, (reason) => logError(`mullion: ${cmd}:`, reason));
}

function onReply(event: CustomEvent): void {
  const detail = detailOf(event) as Detail | null;
  if (typeof detail !== "string") {
    if (detail) {
      settle(+slice(detail.t, 0, indexOf(detail.t, " ")), true, detail.b);
    }
    return;
  }
  const space = indexOf(detail, " ");
  const id = +slice(detail, 0, space);
  let value: unknown;
  let ok = detail[space + 1] === "o";
  try {
    value = parse(slice(detail, space + 2));
  } catch (error) {
    ok = false;
    value = error;
  }
  settle(id, ok, value);
}

// ---- messages from the Core ----

function onMessage(event: CustomEvent): void {
  const messages = parse(detailOf(event) as string) as Message[];
  for (let i = 0; i < messages.length; i++) {
    try {
      deliverMessage(messages[i]!);
    } catch (error) {
      report(error);
    }
  }
}

function deliverMessage(m: Message): void {
  switch (m[0]) {
    case "e":
      return deliverEvent(m[1], m[2], m[3]);
    case "c":
      return deliver(m[1], { index: m[2], message: m[3] });
    case "b":
      return deliver(m[1], { index: m[2], message: decodeBase64(m[3]) });
    case "s":
      return deliverStream(m[1], m[2], m[3], m[4]);
    case "n":
      return again(handlers, (cmd, args, resolve, reject) => begin(cmd, args, null, resolve, reject), deliver, logError);
    case "x":
      return deliver(m[1], { end: true, index: m[2] });
  }
}

function deliverStream(channel: number, index: number, stream: number, size: number): void {
  const id = ++lastID;
  mapSet(calls, id, {
    resolve: (message) => deliver(channel, { index, message }),
    reject: (reason) => logError(`mullion: message ${index} of channel ${channel} is lost:`, reason),
    signal: null,
    onAbort: null,
    before: null,
  });
  say(`${id} f ${stream} ${size}`, null);
}

// ---- globals ----

function convertFileSrc(path: string, protocol = "asset"): string {
  const name = encode(path);
  if (protocol === "media") {
    if (config.sep !== "\\" && config.media !== undefined) {
      return `http://asset.localhost/${name}?${config.media}`;
    }
    protocol = "asset"; // there the engine plays media of the asset protocol
  }
  if (config.sep === "\\") {
    return `${location.protocol === "https:" ? "https" : "http"}://${protocol}.localhost/${name}`;
  }
  return `${protocol}://localhost/${name}`;
}

/** Defines properties that can be neither changed nor seen by enumeration. */
function define(object: object, values: Record<string, unknown>): void {
  for (const name in values) {
    const descriptor = create(null) as PropertyDescriptor;
    descriptor.value = values[name];
    defineProperty(object, name, descriptor);
  }
}

const onMouseDown = dragRegions(run);
const onKeyDown = devtoolsKey(run);
const watching = watch((report) => say(`${++lastID} r ${report}`, null), config.devtools === true);

function attach(): void {
  listen(page, replyEvent, onReply);
  listen(page, messageEvent, onMessage);
  listen(page, readyEvent, sayAgain);
  listen(page, "mousedown", onMouseDown);
  if (config.devtools) {
    listen(page, "keydown", onKeyDown);
  }
  for (const type in watching) {
    listen(window, type, watching[type]!);
  }
  sayAgain();
}

function main(): void {
  const plugins = {};
  define(plugins, { path: { sep: config.sep, delimiter: config.delimiter } });
  const internals = {};
  define(internals, {
    invoke,
    transformCallback,
    unregisterCallback,
    runCallback,
    callbacks,
    convertFileSrc,
    metadata: {
      currentWindow: { label: config.window },
      currentWebview: { windowLabel: config.window, label: config.webview },
    },
    plugins,
  });
  define(window, {
    isTauri: true,
    __TAURI_INTERNALS__: internals,
    __TAURI_EVENT_PLUGIN_INTERNALS__: { unregisterListener },
    __TAURI_PATTERN__: freeze({ pattern: "brownfield" }),
  });
  popups((text) => say(`${++lastID} w ${text}`, null));
  attach();
  // document.open() removes all listeners.
  new MutationObserver(attach).observe(page, { childList: true });
}

// The engine runs user scripts again when document.open() has made a new
// root element in the same window.
if (!("__TAURI_INTERNALS__" in window)) {
  main();
}
