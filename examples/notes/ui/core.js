// @ts-check
/**
 * The commands of the Core as functions. What they do is told beside their Go
 * functions, in internal/notebook/commands.go.
 */
import { Channel, invoke, listen, state } from '/_mullion/api.js';

/**
 * @typedef {{id: number, source: number, path: string, title: string, excerpt: string, words: number, version: number,
 *   created: number, updated: number, pinned: boolean, trashed: boolean}} Summary
 * @typedef {Summary & {body: string}} Note
 * @typedef {Summary & {heading?: string, snippet?: string}} Item A note in a list; the last two if it was searched for.
 * @typedef {{note: number, base: number, body: string, updated: number}} Draft
 * @typedef {{note: Note, html: string, source: string, draft?: Draft}} Opened
 * @typedef {{id: number, name: string, path: string, imported: number, notes: number, folders: {path: string, notes: number}[]}} Source
 * @typedef {{sources: Source[], counts: {all: number, own: number, pinned: number, trashed: number}, resume: number}} Overview
 * @typedef {{source?: number, folder?: string, own?: boolean, pinned?: boolean, trashed?: boolean}} Place
 * @typedef {'updated' | 'title' | 'path'} Order
 * @typedef {{theme: string, fontSize: number, order: Order, autosave: boolean, lastFolder: string}} Settings
 * @typedef {{state: 'idle' | 'running' | 'done' | 'canceled' | 'failed', name: string, done: number, total: number, path: string,
 *   result: {added: number, updated: number, same: number, kept: number}, skips: {path: string, reason: string}[], error: string}} Progress
 * @typedef {{kind: string, id: number, version: number, by: string}} Change
 * @typedef {{code: 'conflict', note: Note}} Conflict
 */

/** @type {import('/_mullion/api.js').State<Settings>} */
export const settings = state('settings');

/** @returns {Promise<Overview>} */
export const overview = () => invoke('overview');
/** @param {Place & {order: Order}} args @returns {Promise<Summary[]>} */
export const listNotes = (args) => invoke('list_notes', args);
/** @param {string} query @param {AbortSignal} signal @returns {Promise<Item[]>} */
export const searchNotes = (query, signal) => invoke('search_notes', { query }, { signal });
/** @param {string} body @returns {Promise<Note>} */
export const createNote = (body) => invoke('create_note', { body });
/** @param {number} id @param {boolean} pinned @returns {Promise<void>} */
export const pinNote = (id, pinned) => invoke('pin_note', { id, pinned });
/** @param {number} id @returns {Promise<void>} */
export const trashNote = (id) => invoke('trash_note', { id });
/** @param {number} id @returns {Promise<void>} */
export const restoreNote = (id) => invoke('restore_note', { id });

/** @param {number} id @returns {Promise<Opened>} */
export const openNote = (id) => invoke('open_note', { id });
/** @param {number} id @param {string} body @param {AbortSignal} [signal] @returns {Promise<string>} */
export const renderNote = (id, body, signal) => invoke('render_note', { id, body }, { signal });
/** @param {number} id @param {number} version @param {string} body @returns {Promise<Summary>} Rejects with a Conflict. */
export const saveNote = (id, version, body) => invoke('save_note', { id, version, body });
/** @param {number} id @param {string} body @returns {Promise<Summary>} */
export const saveCopy = (id, body) => invoke('save_copy', { id, body });
/** @param {number} id @param {number} base @param {string} body @returns {Promise<void>} */
export const saveDraft = (id, base, body) => invoke('save_draft', { id, base, body });
/** @param {number} id @returns {Promise<void>} */
export const dropDraft = (id) => invoke('drop_draft', { id });

/** @param {number} id @returns {Promise<void>} */
export const openWindow = (id) => invoke('open_window', { id });
/** @param {boolean} [search] @returns {Promise<void>} */
export const openLibrary = (search = false) => invoke('open_library', { search });
/** @param {string} url @returns {Promise<void>} */
export const openLink = (url) => invoke('open_link', { url });
/** @returns {Promise<void>} */
export const flushed = () => invoke('flushed');

/** @param {string} path @returns {Promise<void>} */
export const importFolder = (path) => invoke('import_folder', { path });
/** @param {number} id @returns {Promise<void>} */
export const importAgain = (id) => invoke('import_again', { id });
/** @returns {Promise<void>} */
export const cancelImport = () => invoke('cancel_import');
/** @param {(p: Progress) => void} cb @returns {Promise<void>} */
export const watchImports = (cb) => invoke('watch_imports', { onProgress: new Channel(cb) });
/** @param {string} prefix @returns {Promise<string[]>} */
export const suggestFolders = (prefix) => invoke('suggest_folders', { prefix });

/** @param {(c: Change) => void} cb */
export const onChange = (cb) => listen('notes://changed', (/** @type {{payload: Change}} */ e) => cb(e.payload));
/** @param {() => void} cb */
export const onFlush = (cb) => listen('notes://flush', cb);
/** @param {() => void} cb */
export const onSearch = (cb) => listen('notes://search', cb);

const automation = new URLSearchParams(location.search).has('automation');
let library = 0;

/**
 * Tells scripts what the window shows, once it is drawn; otherwise does
 * nothing.
 * @param {{text?: string, state?: string, notes?: number}} what
 */
export function shown(what) {
  if (!automation) return;
  library = what.notes ?? library;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    void invoke('shown', {
      text: document.querySelector('.text')?.textContent ?? '',
      state: document.querySelector('.save-state')?.getAttribute('data-state') ?? '',
      notes: library,
    });
  }));
}

/** @param {unknown} error @returns {error is Conflict} */
export const isConflict = (error) => typeof error === 'object' && error !== null && /** @type {any} */ (error).code === 'conflict';

/** @param {unknown} error */
export const messageOf = (error) => (typeof error === 'string' ? error : error instanceof Error ? error.message : JSON.stringify(error));
