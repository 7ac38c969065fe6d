// @ts-check
/** Finding text in what is shown, without a change to the document. */

/**
 * @param {Node} root @param {string[]} terms in lower case
 * @param {boolean} wordStart only where a word begins
 * @returns {Range[]} in the order of the document
 */
export function rangesOf(root, terms, wordStart) {
  const ranges = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const text = (n.textContent ?? '').toLowerCase();
    if (text.length !== n.textContent?.length) continue; // a letter that is two in lower case
    for (const term of terms) {
      for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) {
        if (wordStart && at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1])) continue;
        const r = new Range();
        r.setStart(n, at);
        r.setEnd(n, at + term.length);
        ranges.push(r);
      }
    }
  }
  return ranges.sort((a, b) => a.compareBoundaryPoints(Range.START_TO_START, b));
}

/**
 * Marks ranges, and one of them as the current one.
 * @param {Range[]} ranges @param {number} [current]
 */
export function highlight(ranges, current = -1) {
  const one = ranges[current];
  const set = (/** @type {string} */ name, /** @type {Range[]} */ rs) => {
    // With an empty highlight, WebKitGTK 2.50.6 marks texts in other places.
    if (rs.length) CSS.highlights.set(name, new Highlight(...rs));
    else CSS.highlights.delete(name);
  };
  set('found', ranges);
  set('found-current', one ? [one] : []);
  one?.startContainer.parentElement?.scrollIntoView({ block: 'center' });
}

/** The words of a search that are wanted. @param {string} query */
export function wantedWords(query) {
  return [...query.toLowerCase().matchAll(/(-?)(?:"([^"]*)"?|(\S+))/g)]
    .filter((m) => !m[1]).map((m) => (m[2] ?? m[3] ?? '').trim()).filter((t) => t !== '');
}
