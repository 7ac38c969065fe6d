// What the page does for the bench: each job is asked for by an event.
import { Channel, emit, invoke, listen, state } from '/_mullion/api.js';

const text = 'x'.repeat(100);

// Bytes as the Core makes them.
function pattern(size) {
  const words = new Uint32Array(size / 4);
  let x = 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

async function sum(bytes) {
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, '0')).join('');
}

// Calls a command until work has ended.
async function meanwhile(small, work) {
  let busy = true;
  const calls = (async () => {
    while (small && busy) await invoke('echo', { text });
  })();
  try {
    return await work;
  } finally {
    busy = false;
    await calls;
  }
}

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return [value, (performance.now() - began) / 1000];
}

let bytes = null; // what is sent, made once

const jobs = {
  async callsInTurn({ n }) {
    for (let i = 0; i < n; i++) await invoke('echo', { text });
  },
  async callsAtOnce({ n }) {
    await Promise.all(Array.from({ length: n }, () => invoke('echo', { text })));
  },
  async events({ n }) {
    let next = 0, off;
    await new Promise((resolve, reject) => {
      listen('count', ({ payload }) => {
        if (payload.n !== next++) reject(`event ${payload.n} instead of ${next - 1}`);
        if (next === n) resolve();
      }).then((f) => { off = f; return invoke('listening'); });
    });
    off();
  },
  // How long n functions take to be told of 100 events, in seconds.
  async listeners({ n }) {
    let left = 100 * n, all;
    const told = new Promise((resolve) => { all = resolve });
    const off = await Promise.all(Array.from({ length: n }, () => listen('told', () => --left === 0 && all())));
    const [, seconds] = await timed(async () => { for (let i = 0; i < 100; i++) emit('told'); await told; });
    await Promise.all(off.map((f) => f()));
    return seconds;
  },
  async readMany({ path, n }) {
    const [, seconds] = await timed(async () => { for (let i = 0; i < n; i++) await invoke('plugin:fs|read_file', { path }); });
    return seconds;
  },
  // Follows states until it has seen so many changes.
  async states({ prefix, numbers, changes }) {
    // The first that each hears is the value as it is.
    let left = numbers.length, all;
    const told = () => { if (--left === 0) all(); };
    const heard = new Promise((resolve) => { all = resolve });
    const off = await Promise.all(numbers.map((n) => state(prefix + n).subscribe(told)));
    await heard;
    left = changes;
    const seen = new Promise((resolve) => { all = resolve });
    await invoke('listening');
    await seen;
    for (const f of off) f();
  },
  async send({ size, small }) {
    bytes ??= pattern(size);
    const [got, seconds] = await timed(() => meanwhile(small, invoke('take', bytes)));
    return { sum: got, seconds };
  },
  async get({ cmd, size, small }) {
    const [got, seconds] = await timed(() => meanwhile(small, invoke(cmd, { size })));
    return { sum: await sum(got), seconds };
  },
  // Several transfers of the same bytes, one after the other. What arrives is
  // looked at when the clock has stopped.
  async sendMany({ size, n, small }) {
    if (bytes?.byteLength !== size) bytes = pattern(size);
    const [, seconds] = await timed(() => meanwhile(small, (async () => {
      for (let i = 0; i < n; i++) if (await invoke('compare', bytes) !== size) throw new Error('too few bytes');
    })()));
    return { sum: await sum(bytes), seconds };
  },
  async getMany({ size, n, small }) {
    const got = [];
    const [, seconds] = await timed(() => meanwhile(small, (async () => {
      for (let i = 0; i < n; i++) got.push(await invoke('bytes', { size }));
    })()));
    const sums = new Set();
    for (const g of got) sums.add(await sum(g));
    return { sum: [...sums].join(), seconds };
  },
  async writeFile({ path, size, small }) {
    bytes ??= pattern(size);
    const headers = { path: encodeURIComponent(path), options: '{}' };
    const [, seconds] = await timed(() => meanwhile(small, invoke('plugin:fs|write_file', bytes, { headers })));
    return { sum: await sum(bytes), seconds };
  },
  async readFile({ path, small }) {
    const [got, seconds] = await timed(() => meanwhile(small, invoke('plugin:fs|read_file', { path })));
    return { sum: await sum(got), seconds };
  },
  // A store with n keys, from nothing to a file and back.
  async store({ path, n }) {
    const rid = await invoke('plugin:store|load', { path, options: { autoSave: false } });
    await invoke('plugin:store|clear', { rid });
    const [, set] = await timed(() => Promise.all(Array.from({ length: n }, (_, i) => invoke('plugin:store|set', { rid, key: `key ${i}`, value: { number: i, text } }))));
    const [, save] = await timed(() => invoke('plugin:store|save', { rid }));
    const [, reload] = await timed(() => invoke('plugin:store|reload', { rid }));
    const [entries, read] = await timed(() => invoke('plugin:store|entries', { rid }));
    await invoke('plugin:resources|close', { rid });
    return { count: entries.length, set, save, reload, read };
  },
  // A table with n rows in memory, filled twice and read.
  async sql({ n }) {
    const db = 'sqlite::memory:';
    const run = (query, values = []) => invoke('plugin:sql|execute', { db, query, values });
    const select = (query, values = []) => invoke('plugin:sql|select', { db, query, values });
    await invoke('plugin:sql|load', { db });
    const fill = async (rows) => {
      await run('DROP TABLE IF EXISTS rows');
      await run('CREATE TABLE rows (id INTEGER PRIMARY KEY, number REAL, text TEXT)');
      return (await timed(async () => { await run('BEGIN'); await rows(); await run('COMMIT'); }))[1];
    };
    const one = 'INSERT INTO rows (number, text) VALUES ($1, $2)';
    const insert = await fill(() => Promise.all(Array.from({ length: n }, (_, i) => run(one, [i / 2, text]))));
    const all = 'INSERT INTO rows (number, text) SELECT value / 2.0, $2 FROM json_each($1)';
    const many = await fill(() => run(all, [Array.from({ length: n }, (_, i) => i), text]));
    const [rows, read] = await timed(() => select('SELECT * FROM rows'));
    const [, single] = await timed(async () => { for (let i = 1; i <= 1000; i++) await select('SELECT * FROM rows WHERE id = $1', [i]); });
    await invoke('plugin:sql|close', { db });
    return { count: rows.length, insert, many, read, single };
  },
  async channel({ size, piece, small }) {
    const all = new Uint8Array(size);
    let at = 0;
    const [, seconds] = await timed(() => meanwhile(small, new Promise((resolve, reject) => {
      const ch = new Channel((part) => {
        all.set(new Uint8Array(part), at);
        at += part.byteLength;
        if (at === size) resolve();
      });
      invoke('pieces', { ch, size, piece }).catch(reject);
    })));
    return { sum: await sum(all), seconds };
  },
};

await listen('job', async ({ payload: { job, args } }) => {
  let value = null, error = null;
  try {
    value = (await jobs[job](args)) ?? null;
  } catch (e) {
    error = String(e);
  }
  await invoke('done', { value, error });
});
await invoke('done', { value: null, error: null });
