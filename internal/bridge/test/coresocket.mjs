// The Core's end of a WebSocket of the bridge; PROTOCOL.md, section 2.6. It does
// nothing by itself.

export class CoreSocket {
  static OPEN = 1;
  readyState = 0;
  /** What has come: texts, and of pieces { id, bytes }. */
  got = [];

  constructor(address) { this.address = address; }

  /** Opens it and takes the ticket. */
  accept() {
    this.readyState = 1;
    this.onopen();
    this.say("o 0");
  }

  send(data) {
    if (typeof data === "string") {
      this.got.push(data);
      return;
    }
    const all = Buffer.from(data); // a copy: the bridge uses its buffer again
    this.got.push({ id: Number(all.readBigUInt64LE()), bytes: all.subarray(8) });
  }

  /** The pieces of a call. */
  pieces(id) { return this.got.filter((m) => m.id === id).map((m) => m.bytes); }

  say(text) { this.onmessage({ data: text }); }

  give(id, bytes) {
    const frame = new Uint8Array(8 + bytes.length);
    new DataView(frame.buffer).setBigUint64(0, BigInt(id), true);
    frame.set(bytes, 8);
    this.onmessage({ data: frame.buffer });
  }

  close() {
    if (this.readyState !== 3) {
      this.readyState = 3;
      this.onclose();
    }
  }
}
