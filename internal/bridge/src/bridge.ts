// The bridge script. It runs in the script world `mullion`, which alone sees
// the engine's message handler, and joins the page script to the host.
// PROTOCOL.md, section 2, says what goes through it.
//
// The page cannot reach the builtins of this world, but it shares the DOM:
// a method of `document` can be hidden by an element of that name, so
// those are taken from the prototype.

import { decodeBase64 } from "./base64";
import { dispatch, listen } from "./builtins";
import { sockets } from "./socket";
import { callEvent, messageEvent, readyEvent, replyEvent, type Detail } from "./protocol";

/** The secret of this webview, the argument of the script. */
declare const key: string;

interface MessageHandler {
  postMessage(text: string): Promise<string>;
}

declare global {
  interface Window {
    webkit: { messageHandlers: { mullion: MessageHandler } };
    mullionDeliver(data: string): void;
  }
}

/** Of how many bytes on a transfer goes over the WebSocket. */
const socketLeast = 1 << 20;
/** The largest piece of a call's bytes, in bytes. */
const pieceSize = 512 << 10;
/** How many pieces of a call are under way at once. */
const pieceCount = 3;
/** After how many bytes of a stream its sender may go on. */
const creditSize = 256 << 10;

/** A call or a stream that the page waits for. */
interface Call {
  /** Ends what is being fetched for it. */
  stop: AbortController | null;
  /** Whether the host knows its number. */
  told: boolean;
}

function main(): void {
  const handler = window.webkit.messageHandlers.mullion;
  const doc = randomHex(16);
  const headers = { "mullion-key": key, "mullion-doc": doc };
  // The origin of the document, "null" where it is sandboxed: location.origin
  // would hide that.
  const origin = window.origin;
  const calls = new Map<number, Call>();
  let lastID = 0;
  const socket = sockets(() => post(`t ${doc}`));

  function post(text: string): Promise<string> {
    try {
      return handler.postMessage(text);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends what nobody waits for. */
  function tell(text: string): void {
    post(text).catch(() => {});
  }

  function hello(): void {
    post(`h ${doc} ${origin}`).catch((error: unknown) => {
      console.warn(`mullion: this page has no bridge: ${messageOf(error)}`);
    });
  }

  function reply(detail: Detail): void {
    dispatch(document, new CustomEvent(replyEvent, { detail }));
  }

  /** Takes call id off the list; undefined if it is settled already. */
  function settle(id: number): Call | undefined {
    const call = calls.get(id);
    if (call !== undefined) {
      calls.delete(id);
      call.stop?.abort();
    }
    return call;
  }

  function fail(id: number, message: string): void {
    if (settle(id)) {
      reply(`${id} e${JSON.stringify(message)}`);
    }
  }

  function resolveBytes(id: number, bytes: ArrayBuffer): void {
    if (settle(id)) {
      reply({ t: `${id} b`, b: bytes });
    }
  }

  /** resolveBytes for bytes that are JSON. */
  function resolveText(id: number, bytes: ArrayBuffer): void {
    const text = new TextDecoder().decode(bytes);
    if (settle(id)) {
      reply(`${id} o${text}`);
    }
  }

  function onCall(event: CustomEvent<Detail | null>): void {
    event.preventDefault(); // tells the page that it was heard
    const detail = event.detail;
    const text = typeof detail === "string" ? detail : detail?.t;
    if (typeof text !== "string") {
      tell(`v ${doc} a page sent a message that is no text`);
      return;
    }
    const space = text.indexOf(" ");
    const id = Number(text.slice(0, space));
    if (!(space > 0 && Number.isSafeInteger(id) && id > lastID)) {
      tell(`v ${doc} dropped a replayed message: ${text.slice(0, 100)}`);
      return;
    }
    lastID = id;
    const rest = text.slice(space + 3);
    switch (text.slice(space + 1, space + 3)) {
      case "c ":
        return startCall(id, rest, typeof detail === "string" ? null : detail!.b);
      case "f ":
        return startRead(id, rest);
      case "a ":
        return abort(Number(rest));
      case "r ":
        return tell(`r ${doc} ${rest}`);
      case "w ":
        return tell(`w ${doc} ${rest}`);
    }
    tell(`v ${doc} dropped an unknown message: ${text.slice(0, 100)}`);
  }

  function startCall(id: number, json: string, bytes: ArrayBuffer | null): void {
    const call: Call = { stop: null, told: false };
    calls.set(id, call);
    if (bytes !== null && !(bytes instanceof ArrayBuffer)) {
      return fail(id, "the bytes of a call are no ArrayBuffer");
    }
    call.told = true;
    const bySocket = bytes !== null && bytes.byteLength >= socketLeast && socket.readyToSend();
    post(`c ${doc} ${id} ${bytes === null ? "-" : bytes.byteLength}${bySocket ? "s" : ""} ${json}`).then(
      (answer) => onAnswer(id, answer),
      (error: unknown) => fail(id, messageOf(error)),
    );
    if (bytes !== null) {
      const { signal } = call.stop = new AbortController();
      sendBytes(id, bytes, bySocket, signal).catch((error: unknown) => {
        if (!signal.aborted) {
          tell(`a ${doc} ${id}`);
          fail(id, `sending bytes: ${messageOf(error)}`);
        }
      });
    }
  }

  function onAnswer(id: number, answer: string): void {
    switch (answer[0]) {
      case "o":
      case "e":
        if (settle(id)) {
          reply(`${id} ${answer}`);
        }
        return;
      case "b":
        try {
          resolveBytes(id, decodeBase64(answer.slice(1)));
        } catch (error) {
          fail(id, messageOf(error));
        }
        return;
      case "s":
        return fetchStream(id, answer.slice(1), true, resolveBytes);
      case "j": // an answer, which does not go over the WebSocket
        return fetchStream(id, answer.slice(1), false, resolveText);
    }
    fail(id, "malformed answer");
  }

  function startRead(id: number, rest: string): void {
    calls.set(id, { stop: null, told: false });
    fetchStream(id, rest, true, resolveBytes);
  }

  /** Resolves id with the stream that rest, `STREAM SIZE`, names. */
  function fetchStream(id: number, rest: string, maySocket: boolean, resolve: (id: number, bytes: ArrayBuffer) => void): void {
    const call = calls.get(id);
    if (call === undefined) {
      return;
    }
    const named = /^(\d{1,15}) (-1|\d{1,15})$/.exec(rest);
    if (named === null) {
      return fail(id, "malformed stream");
    }
    call.stop?.abort(); // bytes that the command no longer takes
    call.stop = new AbortController();
    readStream(Number(named[1]), Number(named[2]), maySocket, call.stop.signal).then(
      (bytes) => resolve(id, bytes),
      (error: unknown) => fail(id, `reading bytes: ${messageOf(error)}`),
    );
  }

  function abort(id: number): void {
    if (settle(id)?.told) {
      tell(`a ${doc} ${id}`);
    }
  }

  async function sendBytes(id: number, bytes: ArrayBuffer, bySocket: boolean, signal: AbortSignal): Promise<void> {
    const size = bytes.byteLength;
    if (bySocket) {
      await socket.send(id, bytes, signal);
    }
    let from = 0;
    async function sendPieces(): Promise<void> {
      while (from < size) {
        const to = Math.min(from + pieceSize, size);
        const request = fetch(`mullion://localhost/body/${id}?${from}-${to}`, {
          method: "POST",
          headers,
          body: new Uint8Array(bytes, from, to - from),
          cache: "no-store",
          signal,
        });
        from = to;
        const response = await request;
        if (!response.ok) {
          throw new Error(`status ${response.status}`);
        }
      }
    }
    await Promise.all(Array.from({ length: pieceCount }, sendPieces));
  }

  async function readStream(stream: number, size: number, maySocket: boolean, signal: AbortSignal): Promise<ArrayBuffer> {
    const taken = collector(size);
    try {
      const bySocket = maySocket && (size < 0 || size >= socketLeast) && socket.ready();
      if (!bySocket || !await socket.read(stream, taken.add, signal)) {
        await readRest(stream, taken, signal);
      }
      return taken.whole();
    } catch (error) {
      const reason = signal.aborted ? "" : await whyFailed(stream, signal).catch(() => "");
      tell(`g ${doc} ${stream}`); // the Core may be waiting for us
      throw reason === "" ? error : new Error(reason);
    }
  }

  /** What the Core says of a stream that was cut off: the engine says nothing. */
  async function whyFailed(stream: number, signal: AbortSignal): Promise<string> {
    const response = await fetch(`mullion://localhost/stream/${stream}`, { headers, cache: "no-store", signal });
    return response.status === 500 ? response.text() : "";
  }

  /** Reads a stream on from where it is. */
  async function readRest(stream: number, taken: Collector, signal: AbortSignal): Promise<void> {
    const from = taken.read();
    const response = await fetch(`mullion://localhost/stream/${stream}${from > 0 ? `?${from}` : ""}`, { headers, cache: "no-store", signal });
    if (!response.ok || response.body === null) {
      throw new Error(`status ${response.status}`);
    }
    const reader = response.body.getReader();
    let preamble = 1;
    let credited = from;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      try {
        taken.add(value.subarray(preamble));
      } catch (error) {
        reader.cancel().catch(() => {});
        throw error;
      }
      preamble = Math.max(0, preamble - value.length);
      if (taken.read() - credited >= creditSize) {
        tell(`k ${doc} ${stream} ${taken.read() - credited}`);
        credited = taken.read();
      }
    }
  }

  // The engine kept the document while another one was shown. The Core has
  // cancelled its calls and knows nothing of it any more.
  function onPageShow(event: PageTransitionEvent): void {
    if (event.persisted) {
      hello();
      for (const id of [...calls.keys()]) {
        fail(id, "the page was left while the call ran");
      }
    }
  }

  function attach(): void {
    listen(document, callEvent, onCall);
    listen(window, "pageshow", onPageShow);
    dispatch(document, new CustomEvent(readyEvent));
  }

  Object.defineProperty(window, "mullionDeliver", {
    configurable: true, // where the engine has no worlds of scripts, its own script takes it away from the page
    value(data: string): void {
      if (data.startsWith(doc)) {
        dispatch(document, new CustomEvent(messageEvent, { detail: data.slice(doc.length + 1) }));
      }
    },
  });

  hello();
  attach();
  // document.open() removes all listeners, those of other worlds too.
  new MutationObserver(attach).observe(document, { childList: true });
}

/** Puts the bytes of a stream together. */
interface Collector {
  add(chunk: Uint8Array): void;
  read(): number;
  whole(): ArrayBuffer;
}

/** A collector for so many bytes; size is -1 where that is not known. */
function collector(size: number): Collector {
  const whole = size < 0 ? null : new Uint8Array(size);
  const chunks: Uint8Array[] = [];
  let read = 0;
  return {
    add(chunk) {
      if (whole === null) {
        chunks.push(chunk);
      } else if (read + chunk.length > size) {
        throw new Error(`more than ${size} bytes`);
      } else {
        whole.set(chunk, read);
      }
      read += chunk.length;
    },
    read: () => read,
    whole() {
      if (whole !== null) {
        if (read < size) {
          throw new Error(`ended after ${read} of ${size} bytes`);
        }
        return whole.buffer;
      }
      const joined = new Uint8Array(read);
      let at = 0;
      for (const chunk of chunks) {
        joined.set(chunk, at);
        at += chunk.length;
      }
      return joined.buffer;
    },
  };
}

function messageOf(error: unknown): string {
  return (error as { message?: string } | null)?.message ?? String(error);
}

function randomHex(bytes: number): string {
  let text = "";
  for (const b of crypto.getRandomValues(new Uint8Array(bytes))) {
    text += b.toString(16).padStart(2, "0");
  }
  return text;
}

// The engine runs user scripts again when document.open() has made a new
// root element in the same window.
if (!("mullionDeliver" in window)) {
  main();
}
