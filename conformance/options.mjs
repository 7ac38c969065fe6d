// Tells from the declarations of a package which objects with options its
// functions take, and which keys these have.

import { readFileSync, readdirSync } from "node:fs";

// What the package gives to pages, as opposed to what it takes.
const given = new Set(["PendingNotification", "ActiveNotification"]);

const declaration = /^(?:export |declare )*(?:interface|type) (\w+)([^{\n]*)\{\n([\s\S]*?)^\}/gm;

/** The keys of the options in a declaration file, or in all files of a folder, by the name of their type. */
export function optionsOf(path) {
  const files = `${path}`.endsWith(".d.ts") ? [path] : readdirSync(path).filter((file) => file.endsWith(".d.ts")).map((file) => new URL(file, path));
  const types = new Map();
  for (const file of files) {
    const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name, from, body] of text.matchAll(declaration)) {
      const own = [...body.matchAll(/^ {4}(\w+)(\??):/gm)].map(([, key, optional]) => ({ key, optional: optional !== "" }));
      types.set(name, { from, own });
    }
  }
  function keysOf(name) {
    const { from, own } = types.get(name);
    const inherited = [...from.matchAll(/\bOmit<(\w+), ([^>]*)>|\b(\w+Options)\b/g)].flatMap(([, omitted, keys, whole]) =>
      keysOf(omitted ?? whole).filter((key) => !keys?.includes(`'${key}'`)));
    return [...new Set([...inherited, ...own.map(({ key }) => key)])].sort();
  }
  const options = {};
  for (const [name, { from, own }] of types) {
    if (!given.has(name) && (name.endsWith("Options") || from.includes("Options") || own.some(({ optional }) => optional))) {
      options[name] = keysOf(name);
    }
  }
  return options;
}
