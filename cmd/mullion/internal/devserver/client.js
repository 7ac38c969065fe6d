// Runs in each page of the dev server, before the page's own scripts: replaces
// style sheets that have changed, loads the page again when anything else has,
// and shows errors over it.

const socket = new URL('/_mullion/dev', location.href);
socket.protocol = 'ws:';

/** The version of the front end that this page shows; the server compares. */
socket.search = new URL(import.meta.url).search;

/** How long to wait before the server is looked for again, in milliseconds. */
const pause = 500;

function connect() {
  const ws = new WebSocket(socket);
  ws.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.version) socket.search = message.version;
    switch (message.type) {
      case 'css':
        clear();
        for (const path of message.paths) restyle(path);
        break;
      case 'reload':
        location.reload();
        break;
      case 'error':
        show(message.text);
        break;
      case 'clear':
        clear();
        break;
    }
  };
  ws.onclose = () => setTimeout(connect, pause);
}

/** Loads a style sheet again; the old one stays until the new one is there. */
function restyle(path) {
  for (const link of document.querySelectorAll('link[rel~="stylesheet"]')) {
    const address = new URL(link.href);
    if (address.origin !== location.origin || address.pathname !== path || link.dataset.mullionOld) continue;
    address.searchParams.set('mullion', String(Date.now()));
    const next = link.cloneNode();
    next.href = address.href;
    next.onload = next.onerror = () => link.remove();
    link.dataset.mullionOld = 'true';
    link.after(next);
  }
}

let overlay;

function show(lines) {
  clear();
  overlay = document.createElement('div');
  const root = overlay.attachShadow({ mode: 'closed' });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    section { position: fixed; inset: 0; z-index: 2147483647; overflow: auto; padding: 2rem; background: #1b1b20f2;
      color: #e8e8ea; font: 14px/1.6 ui-monospace, monospace; white-space: pre-wrap; }
    h1 { margin: 0 0 1rem; font: 600 1.1rem system-ui, sans-serif; color: #ff8a80; }
    p { margin: 1.5rem 0 0; font: 13px system-ui, sans-serif; color: #a0a0a8; }
    button { position: absolute; top: 1rem; right: 1rem; border: 0; background: none; color: #e8e8ea; font-size: 1.4rem; cursor: pointer; }`);
  root.adoptedStyleSheets = [style];
  const section = document.createElement('section');
  const title = document.createElement('h1');
  title.textContent = 'The front end does not build';
  const text = document.createElement('div');
  text.textContent = lines.join('\n');
  const hint = document.createElement('p');
  hint.textContent = 'This goes away with the next change that builds.';
  const close = document.createElement('button');
  close.textContent = '\u00d7';
  close.title = 'Close';
  close.onclick = clear;
  section.append(title, text, hint, close);
  root.append(section);
  document.documentElement.append(overlay);
}

function clear() {
  overlay?.remove();
  overlay = undefined;
}

connect();
