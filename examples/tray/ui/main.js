import { invoke, state } from '/_mullion/api.js';

const toggle = document.querySelector('#toggle');
toggle.addEventListener('click', () => invoke('toggle'));
document.querySelector('#reset').addEventListener('click', () => invoke('reset'));

await state('timer').subscribe(({ running, total, left, hint }) => {
  document.body.classList.toggle('running', running);
  document.querySelector('.left').style.strokeDashoffset = 1 - left / total;
  document.querySelector('output').value = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  document.querySelector('p').textContent = hint;
  toggle.textContent = running ? 'Pause' : 'Start';
});
