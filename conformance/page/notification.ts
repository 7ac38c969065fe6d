// What the tests of the notification plugin load: the published package.

export * from "@tauri-apps/plugin-notification";
