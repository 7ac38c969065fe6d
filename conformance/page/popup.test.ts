// Menus that pop up over a window, with a real mouse. The other runs would
// learn nothing more from it.

import { invoke } from "@tauri-apps/api/core";
import { LogicalPosition, PhysicalPosition } from "@tauri-apps/api/dpi";
import { Menu, Submenu } from "@tauri-apps/api/menu";
import { Window } from "@tauri-apps/api/window";
import { Inbox, equal, fresh, helper, testIn, until } from "./harness";

/** Runs body with a window that has the keyboard. */
async function withWindow(body: (w: Window) => Promise<void>): Promise<void> {
  const label = fresh("popup");
  await invoke("open", { label });
  const w = (await Window.getByLabel(label))!;
  try {
    await invoke("window", { label, operation: "focus", a: 0, b: 0 });
    await body(w);
  } finally {
    await w.destroy();
  }
}

/** Pops up a menu, and waits until the user sees it: others may have the mouse for a moment. */
async function popup(menu: Menu | Submenu, w: Window, at?: LogicalPosition | PhysicalPosition): Promise<void> {
  await menu.popup(at, w);
  await invoke("menu_open");
}

function click(w: Window, x: number, y: number): Promise<void> {
  return invoke("click", { label: w.label, x, y });
}

const items = (chosen: Inbox<string>) => ["First", "Second"].map((text) => ({ text, action: () => chosen.push(text) }));

// How far from its corner a menu has its first item.
const inside = 12;

for (const [name, make] of [
  ["Menu", (chosen: Inbox<string>) => Menu.new({ items: items(chosen) })],
  ["Submenu", (chosen: Inbox<string>) => Submenu.new({ text: "Sub", items: items(chosen) })],
] as const) {
  testIn(["package"], `menu/${name}/pops up where it is told, and an item is chosen`, () => withWindow(async (w) => {
    const chosen = new Inbox<string>();
    const menu = await make(chosen);
    await popup(menu, w, new LogicalPosition(40, 30));
    await click(w, 40 + inside, 30 + inside);
    equal(await chosen.first(1), ["First"]);
    await popup(menu, w, new PhysicalPosition(120, 90));
    await click(w, 120 + inside, 90 + inside);
    equal(await chosen.first(2), ["First", "First"]);
    await popup(menu, w, new LogicalPosition(10, 10));
    await invoke("key", { keys: ["Down", "Down", "Return"] });
    equal(await chosen.first(3), ["First", "First", "Second"]);
    await menu.close();
  }));

  testIn(["package"], `menu/${name}/pops up at the mouse`, () => withWindow(async (w) => {
    const chosen = new Inbox<string>();
    const menu = await make(chosen);
    await click(w, 60, 50);
    await popup(menu, w);
    await click(w, 60 + inside, 50 + inside);
    equal(await chosen.first(1), ["First"]);
    await menu.close();
  }));
}

const clicks: string[] = [];
const countClicks = helper("count clicks", () => {
  clicks.length = 0;
  document.addEventListener("click", (e) => clicks.push(`${e.clientX} ${e.clientY}`));
});
const clicksOf = helper("clicks", () => clicks);

testIn(["package"], "menu/Menu/closes without a choice", () => withWindow(async (w) => {
  const chosen = new Inbox<string>();
  const menu = await Menu.new({ items: items(chosen) });
  await countClicks(w.label, null);
  await popup(menu, w, new LogicalPosition(40, 30));
  await invoke("key", { keys: ["Escape"] });
  let got: string[] = [];
  await click(w, 150, 150);
  await until("the page to have the mouse again", () => {
    void clicksOf(w.label, null).then((list) => (got = list));
    return got.length > 0;
  });
  equal([got, chosen.all], [["150 150"], []]);
  await popup(menu, w, new LogicalPosition(40, 30));
  await click(w, 250, 180); // beside it
  await popup(menu, w, new LogicalPosition(40, 30));
  await click(w, 40 + inside, 30 + inside);
  equal(await chosen.first(1), ["First"]);
  await menu.close();
}));
