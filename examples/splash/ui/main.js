import { invoke } from '/_mullion/api.js';

const input = document.querySelector('input');
const status = document.querySelector('.status');
const list = document.querySelector('ol');

function row(path) {
  const cut = path.lastIndexOf('/') + 1;
  const li = document.createElement('li');
  const folder = document.createElement('span');
  folder.textContent = path.slice(0, cut);
  li.append(path.slice(cut), folder);
  li.title = path;
  return li;
}

// chip is a word to begin with.
function chip(word) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = word;
  button.addEventListener('click', () => {
    input.value = word;
    input.focus();
    search();
  });
  return button;
}

const chips = document.querySelector('section');
let known = '';
let last; // the search under way, which the next one ends

async function search() {
  last?.abort();
  last = new AbortController();
  const query = input.value.trim();
  try {
    const { total, paths } = await invoke('search', { query }, { signal: last.signal });
    list.replaceChildren(...(query ? paths.map(row) : []));
    chips.hidden = !!query;
    status.textContent = !query ? known : total > paths.length ? `${total} files, the first ${paths.length}` : `${total} files`;
  } catch (error) {
    if (error.name !== 'AbortError') status.textContent = error;
  }
}

document.querySelector('form').addEventListener('submit', (e) => e.preventDefault());
input.addEventListener('input', search);

const { files, words, try: first } = await invoke('ready');
chips.replaceChildren(...first.map(chip));
status.textContent = known = `${files.toLocaleString()} files with ${words.toLocaleString()} different words`;
input.focus();
