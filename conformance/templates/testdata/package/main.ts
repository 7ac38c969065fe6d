import { Channel, commands, convertFileSrc, emit, invoke, isVersionConflict, listen, state } from "@mullion/api";
import type { State } from "@mullion/api";

interface App {
  greet(args: { name: string }): string;
}

const app = commands<App>();

export const counter: State<number> = state("counter");
export const all = [Channel, convertFileSrc, emit, invoke, isVersionConflict, listen];

export async function greet(name: string): Promise<string> {
  return await app.greet({ name });
}

document.querySelector("form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { value } = document.querySelector<HTMLInputElement>("#greet-input")!;
  document.querySelector("p")!.textContent = await greet(value);
});
