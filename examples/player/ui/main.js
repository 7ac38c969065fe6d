import { convertFileSrc, invoke } from '/_mullion/api.js';

const audio = document.querySelector('audio');
const canvas = document.querySelector('canvas');
const status = document.querySelector('p');
const $ = (id) => document.getElementById(id);
const own = (command, more) => invoke('plugin:window|' + command, { label: 'main', ...more });

$('close').addEventListener('click', () => own('close'));
$('minimize').addEventListener('click', () => own('minimize'));

const tunes = await invoke('tunes');
let at = 0;
let bars = [];

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;

function show() {
  const playing = !audio.paused;
  document.body.classList.toggle('playing', playing);
  if (audio.error) status.textContent = `This tune cannot be played: ${audio.error.message || 'error ' + audio.error.code}`;
  else if (audio.duration) status.textContent = `${clock(audio.currentTime)} of ${clock(audio.duration)}`;
  const pen = canvas.getContext('2d');
  const { width, height } = canvas;
  const done = audio.duration ? audio.currentTime / audio.duration : 0;
  pen.clearRect(0, 0, width, height);
  for (const [i, bar] of bars.entries()) {
    const tall = Math.max(6, bar * height);
    pen.fillStyle = i / bars.length < done ? '#7be0d3' : '#ffffff55';
    pen.beginPath();
    pen.roundRect((i * width) / bars.length, (height - tall) / 2, width / bars.length - 4, tall, 4);
    pen.fill();
  }
}

// How loud the tune is in each part of it. The samples are 16 bits each, after
// a header of 44 bytes.
function measure(file) {
  const samples = new Int16Array(file, 44);
  const part = Math.floor(samples.length / 68);
  const loud = Array.from({ length: 68 }, (_, i) => Math.sqrt(samples.subarray(i * part, (i + 1) * part).reduce((sum, v) => sum + v * v, 0) / part));
  const most = Math.max(...loud);
  return loud.map((v) => v / most);
}

// WebKitGTK plays media from the net and from memory, but not from schemes of
// an app's own, so the file is fetched first.
async function choose(i, play) {
  at = (i + tunes.length) % tunes.length;
  const tune = tunes[at];
  document.querySelector('h1').textContent = tune.title;
  try {
    const answer = await fetch(convertFileSrc(tune.path));
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    const file = await answer.arrayBuffer();
    if (tune !== tunes[at]) return; // another one was chosen meanwhile
    bars = measure(file);
    URL.revokeObjectURL(audio.src);
    audio.src = URL.createObjectURL(new Blob([file], { type: 'audio/wav' }));
    if (play) start();
  } catch (error) {
    status.textContent = `This tune cannot be read: ${error.message}`;
  }
  show();
}

const start = () => audio.play().catch(show);

// The title is in the task bar, though no title bar shows it.
const title = () => own('set_title', { value: `${audio.paused ? '' : '▶ '}${tunes[at].title} – Player` });

for (const event of ['loadedmetadata', 'timeupdate', 'pause', 'error', 'seeked']) audio.addEventListener(event, show);
for (const event of ['loadedmetadata', 'playing', 'pause']) audio.addEventListener(event, title);
audio.addEventListener('ended', () => choose(at + 1, true));
$('play').addEventListener('click', () => (audio.paused ? start() : audio.pause()));
$('back').addEventListener('click', () => choose(at - 1, !audio.paused));
$('next').addEventListener('click', () => choose(at + 1, !audio.paused));
canvas.addEventListener('click', (e) => (audio.currentTime = (e.offsetX / canvas.clientWidth) * audio.duration));
canvas.addEventListener('keydown', (e) => {
  if (e.key === 'ArrowRight') audio.currentTime += 2;
  if (e.key === 'ArrowLeft') audio.currentTime -= 2;
});

await choose(0, false);
