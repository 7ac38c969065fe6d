// What the runner can have the page do. A job is {"job": NAME, "args": {…}}; its result is
// told as "done".

// Bytes as programs make them too: xorshift32, from 1.
function pattern(size) {
  const words = new Uint32Array(size / 4);
  let x = 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

function compare(got, want) {
  if (got.byteLength !== want.byteLength) throw new Error(`${got.byteLength} bytes, not ${want.byteLength}`);
  const a = new Uint32Array(got.buffer, got.byteOffset, got.byteLength / 4);
  const b = new Uint32Array(want.buffer);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) throw new Error(`other bytes at ${4 * i}`);
}

// Seconds that work takes. The clock of a page has steps of 1 ms.
async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

// Small calls, one after the other, until work has ended.
async function meanwhile(peer, small, work) {
  let busy = true;
  const calls = (async () => {
    while (small && busy) await peer.echo();
  })();
  try {
    await work();
  } finally {
    busy = false;
    await calls;
  }
}

// Counts texts that begin with their number, until there are n in order.
function counter(n) {
  let next = 0, end;
  const all = new Promise((resolve, reject) => { end = { resolve, reject }; });
  return [all, (text) => {
    if (parseInt(text, 10) !== next++) end.reject(new Error(`${text} instead of ${next - 1}`));
    if (next === n) end.resolve();
  }];
}

const jobs = {
  async calls(peer, { n }) {
    for (let i = 0; i < n; i++) {
      const got = await peer.echo();
      if (got !== text) throw new Error(`echo: ${got}`);
    }
    return 0;
  },
  burst: (peer, { n, times }) => timed(async () => {
    for (let i = 0; i < times; i++) await Promise.all(Array.from({ length: n }, () => peer.echo()));
  }),
  events: (peer, { n }) => timed(async () => {
    const [all, f] = counter(n);
    await Promise.all([peer.events(n, f), all]);
  }),
  channel: (peer, { n }) => timed(async () => {
    const [all, f] = counter(n);
    await Promise.all([peer.channel(n, f), all]);
  }),
  async send(peer, { size, n, small }) {
    const bytes = pattern(size);
    return timed(() => meanwhile(peer, small, async () => {
      for (let i = 0; i < n; i++) if (await peer.send(bytes) !== size) throw new Error('too few bytes');
    }));
  },
  async get(peer, { size, n, small }) {
    const want = pattern(size), got = [];
    const seconds = await timed(() => meanwhile(peer, small, async () => {
      for (let i = 0; i < n; i++) got.push(await peer.get(size));
    }));
    for (const g of got) compare(g, want);
    return seconds;
  },
};

(async () => {
  const peer = await adapters[kind()]();
  await peer.jobs(async (line) => {
    const { job, args } = JSON.parse(line);
    const result = { value: 0, error: '' };
    try {
      result.value = await jobs[job](peer, args);
    } catch (e) {
      result.error = String(e);
    }
    await peer.tell('done', JSON.stringify(result));
  });
  await peer.echo();
  await peer.tell('ready', '');
})();
