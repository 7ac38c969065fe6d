// @ts-check
/** The library window: places, the list, search, and a note. */
import * as core from './core.js';
import { followSettings } from './appearance.js';
import { attempt, drawIcons, find, h, icon, marked, shortcuts, toast, tool, when } from './dom.js';
import { highlight, rangesOf, wantedWords } from './find.js';
import { NoteView } from './noteview.js';

/** @typedef {import('./core.js').Item} Item */
/** @typedef {import('./core.js').Place} Place */

const items = find('#items');
const search = /** @type {HTMLInputElement} */ (find('#search'));
const orderBox = /** @type {HTMLSelectElement} */ (find('#order'));

/** @type {Place} */ let place = {};
let placeName = 'All notes';
/** @type {Item[]} */ let list = [];
let selected = 0; // the id of a note
/** @type {import('./core.js').Overview} */ let overview = { sources: [], counts: { all: 0, own: 0, pinned: 0, trashed: 0 }, resume: 0 };
/** @type {import('./core.js').Settings | undefined} */ let settings;

const view = new NoteView(find('#note'), {
  window: () => 'library',
  follow: (id, anchor) => { void select(id, { anchor }); },
  drawn: markFound,
  tools: (v) => {
    const n = v.note;
    if (!n) return [];
    const pin = tool('pin', n.pinned ? 'Unpin' : 'Pin', () => attempt('Pin', () => core.pinNote(n.id, !n.pinned)), 'Ctrl+P');
    pin.setAttribute('aria-pressed', String(n.pinned));
    const bin = n.trashed ? tool('restore', 'Take out of the trash', () => attempt('Restore', () => core.restoreNote(n.id)))
      : tool('trash', 'Move to the trash', () => trash(n.id));
    bin.classList.add('danger');
    return [pin, tool('window', 'Open in a window', () => attempt('Open', () => core.openWindow(n.id)), 'Ctrl+Enter'), bin];
  },
  empty: () => (overview.counts.all ? emptyNote() : h('span', {})),
});

function emptyNote() {
  const key = (/** @type {string} */ k, /** @type {string} */ what) => [h('kbd', { className: 'key' }, k), h('span', {}, what)];
  return h('div', { className: 'empty' }, icon('feather'), h('h2', {}, 'Nothing is open'),
    h('div', { className: 'keys' }, ...key('Ctrl N', 'Write a note'), ...key('Ctrl K', 'Find one'), ...key('↑ ↓', 'Walk through the list')));
}

// Places.

/** @param {Place} a @param {Place} b */
const samePlace = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param {import('./dom.js').Icon} name @param {string} label @param {number} count @param {Place} where @param {number} [depth]
 */
function placeButton(name, label, count, where, depth = 0) {
  const b = h('button', {
    type: 'button', className: depth ? 'place sub' : 'place', 'aria-current': String(!search.value && samePlace(where, place)),
    onclick: () => { place = where; placeName = label; search.value = ''; void attempt('List', () => refresh()); },
  }, icon(name), h('span', { className: 'name' }, label), h('span', { className: 'count' }, String(count || '')));
  b.style.setProperty('--depth', String(depth));
  return b;
}

function drawPlaces() {
  const { counts, sources } = overview;
  const nav = find('#places');
  const top = nav.scrollTop;
  nav.replaceChildren(
    placeButton('all', 'All notes', counts.all, {}),
    placeButton('pin', 'Pinned', counts.pinned, { pinned: true }),
    placeButton('feather', 'Written here', counts.own, { own: true }),
    placeButton('trash', 'Trash', counts.trashed, { trashed: true }),
    h('h2', {}, 'Folders', tool('import', 'Import a folder', showImport)),
    ...sources.flatMap((s) => {
      const again = tool('refresh', `Import ${s.name} again`, () => attempt('Import', () => core.importAgain(s.id)));
      again.classList.add('again');
      return [h('div', { className: 'source' }, placeButton('folder', s.name, s.notes, { source: s.id }), again),
        ...s.folders.filter((f) => !f.path.includes('/') || place.source === s.id)
          .map((f) => placeButton('folder', f.path.slice(f.path.lastIndexOf('/') + 1), f.notes, { source: s.id, folder: f.path }, f.path.split('/').length))];
    }));
  nav.scrollTop = top;
}

// The list.

/** @type {AbortController | undefined} */ let searching;

/** Asks for everything anew that is on display. */
async function refresh() {
  const query = search.value.trim();
  searching?.abort();
  const mine = new AbortController();
  searching = mine;
  const [o, found] = await Promise.all([
    core.overview(),
    query ? core.searchNotes(query, mine.signal) : core.listNotes({ ...place, order: settings?.order ?? 'updated' }),
  ]);
  if (mine.signal.aborted) return;
  overview = o;
  list = found;
  drawPlaces();
  drawList(query);
  markFound();
  if (!view.note) view.close();
  core.shown({ notes: o.counts.all });
}

/** @param {string} query */
function drawList(query) {
  find('#list-title').replaceChildren(query ? 'Found' : placeName, h('small', {}, String(list.length)));
  orderBox.hidden = query !== '';
  items.replaceChildren(...(list.length ? list.map(drawItem) : [emptyList(query)]));
  drawSelection();
}

/** @param {string} query */
function emptyList(query) {
  if (query) return h('div', { className: 'empty' }, icon('search'), h('p', {}, 'No note has all of these words.'));
  if (place.trashed) return h('div', { className: 'empty' }, icon('trash'), h('p', {}, 'The trash is empty. What you put here is kept for 30 days.'));
  if (place.pinned) return h('div', { className: 'empty' }, icon('pin'), h('p', {}, 'Pinned notes are always at the top of the list.'));
  return h('div', { className: 'empty' }, icon('feather'), h('p', {}, 'There is nothing here yet.'),
    h('button', { type: 'button', className: 'button', onclick: () => create() }, 'Write a note'));
}

/** @param {Item} n */
function drawItem(n) {
  const source = overview.sources.find((s) => s.id === n.source);
  return h('div', {
    className: 'item', role: 'option', id: `item-${n.id}`, 'aria-selected': 'false',
    onclick: () => select(n.id), ondblclick: () => attempt('Open', () => core.openWindow(n.id)),
  },
  h('h3', {}, n.pinned && icon('pin'), h('span', {}, ...marked(n.heading ?? n.title))),
  h('p', {}, ...marked(n.snippet ?? n.excerpt)),
  h('div', { className: 'meta' }, h('span', {}, when(n.updated)), h('span', { title: n.path }, source ? `${source.name}` : 'Written here')));
}

function drawSelection() {
  for (const e of items.querySelectorAll('.item')) e.setAttribute('aria-selected', String(e.id === `item-${selected}`));
  const e = document.getElementById(`item-${selected}`);
  if (e) items.setAttribute('aria-activedescendant', e.id);
  else items.removeAttribute('aria-activedescendant');
}

/** @param {number} id @param {{mode?: import('./noteview.js').Mode, anchor?: string}} [how] */
async function select(id, how) {
  selected = id;
  drawSelection();
  document.getElementById(`item-${id}`)?.scrollIntoView({ block: 'nearest' });
  await attempt('Open', () => view.open(id, how));
}

/** @param {number} by */
function move(by) {
  if (!list.length) return;
  const at = list.findIndex((n) => n.id === selected);
  const next = list[Math.min(list.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  if (next) void select(next.id);
}

function markFound() {
  const words = wantedWords(search.value);
  highlight(words.length ? rangesOf(view.text, words, true) : []);
}

// What can be done.

function create() {
  return attempt('New note', async () => {
    if (!place.own) { place = {}; placeName = 'All notes'; }
    search.value = '';
    const n = await core.createNote('');
    await refresh();
    await select(n.id, { mode: 'edit' });
  });
}

/** @param {number} id */
function trash(id) {
  return attempt('Trash', async () => {
    await view.flush();
    const at = list.findIndex((n) => n.id === id);
    await core.trashNote(id);
    toast('Moved to the trash.', { action: 'Undo', run: () => attempt('Restore', async () => { await core.restoreNote(id); await select(id); }) });
    const next = list[at + 1] ?? list[at - 1];
    if (next) await select(next.id);
    else view.close();
  });
}

// Imports.

const card = find('#progress');
let importing = false;

/** @param {import('./core.js').Progress} p */
function drawProgress(p) {
  card.hidden = p.state !== 'running';
  const bar = /** @type {HTMLProgressElement} */ (find('progress', card));
  find('strong', card).textContent = `Importing ${p.name}`;
  if (p.total) { bar.max = p.total; bar.value = p.done; } else bar.removeAttribute('value');
  find('.path', card).textContent = p.path;
  card.title = `${p.done} of ${p.total} files`;
  if (p.state === 'running') importing = true;
  else if (p.state !== 'idle') {
    const { added, updated, kept } = p.result;
    if (p.state === 'failed') toast(`Import: ${p.error}`, { error: true });
    else if (importing) {
      const parts = [added && `${added} new`, updated && `${updated} changed`, kept && `${kept} kept as you edited them`, p.skips.length && `${p.skips.length} skipped`].filter(Boolean);
      toast(`${p.state === 'canceled' ? 'Import stopped' : `${p.name} is imported`}: ${parts.join(', ') || 'nothing has changed'}.`);
    }
    importing = false;
    void attempt('List', async () => { await refresh(); if (!view.note && list[0]) await select(firstNote()); });
  }
}

/** The note that a new library begins with. */
function firstNote() {
  return (list.find((n) => n.path === 'welcome.md') ?? list[0])?.id ?? 0;
}

const importDialog = /** @type {HTMLDialogElement} */ (find('#import-dialog'));
const pathBox = /** @type {HTMLInputElement} */ (find('input', importDialog));

function showImport() {
  pathBox.value ||= settings?.lastFolder || '~/';
  importDialog.showModal();
  pathBox.select();
  void suggest();
}

async function suggest() {
  const prefix = pathBox.value;
  const found = await core.suggestFolders(prefix).catch(() => /** @type {string[]} */ ([]));
  if (prefix !== pathBox.value) return;
  find('.suggestions', importDialog).replaceChildren(...found.map((f) => h('li', {},
    h('button', { type: 'button', onclick: () => { pathBox.value = `${f}/`; pathBox.focus(); void suggest(); } }, f))));
}

// Settings and help.

const settingsDialog = /** @type {HTMLDialogElement} */ (find('#settings-dialog'));
const helpDialog = /** @type {HTMLDialogElement} */ (find('#help-dialog'));

/** @param {Partial<import('./core.js').Settings>} change */
const change = (change) => attempt('Settings', () => core.settings.update((s) => ({ ...s, ...change })));

function bindControls() {
  drawIcons();
  find('#new').onclick = () => create();
  find('#import').onclick = showImport;
  find('#settings').onclick = () => settingsDialog.showModal();
  find('#help').onclick = () => helpDialog.showModal();
  find('button', card).onclick = () => attempt('Stop', () => core.cancelImport());
  pathBox.oninput = () => { void suggest(); };
  find('form', importDialog).onsubmit = () => attempt('Import', () => core.importFolder(pathBox.value));
  find('[value=cancel]', importDialog).onclick = () => importDialog.close();
  for (const b of find('#theme').querySelectorAll('button')) b.onclick = () => change({ theme: b.value });
  const size = /** @type {HTMLInputElement} */ (find('#size'));
  size.oninput = () => change({ fontSize: Number(size.value) });
  const autosave = /** @type {HTMLInputElement} */ (find('#autosave'));
  autosave.onchange = () => change({ autosave: autosave.checked });
  orderBox.onchange = () => change({ order: /** @type {import('./core.js').Order} */ (orderBox.value) });
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  search.oninput = () => { clearTimeout(timer); timer = setTimeout(() => { void attempt('Search', refresh); }, 60); };
  search.onkeydown = (e) => {
    if (e.key === 'ArrowDown' || (e.key === 'Enter' && !e.ctrlKey)) {
      e.preventDefault();
      items.focus();
      clearTimeout(timer);
      void attempt('Search', async () => {
        await refresh(); // what was typed last may not have been searched for
        if (list[0] && (e.key === 'Enter' || !list.some((n) => n.id === selected))) await select(list[0].id);
      });
    } else if (e.key === 'Escape') {
      e.preventDefault();
      if (search.value) { search.value = ''; void attempt('Search', refresh); } else items.focus();
    }
  };
  items.onkeydown = (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -1e6, End: 1e6 }[e.key];
    if (step !== undefined && !e.ctrlKey) { e.preventDefault(); move(step); }
    if (e.key === 'Enter' && !e.ctrlKey && view.note) { e.preventDefault(); view.reader.focus(); }
    if (e.key === 'Delete' && view.note && !view.note.trashed) { e.preventDefault(); void trash(view.note.id); }
  };
  const focusSearch = () => { search.focus(); search.select(); };
  void core.onSearch(focusSearch);
  const current = (/** @type {(id: number) => unknown} */ f) => () => { if (view.note) f(view.note.id); };
  shortcuts({
    'Ctrl+K': focusSearch,
    'Ctrl+F': focusSearch,
    'Ctrl+N': () => { void create(); },
    'Ctrl+S': () => { void attempt('Save', () => view.save()); },
    'Ctrl+E': () => view.note && view.toggle(),
    'Ctrl+Shift+E': () => view.note && view.setMode('split', true),
    'Ctrl+P': current(() => attempt('Pin', () => core.pinNote(view.note?.id ?? 0, !view.note?.pinned))),
    'Ctrl+Enter': current((id) => attempt('Open', () => core.openWindow(id))),
    'Ctrl+,': () => settingsDialog.showModal(),
    'Ctrl+=': () => { void change({ fontSize: Math.min(24, (settings?.fontSize ?? 17) + 1) }); },
    'Ctrl+-': () => { void change({ fontSize: Math.max(13, (settings?.fontSize ?? 17) - 1) }); },
    F1: () => helpDialog.showModal(),
  });
  const keys = { 'Find': 'Ctrl+K', 'Write a note': 'Ctrl+N', 'Save': 'Ctrl+S', 'Read or write': 'Ctrl+E', 'Both side by side': 'Ctrl+Shift+E', 'Open in a window': 'Ctrl+Enter', 'Pin': 'Ctrl+P', 'Move to the trash': 'Delete', 'Larger or smaller text': 'Ctrl+= Ctrl+-', 'Settings': 'Ctrl+,' };
  find('.shortcuts').replaceChildren(...Object.entries(keys).flatMap(([what, key]) => [h('dt', {}, what), h('dd', {}, h('kbd', { className: 'key' }, key))]));
}

/** @param {import('./core.js').Settings} s */
function drawSettings(s) {
  const reorder = settings && settings.order !== s.order;
  settings = s;
  view.autosave = s.autosave;
  orderBox.value = s.order;
  for (const b of find('#theme').querySelectorAll('button')) b.setAttribute('aria-pressed', String(b.value === s.theme));
  const size = /** @type {HTMLInputElement} */ (find('#size'));
  size.value = String(s.fontSize);
  find('#size-value').textContent = `${s.fontSize}`;
  /** @type {HTMLInputElement} */ (find('#autosave')).checked = s.autosave;
  if (reorder) void attempt('List', refresh);
}

// The beginning.

/** @param {import('./core.js').Change} c */
function changed(c) {
  if (c.kind === 'pinned' && view.note?.id === c.id) {
    void attempt('Pin', async () => {
      await refresh();
      view.patch({ pinned: list.find((n) => n.id === c.id)?.pinned ?? !view.note?.pinned });
    });
    return;
  }
  void attempt('List', refresh);
}

bindControls();
await attempt('Start', async () => {
  await followSettings(drawSettings);
  await core.onChange(changed);
  await refresh();
  const last = overview.resume || firstNote();
  if (last) await select(last);
  await core.watchImports(drawProgress);
});
