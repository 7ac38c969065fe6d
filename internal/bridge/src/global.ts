// window.__TAURI__ for pages without a bundler: the modules that need nothing
// but the bridge. The others come from the npm packages that an app has: see
// cmd/globals.

import * as core from "./core";
import * as event from "./event";

declare global {
  interface Window {
    __TAURI__?: object;
  }
}

window.__TAURI__ ??= { core: { ...core }, event: { ...event } };
