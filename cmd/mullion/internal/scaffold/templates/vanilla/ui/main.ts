import { invoke, state } from "@mullion/api";

interface Guests {
  names: string[];
  count: number;
}

const form = document.querySelector("form")!;
const input = document.querySelector("input")!;
const output = document.querySelector("output")!;
const count = document.querySelector("#count")!;
const list = document.querySelector("ol")!;

function say(text: string, wrong = false) {
  output.textContent = text;
  output.classList.toggle("wrong", wrong);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    say(await invoke<string>("greet", { name: input.value }));
    input.select();
  } catch (error) {
    say(String(error), true);
  }
});

document.querySelector("#more")!.addEventListener("click", () => {
  invoke("open_window").catch((error) => say(String(error), true));
});

// Called now, and whenever the state changes, whoever has changed it.
await state<Guests>("guests").subscribe((guests) => {
  count.textContent = guests.count === 0 ? "Nobody was greeted yet" : `Greeted so far: ${guests.count}`;
  list.replaceChildren(
    ...guests.names.map((name) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    }),
  );
});
