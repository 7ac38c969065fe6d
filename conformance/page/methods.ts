// Notes which methods of the package's classes a test calls, and how they end.

import * as core from "@tauri-apps/api/core";
import * as dpi from "@tauri-apps/api/dpi";
import * as image from "@tauri-apps/api/image";
import * as menu from "@tauri-apps/api/menu";
import * as tray from "@tauri-apps/api/tray";
import * as webview from "@tauri-apps/api/webview";
import * as webviewWindow from "@tauri-apps/api/webviewWindow";
import * as windows from "@tauri-apps/api/window";

type Method = (this: unknown, ...args: unknown[]) => unknown;

const modules: Record<string, object> = { core, dpi, image, menu, tray, webview, webviewWindow, window: windows };

/** By method: the empty text if it has answered, else its error. */
const ends = new Map<string, string>();

function note(method: string, error: string): void {
  if (ends.get(method) !== "") {
    ends.set(method, error);
  }
}

/** Has every method noted. Names are MODULE.CLASS.METHOD, with prototype before METHOD where it is one of objects. */
export function watch(methods: readonly string[]): void {
  for (const name of methods) {
    const path = name.split(".");
    const method = path.pop()!;
    let owner: object = modules;
    for (const part of path) {
      owner = (owner as Record<string, object>)[part]!;
    }
    const original = (owner as Record<string, Method>)[method]!;
    const noted: Method = function (...args) {
      let result: unknown;
      try {
        result = original.apply(this, args);
      } catch (error) {
        note(name, String(error));
        throw error;
      }
      if (result instanceof Promise) {
        result.then(() => note(name, ""), (error: unknown) => note(name, String(error)));
      } else {
        note(name, "");
      }
      return result;
    };
    Object.defineProperty(owner, method, { value: noted, writable: true, configurable: true });
  }
}

/** What was noted since the last time. */
export function noted(): Record<string, string> {
  const all = Object.fromEntries(ends);
  ends.clear();
  return all;
}
