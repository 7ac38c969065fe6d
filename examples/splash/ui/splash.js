import { listen } from '/_mullion/api.js';

const count = document.querySelector('.count');
const path = document.querySelector('.path');

await listen('progress', ({ payload }) => {
  count.textContent = `${payload.files.toLocaleString()} files read, ${payload.words.toLocaleString()} words known`;
  path.textContent = payload.path && '\u2066' + payload.path + '\u2069'; // left to right, though its beginning is what is cut off
});
