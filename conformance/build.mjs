// Writes the bundle of the tests to standard output; with the argument
// "global" it takes the modules of window.__TAURI__ for those of the package.
// An argument that is a file is bundled instead of the tests.

import { build } from "esbuild";

const alias = {};
if (process.argv[2] === "global") {
  for (const name of ["core", "event"]) {
    alias[`@tauri-apps/api/${name}`] = `./page/modules/${name}.ts`;
  }
}
const { outputFiles } = await build({
  entryPoints: [process.argv[2]?.endsWith(".ts") ? process.argv[2] : "page/main.ts"],
  bundle: true,
  format: "esm",
  target: "safari16",
  logLevel: "warning",
  write: false,
  alias,
});
process.stdout.write(outputFiles[0].text);
