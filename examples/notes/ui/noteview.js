// @ts-check
/**
 * A note on display: reader, editor, and everything that keeps what was typed.
 *
 * What is typed goes to the Core twice: after a moment as a draft, which
 * survives the end of this page, of its processes and of the Core; and after a
 * longer one as a save, which every other window sees. A save that somebody
 * else was faster with is a conflict, which the user decides; nothing is saved
 * by itself until then, and the draft is kept.
 */
import * as core from './core.js';
import { attempt, h, icon, toast } from './dom.js';
import { bindEditing, wrap } from './editing.js';

/** @typedef {import('./core.js').Note} Note */
/** @typedef {'read' | 'edit' | 'split'} Mode */

const draftAfter = 250; // ms of no typing
const draftAtLeast = 1000; // ms between two drafts while typing
const saveAfter = 900;
const previewAfter = 120;

export class NoteView {
  /** @type {Note | undefined} */ note;
  /** @type {Note | undefined} */ theirs; // what the note is now, in a conflict
  dirty = false;
  autosave = true;
  /** @type {Mode} */ mode = 'read';

  #window;
  #options;
  #source = '';
  #opening = 0; // counts calls of open: only the last one may draw
  /** @type {Promise<unknown>} */ #writes = Promise.resolve(); // one write at a time, in order
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #draftTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #saveTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #previewTimer;
  #lastDraft = 0;
  /** @type {AbortController | undefined} */ #preview;

  /**
   * @param {HTMLElement} root
   * @param {{
   *   window: (id: number) => string,
   *   follow: (id: number, anchor: string) => void,
   *   tools?: (view: NoteView) => (Node | false)[],
   *   drawn?: () => void,
   *   summary?: (s: import('./core.js').Summary) => void,
   *   empty?: () => Node,
   * }} options window: the label of this window; follow: opens another note; drawn: the text has changed
   */
  constructor(root, options) {
    this.root = root;
    this.#options = options;
    this.#window = options.window;
    root.classList.add('note');
    this.crumbs = h('div', { className: 'crumbs' });
    this.status = h('span', { className: 'save-state', role: 'status' });
    this.modes = h('div', { className: 'segments', role: 'group', 'aria-label': 'View' },
      ...(/** @type {[Mode, string, string][]} */ ([['read', 'Read', 'Ctrl+E'], ['edit', 'Write', 'Ctrl+E'], ['split', 'Both', 'Ctrl+Shift+E']]))
        .map(([mode, label, keys]) => h('button', { type: 'button', value: mode, title: `${label} (${keys})`, onclick: () => this.setMode(mode, true) }, label)));
    this.toolbar = h('div', { className: 'tools' });
    this.header = h('header', {}, this.crumbs, this.status, this.modes, this.toolbar);
    this.banner = h('div', { className: 'conflict', role: 'alert', hidden: true });
    this.text = h('article', { className: 'text', 'aria-label': 'Text of the note' });
    this.reader = h('div', { className: 'reader', tabIndex: 0 }, this.text);
    this.area = h('textarea', {
      spellcheck: true, 'aria-label': 'Markdown of the note', placeholder: '# A title\n\nAnd then whatever is on your mind.',
      oninput: () => this.#typed(),
    });
    bindEditing(this.area);
    const editButton = (/** @type {Node | string} */ face, /** @type {string} */ label, /** @type {() => void} */ run) =>
      h('button', { type: 'button', className: 'tool', title: label, 'aria-label': label, tabIndex: -1, onclick: () => { this.area.focus(); run(); } }, face);
    this.editor = h('div', { className: 'editor' },
      h('div', { className: 'editor-bar', role: 'toolbar', 'aria-label': 'Format' },
        editButton(h('b', {}, 'B'), 'Bold (Ctrl+B)', () => wrap(this.area, '**')),
        editButton(h('i', {}, 'I'), 'Italic (Ctrl+I)', () => wrap(this.area, '_')),
        editButton(icon('code'), 'Code', () => wrap(this.area, '`')),
        editButton(icon('link'), 'Link (Ctrl+L)', () => wrap(this.area, '[', '](https://)')),
        editButton(icon('list'), 'List', () => wrap(this.area, '\n- ', '')),
        editButton(icon('task'), 'Task', () => wrap(this.area, '\n- [ ] ', ''))),
      this.area);
    this.panes = h('div', { className: 'panes' }, this.editor, this.reader);
    this.blank = h('div', { className: 'blank' });
    root.replaceChildren(this.header, this.banner, this.panes, this.blank);
    this.text.addEventListener('click', (e) => this.#clicked(e));
    this.text.addEventListener('auxclick', (e) => this.#clicked(e));
    this.area.addEventListener('scroll', () => this.#scrollAlong(), { passive: true });
    this.setMode('read');
    this.close();

    void core.onChange((c) => { void this.#changed(c); });
    void core.onFlush(() => {
      void this.flush().catch(() => undefined).finally(() => core.flushed());
    });
    addEventListener('blur', () => { void this.flush().catch(() => undefined); });
  }

  /** Shows no note. */
  close() {
    this.#opening++;
    this.note = undefined;
    this.header.hidden = this.panes.hidden = true;
    this.blank.hidden = false;
    this.blank.replaceChildren(...(this.#options.empty ? [this.#options.empty()] : []));
    this.#conflict(undefined);
  }

  /**
   * Shows a note. What was typed in the one before it is saved first.
   * @param {number} id @param {{mode?: Mode, anchor?: string}} [how]
   */
  async open(id, { mode, anchor } = {}) {
    const turn = ++this.#opening;
    if (this.note && this.note.id !== id) {
      // Without this, what cannot be saved is a draft already.
      await this.flush().catch((error) => toast(`Save: ${core.messageOf(error)}`, { error: true }));
    }
    const o = await core.openNote(id);
    if (turn !== this.#opening) return;
    const other = this.note?.id !== id;
    this.note = o.note;
    this.#source = o.source;
    this.#conflict(undefined);
    this.area.value = o.note.body;
    this.#setDirty(false);
    this.header.hidden = this.panes.hidden = false;
    this.blank.hidden = true;
    this.#show(o.html);
    this.#drawHeader();
    if (other) {
      this.reader.scrollTop = this.area.scrollTop = 0;
      this.area.setSelectionRange(0, 0);
    }
    if (o.draft && o.draft.body !== o.note.body) {
      this.area.value = o.draft.body;
      this.#setDirty(true);
      this.setMode(this.mode === 'read' ? 'split' : this.mode);
      if (o.draft.base === o.note.version) {
        toast('What you had not saved is back.');
        this.#scheduleSave();
      } else {
        this.note.version = o.draft.base;
        this.#conflict(o.note);
      }
      this.#schedulePreview();
    } else if (mode) {
      this.setMode(mode, true);
    }
    if (anchor) this.#scrollTo(anchor);
  }

  /** @param {Mode} mode @param {boolean} [focus] */
  setMode(mode, focus = false) {
    this.mode = mode;
    this.root.dataset.mode = mode;
    for (const b of this.modes.querySelectorAll('button')) b.setAttribute('aria-pressed', String(b.value === mode));
    if (mode !== 'edit') this.#schedulePreview(0);
    if (!focus) return;
    if (mode === 'read') this.reader.focus({ preventScroll: true });
    else this.area.focus({ preventScroll: true });
  }

  /** Changes between reading and writing. */
  toggle() { this.setMode(this.mode === 'read' ? 'edit' : 'read', true); }

  #drawHeader() {
    const n = this.note;
    if (!n) return;
    const parts = n.source ? [this.#source, ...n.path.split('/')] : ['Written here', n.title];
    this.crumbs.replaceChildren(...parts.flatMap((p, i) => (i === 0 ? [h('span', {}, p)] : [icon('chevron'), h('span', {}, p)])));
    this.crumbs.title = `${parts.join(' / ')}\n${n.words} words`;
    this.toolbar.replaceChildren(...(this.#options.tools?.(this) ?? []).filter((t) => t !== false));
  }

  /** Takes over what a list knows of the note. @param {Partial<Note>} change */
  patch(change) {
    if (!this.note) return;
    Object.assign(this.note, change);
    this.#drawHeader();
  }

  /** @param {string} html sanitised by the Core */
  #show(html) {
    const t = document.createElement('template');
    t.innerHTML = html;
    for (const box of t.content.querySelectorAll('input')) box.setAttribute('aria-label', 'Done'); // tasks
    this.text.replaceChildren(t.content);
    this.#options.drawn?.();
    core.shown({});
  }

  // What is typed.

  #typed() {
    this.#setDirty(true);
    this.#schedulePreview();
    clearTimeout(this.#draftTimer);
    const wait = Math.max(0, Math.min(draftAfter, this.#lastDraft + draftAtLeast - Date.now()));
    this.#draftTimer = setTimeout(() => { void attempt('Keep a draft', () => this.#draft()); }, wait);
    this.#scheduleSave();
  }

  #scheduleSave() {
    clearTimeout(this.#saveTimer);
    if (this.autosave && !this.theirs) this.#saveTimer = setTimeout(() => { void attempt('Save', () => this.save()); }, saveAfter);
  }

  /** @template T @param {() => Promise<T>} write @returns {Promise<T>} */
  #write(write) {
    const done = this.#writes.then(write);
    this.#writes = done.catch(() => undefined);
    return done;
  }

  async #draft() {
    clearTimeout(this.#draftTimer);
    const id = this.note?.id;
    await this.#write(async () => {
      if (!this.note || this.note.id !== id || !this.dirty) return;
      this.#lastDraft = Date.now();
      await core.saveDraft(this.note.id, this.note.version, this.area.value);
    });
  }

  /** Saves what was typed, if anything was. */
  async save() {
    clearTimeout(this.#saveTimer);
    clearTimeout(this.#draftTimer);
    const id = this.note?.id;
    await this.#write(async () => {
      const n = this.note;
      if (!n || n.id !== id || !this.dirty || this.theirs) return;
      const body = this.area.value;
      try {
        const s = await core.saveNote(n.id, n.version, body);
        Object.assign(n, s, { body });
        if (this.note !== n) return;
        this.#setDirty(this.area.value !== body);
        this.#drawHeader();
        this.#options.summary?.(s);
        if (this.dirty) this.#typed();
      } catch (error) {
        if (!core.isConflict(error)) throw error;
        await core.saveDraft(n.id, n.version, body);
        if (this.note === n) this.#conflict(error.note);
      }
    });
  }

  /** Hands over all that was typed: as a save, or else as a draft. */
  async flush() {
    if (!this.dirty) return;
    await this.#draft();
    if (this.autosave) await this.save();
  }

  /** @param {boolean} dirty */
  #setDirty(dirty) {
    this.dirty = dirty;
    const state = this.theirs ? 'conflict' : dirty ? 'dirty' : 'saved';
    if (this.status.dataset.state === state) return;
    this.status.dataset.state = state;
    this.status.textContent = { conflict: 'Conflict', dirty: 'Editing', saved: 'Saved' }[state];
    core.shown({});
  }

  // What others do.

  /** @param {import('./core.js').Change} c */
  async #changed(c) {
    const n = this.note;
    if (!n || (c.id !== n.id && c.kind !== 'imported')) return;
    if (c.kind === 'trashed') this.patch({ trashed: true });
    if (c.kind === 'restored') this.patch({ trashed: false });
    if (c.by === this.#window(n.id) || (c.kind !== 'saved' && c.kind !== 'imported')) return;
    if (c.kind === 'saved' && c.version <= n.version) return;
    await attempt('Show a change', () => this.#write(async () => {
      if (this.note !== n) return;
      const o = await core.openNote(n.id);
      if (this.note !== n || o.note.version <= n.version) return;
      if (!this.dirty || this.area.value === o.note.body) {
        this.#takeOver(o.note, o.html);
      } else {
        this.#conflict(o.note);
      }
    }));
  }

  /**
   * Shows a text that somebody else has saved, where the reader was.
   * @param {Note} note @param {string} html
   */
  #takeOver(note, html) {
    const { selectionStart, selectionEnd, scrollTop } = this.area;
    const top = this.reader.scrollTop;
    this.note = note;
    this.area.value = note.body;
    this.area.setSelectionRange(selectionStart, selectionEnd);
    this.area.scrollTop = scrollTop;
    this.#conflict(undefined);
    this.#setDirty(false);
    this.#show(html);
    this.#drawHeader();
    this.reader.scrollTop = top;
  }

  /** @param {Note | undefined} theirs */
  #conflict(theirs) {
    this.theirs = theirs;
    this.banner.hidden = !theirs;
    this.#setDirty(this.dirty);
    if (!theirs) {
      this.banner.replaceChildren();
      return;
    }
    clearTimeout(this.#saveTimer);
    const choice = (/** @type {string} */ label, /** @type {string} */ title, /** @type {() => Promise<void>} */ run) =>
      h('button', { type: 'button', className: 'button', title, onclick: () => attempt(label, run) }, label);
    this.banner.replaceChildren(
      h('p', {}, 'This note was changed elsewhere while you were writing. Your text is kept until you decide.'),
      choice('Keep both', 'Save your text as a note of its own, and show the other', () => this.#keepBoth()),
      choice('Keep mine', 'Your text replaces the other', () => this.#keepMine()),
      choice('Use the other', 'The other text replaces yours', () => this.#useTheirs()));
  }

  async #keepMine() {
    const theirs = this.theirs;
    if (!this.note || !theirs) return;
    this.note.version = theirs.version;
    this.#conflict(undefined);
    this.#setDirty(true);
    await this.save();
    if (!this.theirs) toast('Your text was saved.', { action: 'Undo', run: () => this.#replace(theirs.body), ms: 15000 });
  }

  async #useTheirs() {
    const mine = this.area.value;
    const theirs = this.theirs;
    if (!theirs) return;
    await this.#write(() => core.dropDraft(theirs.id));
    this.#takeOver(theirs, await core.renderNote(theirs.id, theirs.body));
    toast('The other text is shown.', { action: 'Undo', run: () => this.#replace(mine), ms: 15000 });
  }

  async #keepBoth() {
    const theirs = this.theirs;
    if (!theirs) return;
    const copy = await core.saveCopy(theirs.id, this.area.value);
    await this.#write(() => core.dropDraft(theirs.id));
    this.#takeOver(theirs, await core.renderNote(theirs.id, theirs.body));
    toast(`Your text is the note “${copy.title}” now.`, { action: 'Show', run: () => this.#options.follow(copy.id, '') });
  }

  /** @param {string} body */
  #replace(body) {
    this.area.value = body;
    this.#typed();
    this.#schedulePreview(0);
  }

  // The reader.

  #schedulePreview(wait = previewAfter) {
    clearTimeout(this.#previewTimer);
    if (this.mode === 'edit' || !this.note || !this.dirty) {
      if (this.note && !this.dirty && this.mode !== 'edit') this.#previewTimer = setTimeout(() => { void this.#drawPreview(); }, wait);
      return;
    }
    this.#previewTimer = setTimeout(() => { void this.#drawPreview(); }, wait);
  }

  async #drawPreview() {
    const n = this.note;
    if (!n) return;
    this.#preview?.abort();
    const mine = new AbortController();
    this.#preview = mine;
    await attempt('Preview', async () => {
      const html = await core.renderNote(n.id, this.area.value, mine.signal);
      if (this.note?.id !== n.id || mine.signal.aborted) return;
      const top = this.reader.scrollTop;
      this.#show(html);
      this.reader.scrollTop = top;
    });
  }

  #scrollAlong() {
    if (this.mode !== 'split' || document.activeElement !== this.area) return;
    const a = this.area;
    const share = a.scrollTop / Math.max(1, a.scrollHeight - a.clientHeight);
    this.reader.scrollTo({ top: share * (this.reader.scrollHeight - this.reader.clientHeight), behavior: 'instant' });
  }

  /** @param {string} anchor */
  #scrollTo(anchor) {
    const target = anchor && this.text.querySelector(`#${CSS.escape(anchor)}`);
    if (!target) return;
    target.scrollIntoView({ block: 'start' });
    target.classList.add('arrived');
  }

  /** @param {MouseEvent} e */
  #clicked(e) {
    const a = e.target instanceof Element ? e.target.closest('a') : null;
    if (!a) return;
    e.preventDefault();
    const href = a.getAttribute('href') ?? '';
    const note = /^note:(\d+)(?:#(.*))?$/.exec(href);
    if (note) {
      this.#options.follow(Number(note[1]), decodeURIComponent(note[2] ?? ''));
    } else if (href.startsWith('#')) {
      this.#scrollTo(decodeURIComponent(href.slice(1)));
    } else if (href) {
      void attempt('Open the link', () => core.openLink(href));
    }
  }
}
