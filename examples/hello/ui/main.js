import { invoke } from '/_mullion/api.js';

const form = document.querySelector('form');
form.addEventListener('submit', async (e) => {
  e.preventDefault();
  document.querySelector('output').value = await invoke('greet', { name: form.elements[0].value });
});
