// How the arguments and headers of a call become text or bytes.

import { create, getPrototypeOf, getter, isArray, isView, mapEach, objectPrototype, stringify, uncurry } from "./builtins";

/** The method by which an object says what it is on the wire. */
const toIPC = "__TAURI_TO_IPC_KEY__";

const Bytes = Uint8Array;
const HeadersOf = Headers;
const eachHeader = uncurry(Headers.prototype.forEach) as (headers: Headers, f: (value: string, name: string) => void) => void;

// These work on objects of any realm and throw, or are undefined, on others.
const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
const tagOf = getter(typedArray, Symbol.toStringTag) as (value: unknown) => string | undefined;
const bufferOf = getter(typedArray, "buffer") as (view: unknown) => ArrayBufferLike;
const offsetOf = getter(typedArray, "byteOffset") as (view: unknown) => number;
const lengthOf = getter(typedArray, "byteLength") as (view: unknown) => number;
const viewBufferOf = getter(DataView.prototype, "buffer") as typeof bufferOf;
const viewOffsetOf = getter(DataView.prototype, "byteOffset") as typeof offsetOf;
const viewLengthOf = getter(DataView.prototype, "byteLength") as typeof lengthOf;
const bufferSize = getter(ArrayBuffer.prototype, "byteLength") as (value: unknown) => number;
const mapSizeOf = getter(Map.prototype, "size") as (value: unknown) => number;
const setBytes = uncurry(Uint8Array.prototype.set) as (to: Uint8Array, from: ArrayLike<number>) => void;

function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    bufferSize(value);
    return true;
  } catch {
    return false;
  }
}

function isMap(value: unknown): value is Map<unknown, unknown> {
  try {
    mapSizeOf(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether value is an object literal, as arguments nearly always are. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && getPrototypeOf(value) === objectPrototype;
}

/** The bytes that args are, or null if they are to become JSON. */
export function rawBytes(args: unknown): ArrayBuffer | null {
  if (isArray(args)) {
    return copy(args);
  }
  if (isView(args)) {
    const typed = tagOf(args) !== undefined;
    const buffer = typed ? bufferOf(args) : viewBufferOf(args);
    const offset = typed ? offsetOf(args) : viewOffsetOf(args);
    const length = typed ? lengthOf(args) : viewLengthOf(args);
    if (length === 0) {
      return new Bytes(0).buffer; // also a view whose buffer was detached
    }
    if (isBuffer(buffer) && length === bufferSize(buffer)) {
      return buffer;
    }
    return copy(new Bytes(buffer, offset, length));
  }
  if (isBuffer(args)) {
    return bufferSize(args) === 0 ? new Bytes(0).buffer : args;
  }
  return null;
}

function copy(from: ArrayLike<number>): ArrayBuffer {
  const to = new Bytes(from.length);
  setBytes(to, from);
  return to.buffer;
}

/** Whether JSON.stringify(args) needs no replacer, which is several times faster. */
function isFlat(args: unknown): boolean {
  if (!isPlain(args)) {
    return typeof args === "string";
  }
  for (const name in args) {
    const value = args[name];
    if ((typeof value === "object" && value !== null) || typeof value === "function") {
      return false;
    }
  }
  return true;
}

/** args as JSON, with the replacements that Tauri's packages count on. */
export function encodeArgs(args: unknown): string {
  const text = (isFlat(args) ? stringify(args) : stringify(args, replace)) as string | undefined;
  // A function or a symbol has no JSON, and null would announce bytes.
  return text === undefined || text === "null" ? "{}" : text;
}

function replace(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || isPlain(value) && !(toIPC in value) || isArray(value)) {
    return value;
  }
  if (toIPC in value) {
    return (value as { [toIPC](): unknown })[toIPC]();
  }
  if (isView(value)) {
    return tagOf(value) === "Uint8Array" ? numbers(value as Uint8Array) : value;
  }
  if (isBuffer(value)) {
    return numbers(new Bytes(value));
  }
  if (isMap(value)) {
    const object = create(null) as Record<string, unknown>;
    mapEach(value, (item, name) => {
      object[name as string] = item;
    });
    return object;
  }
  return value;
}

function numbers(bytes: Uint8Array): number[] {
  const list: number[] = [];
  const length = lengthOf(bytes);
  for (let i = 0; i < length; i++) {
    list[i] = bytes[i]!;
  }
  return list;
}

/** The headers of a call as JSON with a comma before it, "" if there are none. */
export function encodeHeaders(headers: HeadersInit): string {
  // The constructor takes every form that HeadersInit has, and turns a value
  // that is undefined into "undefined".
  const list: [string, string][] = [];
  eachHeader(new HeadersOf(headers), (value, name) => {
    list[list.length] = [name, value];
  });
  return list.length === 0 ? "" : `,${stringify(list)}`;
}
