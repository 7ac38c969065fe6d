// Menu items that do something by themselves, chosen by a real keyboard. The
// other runs would learn nothing more from it. Quit, which ends the app, is
// tested in internal/e2e.

import { invoke } from "@tauri-apps/api/core";
import { LogicalPosition } from "@tauri-apps/api/dpi";
import { Image } from "@tauri-apps/api/image";
import { type AboutMetadata, Menu } from "@tauri-apps/api/menu";
import { Window } from "@tauri-apps/api/window";
import { Inbox, equal, fresh, helper, testIn, within } from "./harness";

interface Field {
  value: string;
  start: number;
  end: number;
}

const field = (): HTMLTextAreaElement => document.querySelector("textarea") ?? document.body.appendChild(document.createElement("textarea"));

const select = helper("select in the field", ({ value, start, end }: Field) => {
  if (field().value !== value) {
    field().value = value;
  }
  field().focus();
  field().setSelectionRange(start, end);
});
const read = helper("read the field", (): Field => ({ value: field().value, start: field().selectionStart, end: field().selectionEnd }));

const editing = ["Copy", "Cut", "Paste", "SelectAll", "Undo", "Redo"] as const;

const green = new Uint8Array(64 * 64 * 4).map((_, i) => (i % 2) * 255);

async function about(): Promise<AboutMetadata> {
  return {
    name: "About the tests", version: "4.2", shortVersion: "4", authors: ["A. One", "B. Two"], comments: "What it is", copyright: "(c) nobody",
    license: "Any", website: "https://example.org", websiteLabel: "Its site", credits: "All", icon: await Image.new(green, 64, 64),
  };
}

async function menuOf(chosen: Inbox<string>): Promise<Menu> {
  return Menu.new({
    items: [
      { text: "&Edit", items: editing.map((item, i) => ({ item, text: `&${i + 1}` })) },
      {
        text: "&Window",
        items: [
          { item: "Minimize", text: "&1" }, { item: "Maximize", text: "&2" }, { item: "Fullscreen", text: "&3" },
          { item: "CloseWindow", text: "&4" }, { item: { About: await about() }, text: "&5" },
        ],
      },
      {
        text: "&Other",
        items: [
          { item: "Services" }, { item: "Hide" }, { item: "HideOthers" }, { item: "ShowAll" }, { text: "First", action: () => chosen.push("First") },
          { item: "Separator" }, { text: "Last", action: () => chosen.push("Last") },
        ],
      },
    ],
  });
}

/** Waits until the answer is as wanted. */
async function becomes<T>(what: string, want: T, ask: () => Promise<T>): Promise<void> {
  let got: T | undefined;
  await within(what, (async () => {
    do {
      got = await ask();
    } while (JSON.stringify(got) !== JSON.stringify(want));
  })()).catch((error: unknown) => {
    throw new Error(`${String(error)}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  });
}

/** Chooses an item and waits for its effect. */
async function effect<T>(choose: () => Promise<void>, happens: () => Promise<T>): Promise<T> {
  await choose();
  return within("the effect", happens());
}

/** Runs body with a window that has the menu and the keyboard. */
async function withMenu(body: (w: Window, choose: (...keys: string[]) => Promise<void>, chosen: Inbox<string>) => Promise<void>): Promise<void> {
  const label = fresh("menu");
  await invoke("open", { label });
  const w = (await Window.getByLabel(label))!;
  const chosen = new Inbox<string>();
  const menu = await menuOf(chosen);
  try {
    await menu.setAsWindowMenu(w);
    await invoke("window", { label, operation: "focus", a: 0, b: 0 });
    await body(w, (...keys) => invoke("key", { keys }), chosen);
  } finally {
    await w.destroy();
    await menu.close();
  }
}

testIn(["package"], "menu/PredefinedMenuItem/edits what has the keyboard", () => withMenu(async (w, choose) => {
  const edit = (item: (typeof editing)[number]) => choose("alt+e", String(editing.indexOf(item) + 1));
  const reads = (what: string, value: string, start: number, end = start) =>
    becomes(what, { value, start, end }, () => read(w.label, null));
  await select(w.label, { value: "one two", start: 0, end: 0 });
  await edit("SelectAll");
  await reads("all selected", "one two", 0, 7);
  await select(w.label, { value: "one two", start: 0, end: 3 });
  await edit("Copy");
  await select(w.label, { value: "one two", start: 7, end: 7 });
  await edit("Paste");
  await reads("pasted", "one twoone", 10);
  await select(w.label, { value: "one twoone", start: 3, end: 7 });
  await edit("Cut");
  await reads("cut", "oneone", 3);
  await edit("Undo");
  await reads("undone", "one twoone", 3, 7);
  await edit("Redo");
  await reads("done again", "oneone", 3);
  await edit("Paste");
  await reads("what was cut", "one twoone", 7);
  const popup = await Menu.new({ items: [{ item: "SelectAll" }] });
  await popup.popup(new LogicalPosition(20, 20), w);
  await invoke("menu_open");
  await choose("Down", "Return");
  await reads("all selected by a popup", "one twoone", 0, 10);
  await popup.close();
}));

testIn(["package"], "menu/PredefinedMenuItem/does it to the window", () => withMenu(async (w, choose) => {
  const item = (key: string) => () => choose("alt+w", key);
  await effect(item("2"), () => becomes("maximized", true, () => w.isMaximized()));
  await effect(item("2"), () => becomes("not maximized", false, () => w.isMaximized()));
  await effect(item("3"), () => becomes("fullscreen", true, () => w.isFullscreen()));
  await effect(item("3"), () => becomes("not fullscreen", false, () => w.isFullscreen()));
  await effect(item("5"), () => invoke("shown", { title: "About the tests" }));
  await invoke("key", { keys: ["Return"] });
  await invoke("window", { label: w.label, operation: "focus", a: 0, b: 0 });
  // Last: while a window comes back, the window manager may still move the keyboard,
  // which ends a menu.
  await effect(item("1"), () => becomes("minimized", true, () => w.isMinimized()));
}));

testIn(["package"], "menu/PredefinedMenuItem/closes the window", () => withMenu(async (w, choose) => {
  await effect(() => choose("alt+w", "4"), () => invoke("gone", { label: w.label }));
  await invoke("open", { label: w.label }); // for withMenu
}));

const metadata = "authors,comments,copyright,credits,icon,license,name,shortVersion,version,website,websiteLabel";

testIn(["package"], `menu/AboutMetadata.${metadata}/are what the dialog tells`, () => withMenu(async (_, choose) => {
  const title = "About the tests";
  await effect(() => choose("alt+w", "5"), () => invoke("shown", { title }));
  await becomes("a green picture", [0, 255, 0], () => invoke("pixel", { title, x: 62, y: 40 }));
  // The user copies the text, and puts it into another window.
  await choose("Tab", "ctrl+a", "ctrl+c");
  const label = fresh("paste");
  await invoke("open", { label });
  await invoke("window", { label, operation: "focus", a: 0, b: 0 });
  await select(label, { value: "", start: 0, end: 0 });
  await choose("ctrl+v");
  await becomes("the text", [
    "About the tests 4.2 (4)", "What it is", "A. One, B. Two", "(c) nobody", "Any", "Its site https://example.org", "All",
  ].join("\n\n"), async () => (await read(label, null)).value);
  await (await Window.getByLabel(label))!.destroy();
  await invoke("shown", { title });
  await choose("Return");
}));

testIn(["package"], "menu/PredefinedMenuItem/separates, or is left out where only macOS has it", () => withMenu(async (_, choose, chosen) => {
  equal(await effect(() => choose("alt+o", "Return"), () => chosen.first(1)), ["First"]);
  equal(await effect(() => choose("alt+o", "Down", "Return"), () => chosen.first(2)), ["First", "Last"]);
}));
