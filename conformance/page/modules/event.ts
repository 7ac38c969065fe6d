// The module `event` as window.__TAURI__ has it; see core.ts.

import "./core";

export const { TauriEvent, emit, emitTo, listen, once } = window.__TAURI__!.event;
