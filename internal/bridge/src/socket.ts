// Transfers of bytes over a WebSocket to the Core, which the bridge's world alone
// has; PROTOCOL.md, section 2.6. What it carries could be read and forged by the
// engine's process for the network, so calls and answers never go there.

/** How many transfers it carries at once, each way. */
const mostTransfers = 2;
/** How many bytes of a call may be on their way. */
const windowSize = 2 << 20;
/** The largest piece of a call's bytes, in bytes. */
const pieceSize = 512 << 10;
/** After how many bytes of a stream its sender may go on. */
const creditSize = 256 << 10;
/** How long no WebSocket is tried after one has failed, in milliseconds: at first, and at most. */
const firstPause = 500;
const mostPause = 60_000;

/** The bytes of a call on their way. */
interface Upload {
  bytes: ArrayBuffer;
  sent: number;
  /** How many the Core has taken. */
  taken: number;
  /** Called when it must go another way. */
  leave(): void;
}

/** A stream on its way. */
interface Download {
  add(chunk: Uint8Array): void;
  /** Bytes that were read since the Core heard of it. */
  owed: number;
  /** true: it is complete; false: the rest must come another way. */
  done(complete: boolean): void;
  fail(error: unknown): void;
}

export interface Sockets {
  /** Whether a transfer may begin now. If there is no WebSocket, one is opened. */
  ready(): boolean;
  /** ready for the bytes of a call. */
  readyToSend(): boolean;
  /** Sends the bytes of a call. Resolves where they must go another way, on which the host knows what has come; else the signal ends it. */
  send(call: number, bytes: ArrayBuffer, signal: AbortSignal): Promise<void>;
  /** Reads a stream; false where the rest must come another way. */
  read(stream: number, add: (chunk: Uint8Array) => void, signal: AbortSignal): Promise<boolean>;
}

/** draw asks the host for a ticket, "" if there is none. */
export function sockets(draw: () => Promise<string>): Sockets {
  const uploads = new Map<number, Upload>();
  const downloads = new Map<number, Download>();
  const piece = new Uint8Array(8 + pieceSize);
  let socket: WebSocket | null = null;
  let opening = false;
  let tryAfter = 0;
  let pause = firstPause;

  function open(): void {
    if (opening || performance.now() < tryAfter) {
      return;
    }
    opening = true;
    draw().then(connect).catch(failed);
  }

  function failed(): void {
    opening = false;
    tryAfter = performance.now() + pause;
    pause = Math.min(2 * pause, mostPause);
  }

  function connect(ticket: string): void {
    if (ticket === "") {
      return failed();
    }
    const s = new WebSocket("ws://bytes.localhost/");
    s.binaryType = "arraybuffer";
    s.onopen = () => s.send(ticket);
    s.onmessage = (event) => {
      if (socket !== s) { // the Core has taken the ticket: calls may name the WebSocket
        opening = false;
        pause = firstPause;
        socket = s;
        return;
      }
      try {
        onMessage(event.data);
      } catch {
        s.close();
      }
    };
    s.onclose = () => {
      failed();
      if (socket === s) {
        socket = null;
        leaveAll();
      }
    };
  }

  function leaveAll(): void {
    for (const upload of uploads.values()) {
      upload.leave();
    }
    for (const download of downloads.values()) {
      download.done(false);
    }
  }

  function onMessage(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      const head = new DataView(data);
      const id = head.getUint32(0, true) + head.getUint32(4, true) * 2 ** 32;
      return onBytes(id, new Uint8Array(data, 8));
    }
    const [op, number, count] = data.split(" ");
    const id = Number(number);
    switch (op) {
      case "k": {
        const upload = uploads.get(id);
        if (upload) {
          upload.taken = Math.min(upload.taken + Number(count), upload.sent);
          sendMore(id, upload);
        }
        return;
      }
      case "e":
        return downloads.get(id)?.done(true);
      case "x":
        return downloads.get(id)?.fail(new Error("it was cut off"));
      case "r":
        uploads.get(id)?.leave();
        return downloads.get(id)?.done(false);
    }
  }

  function onBytes(id: number, chunk: Uint8Array): void {
    const download = downloads.get(id);
    if (!download) {
      return;
    }
    try {
      download.add(chunk);
    } catch (error) {
      return download.fail(error);
    }
    download.owed += chunk.length;
    if (download.owed >= creditSize) {
      credit(id, download);
    }
  }

  function credit(id: number, download: Download): void {
    if (download.owed > 0 && socket?.readyState === WebSocket.OPEN) {
      socket.send(`k ${id} ${download.owed}`);
      download.owed = 0;
    }
  }

  function sendMore(id: number, upload: Upload): void {
    const view = new DataView(piece.buffer);
    view.setUint32(0, id, true);
    view.setUint32(4, Math.floor(id / 2 ** 32), true);
    const { bytes } = upload;
    for (;;) {
      const n = Math.min(pieceSize, bytes.byteLength - upload.sent, upload.taken + windowSize - upload.sent);
      if (n <= 0 || n < pieceSize && upload.sent + n < bytes.byteLength || socket?.readyState !== WebSocket.OPEN) {
        return;
      }
      piece.set(new Uint8Array(bytes, upload.sent, n), 8);
      socket.send(piece.subarray(0, 8 + n));
      upload.sent += n;
    }
  }

  function ready(): boolean {
    if (socket?.readyState === WebSocket.OPEN) {
      return true;
    }
    open();
    return false;
  }

  return {
    ready: () => ready() && downloads.size < mostTransfers,
    readyToSend: () => ready() && uploads.size < mostTransfers,
    send(id, bytes, signal) {
      return new Promise((resolve, reject) => {
        const upload: Upload = {
          bytes, sent: 0, taken: 0,
          leave() {
            uploads.delete(id);
            resolve();
          },
        };
        uploads.set(id, upload);
        signal.addEventListener("abort", () => {
          uploads.delete(id);
          reject(signal.reason);
        });
        sendMore(id, upload);
      });
    },
    read(id, add, signal) {
      return new Promise((resolve, reject) => {
        const download: Download = {
          add, owed: 0,
          done(complete) {
            downloads.delete(id);
            credit(id, download);
            resolve(complete);
          },
          fail(error) {
            downloads.delete(id);
            reject(error);
          },
        };
        downloads.set(id, download);
        signal.addEventListener("abort", () => download.fail(signal.reason));
        socket!.send(`f ${id}`);
      });
    },
  };
}
