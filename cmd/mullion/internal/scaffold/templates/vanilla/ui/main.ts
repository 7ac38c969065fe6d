import { greet, openWindow, states } from "./bindings";

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
    say(await greet({ name: input.value }));
    input.select();
  } catch (error) {
    say(String(error), true);
  }
});

document.querySelector("#more")!.addEventListener("click", () => {
  openWindow().catch((error) => say(String(error), true));
});

// Called now, and whenever the state changes, whoever has changed it.
await states.guests.subscribe((guests) => {
  count.textContent = guests.count === 0 ? "Nobody was greeted yet" : `Greeted so far: ${guests.count}`;
  list.replaceChildren(
    ...guests.names.map((name) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    }),
  );
});
