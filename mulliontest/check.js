// What keeps people from using a page as it is shown now; see CheckAccessibility.
// It is put after page.js.
const problems = [];
for (const a of document.getAnimations()) if (a instanceof CSSTransition) a.finish(); // from the other colors
const tell = (e, what) => problems.push(`${describe(e)}: ${what}`);
const hidden = (e) => !visible(e) || e.closest('[aria-hidden=true], [inert]');

// Names.
if (!document.documentElement.lang) problems.push('the page has no language: <html lang="…">');
if (!document.title) problems.push('the page has no title');
const controls = all('button, a[href], input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=checkbox], [role=radio], [role=switch], [role=tab], [role=textbox], [role=slider], [role=menuitem], [role=option], dialog[open]');
for (const e of controls) if (!hidden(e) && !nameOf(e)) tell(e, 'has no name: a label, a text or aria-label');
for (const e of all('img, [role=img]')) if (!hidden(e) && !nameOf(e) && e.getAttribute('alt') === null && !e.closest('[role=presentation], [role=none]')) tell(e, 'has no alternative text: alt, which is empty for a decoration');

// Focus.
const mayFocus = all('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable=""], [contenteditable=true]').filter((e) => !hidden(e) && !e.matches(':disabled') && e.tabIndex >= 0);
for (const e of mayFocus) if (e.tabIndex > 0) tell(e, 'comes before all else by its tabindex: let the order of the elements be that of the focus');
for (const e of all('[role=button], [role=link], [role=checkbox], [role=switch], [role=textbox], [role=slider], [onclick]')) {
  if (!hidden(e) && e.tabIndex < 0 && !e.matches('label, option') && !e.querySelector('a[href], button, input, [tabindex]')) tell(e, 'can be used with a mouse only: tabindex="0"');
}
const stays = (e) => {
  for (; e; e = e.parentElement) if (['fixed', 'sticky'].includes(getComputedStyle(e).position)) return true;
  return false;
};
mayFocus.forEach((e, i) => {
  const before = mayFocus[i - 1];
  if (!before || stays(e) || stays(before)) return;
  const a = before.getBoundingClientRect(), b = e.getBoundingClientRect();
  if (b.bottom <= a.top && b.left < a.right && a.left < b.right) tell(e, `has the focus after ${describe(before)}, which is below it`);
});

// Contrast, as WCAG 2.2 computes it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio), for level AA.
const painter = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
const rgba = (color) => {
  painter.clearRect(0, 0, 1, 1);
  painter.fillStyle = color;
  painter.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = painter.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
const luminance = (c) => {
  const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const canvas = () => {
  const probe = document.createElement('div');
  probe.style.cssText = 'position: absolute; width: 0; background: Canvas';
  document.documentElement.append(probe);
  const color = rgba(getComputedStyle(probe).backgroundColor);
  probe.remove();
  return color;
};
// ground is the color behind an element, or nothing where a picture is behind it.
const ground = (e) => {
  const layers = [];
  for (; e; e = e.parentElement ?? e.getRootNode().host) {
    const s = getComputedStyle(e);
    if (s.backgroundImage !== 'none' || s.backdropFilter && s.backdropFilter !== 'none') return;
    layers.push(rgba(s.backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  return layers.reduceRight((below, c) => over(c, below), canvas());
};
const opacity = (e) => {
  let all = 1;
  for (; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
  return all;
};
const contrast = (e, style) => {
  const behind = ground(e);
  const ink = rgba(style.webkitTextFillColor || style.color);
  if (!behind || ink[3] === 0 || opacity(e) < 0.1) return;
  ink[3] *= opacity(e);
  const [dark, light] = [luminance(over(ink, behind)), luminance(behind)].sort((a, b) => a - b);
  const ratio = (light + 0.05) / (dark + 0.05);
  const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
  const wanted = large ? 3 : 4.5;
  if (ratio < wanted) tell(e, `has a contrast of ${ratio.toFixed(2)} to 1, not ${wanted}: ${style.color} on rgb(${behind.slice(0, 3).map(Math.round).join(', ')})`);
};
const texts = new Set();
for (const root of roots(document)) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) if (tidy(n.data) && n.parentElement && !n.parentElement.matches('script, style, title, option, noscript')) texts.add(n.parentElement);
}
for (const e of texts) {
  if (!hidden(e) && !e.closest(':disabled, [aria-disabled=true]')) contrast(e, getComputedStyle(e));
}
return problems;
