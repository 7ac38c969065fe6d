// Writes the bundle of page.jsx to standard output, as for users.

import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: ["page.jsx"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "safari16",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "error",
  write: false,
});
process.stdout.write(outputFiles[0].text);
