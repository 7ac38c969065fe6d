import { invoke } from "@mullion/api";

const text: string = "front 1";
const page = Math.random().toString(36).slice(2, 8);
document.querySelector("h1")!.textContent = text;

let last = "";
for (;;) {
  try {
    const color = getComputedStyle(document.body).color.replace(/ /g, "");
    const what = `page=${page} text="${text}" color=${color} version=${await invoke<number>("version")}`;
    if (what !== last) await invoke("told", { what });
    last = what;
  } catch (error) {
    last = ""; // the program went away
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
