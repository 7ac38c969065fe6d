// The module /_mullion/api.js, and the npm package @mullion/api: what Tauri's packages lack, and the few
// functions of theirs that a page without a bundler needs first.

import { Channel, invoke, type InvokeOptions } from "./core";

export {
  addPluginListener, Channel, convertFileSrc, invoke, PluginListener, Resource, type InvokeArgs, type InvokeOptions,
} from "./core";
export { emit, listen, type Event, type EventCallback, type UnlistenFn } from "./event";

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

/** Whether error says that the value was changed by somebody else. */
export function isVersionConflict(error: unknown): boolean {
  return typeof error === "string" && error.includes("version conflict");
}

/** The shared value of that name. */
export function state<T>(name: string): State<T> {
  const get = (): Promise<Snapshot<T>> => invoke("plugin:state|get", { name });
  const set = (value: T, { version }: SetOptions = {}): Promise<number> =>
    invoke("plugin:state|set", { name, value, version });
  return {
    name,
    get,
    set,
    async update(change) {
      for (;;) {
        const { value, version } = await get();
        const changed = await change(value);
        try {
          return { value: changed, version: await set(changed, { version }) };
        } catch (error) {
          if (!isVersionConflict(error)) {
            throw error;
          }
        }
      }
    },
    async subscribe(cb) {
      let active = true;
      const onChange = new Channel<Snapshot<T>>(({ value, version }) => {
        if (active) {
          cb(value, version);
        }
      });
      const id = await invoke<number>("plugin:state|subscribe", { name, onChange });
      return () => {
        if (active) {
          active = false;
          void invoke("plugin:state|unsubscribe", { id });
        }
      };
    },
  };
}

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
export function commands<C>(plugin?: string): Commands<C> {
  const prefix = plugin === undefined ? "" : `plugin:${plugin}|`;
  return new Proxy({}, {
    get(_target, name) {
      // Whoever awaits the object looks for `then`, which is no command.
      if (typeof name === "symbol" || name === "then") {
        return undefined;
      }
      return (args?: Record<string, unknown> | null, options?: InvokeOptions) =>
        invoke(prefix + name, args ?? {}, options);
    },
  }) as Commands<C>;
}
