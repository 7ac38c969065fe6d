// The types of the module /_mullion/api.js, and of the npm package @mullion/api.

export type InvokeArgs = Record<string, unknown> | number[] | ArrayBuffer | ArrayBufferView;

export interface InvokeOptions {
  headers?: HeadersInit;
  /** Gives the call up: its promise rejects with the reason of the signal. */
  signal?: AbortSignal | null;
}

/** Calls a command. The promise rejects with the command's error, often a string. */
export function invoke<T>(cmd: string, args?: InvokeArgs, options?: InvokeOptions): Promise<T>;

/** The URL by which the page can load a file. With the protocol "media" it is one for `<audio>` and `<video>`. */
export function convertFileSrc(filePath: string, protocol?: string): string;

/** Values that a command sends while it runs, in their order. Pass it as an argument. */
export class Channel<T = unknown> {
  #private;
  constructor(onmessage?: (response: T) => void);
  /** The number of its callback. */
  id: number;
  onmessage: (response: T) => void;
  toJSON(): string;
}

/** A listener of a plugin's event. */
export class PluginListener {
  constructor(plugin: string, event: string, channelId: number);
  plugin: string;
  event: string;
  channelId: number;
  unregister(): Promise<void>;
}

/** Listens to an event of a plugin. */
export function addPluginListener<T>(plugin: string, event: string, cb: (payload: T) => void): Promise<PluginListener>;

/** Something that the app keeps for this page until it is closed, or the page ends. */
export class Resource {
  #private;
  constructor(rid: number);
  get rid(): number;
  close(): Promise<void>;
}

export interface Event<T> {
  event: string;
  /** The number of the listener. */
  id: number;
  payload: T;
}

export type EventTarget =
  | { kind: "Any" }
  | { kind: "App" }
  | { kind: "AnyLabel" | "Window" | "Webview" | "WebviewWindow"; label: string };

export type EventCallback<T> = (event: Event<T>) => void;
export type UnlistenFn = () => void;

export interface Options {
  /** Whose events to hear; a string is the label of a window or webview. Default: all. */
  target?: string | EventTarget;
}

/** Calls handler for each event of that name until the function that it returns is called. */
export function listen<T>(event: string, handler: EventCallback<T>, options?: Options): Promise<UnlistenFn>;

/** Sends an event to everyone who listens. */
export function emit<T>(event: string, payload?: T): Promise<void>;

/** A value and its version, a number that grows with every change. */
export interface Snapshot<T> {
  value: T;
  version: number;
}

export interface SetOptions {
  /** Refuses the change unless this is still the version. */
  version?: number;
}

/** A named value that the app and all its windows share. */
export interface State<T> {
  readonly name: string;
  get(): Promise<Snapshot<T>>;
  /** Changes the value and returns its new version. */
  set(value: T, options?: SetOptions): Promise<number>;
  /**
   * Replaces the value by what change returns for it. If somebody else changes
   * it in the meantime, change is called again with the newer value.
   */
  update(change: (value: T) => T | Promise<T>): Promise<Snapshot<T>>;
  /** Calls cb with the value now and after every change, until the function that it returns is called. */
  subscribe(cb: (value: T, version: number) => void): Promise<() => void>;
}

/** The shared value of that name. */
export function state<T>(name: string): State<T>;

/** Whether error says that the value was changed by somebody else. */
export function isVersionConflict(error: unknown): boolean;

/** Commands by name, as functions from their arguments to their result. */
export type Commands<C> = {
  readonly [K in keyof C]: C[K] extends (...args: infer A) => infer R
    ? A extends []
      ? (args?: Record<string, never> | null, options?: InvokeOptions) => Promise<Awaited<R>>
      : (args: A[0], options?: InvokeOptions) => Promise<Awaited<R>>
    : never;
};

/**
 * The app's commands as typed functions:
 *
 *     interface App { greet(args: { name: string }): string }
 *     const app = commands<App>();
 *     await app.greet({ name: "Ada" }, { signal: AbortSignal.timeout(500) });
 *
 * With a plugin's name, the commands are those of the plugin.
 */
export function commands<C>(plugin?: string): Commands<C>;
