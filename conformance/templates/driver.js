// Runs in each page beside the front end of a template, by withGlobalTauri: it
// does what a user would, and reads what a user would read.
(() => {
  const invoke = (command, args) => window.__TAURI_INTERNALS__.invoke(command, args);
  const page = Math.random(); // names this document
  const frame = () => new Promise((resolve) => setTimeout(resolve, 20));
  const input = () => document.querySelector("#greet-input");
  const read = () => ({ page, name: input()?.value ?? "", text: document.body.innerText });

  const steps = {
    async greet({ name }) {
      while (!input()) await frame();
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
      set.call(input(), name);
      for (const type of ["input", "change"]) input().dispatchEvent(new Event(type, { bubbles: true }));
      await frame();
      input().form.requestSubmit();
    },
    async read() {},
  };

  addEventListener("load", async () => {
    for (;;) {
      const step = await invoke("next");
      await steps[step.do](step);
      while (!document.body.innerText.includes(step.until)) await frame();
      await invoke("done", read());
    }
  });
})();
