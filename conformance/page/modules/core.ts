// The module `core` as window.__TAURI__ has it. A bundle for the run without
// packages takes this file for the package's own.

import type * as Core from "@tauri-apps/api/core";
import type * as Event from "@tauri-apps/api/event";

declare global {
  interface Window {
    __TAURI__?: { core: typeof Core; event: typeof Event };
  }
}

export const {
  Channel, PluginListener, Resource, SERIALIZE_TO_IPC_FN, addPluginListener, checkPermissions, convertFileSrc, invoke, isTauri,
  requestPermissions, transformCallback,
} = window.__TAURI__!.core;
