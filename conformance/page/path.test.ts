// The module path. Where the folders are is told by the Go side, which has
// asked the app.

import { invoke } from "@tauri-apps/api/core";
import * as path from "@tauri-apps/api/path";
import { equal, ok, rejectsWith, test } from "./harness";

/** A folder by its number, or null where the app has none. */
const folder = (directory: number) => invoke<string | null>("folder", { directory });

const functions: [keyof typeof path & string, () => Promise<string>, path.BaseDirectory][] = [
  ["appCacheDir", path.appCacheDir, path.BaseDirectory.AppCache],
  ["appConfigDir", path.appConfigDir, path.BaseDirectory.AppConfig],
  ["appDataDir", path.appDataDir, path.BaseDirectory.AppData],
  ["appLocalDataDir", path.appLocalDataDir, path.BaseDirectory.AppLocalData],
  ["appLogDir", path.appLogDir, path.BaseDirectory.AppLog],
  ["audioDir", path.audioDir, path.BaseDirectory.Audio],
  ["cacheDir", path.cacheDir, path.BaseDirectory.Cache],
  ["configDir", path.configDir, path.BaseDirectory.Config],
  ["dataDir", path.dataDir, path.BaseDirectory.Data],
  ["desktopDir", path.desktopDir, path.BaseDirectory.Desktop],
  ["documentDir", path.documentDir, path.BaseDirectory.Document],
  ["downloadDir", path.downloadDir, path.BaseDirectory.Download],
  ["executableDir", path.executableDir, path.BaseDirectory.Executable],
  ["fontDir", path.fontDir, path.BaseDirectory.Font],
  ["homeDir", path.homeDir, path.BaseDirectory.Home],
  ["localDataDir", path.localDataDir, path.BaseDirectory.LocalData],
  ["pictureDir", path.pictureDir, path.BaseDirectory.Picture],
  ["publicDir", path.publicDir, path.BaseDirectory.Public],
  ["resourceDir", path.resourceDir, path.BaseDirectory.Resource],
  ["runtimeDir", path.runtimeDir, path.BaseDirectory.Runtime],
  ["tempDir", path.tempDir, path.BaseDirectory.Temp],
  ["templateDir", path.templateDir, path.BaseDirectory.Template],
  ["videoDir", path.videoDir, path.BaseDirectory.Video],
];

for (const [name, call, directory] of functions) {
  test(`path/${name}/is the app's folder`, async () => {
    const want = await folder(directory);
    if (want === null) {
      await rejectsWith(call(), "unknown path");
    } else {
      equal(await call(), want);
      ok(want.startsWith("/"), `${want} is not absolute`);
    }
  });
}

test("path/BaseDirectory/has the numbers that the commands take", async () => {
  const numbers = Object.values(path.BaseDirectory).filter((n) => typeof n === "number").sort((a, b) => a - b);
  equal(numbers, Array.from({ length: 23 }, (_, i) => i + 1));
  await rejectsWith(invoke("plugin:path|resolve_directory", { directory: 24 }), "unknown path");
});

test("path/resolveResource/is below the resources", async () => {
  const resources = await path.resourceDir();
  equal(await path.resolveResource("a/../b.txt"), `${resources}/a/_up_/b.txt`);
  equal(await path.resolveResource("../c"), `${resources}/_up_/c`);
  equal(await path.resolveResource("/d"), `${resources}/_root_/d`);
});

test("path/sep/is the system's", () => equal(path.sep(), "/"));
test("path/delimiter/is the system's", () => equal(path.delimiter(), ":"));

test("path/resolve/begins at the working folder", async () => {
  equal(await path.resolve("/a", "b", "../c"), "/a/c");
  equal(await path.resolve("/a", "/b"), "/b");
  const here = await path.resolve();
  equal(await path.resolve("x", ".."), here);
  ok(await path.isAbsolute(here), `${here} is not absolute`);
});

test("path/normalize/resolves dots", async () => {
  equal(await path.normalize("/a//b/./c/.."), "/a/b");
  equal(await path.normalize("a/b/"), "a/b/");
  equal(await path.normalize(""), ".");
  equal(await path.normalize("../a"), "../a");
});

test("path/join/puts absolute parts below", async () => {
  equal(await path.join("/a", "/b", "", "../c"), "/a/c");
  equal(await path.join(), ".");
});

test("path/dirname/is the parent", async () => {
  equal(await path.dirname("/a/b.txt"), "/a");
  await rejectsWith(path.dirname("/"), "parent");
});

test("path/extname/has no dot", async () => {
  equal(await path.extname("/a/b.tar.gz"), "gz");
  await rejectsWith(path.extname("/a/b"), "extension");
});

test("path/basename/without its end", async () => {
  equal(await path.basename("/a/b.txt"), "b.txt");
  equal(await path.basename("/a/b.txt", ".txt"), "b");
  await rejectsWith(path.basename("/"), "basename");
});

test("path/isAbsolute/tells", async () => equal([await path.isAbsolute("/a"), await path.isAbsolute("a")], [true, false]));
