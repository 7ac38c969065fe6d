// @ts-check
/** The window of one note. It may use that note and no other. */
import * as core from './core.js';
import { followSettings } from './appearance.js';
import { attempt, h, icon, shortcuts, tool } from './dom.js';
import { highlight, rangesOf } from './find.js';
import { NoteView } from './noteview.js';

const id = Number(new URLSearchParams(location.search).get('id'));
const main = /** @type {HTMLElement} */ (document.querySelector('#note'));

const view = new NoteView(main, {
  window: (note) => `note-${note}`,
  follow: (note, anchor) => {
    if (note === id) void view.open(id, { anchor });
    else void attempt('Open', () => core.openWindow(note));
  },
  drawn: () => { if (!bar.hidden) found(0); },
  tools: () => [
    tool('search', 'Find in this note', showFind, 'Ctrl+F'),
    tool('library', 'Show the library', () => attempt('Library', () => core.openLibrary()), 'Ctrl+K'),
  ],
  summary: (s) => { document.title = s.title; },
});

// Finding in the text.

const box = h('input', { type: 'search', placeholder: 'Find in this note', 'aria-label': 'Find in this note', spellcheck: false });
const count = h('output', { role: 'status' });
const bar = h('div', { className: 'find', role: 'search', hidden: true }, box, count,
  tool('up', 'The one before', () => found(-1), 'Shift+Enter'), tool('down', 'The next one', () => found(1), 'Enter'), tool('close', 'Close', hideFind, 'Esc'));
main.append(bar);
let at = 0;

/** @param {number} step */
function found(step) {
  const term = box.value.trim().toLowerCase();
  const ranges = term ? rangesOf(view.text, [term], false) : [];
  at = ranges.length ? (at + step + ranges.length) % ranges.length : 0;
  count.textContent = term ? (ranges.length ? `${at + 1} of ${ranges.length}` : 'None') : '';
  highlight(ranges, ranges.length ? at : -1);
}

function showFind() {
  if (view.mode === 'edit') view.setMode('split');
  bar.hidden = false;
  box.focus();
  box.select();
  found(0);
}

function hideFind() {
  bar.hidden = true;
  highlight([]);
  view.setMode(view.mode, true);
}

box.addEventListener('input', () => { at = 0; found(0); });
box.addEventListener('keydown', (e) => {
  if (e.key === 'Enter') { e.preventDefault(); found(e.shiftKey ? -1 : 1); }
  if (e.key === 'Escape') { e.preventDefault(); hideFind(); }
});

shortcuts({
  'Ctrl+F': showFind,
  'Ctrl+K': () => { void attempt('Library', () => core.openLibrary(true)); },
  'Ctrl+S': () => { void attempt('Save', () => view.save()); },
  'Ctrl+E': () => view.toggle(),
  'Ctrl+Shift+E': () => view.setMode('split', true),
});

await attempt('Open', async () => {
  await followSettings((s) => { view.autosave = s.autosave; });
  await view.open(id);
  if (!view.note) main.replaceChildren(h('div', { className: 'empty' }, icon('feather'), h('h2', {}, 'This note is gone')));
});
