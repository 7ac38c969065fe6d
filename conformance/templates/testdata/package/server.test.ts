// @vitest-environment node
import { expect, test } from "vitest";

test("it can be imported where there is no window", async () => {
  const { invoke } = await import("@mullion/api");
  await expect(invoke("x")).rejects.toThrow("no bridge to the app here");
});
