import { invoke, listen } from '/_mullion/api.js';

// What the Core may ask for, by name. A task returns what is worth knowing, or throws.
const tasks = {
  hello: async () => navigator.userAgent,

  bytes: async () => {
    const sent = new Uint8Array(1 << 20);
    for (let at = 0; at < sent.length; at += 1 << 16) crypto.getRandomValues(sent.subarray(at, at + (1 << 16)));
    const back = new Uint8Array(await invoke('echo', sent));
    if (back.length !== sent.length || back.some((byte, i) => byte !== sent[i])) throw new Error(`${back.length} bytes came back, and not those`);
    return `${sent.length} bytes each way`;
  },

  event: async () => {
    const heard = Promise.withResolvers ? Promise.withResolvers() : later();
    const off = await listen('selftest', (event) => heard.resolve(event.payload));
    await invoke('announce', { text: 'ünïcode' });
    const text = await heard.promise;
    off();
    if (text !== 'ünïcode') throw new Error(`heard ${JSON.stringify(text)}`);
    return '';
  },

  files: async () => {
    const part = await fetch('digits.txt', { headers: { Range: 'bytes=3-5' } });
    const text = await part.text();
    if (part.status !== 206 || text !== '345') throw new Error(`a range: status ${part.status}, ${JSON.stringify(text)}`);
    const nothing = await fetch('nothing.txt');
    if (nothing.status !== 404) throw new Error(`a file that is not there: status ${nothing.status}`);
    return '';
  },

  scheme: async () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
};

function later() {
  const l = {};
  l.promise = new Promise((resolve) => { l.resolve = resolve; });
  return l;
}

let last = null;
for (;;) {
  const task = await invoke('next', { last });
  try {
    last = { detail: await tasks[task]() };
  } catch (e) {
    last = { error: String(e) };
  }
}
