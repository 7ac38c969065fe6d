// Writes the page's script to standard output.

import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: ["page/main.ts"],
  bundle: true,
  format: "esm",
  target: "safari16",
  logLevel: "warning",
  write: false,
  alias: { "@mullion/api": "../../packages/api/api.js" },
});
process.stdout.write(outputFiles[0].text);
