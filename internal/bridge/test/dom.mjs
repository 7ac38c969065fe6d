// A small fake of what the scripts need of an engine: one document seen from
// two script worlds, each a context with builtins of its own. Objects in the
// detail of an event are cloned between worlds, as engines do.

import { types } from "node:util";
import vm from "node:vm";

const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length").get;
const bufferOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "buffer").get;

/** Runs in each world. `shared` belongs to the document. */
function world(shared, self) {
  const targets = shared.targets; // object of any world -> list of listeners
  const hidden = new WeakMap(); // event of this world -> what the worlds share
  const views = new WeakMap(); // the reverse

  // A page may overwrite its builtins; an engine does not use those.
  const { Uint8Array } = globalThis;
  const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length").get;
const bufferOf = (bytes) => shared.bufferOf(bytes);

  function clone(value) {
    if (typeof value === "function") {
      throw new Error("cannot be cloned");
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    if (shared.isBuffer(value)) {
      const from = shared.bytes(value);
      const to = new Uint8Array(from.length);
      for (let i = 0; i < from.length; i++) {
        to[i] = from[i];
      }
      return bufferOf(to);
    }
    const object = {};
    for (const name of shared.keys(value)) {
      object[name] = clone(value[name]);
    }
    return object;
  }

  function viewOf(record, kind) {
    return views.get(record) ?? new classes[kind](record.type, {}, record);
  }

  class Event {
    constructor(type, init = {}, record) {
      record ??= { ...init, type, cancelable: !!init.cancelable, prevented: false, stopped: false, from: self, path: [] };
      hidden.set(this, record);
      views.set(record, this);
    }
    get type() { return hidden.get(this).type; }
    get defaultPrevented() { return hidden.get(this).prevented; }
    preventDefault() {
      const record = hidden.get(this);
      record.prevented ||= record.cancelable;
    }
    stopImmediatePropagation() { hidden.get(this).stopped = true; }
    composedPath() { return [...hidden.get(this).path]; }
  }
  class CustomEvent extends Event {
    // The constructor that JavaScript adds uses an iterator of the page.
    constructor(type, init, record) {
      super(type, init, record);
    }
    get detail() {
      const record = hidden.get(this);
      const value = record.detail ?? null;
      if (record.from === self) {
        return value;
      }
      try {
        return clone(value);
      } catch {
        return null;
      }
    }
  }
  class UIEvent extends Event {
    get detail() { return hidden.get(this).detail ?? 0; }
  }
  class MouseEvent extends UIEvent {
    get button() { return hidden.get(this).button ?? 0; }
  }
  class KeyboardEvent extends UIEvent {}
  for (const name of ["ctrlKey", "shiftKey", "altKey", "metaKey", "code", "key"]) {
    Object.defineProperty(KeyboardEvent.prototype, name, { get() { return hidden.get(this)[name]; } });
  }
  class PageTransitionEvent extends Event {
    get persisted() { return hidden.get(this).persisted; }
  }
  const classes = { Event, CustomEvent, UIEvent, MouseEvent, KeyboardEvent, PageTransitionEvent };

  class EventTarget {
    addEventListener(type, listener, options) {
      const list = targets.get(this);
      if (list === undefined) {
        return shared.native.add.call(this, type, listener, options);
      }
      if (!list.some((l) => l.type === type && l.listener === listener)) {
        list.push({ type, listener, view: viewOf });
      }
    }
    removeEventListener(type, listener) {
      const list = targets.get(this);
      if (list === undefined) {
        return shared.native.remove.call(this, type, listener);
      }
      const i = list.findIndex((l) => l.type === type && l.listener === listener);
      if (i >= 0) {
        list.splice(i, 1);
      }
    }
    dispatchEvent(event) {
      const record = hidden.get(event);
      for (const l of shared.copy(targets.get(this) ?? [])) {
        if (l.type === record.type && !record.stopped) {
          try {
            shared.apply(l.listener, this, [l.view(record, event.constructor.name)]);
          } catch (error) {
            shared.uncaught.push(error);
          }
        }
      }
      return !record.prevented;
    }
  }

  class Document extends EventTarget {}
  class Element extends EventTarget {
    constructor(tag, attributes = {}) {
      super();
      this.tag = tag.toUpperCase();
      this.attributes = attributes;
    }
    get tagName() { return this.tag; }
    getAttribute(name) { return this.attributes[name] ?? null; }
  }
  class MutationObserver {
    constructor(callback) { this.callback = callback; }
    observe() { shared.observers.push(this.callback); }
  }

  const document = new Document();
  targets.set(document, shared.documentListeners);
  targets.set(globalThis, shared.windowListeners);
  const defined = {
    ...classes, EventTarget, Document, Element, MutationObserver, document, window: globalThis, self: globalThis, origin: shared.origin,
    reportError(error) { shared.uncaught.push(error); },
    hiddenOf: (event) => hidden.get(event),
  };
  for (const [name, value] of Object.entries(defined)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}

/** A document and its two worlds. */
export class Dom {
  constructor({ origin = "app://localhost", fetch, postMessage, WebSocket }) {
    this.shared = {
      origin,
      targets: new WeakMap(),
      documentListeners: [],
      windowListeners: [],
      observers: [],
      uncaught: [],
      apply: Reflect.apply,
      keys: Object.keys,
      copy: (list) => [...list],
      bytes: (buffer) => new Uint8Array(buffer),
      bufferOf: (bytes) => bufferOf.call(bytes),
      isBuffer: types.isArrayBuffer,
      native: { add: EventTarget.prototype.addEventListener, remove: EventTarget.prototype.removeEventListener },
    };
    this.warnings = [];
    const log = (...parts) => this.warnings.push(parts.join(" "));
    // Node's own aborts the process when the page has changed typed arrays.
    const crypto = {
      getRandomValues(array) {
        for (let i = 0; i < lengthOf.call(array); i++) {
          array[i] = Math.random() * 2 ** 32;
        }
        return array;
      },
    };
    const common = {
      crypto,
      queueMicrotask: (f) => queueMicrotask(() => {
        try {
          f();
        } catch (error) {
          this.uncaught.push(error);
        }
      }),
      AbortController, AbortSignal, Headers, TextDecoder, atob, btoa, performance, URL, setTimeout,
      console: { log, warn: log, error: log }, location: { protocol: new URL(origin).protocol },
    };
    this.page = vm.createContext({ ...common });
    this.bridge = vm.createContext({ ...common, fetch, WebSocket, webkit: { messageHandlers: { mullion: { postMessage } } } });
    for (const name of ["page", "bridge"]) {
      vm.runInContext(`(${world})`, this[name])(this.shared, name);
    }
  }

  get uncaught() { return this.shared.uncaught; }

  run(worldName, code) {
    return vm.runInContext(code, this[worldName]);
  }

  deliver(text) {
    this.bridge.mullionDeliver(text);
  }

  /** Fires an event in the page's world and returns it. */
  fire(kind, target, type, init, path = []) {
    const { page } = this;
    const event = new page[kind](type, init);
    Object.assign(page.hiddenOf(event), { path });
    page.EventTarget.prototype.dispatchEvent.call(target, event);
    return event;
  }

  /** What document.open() does to listeners; the microtask is the caller's. */
  documentOpen() {
    this.shared.documentListeners.length = 0;
    this.shared.windowListeners.length = 0;
  }

  mutated() {
    for (const callback of [...this.shared.observers]) {
      callback();
    }
  }

  /** Loads an ES module and what it imports into the page's world. */
  async import(path, read) {
    const loaded = new Map();
    const load = (url) => {
      if (!loaded.has(url)) {
        loaded.set(url, new vm.SourceTextModule(read(url), { context: this.page, identifier: url.href }));
      }
      return loaded.get(url);
    };
    const byHref = new Map();
    const resolve = (url) => {
      if (!byHref.has(url.href)) {
        byHref.set(url.href, url);
      }
      return load(byHref.get(url.href));
    };
    const module = resolve(path);
    await module.link((specifier, from) => resolve(new URL(specifier, from.identifier)));
    await module.evaluate();
    return module.namespace;
  }
}
