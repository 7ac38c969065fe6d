// The module `event` of the page's API, in the shape that Tauri v2 publishes.

import { invoke, transformCallback } from "./core";

export type EventTarget =
  | { kind: "Any" }
  | { kind: "App" }
  | { kind: "AnyLabel" | "Window" | "Webview" | "WebviewWindow"; label: string };

export interface Event<T> {
  event: string;
  /** The number of the listener. */
  id: number;
  payload: T;
}

export type EventCallback<T> = (event: Event<T>) => void;
export type UnlistenFn = () => void;

export interface Options {
  /** Whose events to hear; a string is the label of a window or webview. Default: all. */
  target?: string | EventTarget;
}

/** The events that the framework emits. */
export const TauriEvent = {
  WINDOW_RESIZED: "tauri://resize",
  WINDOW_MOVED: "tauri://move",
  WINDOW_CLOSE_REQUESTED: "tauri://close-requested",
  WINDOW_DESTROYED: "tauri://destroyed",
  WINDOW_FOCUS: "tauri://focus",
  WINDOW_BLUR: "tauri://blur",
  WINDOW_SCALE_FACTOR_CHANGED: "tauri://scale-change",
  WINDOW_THEME_CHANGED: "tauri://theme-changed",
  WINDOW_CREATED: "tauri://window-created",
  WINDOW_SUSPENDED: "tauri://suspended",
  WINDOW_RESUMED: "tauri://resumed",
  WEBVIEW_CREATED: "tauri://webview-created",
  DRAG_ENTER: "tauri://drag-enter",
  DRAG_OVER: "tauri://drag-over",
  DRAG_DROP: "tauri://drag-drop",
  DRAG_LEAVE: "tauri://drag-leave",
} as const;

function targetOf(target: string | EventTarget | undefined): EventTarget {
  return typeof target === "string" ? { kind: "AnyLabel", label: target } : target ?? { kind: "Any" };
}

async function unlisten(event: string, eventId: number): Promise<void> {
  window.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener(event, eventId);
  await invoke("plugin:event|unlisten", { event, eventId });
}

/** Calls handler for each event of that name until the function that it returns is called. */
export async function listen<T>(event: string, handler: EventCallback<T>, options?: Options): Promise<UnlistenFn> {
  const eventId = await invoke<number>("plugin:event|listen", {
    event,
    target: targetOf(options?.target),
    handler: transformCallback(handler),
  });
  return () => unlisten(event, eventId);
}

/** Like listen, for one event. */
export function once<T>(event: string, handler: EventCallback<T>, options?: Options): Promise<UnlistenFn> {
  return listen<T>(event, (e) => {
    void unlisten(event, e.id);
    handler(e);
  }, options);
}

/** Sends an event to everyone who listens. */
export async function emit<T>(event: string, payload?: T): Promise<void> {
  await invoke("plugin:event|emit", { event, payload });
}

/** Sends an event to the listeners of a target; a string is the label of a window or webview. */
export async function emitTo<T>(target: EventTarget | string, event: string, payload?: T): Promise<void> {
  await invoke("plugin:event|emit_to", { target: targetOf(target), event, payload });
}
