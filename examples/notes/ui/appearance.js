// @ts-check
import { settings } from './core.js';

/** @typedef {import('./core.js').Settings} Settings */

/**
 * Keeps the looks of the page in step with the settings, and calls back with
 * them.
 * @param {(s: Settings) => void} [cb]
 */
export async function followSettings(cb) {
  await settings.subscribe((s) => {
    document.documentElement.dataset.theme = s.theme;
    document.documentElement.style.setProperty('--size', `${s.fontSize}px`);
    cb?.(s);
  });
}
