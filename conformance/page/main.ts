// The bundle that every window of the tests loads. The Go side asks for the
// names of the tests and runs them one by one.

import "./core_invoke.test";
import "./core_callbacks.test";
import "./core_plugins.test";
import "./core_files.test";
import "./event.test";
import "./event_targets.test";
import "./event_window.test";
import "./globals.test";
import "./path.test";
import "./app.test";
import "./mocks.test";
import "./dpi.test";
import "./window.test";
import "./webview.test";
import "./options.test";
import "./options_menu.test";
import "./tray.test";
import "./image.test";
import "./menu.test";
import "./drag.test";
import "./popup.test";
import "./predefined.test";

export { helpers, names, run } from "./harness";
export { mocked } from "./mocks.test";
