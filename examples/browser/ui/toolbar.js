import { invoke, listen } from '/_mullion/api.js';

const $ = (selector) => document.querySelector(selector);
const address = $('input');
const note = $('[role=alert]');
let shown = { url: '', title: '', loading: false, back: false, forward: false, failure: '' };
let refused = '';

// layout tells where there is room for the content: all that is below the
// toolbar, which grows with a message.
function layout() {
  const top = Math.ceil($('header').getBoundingClientRect().bottom);
  invoke('layout', { x: 0, y: top, width: innerWidth, height: Math.max(1, innerHeight - top) });
}

function show() {
  $('#back').disabled = !shown.back;
  $('#forward').disabled = !shown.forward;
  $('#reload').disabled = !shown.url;
  $('#reload').title = shown.loading ? 'Stop' : 'Reload';
  document.body.classList.toggle('loading', shown.loading);
  if (document.activeElement !== address) address.value = shown.url;
  $('output').value = shown.title;
  note.textContent = refused || (shown.failure && `This page could not be loaded: ${shown.failure}`);
  note.hidden = !note.textContent;
}

const tell = (error) => { refused = String(error); show(); };

function visit(text) {
  refused = '';
  address.blur();
  address.value = text;
  invoke('visit', { text }).catch(tell);
}

$('form').addEventListener('submit', (e) => { e.preventDefault(); visit(address.value); });
$('#back').onclick = () => invoke('back').catch(tell);
$('#forward').onclick = () => invoke('forward').catch(tell);
$('#reload').onclick = () => invoke(shown.loading ? 'stop' : 'reload').catch(tell);
address.addEventListener('focus', () => setTimeout(() => address.select()));
address.addEventListener('blur', show);
for (const b of document.querySelectorAll('[data-visit]')) b.onclick = () => visit(b.dataset.visit);
new ResizeObserver(layout).observe($('header'));
addEventListener('resize', layout);

await listen('page', ({ payload }) => {
  if (payload.url !== shown.url || payload.loading && !shown.loading) refused = '';
  shown = payload;
  show();
});
await listen('refused', ({ payload }) => tell(`${payload.url} is not shown: ${payload.reason}.`));
layout();
