// @ts-check
/** Small tools for building pages. */
import { messageOf } from './core.js';

/**
 * Finds an element that has to be there.
 * @template {Element} [E=HTMLElement]
 * @param {string} selector @param {ParentNode} [root] @returns {E}
 */
export function find(selector, root = document) {
  const e = root.querySelector(selector);
  if (!e) throw new Error(`no ${selector}`);
  return /** @type {E} */ (/** @type {unknown} */ (e));
}

/**
 * Makes an element. Properties are set as such; those with a hyphen, and role,
 * as attributes; on… as listeners.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [props] @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (key.includes('-') || key === 'role') e.setAttribute(key, String(value));
    else Reflect.set(e, key, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false).map((c) => /** @type {Node | string} */ (c)));
  return e;
}

/** What icons are drawn with, on a grid of 24. */
const icons = {
  all: 'M5 4h14v16H5zM9 9h6M9 13h6',
  close: 'M6 6l12 12M18 6L6 18',
  chevron: 'M9 6l6 6-6 6',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
  columns: 'M4 5h16v14H4zM12 5v14',
  compose: 'M12 5H5v14h14v-7M10 14l.7-3L18 3.700l2.3 2.300L13 13.300z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  feather: 'M20 4c-6 0-12 3-13 10l-2 6M7 14h6c4-2 6-6 7-10M9 18h3',
  folder: 'M3 6h6l2 2h10v11H3z',
  import: 'M12 3v11M8 10l4 4 4-4M4 17v3h16v-3',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  library: 'M5 4v16M9 4v16M13 5l5 15',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  pin: 'M9 3h6l-1 7 4 3v2H6v-2l4-3zM12 15v6',
  refresh: 'M20 11a8 8 0 0 0-14-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4l2-2M20 20v-5h-5',
  restore: 'M4 9h10a5 5 0 0 1 0 10h-4M8 5L4 9l4 4',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5',
  task: 'M4 5h14v14H4zM8 12l3 3 8-9',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  up: 'M6 15l6-6 6 6', down: 'M6 9l6 6 6-6',
  window: 'M14 4h6v6M20 4l-9 9M17 14v6H4V7h6',
};

/** @typedef {keyof typeof icons} Icon */

/** @param {Icon} name */
export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', icons[name]);
  svg.append(path);
  return svg;
}

/** Puts the icons into the elements that name one. */
export function drawIcons() {
  for (const e of document.querySelectorAll('[data-icon]')) {
    e.prepend(icon(/** @type {Icon} */ (e.getAttribute('data-icon'))));
  }
}

/**
 * A button of a tool bar, with an icon and a name.
 * @param {Icon} name @param {string} label @param {() => void} onclick @param {string} [keys]
 */
export function tool(name, label, onclick, keys) {
  return h('button', { type: 'button', className: 'tool', title: keys ? `${label} (${keys})` : label, 'aria-label': label, onclick }, icon(name));
}

/**
 * Says something for a while, with something that can be done about it.
 * @param {string} text @param {{error?: boolean, action?: string, run?: () => void, ms?: number}} [options]
 */
export function toast(text, { error = false, action, run, ms = error || action ? 8000 : 3500 } = {}) {
  const t = h('div', { className: error ? 'toast error' : 'toast' }, text);
  if (error) t.setAttribute('role', 'alert');
  const end = () => t.remove();
  if (action) t.append(h('button', { type: 'button', onclick: () => { end(); run?.(); } }, action));
  find('#toasts').append(t);
  setTimeout(end, ms);
}

/**
 * Runs what an event began, and says so if it fails.
 * @param {string} what such as "Save" @param {() => unknown} f
 */
export async function attempt(what, f) {
  try {
    return await f();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    toast(`${what}: ${messageOf(error)}`, { error: true });
    return undefined;
  }
}

/**
 * Calls the function that belongs to the keys that are pressed, written as
 * "Ctrl+Shift+K". On a Mac, Ctrl is the command key.
 * @param {Record<string, (e: KeyboardEvent) => unknown>} keys a function that returns false leaves the key to others
 */
export function shortcuts(keys) {
  addEventListener('keydown', (e) => {
    const name = [(e.ctrlKey || e.metaKey) && 'Ctrl', e.altKey && 'Alt', e.shiftKey && 'Shift', e.key.length === 1 ? e.key.toUpperCase() : e.key]
      .filter(Boolean).join('+');
    const f = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (f && f(e) !== false) {
      e.preventDefault();
      e.stopPropagation();
    }
  }, { capture: true });
}

/** @param {number} ms a time @returns {string} */
export function when(ms) {
  const date = new Date(ms);
  const now = new Date();
  const seconds = (now.getTime() - ms) / 1000;
  if (seconds < 60) return 'Just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (date.toDateString() === now.toDateString()) return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (date.getFullYear() === now.getFullYear()) return date.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return date.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
}

/**
 * The text with what stands between \x02 and \x03 marked. Nothing of it is
 * read as HTML.
 * @param {string} text
 */
export function marked(text) {
  return text.split('\x02').flatMap((piece, i) => {
    if (i === 0) return [piece];
    const [match, rest = ''] = piece.split('\x03');
    return [h('mark', {}, match), rest];
  });
}
