// Tells as JSON which values the modules of the installed package export.

import { readdirSync } from "node:fs";

const folder = new URL("./node_modules/@tauri-apps/api/", import.meta.url);
const exported = {};
for (const file of readdirSync(folder).sort()) {
  const [, name] = /^([a-zA-Z]+)\.js$/.exec(file) ?? [];
  if (name !== undefined && name !== "index") {
    exported[name] = Object.keys(await import(new URL(file, folder))).sort();
  }
}
// The events that the app sends are a list of their own.
const { TauriEvent } = await import(new URL("event.js", folder));
exported["event.TauriEvent"] = Object.keys(TauriEvent).sort();
console.log(JSON.stringify(exported));
