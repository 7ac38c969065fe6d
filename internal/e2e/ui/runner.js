// Runs the modules that a test hands over, one after the other, and tells
// what they return.
const { invoke } = window.__TAURI_INTERNALS__;

// load imports a script. A navigation that comes to nothing ends what is being
// loaded: then it is tried again.
async function load(id) {
  for (let n = 0; ; n++) {
    try {
      return await import(`/run/${id}.js${n ? `?${n}` : ''}`);
    } catch (e) {
      if (n === 5 || !(e instanceof TypeError)) throw e;
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

for (;;) {
  let id;
  try {
    id = await invoke('e2e_next');
  } catch {
    break; // the app is going
  }
  let value = null, error = null;
  try {
    const { default: run } = await load(id);
    value = (await run(window)) ?? null;
  } catch (e) {
    error = e instanceof Error ? `${e.name}: ${e.message}` : JSON.stringify(e);
    // A document that is being left can import nothing more: it has no timers
    // either, and does not ask for the next script again and again.
    await new Promise((r) => setTimeout(r, 1));
  }
  try {
    await invoke('e2e_done', { id, value, error });
  } catch (e) {
    await invoke('e2e_done', { id, value: null, error: `result: ${e}` });
  }
}
