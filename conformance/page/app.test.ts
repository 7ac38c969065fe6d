// The module app, on a system that is not macOS.

import * as app from "@tauri-apps/api/app";
import { invoke } from "@tauri-apps/api/core";
import { equal, ok, rejectsWith, test } from "./harness";

test("app/getName/is a string", async () => equal(typeof (await app.getName()), "string"));
test("app/getVersion/is a string", async () => equal(typeof (await app.getVersion()), "string"));
test("app/getIdentifier/has dots", async () => ok((await app.getIdentifier()).includes("."), "no dot"));
test("app/getTauriVersion/can be parsed", async () => ok(/^2\.\d+\.\d+$/.test(await app.getTauriVersion()), "no version"));
test("app/show/does nothing", () => app.show());
test("app/hide/does nothing", () => app.hide());
test("app/setDockVisibility/does nothing", () => app.setDockVisibility(true));
test("app/fetchDataStoreIdentifiers/there are none", async () => equal(await app.fetchDataStoreIdentifiers(), []));

test("app/removeDataStore/wants 16 bytes", async () => {
  await app.removeDataStore([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
  await rejectsWith(invoke("plugin:app|remove_data_store", { uuid: [1] }));
});

test("app/defaultWindowIcon/there is none without bundle.icon", async () => equal(await app.defaultWindowIcon(), null));

test("app/setTheme/reaches pages", async () => {
  try {
    for (const theme of ["dark", "light"] as const) {
      await app.setTheme(theme);
      equal(await invoke("plugin:window|theme", { label: "second" }), theme);
    }
    await rejectsWith(invoke("plugin:app|set_app_theme", { theme: "pink" }), "pink");
  } finally {
    await app.setTheme(null);
  }
});

test("app/getBundleType/is not known here", async () => equal(await app.getBundleType(), null as never));
test("app/BundleType/has the names of the contract", () =>
  equal(Object.values(app.BundleType).map(String).sort(), ["app", "appimage", "deb", "msi", "nsis", "rpm"]));
test("app/supportsMultipleWindows/does", async () => equal(await app.supportsMultipleWindows(), true));

test("app/onBackButtonPress/is accepted and taken back", async () => {
  const listener = await app.onBackButtonPress(() => {});
  await listener.unregister();
});

test("app/exit/is refused without its permission", () => rejectsWith(app.exit(1), "core:app:allow-exit"));
