// Writes the bundle of the tests to standard output; with the argument
// "global" it takes the modules of window.__TAURI__ for those of the package.
// An argument that is a file is bundled instead of the tests; after the argument
// "package" comes the text to bundle.

import { build } from "esbuild";

const fromGlobal = {
  name: "global",
  setup(build) {
    build.onResolve({ filter: /^@tauri-apps\/api\/\w+$/ }, ({ path }) => ({ path, namespace: "global" }));
    build.onLoad({ filter: /.*/, namespace: "global" }, async ({ path }) => {
      const names = Object.keys(await import(path)).join();
      return { contents: `export const { ${names} } = window.__TAURI__.${path.split("/").pop()};` };
    });
  },
};
const { outputFiles } = await build({
  ...(process.argv[2] === "package"
    ? { stdin: { contents: process.argv[3], resolveDir: import.meta.dirname } }
    : { entryPoints: [process.argv[2]?.endsWith(".ts") ? process.argv[2] : "page/main.ts"] }),
  bundle: true,
  format: "esm",
  target: "safari16",
  logLevel: "warning",
  write: false,
  plugins: process.argv[2] === "global" ? [fromGlobal] : [],
});
process.stdout.write(outputFiles[0].text);
