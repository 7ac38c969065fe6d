// Tells as JSON what the installed packages export: the values of the modules
// of @tauri-apps/api, the methods of the classes among them, the options that
// functions take, and of each plugin's package the values, the methods of
// classes (CLASS.METHOD) and the options.

import { readFileSync, readdirSync } from "node:fs";
import { optionsOf } from "./options.mjs";

const packages = new URL("./node_modules/", import.meta.url);
const folder = new URL("@tauri-apps/api/", packages);
const modules = {};
const options = {};
const classes = new Map(); // the name by the class, which other modules may export too
const owners = new Map(); // the class that has it by the function, which others may inherit or copy
const last = "webviewWindow.js"; // it copies methods of classes elsewhere
for (const file of [...readdirSync(folder).filter((file) => file !== last).sort(), last]) {
  const [, name] = /^([a-zA-Z]+)\.js$/.exec(file) ?? [];
  if (name === undefined || name === "index") {
    continue;
  }
  const module = await import(new URL(file, folder));
  modules[name] = Object.keys(module).sort();
  options[name] = optionsOf(new URL(`${name}.d.ts`, folder));
  for (const [exported, value] of Object.entries(module)) {
    if (`${value}`.startsWith("class") && !classes.has(value)) {
      classes.set(value, `${name}.${exported}`);
      for (const { value: method } of Object.values(Object.getOwnPropertyDescriptors(value.prototype))) {
        owners.set(method, owners.get(method) ?? value.prototype);
      }
    }
  }
}
options.menu = optionsOf(new URL("menu/", folder));
// The events that the app sends are a list of their own.
const { TauriEvent } = await import(new URL("event.js", folder));
modules["event.TauriEvent"] = Object.keys(TauriEvent).sort();

/** The public functions of an object and those that it inherits, but for what another class has that is listed. */
function functionsOf(object, end) {
  const names = new Set();
  for (let o = object; o !== end; o = Object.getPrototypeOf(o)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(o))) {
      if (typeof value === "function" && name !== "constructor" && !name.startsWith("_") && (owners.get(value) ?? object) === object) {
        names.add(name);
      }
    }
  }
  return [...names].sort();
}

const methods = [];
for (const [value, name] of classes) {
  for (const method of functionsOf(value, Function.prototype)) {
    methods.push(`${name}.${method}`);
  }
  for (const method of functionsOf(value.prototype, Object.prototype)) {
    methods.push(`${name}.prototype.${method}`);
  }
}

const read = (file) => JSON.parse(readFileSync(new URL(file, packages)));
const plugins = {};
const { dependencies } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url)));
for (const name of Object.keys(dependencies)) {
  const module = await import(name);
  const exports = Object.keys(module);
  for (const [exported, value] of Object.entries(module)) {
    if (`${value}`.startsWith("class")) {
      const names = [...functionsOf(value, Function.prototype), ...functionsOf(value.prototype, Object.prototype)];
      exports.push(...new Set(names.map((method) => `${exported}.${method}`)));
    }
  }
  plugins[name] = { version: read(`${name}/package.json`).version, exports: exports.sort(), options: optionsOf(new URL(`${name}/dist-js/index.d.ts`, packages)) };
}
console.log(JSON.stringify({ modules, methods, options, plugins }));
