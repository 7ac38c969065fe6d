// The effects are checked where they arrive: at a tray on the session bus.

import { invoke } from "@tauri-apps/api/core";
import { CheckMenuItem, Menu, MenuItem } from "@tauri-apps/api/menu";
import { TrayIcon, type TrayIconEvent, type TrayIconOptions } from "@tauri-apps/api/tray";
import { Inbox, equal, fresh, helper, info, ok, rejectsWith, test } from "./harness";

interface Shown {
  title: string;
  status: string;
  tooltip: string;
  onLeft: boolean;
  pixels: number[];
  menu: string[];
}

function shown(id: string): Promise<Shown> {
  return invoke<Shown>("tray_icon", { id });
}

/** Runs f with a new icon, and removes that. */
async function withIcon(options: TrayIconOptions, f: (icon: TrayIcon) => Promise<void>): Promise<void> {
  const icon = await TrayIcon.new(options);
  try {
    await f(icon);
  } finally {
    await icon.close();
  }
  await invoke("tray_empty");
}

const red = { rgba: [255, 0, 0, 255, 0, 0, 255, 128], width: 2, height: 1 };
const redPixels = [2, 1, 255, 255, 0, 0, 128, 0, 0, 255];

test("tray/TrayIcon/new", async () => {
  const id = fresh("tray");
  const icon = red as unknown as number[]; // the package passes it on as it is
  await withIcon({ id, title: "title", tooltip: "a < b", icon, tempDirPath: "/tmp", iconAsTemplate: true }, async (made) => {
    equal(made.id, id);
    equal(await shown(id), { title: "title", status: "Active", tooltip: "a &lt; b", onLeft: false, pixels: redPixels, menu: [] });
  });
});

test("tray/TrayIcon/new without anything", () => withIcon({}, async (icon) => {
  ok(icon.id !== "" && icon.rid > 0, "no id");
  equal((await shown(icon.id)).status, "Active");
}));

test("tray/TrayIcon/setters", () => withIcon({ title: "before" }, async (icon) => {
  await icon.setTitle("42");
  await icon.setTooltip("tip");
  await icon.setVisible(false);
  await icon.setIcon(red as unknown as number[]);
  await icon.setTempDirPath(null);
  await icon.setIconAsTemplate(true);
  await icon.setShowMenuOnLeftClick(false);
  equal(await shown(icon.id), { title: "42", status: "Passive", tooltip: "tip", onLeft: false, pixels: redPixels, menu: [] });
  await icon.setTitle(null);
  await icon.setTooltip(null);
  await icon.setVisible(true);
  await icon.setIcon(null);
  equal(await shown(icon.id), { title: "", status: "Active", tooltip: "", onLeft: false, pixels: [], menu: [] });
  await icon.setIconWithAsTemplate(red as unknown as number[], true);
  equal((await shown(icon.id)).pixels, redPixels);
}));

test("tray/TrayIcon/clicks", async () => {
  const inbox = new Inbox<TrayIconEvent>();
  await withIcon({ action: inbox.push }, async (icon) => {
    for (const [method, button] of [["Activate", "Left"], ["SecondaryActivate", "Middle"], ["ContextMenu", "Right"]] as const) {
      await invoke("tray_click", { id: icon.id, method, x: 7, y: 9 });
      const event = await inbox.find(button, (e) => e.type === "Click" && e.button === button);
      ok(event.type === "Click" && event.buttonState === "Up" && event.id === icon.id, "not that click");
      equal([event.position.x, event.position.y, event.rect.position.x, event.rect.size.width], [7, 9, 7, 0]);
    }
  });
});

test("tray/TrayIcon/getById and removeById", async () => {
  const id = fresh("tray");
  equal(await TrayIcon.getById(id), null);
  await TrayIcon.new({ id });
  const again = await TrayIcon.getById(id);
  ok(again !== null && again.id === id, "not found");
  await again!.setTitle("by id");
  equal((await shown(id)).title, "by id");
  const third = await TrayIcon.getById(id);
  await third!.close();
  equal((await shown(id)).title, "by id", "after a handle was closed");
  await TrayIcon.removeById(id);
  await invoke("tray_empty");
  await rejectsWith(TrayIcon.removeById(id), id);
  equal(await TrayIcon.getById(id), null);
});

test("tray/TrayIcon/menu", async () => {
  const inbox = new Inbox<string>();
  const first = await MenuItem.new({ id: fresh("item"), text: "&First", action: () => inbox.push("first") });
  const check = await CheckMenuItem.new({ text: "Check", checked: false, action: () => inbox.push("check") });
  const menu = await Menu.new({ items: [first, check] });
  await withIcon({ menu }, async (icon) => {
    equal((await shown(icon.id)).menu, ["_First", "Check"]);
    equal((await shown(icon.id)).onLeft, true);
    await invoke("tray_choose", { id: icon.id, label: "_First" });
    await invoke("tray_choose", { id: icon.id, label: "Check" });
    equal(await inbox.first(2), ["first", "check"]);
    equal(await check.isChecked(), true);
    await menu.append(await MenuItem.new({ text: "Third" }));
    equal((await invoke<Shown>("tray_menu", { id: icon.id, items: 3 })).menu, ["_First", "Check", "Third"]);
    await icon.setMenu(null);
    equal((await shown(icon.id)).menu, []);
    await icon.setMenu(menu);
    equal((await shown(icon.id)).menu.length, 3);
  });
  await menu.close();
});

const titleIn = helper("tray title", async ({ id, title }: { id: string; title: string }) => {
  await (await TrayIcon.getById(id))!.setTitle(title);
});

test("tray/TrayIcon/a left click opens the menu, or is told", async () => {
  const inbox = new Inbox<TrayIconEvent>();
  const menu = await Menu.new({ items: [{ text: "First" }] });
  await withIcon({ menu, action: inbox.push }, async (icon) => {
    equal((await shown(icon.id)).onLeft, true);
    for (const set of [(on: boolean) => icon.setMenuOnLeftClick(on), (on: boolean) => icon.setShowMenuOnLeftClick(on)]) {
      await set(false);
      equal((await shown(icon.id)).onLeft, false);
      const before = inbox.all.length;
      await invoke("tray_click", { id: icon.id, method: "Activate", x: 1, y: 2 });
      equal((await inbox.first(before + 1)).at(-1)!.type, "Click");
      await set(true);
      equal((await shown(icon.id)).onLeft, true);
    }
  });
  await menu.close();
});

test("tray/TrayIcon/an icon from a file", async () => withIcon({}, async (icon) => {
  await icon.setIcon((await info()).inside);
  equal((await shown(icon.id)).pixels.slice(0, 6), [3, 2, 255, 0, 0, 0]);
  await rejectsWith(icon.setIcon((await info()).outside), "core:image:allow-from-path");
}));

test("tray/TrayIcon/from another window", async () => {
  const id = fresh("tray");
  await withIcon({ id }, async () => {
    await titleIn("second", { id, title: "other" });
    equal((await shown(id)).title, "other");
  });
});

test("tray/TrayIcon/what is wrong is refused", () => withIcon({ id: "once" }, async (icon) => {
  await rejectsWith(TrayIcon.new({ id: "once" }), "once");
  await rejectsWith(TrayIcon.new({ id: "x".repeat(2000) }), "1024");
  await rejectsWith(icon.setTitle("a\0"), "zeros");
  await rejectsWith(icon.setIcon([1, 2, 3]));
  await rejectsWith(invoke("plugin:tray|set_menu", { rid: icon.rid, menu: [1, "Menu"] }), "invalid");
  await rejectsWith(invoke("plugin:tray|set_title", { rid: 1, title: "a" }), "invalid");
  await rejectsWith(invoke("plugin:tray|new", { options: { nothing: 1 }, handler: 1 }));
}));

test("tray/TrayIcon/not too many", async () => {
  const icons: TrayIcon[] = [];
  let reason: unknown = null;
  for (let i = 0; i < 40 && reason === null; i++) {
    await TrayIcon.new({}).then((icon) => icons.push(icon), (error: unknown) => (reason = error));
  }
  equal([icons.length, typeof reason], [32, "string"]);
  for (const icon of icons) {
    await icon.close();
  }
  await invoke("tray_empty");
});
