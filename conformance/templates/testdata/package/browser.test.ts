// @vitest-environment jsdom
import { mockIPC, clearMocks } from "@tauri-apps/api/mocks";
import { Channel, emit, invoke, listen } from "@mullion/api";
import { afterEach, expect, test } from "vitest";
import { counter, greet } from "./main";

afterEach(clearMocks);

test("a call without an app is an error that says so", async () => {
  for (const call of [() => greet("Ada"), () => invoke("x"), () => emit("x"), () => listen("x", () => {}), () => counter.get()]) {
    await expect(call()).rejects.toThrow("no bridge to the app here");
  }
  expect(() => new Channel()).toThrow("no bridge to the app here");
});

test("a mock takes the place of the app", async () => {
  mockIPC((command, args) => [command, args]);
  expect(await greet("Ada")).toEqual(["greet", { name: "Ada" }]);
});
