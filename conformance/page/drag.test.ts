// Files of the user, dragged by the mouse from one window onto another. The
// other runs would learn nothing more from it.

import { invoke } from "@tauri-apps/api/core";
import { PhysicalPosition } from "@tauri-apps/api/dpi";
import { TauriEvent, listen } from "@tauri-apps/api/event";
import { Webview, type DragDropEvent } from "@tauri-apps/api/webview";
import { Window } from "@tauri-apps/api/window";
import { Inbox, equal, fresh, helper, info, ok, testIn } from "./harness";

/** Fills the page with something that drags a file. */
const offer = helper("offer a file", (path: string) => {
  const source = document.createElement("div");
  source.draggable = true;
  source.style.cssText = "position: fixed; inset: 0; background: #abc";
  source.ondragstart = (e) => e.dataTransfer!.setData("text/uri-list", `file://${path.split("/").map(encodeURIComponent).join("/")}`);
  document.body.append(source);
});

interface Pair {
  from: string;
  over: string;
}

/** Runs body with two windows side by side, of which the first offers the file. */
async function withPair(body: (pair: Pair) => Promise<void>): Promise<void> {
  const pair = { from: fresh("from"), over: fresh("over") };
  try {
    for (const [label, x] of [[pair.from, 50], [pair.over, 450]] as const) {
      await invoke("open", { label });
      await invoke("window", { label, operation: "move", a: x, b: 50 });
    }
    await offer(pair.from, (await info()).inside);
    await body(pair);
  } finally {
    for (const label of [pair.from, pair.over]) {
      await invoke("window", { label, operation: "destroy", a: 0, b: 0 });
    }
  }
}

const at = { x: 170, y: 120 };

interface Payload {
  paths?: string[];
  position: { x: number; y: number };
}

/** Drags until an event has come, and returns what was heard from the last time on that the files came in. */
async function heard(pair: Pair, last: TauriEvent): Promise<[string, Payload | null][]> {
  const inbox = new Inbox<[string, Payload | null]>();
  const offs: (() => void)[] = [];
  for (const event of [TauriEvent.DRAG_ENTER, TauriEvent.DRAG_OVER, TauriEvent.DRAG_DROP, TauriEvent.DRAG_LEAVE]) {
    offs.push(await listen<Payload | null>(event, (e) => inbox.push([e.event, e.payload]), { target: { kind: "Webview", label: pair.over } }));
  }
  await invoke("drag", { ...pair, ...at, back: last === TauriEvent.DRAG_LEAVE, event: last });
  await inbox.find("the end", ([name]) => name === last);
  offs.forEach((off) => off());
  const all = inbox.all.slice(0, inbox.all.findIndex(([name]) => name === last) + 1);
  return all.slice(all.findLastIndex(([name]) => name === TauriEvent.DRAG_ENTER));
}

testIn(["package"], "event/TauriEvent.DRAG_ENTER/the paths, and where", () => withPair(async (pair) => {
  const [name, payload] = (await heard(pair, TauriEvent.DRAG_DROP))[0]!;
  equal([name, payload?.paths], [TauriEvent.DRAG_ENTER, [(await info()).inside]]);
  ok(inside(payload!.position), `position ${JSON.stringify(payload)}`);
}));

function inside({ x, y }: { x: number; y: number }): boolean {
  return Number.isInteger(x) && Number.isInteger(y) && x >= 0 && x < 300 && y >= 0 && y < 200;
}

testIn(["package"], "event/TauriEvent.DRAG_OVER/where, and no paths", () => withPair(async (pair) => {
  const over = (await heard(pair, TauriEvent.DRAG_DROP)).filter(([name]) => name === TauriEvent.DRAG_OVER);
  ok(over.length > 0, "never over");
  for (const [, payload] of over) {
    ok(payload?.paths === undefined && inside(payload!.position), JSON.stringify(payload));
  }
}));

testIn(["package"], "event/TauriEvent.DRAG_DROP/the paths, and where", () => withPair(async (pair) => {
  const all = await heard(pair, TauriEvent.DRAG_DROP);
  equal(all.at(-1), [TauriEvent.DRAG_DROP, { paths: [(await info()).inside], position: at }]);
  ok(all.every(([name]) => name !== TauriEvent.DRAG_LEAVE), "left all the same");
}));

testIn(["package"], "event/TauriEvent.DRAG_LEAVE/when it goes elsewhere", () => withPair(async (pair) => {
  const all = await heard(pair, TauriEvent.DRAG_LEAVE);
  equal(all.at(-1), [TauriEvent.DRAG_LEAVE, null]);
  ok(all.every(([name]) => name !== TauriEvent.DRAG_DROP), "dropped all the same");
}));

testIn(["package"], "window/Window/onDragDropEvent, as webviews have it", () => withPair(async (pair) => {
  const owners = [await Window.getByLabel(pair.over), await Webview.getByLabel(pair.over)];
  const inboxes: Inbox<DragDropEvent>[] = [];
  const offs: (() => void)[] = [];
  for (const owner of owners) {
    const inbox = new Inbox<DragDropEvent>();
    inboxes.push(inbox);
    offs.push(await owner!.onDragDropEvent((e) => inbox.push(e.payload)));
  }
  await invoke("drag", { ...pair, ...at, back: true, event: TauriEvent.DRAG_LEAVE });
  await invoke("drag", { ...pair, ...at, back: false, event: TauriEvent.DRAG_DROP });
  for (const inbox of inboxes) {
    const drop = await inbox.find("the drop", (e) => e.type === "drop");
    ok(drop.type === "drop" && drop.position instanceof PhysicalPosition, "class");
    equal(drop.type === "drop" && [drop.paths, drop.position.x, drop.position.y], [[(await info()).inside], at.x, at.y]);
    for (const type of ["enter", "over", "leave"]) {
      ok(inbox.all.some((e) => e.type === type), `no ${type}`);
    }
  }
  offs.forEach((off) => off());
}));
