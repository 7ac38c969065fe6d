// The options of menus and tray icons, each by its effect: as the desktop has
// them over the session bus. The other runs would learn nothing more from it.

import { invoke, type InvokeArgs } from "@tauri-apps/api/core";
import { emit, emitTo, listen } from "@tauri-apps/api/event";
import { Image } from "@tauri-apps/api/image";
import { CheckMenuItem, IconMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu, type MenuItemOptions } from "@tauri-apps/api/menu";
import { TrayIcon, type TrayIconEvent } from "@tauri-apps/api/tray";
import { Inbox, equal, fresh, testIn, within } from "./harness";

interface Item {
  label: string;
  enabled: boolean;
  checked: boolean;
  separator: boolean;
  picture: number;
  shortcut: string[];
  items: Item[];
}

const plain = { enabled: true, checked: false, separator: false, picture: 0, shortcut: [], items: [] };

/** Shows a menu in the tray while f runs. */
async function inTray(menu: Menu, f: (id: string, items: () => Promise<Item[]>) => Promise<void>): Promise<void> {
  const icon = await TrayIcon.new({ menu });
  try {
    await f(icon.id, () => invoke<Item[]>("tray_items", { id: icon.id }));
  } finally {
    await icon.close();
    await menu.close();
    await invoke("tray_empty");
  }
}

/** Waits until the desktop has been told of a change: that takes its own way. */
async function become(items: () => Promise<Item[]>, want: Item[]): Promise<void> {
  await within(`the menu as ${JSON.stringify(want)}`, (async () => {
    for (;;) {
      try {
        return equal(await items(), want);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  })());
}

const red = () => Image.new(new Uint8Array([255, 0, 0, 255]), 1, 1);

for (const [type, own, make] of [
  ["MenuItemOptions", "", (options: MenuItemOptions) => MenuItem.new(options)],
  ["CheckMenuItemOptions", ",checked", (options: MenuItemOptions) => CheckMenuItem.new({ ...options, checked: true })],
  ["IconMenuItemOptions", ",icon", async (options: MenuItemOptions) => IconMenuItem.new({ ...options, icon: await red() })],
] as const) {
  testIn(["package"], `menu/${type}.accelerator,action,enabled,id,text${own}/are what the desktop shows`, async () => {
    const id = fresh("option"), chosen = new Inbox<string>();
    const item = await make({ id, text: "A&b", enabled: false, accelerator: "CmdOrCtrl+Shift+S", action: chosen.push });
    equal(item.id, id);
    await inTray(await Menu.new({ items: [item] }), async (tray, items) => {
      const shown = { ...plain, label: "A_b", checked: own === ",checked", picture: own === ",icon" ? 1 : 0, shortcut: ["Control", "Shift", "S"] };
      equal(await items(), [{ ...shown, enabled: false }]);
      await item.setEnabled(true);
      await become(items, [shown]);
      await invoke("tray_choose", { id: tray, label: "A_b" });
      equal(await chosen.first(1), [id]);
    });
  });
}

testIn(["package"], "menu/MenuOptions.id,items/are the menu's", async () => {
  const id = fresh("option"), inner = fresh("option");
  const menu = await Menu.new({ id, items: [{ id: inner, text: "First" }, { text: "Second", enabled: false }] });
  equal([menu.id, (await menu.items())[0]!.id], [id, inner]);
  await inTray(menu, async (_tray, items) => equal(await items(), [{ ...plain, label: "First" }, { ...plain, label: "Second", enabled: false }]));
});

testIn(["package"], "menu/SubmenuOptions.enabled,icon,id,items,text/are what the desktop shows", async () => {
  const id = fresh("option");
  const sub = await Submenu.new({ id, text: "Sub", enabled: false, icon: await red(), items: [{ text: "Inner" }] });
  equal(sub.id, id);
  await inTray(await Menu.new({ items: [sub] }), async (_tray, items) =>
    equal(await items(), [{ ...plain, label: "Sub", enabled: false, picture: 1, items: [{ ...plain, label: "Inner" }] }]));
});

testIn(["package"], "menu/PredefinedMenuItemOptions.item,text/are what the desktop shows", async () => {
  const menu = await Menu.new({ items: [await PredefinedMenuItem.new({ item: "Separator" }), await PredefinedMenuItem.new({ item: "Quit", text: "Leave" })] });
  await inTray(menu, async (_tray, items) =>
    equal((await items()).map(({ label, separator }) => [label, separator]), [["", true], ["Leave", false]]));
});

testIn(["package"], "tray/TrayIconOptions.action,icon,id,menu,title,tooltip/are what the desktop shows", async () => {
  const id = fresh("option"), clicks = new Inbox<TrayIconEvent>();
  const menu = await Menu.new({ items: [{ text: "In the menu" }] });
  const icon = await TrayIcon.new({ id, title: "Title", tooltip: "Tip", icon: await red(), menu, action: clicks.push });
  equal(icon.id, id);
  const shown = await invoke<Record<string, unknown>>("tray_icon", { id });
  equal([shown.title, shown.tooltip, shown.pixels, shown.menu], ["Title", "Tip", [1, 1, 255, 255, 0, 0], ["In the menu"]]);
  await invoke("tray_click", { id, method: "SecondaryActivate", x: 1, y: 2 });
  equal((await clicks.first(1))[0]!.id, id);
  await icon.close();
  await menu.close();
  await invoke("tray_empty");
});

for (const key of ["menuOnLeftClick", "showMenuOnLeftClick"] as const) {
  testIn(["package"], `tray/TrayIconOptions.${key}/is what the desktop does`, async () => {
    const menu = await Menu.new({ items: [{ text: "First" }] });
    for (const on of [true, false]) {
      const icon = await TrayIcon.new({ menu, [key]: on });
      equal((await invoke<{ onLeft: boolean }>("tray_icon", { id: icon.id })).onLeft, on);
      await icon.close();
      await invoke("tray_empty");
    }
    await menu.close();
  });
}

for (const [key, value] of [["iconAsTemplate", true], ["tempDirPath", "/tmp"]] as const) {
  testIn(["package"], `tray/TrayIconOptions.${key}/it is told that there is no such thing`, async () => {
    await (await TrayIcon.new({ [key]: value })).close();
    await invoke("tray_empty");
    await invoke("lacks", { row: `tray.TrayIconOptions.${key}`, reason: await invoke("told", { label: "main", option: key }) });
  });
}

testIn(["package"], "core/InvokeOptions.headers/reach the command", async () => {
  const args: InvokeArgs = { names: ["x-one", "x-two"] };
  equal(await invoke<unknown>("header_values", args, { headers: { "x-one": "1" } }), { "x-one": "1", "x-two": null });
});

testIn(["package"], "event/Options.target/hears what is for that target", async () => {
  const name = fresh("target"), heard = new Inbox<string>();
  const off = await listen<string>(name, (e) => heard.push(e.payload), { target: { kind: "Window", label: "second" } });
  await emitTo({ kind: "Window", label: "main" }, name, "for another one");
  await emitTo({ kind: "Window", label: "second" }, name, "for it");
  await emit(name, "for all");
  await within("the events", heard.find("the last", (text) => text === "for all"));
  equal(heard.all, ["for it", "for all"]);
  off();
});
