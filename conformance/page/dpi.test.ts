// The module dpi, which needs no app: what is tested is that its values come
// through a command as the contract says.

import { invoke } from "@tauri-apps/api/core";
import { LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize, Position, Size } from "@tauri-apps/api/dpi";
import { equal, test } from "./harness";

/** What a command gets that is given the value. */
const received = async (value: unknown) => (await invoke<{ args: { value: unknown } }>("describe", { value })).args.value;

test("dpi/LogicalSize/converts and travels", async () => {
  const size = new LogicalSize(10, 20);
  equal(await received(size), { width: 10, height: 20 });
  equal({ ...size.toPhysical(2) }, { type: "Physical", width: 20, height: 40 });
  equal(new LogicalSize({ Logical: { width: 1, height: 2 } }).height, 2);
});

test("dpi/PhysicalSize/converts and travels", async () => {
  const size = new PhysicalSize({ width: 10, height: 20 });
  equal(await received(size), { width: 10, height: 20 });
  equal({ ...size.toLogical(2) }, { type: "Logical", width: 5, height: 10 });
});

test("dpi/Size/carries its unit", async () => {
  equal(await received(new Size(new LogicalSize(1, 2))), { Logical: { width: 1, height: 2 } });
  const size = new Size(new PhysicalSize(1, 2));
  equal(await received(size), { Physical: { width: 1, height: 2 } });
  equal([size.toLogical(2).height, size.toPhysical(2).height], [1, 2]);
});

test("dpi/LogicalPosition/converts and travels", async () => {
  const position = new LogicalPosition(-1, 2.5);
  equal(await received(position), { x: -1, y: 2.5 });
  equal({ ...position.toPhysical(2) }, { type: "Physical", x: -2, y: 5 });
});

test("dpi/PhysicalPosition/converts and travels", async () => {
  const position = new PhysicalPosition({ Physical: { x: 4, y: 6 } });
  equal(await received(position), { x: 4, y: 6 });
  equal({ ...position.toLogical(2) }, { type: "Logical", x: 2, y: 3 });
});

test("dpi/Position/carries its unit", async () => {
  equal(await received(new Position(new LogicalPosition(1, 2))), { Logical: { x: 1, y: 2 } });
  const position = new Position(new PhysicalPosition(1, 2));
  equal(await received(position), { Physical: { x: 1, y: 2 } });
  equal([position.toLogical(2).y, position.toPhysical(2).y], [1, 2]);
});
