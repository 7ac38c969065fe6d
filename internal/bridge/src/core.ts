// The module `core` of the page's API, in the shape that Tauri v2 publishes.

declare global {
  interface Window {
    isTauri?: boolean;
    __TAURI_INTERNALS__: {
      invoke(cmd: string, args?: unknown, options?: InvokeOptions): Promise<unknown>;
      transformCallback(callback?: (data: never) => void, once?: boolean): number;
      unregisterCallback(id: number): void;
      convertFileSrc(path: string, protocol?: string): string;
    };
    __TAURI_EVENT_PLUGIN_INTERNALS__: {
      unregisterListener(event: string, eventId: number): void;
    };
  }
}

export type InvokeArgs = Record<string, unknown> | number[] | ArrayBuffer | ArrayBufferView;

export interface InvokeOptions {
  headers?: HeadersInit;
  /** Gives the call up: its promise rejects with the reason of the signal. */
  signal?: AbortSignal | null;
}

export type PermissionState = "granted" | "denied" | "prompt" | "prompt-with-rationale";

/** The name of the method by which an object says what it is as an argument. */
export const SERIALIZE_TO_IPC_FN = "__TAURI_TO_IPC_KEY__";

// Modules are also imported where there is no bridge, such as in unit tests and
// when pages are rendered on a server: that must do nothing until they are used.
function internals(): Window["__TAURI_INTERNALS__"] {
  const found = typeof window === "undefined" ? undefined : (window as Partial<Window>).__TAURI_INTERNALS__;
  if (!found) {
    throw new Error(
      "there is no bridge to the app here: only the app's own pages, and remote pages that a capability names, have one, " +
        "in windows of the app. In unit tests, mockIPC of @tauri-apps/api/mocks takes its place.",
    );
  }
  return found;
}

/** Calls a command. The promise rejects with the command's error, often a string. */
export async function invoke<T>(cmd: string, args: InvokeArgs = {}, options?: InvokeOptions): Promise<T> {
  return (await internals().invoke(cmd, args, options)) as T;
}

/** Makes a function known to the host side under the number that it returns. */
export function transformCallback<T = unknown>(callback?: (response: T) => void, once = false): number {
  return internals().transformCallback(callback, once);
}

/** The URL by which the page can load a file. With the protocol "media" it is one for `<audio>` and `<video>`. */
export function convertFileSrc(filePath: string, protocol = "asset"): string {
  return internals().convertFileSrc(filePath, protocol);
}

/** Whether the page runs in an app rather than in a browser. */
export function isTauri(): boolean {
  return !!window.isTauri;
}

// Engines hide what is thrown by a script that has no address of its own, as
// window.__TAURI__ has none: the page's error event would say "Script error".
function reportUncaught(error: unknown): void {
  if (typeof window.reportError !== "function") {
    throw error; // older engines
  }
  window.reportError(error);
}

type ChannelMessage<T> = { index: number; message: T } | { index: number; end: true };

/** Values that a command sends while it runs, in their order. Pass it as an argument. */
export class Channel<T = unknown> {
  /** The number of its callback. */
  id: number;
  onmessage: (response: T) => void;
  /** The index of the message that is due. */
  #next = 0;
  /** What came too early, by index. */
  #early = new Map<number, T>();
  /** The number of messages, once known. */
  #count = -1;

  constructor(onmessage?: (response: T) => void) {
    this.onmessage = onmessage ?? (() => {});
    this.id = transformCallback((m: ChannelMessage<T>) => this.#receive(m));
  }

  #receive(m: ChannelMessage<T>): void {
    if ("end" in m) {
      this.#count = m.index;
    } else if (m.index === this.#next) {
      this.#deliver(m.message);
    } else if (m.index > this.#next) {
      this.#early.set(m.index, m.message);
    }
    while (this.#early.has(this.#next)) {
      const message = this.#early.get(this.#next) as T;
      this.#early.delete(this.#next);
      this.#deliver(message);
    }
    if (this.#next === this.#count) {
      internals().unregisterCallback(this.id);
    }
  }

  #deliver(message: T): void {
    this.#next++;
    try {
      this.onmessage(message);
    } catch (error) {
      queueMicrotask(() => reportUncaught(error));
    }
  }

  [SERIALIZE_TO_IPC_FN](): string {
    return `__CHANNEL__:${this.id}`;
  }

  toJSON(): string {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}

/** A listener of a plugin's event. */
export class PluginListener {
  constructor(public plugin: string, public event: string, public channelId: number) {}

  async unregister(): Promise<void> {
    await invoke(`plugin:${this.plugin}|remove_listener`, { event: this.event, channelId: this.channelId });
  }
}

/** Listens to an event of a plugin. */
export async function addPluginListener<T>(
  plugin: string, event: string, cb: (payload: T) => void,
): Promise<PluginListener> {
  const handler = new Channel<T>(cb);
  const args = { event, handler };
  try {
    await invoke(`plugin:${plugin}|register_listener`, args);
  } catch {
    await invoke(`plugin:${plugin}|registerListener`, args); // the name in older plugins
  }
  return new PluginListener(plugin, event, handler.id);
}

export function checkPermissions<T>(plugin: string): Promise<T> {
  return invoke(`plugin:${plugin}|check_permissions`);
}

export function requestPermissions<T>(plugin: string): Promise<T> {
  return invoke(`plugin:${plugin}|request_permissions`);
}

/** Something of the host side that lives until it is closed. */
export class Resource {
  readonly #rid: number;

  constructor(rid: number) {
    this.#rid = rid;
  }

  get rid(): number {
    return this.#rid;
  }

  async close(): Promise<void> {
    await invoke("plugin:resources|close", { rid: this.rid });
  }
}

// Older engines lack the symbol.
const asyncDispose = (Symbol as { asyncDispose?: symbol }).asyncDispose;
if (asyncDispose) {
  Object.defineProperty(Resource.prototype, asyncDispose, {
    configurable: true,
    writable: true,
    value(this: Resource): Promise<void> {
      return this.close();
    },
  });
}
