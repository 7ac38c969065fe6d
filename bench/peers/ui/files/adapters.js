// How this page reaches its program: one object per kind of program, all of one form.
// What a kind of program has no way for is missing in its object.
//
//   echo()           a call with 100 bytes each way
//   tell(what, text) a call that the runner hears of
//   send(bytes)      bytes to the program, which compares them; resolves with their number
//   get(size)        bytes from the program, as a Uint8Array
//   events(n, f)     has the program send n events; f gets the text of each
//   channel(n, f)    the same through a channel
//   jobs(f)          f gets each job, as text
const text = 'x'.repeat(100);

// Bytes by HTTP, for programs that answer requests of their page.
const http = {
  async send(bytes) {
    const answer = await fetch(`take?size=${bytes.byteLength}`, { method: 'POST', body: bytes });
    if (!answer.ok) throw new Error(`take: ${answer.status}`);
    return Number(await answer.text());
  },
  async get(size) {
    const answer = await fetch(`give?size=${size}`);
    return new Uint8Array(await answer.arrayBuffer());
  },
};

const adapters = {
  // Tauri, and Mullion, which has the same API.
  tauri() {
    const { invoke, Channel } = window.__TAURI__.core;
    const { listen } = window.__TAURI__.event;
    return {
      echo: () => invoke('echo', { text }),
      tell: (what, text) => invoke('tell', { what, text }),
      send: (bytes) => invoke('take', bytes),
      get: async (size) => new Uint8Array(await invoke('give', { size })),
      events: async (n, f) => {
        await listen('count', ({ payload }) => f(payload));
        await invoke('flood', { n });
      },
      channel: (n, f) => {
        const channel = new Channel();
        channel.onmessage = f;
        return invoke('pour', { n, channel });
      },
      jobs: (f) => listen('job', ({ payload }) => f(payload)),
    };
  },
  // Wails calls methods of Go values.
  wails() {
    const { Echo, Tell, Flood } = window.go.main.Program;
    return {
      echo: () => Echo(text),
      tell: Tell,
      ...http,
      events: (n, f) => {
        window.runtime.EventsOn('count', f);
        return Flood(n);
      },
      jobs: (f) => window.runtime.EventsOn('job', f),
    };
  },
  // The C program: script messages that have an answer.
  floor() {
    const post = (what) => window.webkit.messageHandlers.peer.postMessage(what);
    return {
      echo: () => post(`echo ${text}`),
      tell: (what, text) => post(`tell ${what} ${text}`),
      ...http,
      events: (n, f) => {
        window.peerEvent = f;
        return post(`flood ${n}`);
      },
      jobs: (f) => { window.peerJob = f; },
    };
  },
  // webview binds functions.
  webview() {
    return {
      echo: () => window.peerEcho(text),
      tell: window.peerTell,
      events: (n, f) => {
        window.peerEvent = f;
        return window.peerFlood(n);
      },
      jobs: (f) => { window.peerJob = f; },
    };
  },
  // A browser's window: a WebSocket to a server on this machine.
  async browser() {
    const socket = new WebSocket(`ws://${location.host}/socket`);
    const open = new Map();
    let next = 0;
    const told = {};
    socket.onmessage = ({ data }) => {
      const { id, text, kind } = JSON.parse(data);
      if (kind) return told[kind]?.(text);
      open.get(id)(text);
      open.delete(id);
    };
    await new Promise((resolve) => { socket.onopen = resolve; });
    const call = (what, text) => new Promise((resolve) => {
      open.set(++next, resolve);
      socket.send(JSON.stringify({ id: next, what, text }));
    });
    return {
      echo: () => call('echo', text),
      tell: (what, text) => call(what, text),
      ...http,
      events: (n, f) => {
        told.count = f;
        return call('flood', String(n));
      },
      jobs: (f) => { told.job = f; },
    };
  },
};

function kind() {
  if (window.__TAURI__) return 'tauri';
  if (window.go?.main) return 'wails';
  if (window.peerEcho) return 'webview';
  if (window.webkit?.messageHandlers?.peer) return 'floor';
  return 'browser';
}
