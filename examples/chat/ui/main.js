import { invoke, listen, state } from '/_mullion/api.js';

const list = document.querySelector('ol');
const typing = document.querySelector('.typing');
const form = document.querySelector('form');
const input = document.querySelector('input');

const me = await invoke('me');
document.querySelector('h1').textContent = me.name;
document.querySelector('header p').textContent = 'with ' + me.others.join(' and ');
const hues = new Map([me.name, ...me.others].sort().map((name, i) => [name, `light-dark(hsl(${200 + i * 75} 60% 38%), hsl(${200 + i * 75} 70% 72%))`]));

// The text with marks around the names that are mentioned.
function marked(text) {
  return text.split(/(@\w+)/).map((part) => {
    if (!part.startsWith('@') || !hues.has(part.slice(1))) return part;
    const mark = document.createElement('mark');
    mark.classList.toggle('me', part.slice(1) === me.name);
    mark.textContent = part;
    return mark;
  });
}

function bubble(message, before) {
  const li = document.createElement('li');
  li.classList.toggle('mine', message.from === me.name);
  li.classList.toggle('more', before?.from === message.from);
  li.style.setProperty('--hue', hues.get(message.from));
  const name = document.createElement('b');
  name.textContent = message.from;
  const time = document.createElement('time');
  time.textContent = new Date(message.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const text = document.createElement('div');
  text.append(...marked(message.text), time);
  li.append(name, text);
  return li;
}

let drawn = [];
let seen = -1; // the number of the last message that was looked at

function count() {
  const last = drawn.at(-1)?.number ?? 0;
  if (document.hasFocus() || seen < 0) seen = last;
  const unread = drawn.filter((m) => m.number > seen && m.from !== me.name).length;
  const value = `${unread ? `(${unread}) ` : ''}${me.name} – Chat`;
  return invoke('plugin:window|set_title', { label: me.name, value });
}

// The state is all messages; only those that are new are drawn.
await state('conversation').subscribe(({ messages }) => {
  const last = drawn.at(-1)?.number ?? 0;
  for (const [i, message] of messages.entries()) {
    if (message.number > last) list.append(bubble(message, messages[i - 1]));
  }
  drawn = messages;
  list.scrollTop = list.scrollHeight;
  typing.textContent = '';
  count();
});
window.addEventListener('focus', count);

let quiet;
await listen('typing', ({ payload }) => {
  if (payload === me.name) return;
  typing.textContent = `${payload} is writing …`;
  clearTimeout(quiet);
  quiet = setTimeout(() => (typing.textContent = ''), 3000);
});

let told = 0;
input.addEventListener('input', () => {
  if (Date.now() - told < 1500) return;
  told = Date.now();
  invoke('typing');
});

form.addEventListener('submit', async (e) => {
  e.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = '';
  told = 0;
  try {
    await invoke('say', { text });
  } catch (error) {
    input.value = text;
    typing.textContent = error;
  }
});
