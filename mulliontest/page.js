// What the test does in a page. It is put before each script, so that nothing
// of it stays in the page but the counters of input.
const tidy = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
const roots = (root, found = []) => {
  found.push(root);
  for (const e of root.querySelectorAll('*')) if (e.shadowRoot) roots(e.shadowRoot, found);
  return found;
};
const all = (selector) => roots(document).flatMap((root) => [...root.querySelectorAll(selector)]);
const visible = (e) => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
};
const textOf = (e) => tidy(e instanceof HTMLInputElement ? (['button', 'submit', 'reset'].includes(e.type) ? e.value : '') : e.innerText ?? e.textContent);
const nameOf = (e) => {
  const by = e.getAttribute('aria-labelledby');
  if (by) return tidy(by.split(/\s+/).map((id) => e.getRootNode().getElementById(id)?.textContent ?? '').join(' '));
  if (e.getAttribute('aria-label')) return tidy(e.getAttribute('aria-label'));
  if (e.labels?.length) {
    return tidy([...e.labels].map((l) => {
      const copy = l.cloneNode(true);
      for (const control of copy.querySelectorAll('input, select, textarea, button')) control.remove();
      return copy.textContent;
    }).join(' '));
  }
  const own = e.matches('input, select, textarea') ? textOf(e) : e.getAttribute('alt') ?? (textOf(e) || tidy(e.textContent));
  return own || tidy(e.getAttribute('placeholder') ?? e.getAttribute('title'));
};
const roles = {
  alert: '', article: 'article', banner: '', button: 'button, input[type=button], input[type=submit], input[type=reset], input[type=image], summary', cell: 'td', checkbox: 'input[type=checkbox]',
  columnheader: 'th', combobox: 'select:not([multiple]):not([size]), input[list]', dialog: 'dialog', form: 'form', group: 'fieldset, details',
  heading: 'h1, h2, h3, h4, h5, h6', img: 'img, svg', link: 'a[href], area[href]', list: 'ul, ol, menu', listbox: 'select[multiple], select[size], datalist',
  listitem: 'li', main: 'main', meter: 'meter', navigation: 'nav', option: 'option', paragraph: 'p', progressbar: 'progress', radio: 'input[type=radio]', row: 'tr',
  searchbox: 'input[type=search]', slider: 'input[type=range]', spinbutton: 'input[type=number]', status: 'output', table: 'table',
  textbox: 'input:not([type]), input[type=text], input[type=email], input[type=tel], input[type=url], textarea, [contenteditable=""], [contenteditable=true]',
};
const ofRole = (role) => {
  const implicit = roles[role];
  return all((implicit ? `:is(${implicit}):not([role]), ` : '') + `[role~="${CSS.escape(role)}"]`);
};
const describe = (e) => {
  const tag = e.tagName.toLowerCase();
  const attributes = [...e.attributes].filter((a) => ['id', 'class', 'name', 'type', 'role', 'aria-label', 'href'].includes(a.name)).map((a) => ` ${a.name}=${JSON.stringify(a.value)}`).join('');
  const text = textOf(e).slice(0, 40);
  return `<${tag}${attributes}>${text ? ` ${JSON.stringify(text)}` : ''}`;
};
const find = (q) => {
  let found;
  switch (q.by) {
    case 'css':
      found = all(q.value);
      break;
    case 'text': {
      const has = all('*').filter((e) => !e.matches('script, style, head, head *, title') && textOf(e) === q.value && visible(e));
      found = has.filter((e) => !has.some((o) => o !== e && e.contains(o)));
      break;
    }
    case 'role':
      found = ofRole(q.value).filter((e) => !q.name || nameOf(e) === q.name);
  }
  if (q.visible !== false) {
    const seen = found.filter(visible);
    if (seen.length > 0 || q.visible) found = seen;
  }
  return found;
};
const pageText = () => {
  const text = tidy(document.body?.innerText);
  return text.length > 600 ? `${text.slice(0, 600)} …` : text;
};
const missing = (q) => {
  const shown = pageText();
  const page = `; the page is ${location.href} and shows ${shown ? JSON.stringify(shown) : 'no text'}`;
  if (q.by === 'role') {
    const same = ofRole(q.value).filter(visible).slice(0, 20).map((e) => JSON.stringify(nameOf(e)));
    if (same.length > 0) return `there is none; of that role there are ${same.join(', ')}${page}`;
  }
  return `there is none${page}`;
};
// one returns the element that is meant, or says why there is none.
const one = (q) => {
  const found = find(q);
  if (q.nth !== undefined && q.nth >= 0) {
    if (found.length <= q.nth) return [null, found.length === 0 ? missing(q) : `there are only ${found.length}`];
    return [found[q.nth], ''];
  }
  if (found.length === 0) return [null, missing(q)];
  if (found.length > 1) return [null, `it is not clear which: ${found.length} match, among them ${found.slice(0, 5).map(describe).join(', ')}; say Nth or find it otherwise`];
  return [found[0], ''];
};
const frames = (n) => new Promise((done) => {
  let left = n;
  const next = () => (left-- > 0 ? requestAnimationFrame(next) : done());
  next();
  setTimeout(done, 200); // no frames are drawn of what is hidden
});
const at = (x, y) => {
  let hit = document.elementFromPoint(x, y);
  for (let inner; hit?.shadowRoot && (inner = hit.shadowRoot.elementFromPoint(x, y)) && inner !== hit;) hit = inner;
  return hit;
};
const holds = (e, o) => {
  for (; o; o = o.parentNode ?? o.host) if (o === e) return true;
  return false;
};
const reaches = (e, hit) => hit && (holds(e, hit) || hit.closest('label')?.control === e);
// counters count what arrives of mouse and keyboard. A click that is meant for
// an element, and finds another because that has just moved, is kept from the
// page and missed: it is made again.
const counters = () => {
  const key = Symbol.for('mulliontest');
  if (!window[key]) {
    const c = { id: Math.random(), moves: 0, x: -1, y: -1, downs: 0, keys: 0, missed: 0 };
    let miss = false;
    Object.defineProperty(window, key, { value: c });
    Object.defineProperty(c, 'target', { value: null, writable: true });
    const on = (type, f) => window.addEventListener(type, (e) => e.isTrusted && f(e), { capture: true });
    for (const type of ['pointermove', 'mousemove']) on(type, (e) => { c.moves++; c.x = e.clientX; c.y = e.clientY; });
    on('mousedown', () => { c.downs++; });
    on('pointerdown', (e) => {
      miss = c.target !== null && !reaches(c.target, e.composedPath()[0]);
      if (miss) c.missed++;
    });
    for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'auxclick', 'contextmenu']) {
      on(type, (e) => { if (miss) { e.preventDefault(); e.stopImmediatePropagation(); } });
    }
    on('keydown', (e) => { if (!['Shift', 'Control', 'Alt', 'Meta'].includes(e.key)) c.keys++; });
  }
  return window[key];
};
// place says where an element can be reached with the mouse.
const place = async (q, anyway) => {
  const [e, why] = one(q);
  if (!e) return { why };
  if (!visible(e)) return { why: `${describe(e)} is there, but not visible` };
  if (!anyway && e.matches(':disabled')) return { why: `${describe(e)} is disabled` };
  const center = () => {
    const box = e.getClientRects()[0] ?? e.getBoundingClientRect();
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth), top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    return { x: (left + right) / 2, y: (top + bottom) / 2, inside: right - left > 0 && bottom - top > 0 };
  };
  let c = center();
  if (!c.inside || !reaches(e, at(c.x, c.y))) {
    e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    c = center();
  }
  await frames(2);
  const later = center();
  if (later.x !== c.x || later.y !== c.y) return { why: `${describe(e)} does not stand still` };
  if (!c.inside) return { why: `${describe(e)} cannot be scrolled into view` };
  const hit = at(c.x, c.y);
  if (!reaches(e, hit)) return { why: `${describe(e)} is covered by ${hit ? describe(hit) : 'nothing of the page'}` };
  counters().target = e;
  return { x: c.x, y: c.y, width: innerWidth, height: innerHeight, counters: { ...counters() } };
};
