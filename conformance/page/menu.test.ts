import { Image } from "@tauri-apps/api/image";
import { CheckMenuItem, IconMenuItem, Menu, MenuItem, NativeIcon, PredefinedMenuItem, Submenu, itemFromKind } from "@tauri-apps/api/menu";
import { equal, fresh, ok, rejectsWith, test } from "./harness";

const ids = async (menu: Menu | Submenu): Promise<string[]> => (await menu.items()).map((item) => item.id);

test("menu/Menu/items in order", async () => {
  const menu = await Menu.new({ items: [{ id: "a", text: "A" }, { item: "Separator" }, { id: "c", text: "C", checked: true }] });
  const items = await menu.items();
  ok(items[0] instanceof MenuItem && items[1] instanceof PredefinedMenuItem && items[2] instanceof CheckMenuItem, "kinds");
  await menu.append({ id: "d", text: "D" });
  await menu.prepend([{ id: "x", text: "X" }, { id: "y", text: "Y" }]);
  await menu.insert(await MenuItem.new({ id: "m", text: "M" }), 2);
  equal((await ids(menu)).filter((id) => !id.startsWith("item-")), ["y", "x", "m", "a", "c", "d"]);
  equal((await menu.removeAt(0))?.id, "y");
  const found = await menu.get("m");
  ok(found !== null, "not found");
  await menu.remove(found as MenuItem);
  equal(await menu.get("m"), null);
});

test("menu/Menu/of a window and of the app", async () => {
  const own = await Menu.new({ id: fresh("menu"), items: [{ text: "own" }] });
  equal(await own.setAsWindowMenu(), null);
  const next = await Menu.default();
  equal((await next.setAsWindowMenu())?.id, own.id);
  const app = await Menu.new();
  await app.setAsAppMenu();
  equal((await (await Menu.new()).setAsAppMenu())?.id, app.id);
  await (await Menu.new()).setAsWindowMenu();
});

test("menu/Submenu/text and items", async () => {
  const sub = await Submenu.new({ text: "Sub", items: [{ id: "in", text: "In" }] });
  equal(await sub.text(), "Sub");
  await sub.setText("Other");
  await sub.setEnabled(false);
  equal([await sub.text(), await sub.isEnabled(), await ids(sub)], ["Other", false, ["in"]]);
  await sub.setAsWindowsMenuForNSApp();
  await sub.setAsHelpMenuForNSApp();
  const menu = await Menu.new({ items: [sub] });
  ok((await menu.items())[0] instanceof Submenu, "no submenu");
});

test("menu/Submenu/items in order", async () => {
  const icon = await Image.new(new Uint8Array(4), 1, 1);
  const sub = await Submenu.new({ text: "Sub" });
  await sub.append({ id: "b", text: "B" });
  await sub.prepend({ id: "a", text: "A" });
  await sub.insert({ id: "c", text: "C" }, 2);
  equal(await ids(sub), ["a", "b", "c"]);
  await sub.remove((await sub.get("b")) as MenuItem);
  equal((await sub.removeAt(0))?.id, "a");
  equal(await ids(sub), ["c"]);
  await sub.setIcon(icon);
  await sub.setIcon(null);
  equal(await sub.get("a"), null);
});

test("menu/CheckMenuItem/what all items have", () => all(CheckMenuItem.new({ text: "A" })));

test("menu/IconMenuItem/what all items have", () => all(IconMenuItem.new({ text: "A" })));

async function all(made: Promise<CheckMenuItem | IconMenuItem>): Promise<void> {
  const item = await made;
  await item.setText("B");
  await item.setEnabled(false);
  await item.setAccelerator("F6");
  equal([await item.text(), await item.isEnabled()], ["B", false]);
  await item.close();
  await rejectsWith(item.text(), "resource");
}

test("menu/MenuItem/properties", async () => {
  const item = await MenuItem.new({ text: "A", enabled: false, accelerator: "CmdOrCtrl+Shift+S" });
  equal([await item.text(), await item.isEnabled()], ["A", false]);
  await item.setText("B");
  await item.setEnabled(true);
  await item.setAccelerator("F5");
  await item.setAccelerator(null);
  equal([await item.text(), await item.isEnabled()], ["B", true]);
  await rejectsWith(item.setAccelerator("Hyper+X"), "unknown modifier");
});

test("menu/CheckMenuItem/checked", async () => {
  const item = await CheckMenuItem.new({ text: "A", checked: true });
  equal(await item.isChecked(), true);
  await item.setChecked(false);
  equal(await item.isChecked(), false);
});

test("menu/IconMenuItem/icon", async () => {
  const icon = await Image.new(new Uint8Array(4), 1, 1);
  const item = await IconMenuItem.new({ text: "A", icon });
  await item.setIcon(NativeIcon.Add);
  await item.setIcon(icon);
  await item.setIcon(null);
  await rejectsWith(item.setIcon([1, 2, 3]), "neither PNG nor ICO");
});

test("menu/NativeIcon/are names", () => equal(NativeIcon.Add as string, "Add"));

test("menu/PredefinedMenuItem/text", async () => {
  const item = await PredefinedMenuItem.new({ item: "Copy", text: "Take" });
  equal(await item.text(), "Take");
  await item.setText("Give");
  equal(await item.text(), "Give");
  await PredefinedMenuItem.new({ item: { About: { name: "x", authors: ["a"] } } });
  await PredefinedMenuItem.new({ item: "Services" });
});

test("menu/itemFromKind/makes the class", () => {
  ok(itemFromKind([1, "a", "Check"]) instanceof CheckMenuItem, "no CheckMenuItem");
});
