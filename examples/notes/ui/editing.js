// @ts-check
/** What a plain text area lacks for writing Markdown. */

/**
 * Puts text in the place of the selection, so that it can be undone.
 * @param {HTMLTextAreaElement} area @param {string} text
 */
function insert(area, text) {
  // There is no other way to keep the history of a text area.
  if (!document.execCommand('insertText', false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
}

/**
 * Encloses the selection, or takes the marks away when they are there.
 * @param {HTMLTextAreaElement} area @param {string} before @param {string} [after]
 */
export function wrap(area, before, after = before) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const text = value.slice(from, to);
  if (before.startsWith('\n') && (from === 0 || value[from - 1] === '\n')) before = before.slice(1);
  if (after && value.slice(from - before.length, from) === before && value.slice(to, to + after.length) === after) {
    area.setSelectionRange(from - before.length, to + after.length);
    insert(area, text);
    area.setSelectionRange(from - before.length, to - before.length);
    return;
  }
  insert(area, before + text + after);
  area.setSelectionRange(from + before.length, from + before.length + text.length);
}

const item = /^(\s*)(?:([-*+]) (\[[ xX]\] )?|(\d+)([.)]) |(> ?))/;

/** Goes on with a list or a quotation in the next line. @param {HTMLTextAreaElement} area */
function nextLine(area) {
  const { selectionStart: at, selectionEnd, value } = area;
  if (at !== selectionEnd) return false;
  const begin = value.lastIndexOf('\n', at - 1) + 1;
  const line = value.slice(begin, at);
  const m = item.exec(line);
  if (!m) return false;
  if (line.length === m[0].length) { // an empty item ends the list
    area.setSelectionRange(begin, at);
    insert(area, '');
    return true;
  }
  const [, indent = '', bullet, task, number, dot, quote] = m;
  insert(area, `\n${indent}${bullet ? `${bullet} ${task ? '[ ] ' : ''}` : number ? `${Number(number) + 1}${dot} ` : quote}`);
  return true;
}

/** @param {HTMLTextAreaElement} area */
export function bindEditing(area) {
  area.addEventListener('keydown', (e) => {
    const ctrl = e.ctrlKey || e.metaKey;
    const key = e.key.toLowerCase();
    if (e.isComposing) return;
    if (key === 'enter' && !ctrl && !e.shiftKey && !e.altKey) {
      if (nextLine(area)) e.preventDefault();
    } else if (ctrl && !e.shiftKey && !e.altKey && (key === 'b' || key === 'i' || key === 'l')) {
      e.preventDefault();
      if (key === 'l') wrap(area, '[', '](https://)');
      else wrap(area, key === 'b' ? '**' : '_');
    }
  });
}
