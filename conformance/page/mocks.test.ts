// The module mocks, which takes the place of a bridge that is not there.

import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import { emit, listen } from "@tauri-apps/api/event";
import { clearMocks, mockConvertFileSrc, mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import { equal, packageTest, until } from "./harness";

/** The bodies of the tests, which run in a frame: there is no bridge. */
export const mocked = new Map<string, () => Promise<void>>();

function mockTest(name: string, body: () => Promise<void>): void {
  mocked.set(name, body);
  packageTest(name, async () => {
    const frame = document.createElement("iframe");
    frame.src = "/frame.html";
    document.body.append(frame);
    try {
      const inside = () => (frame.contentWindow as unknown as { conformance?: { mocked: typeof mocked } }).conformance;
      await until("the frame", () => inside() !== undefined);
      await inside()!.mocked.get(name)!();
    } finally {
      frame.remove();
    }
  });
}

mockTest("mocks/mockIPC/takes calls", async () => {
  mockIPC((command, args) => [command, args]);
  equal(await invoke<unknown>("anything", { a: 1 }), ["anything", { a: 1 }]);
  const channel = new Channel<number>();
  equal(typeof channel.id, "number");
});

mockTest("mocks/MockIPCOptions.shouldMockEvents/takes events", async () => {
  mockIPC(() => null, { shouldMockEvents: true });
  const heard: unknown[] = [];
  const off = await listen("mocked", (e) => heard.push(e.payload));
  await emit("mocked", 7);
  off();
  equal(heard, [7]);
});

mockTest("mocks/mockWindows/names the window", async () => {
  mockWindows("first", "other");
  equal(window.__TAURI_INTERNALS__.metadata.currentWindow.label, "first");
});

mockTest("mocks/mockConvertFileSrc/makes addresses of another system", async () => {
  mockConvertFileSrc("windows");
  equal(convertFileSrc("a b"), "http://asset.localhost/a%20b");
});

mockTest("mocks/clearMocks/takes everything away", async () => {
  mockIPC(() => null);
  mockWindows("first");
  clearMocks();
  equal(["invoke", "transformCallback", "metadata"].filter((name) => name in window.__TAURI_INTERNALS__), []);
});
