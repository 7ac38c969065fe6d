// What the tests are written with: a list of tests, functions that a test can
// run in another window, and assertions.

import { invoke } from "@tauri-apps/api/core";
import { noted, watch } from "./methods";

type Test = () => void | Promise<void>;

const tests = new Map<string, { body: Test; runs: readonly Run[] }>();

/** How this run differs from others. */
export type Run = (typeof allRuns)[number];

const allRuns = ["package", "global"] as const;

export interface Info {
  run: Run;
  /** A picture that the scope of the asset protocol holds, and one that it does not. */
  inside: string;
  outside: string;
  /** What the modules of the package export. */
  exports: Record<string, string[]>;
  /** The methods of its classes, see watch. */
  methods: string[];
}

/**
 * Adds a test. Its name is MODULE/EXPORT/WHAT: the export of the package that
 * it covers comes second.
 */
export function test(name: string, body: Test): void {
  testIn(allRuns, name, body);
}

/** A test that only makes sense in some runs. */
export function testIn(runs: readonly Run[], name: string, body: Test): void {
  if (tests.has(name)) {
    throw new Error(`there are two tests ${name}`);
  }
  tests.set(name, { body, runs });
}

/** A test in runs whose bundle works in pages without window.__TAURI__. */
export function packageTest(name: string, body: Test): void {
  testIn(["package"], name, body);
}

/** The names of the tests of a run. */
export function names(run: Run): string[] {
  return [...tests].filter(([, { runs }]) => runs.includes(run)).map(([name]) => name);
}

let watched: Promise<void> | undefined;

/**
 * Runs a test, and tells which methods of the package it has called. slowness
 * is how many times as long as on a machine at rest things take now.
 */
export async function run(name: string, slowness: number): Promise<Record<string, string>> {
  deadline = 20_000 * slowness;
  const found = tests.get(name);
  if (found === undefined) {
    throw new Error(`no test ${name}`);
  }
  watched ??= info().then(({ run, methods }) => {
    if (run === "package") {
      watch(methods);
    }
  });
  await watched;
  noted();
  await found.body();
  return noted();
}

export const helpers = new Map<string, (argument: unknown) => unknown>();

/** Makes f something that tests can run in another window, or in their own. */
export function helper<A, R>(name: string, f: (argument: A) => R | Promise<R>): (label: string, argument: A) => Promise<R> {
  helpers.set(name, f as (argument: unknown) => unknown);
  return async (label, argument) =>
    label === window.__TAURI_INTERNALS__.metadata.currentWindow.label
      ? f(argument)
      : invoke<R>("remote", { label, helper: name, argument: argument ?? null });
}

export function info(): Promise<Info> {
  return invoke<Info>("info");
}

let lastName = 0;

/** A name that no other test has used. */
export function fresh(stem: string): string {
  return `${stem}-${Date.now().toString(36)}-${++lastName}`;
}

/** Where things arrive that a test waits for. */
export class Inbox<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  readonly push = (item: T): void => {
    this.all.push(item);
    for (const wake of this.#waiting.splice(0)) {
      wake();
    }
  };

  /** Waits until one of the things is as wanted, and returns it. */
  async find(what: string, wanted: (item: T) => boolean): Promise<T> {
    return within(`${what}; so far there is ${show(this.all)}`, (async () => {
      for (;;) {
        const item = this.all.find(wanted);
        if (item !== undefined) {
          return item;
        }
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    })());
  }

  /** Waits for the first n things. */
  async first(n: number): Promise<T[]> {
    await within(`${n} things, of which ${this.all.length} were there at first`, (async () => {
      while (this.all.length < n) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    })());
    return this.all.slice(0, n);
  }
}

/** When what a test waits for counts as hung, in milliseconds. */
let deadline = 20_000;

/** The promise, or an error when it takes too long. */
export function within<T>(what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), deadline);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Waits until the condition holds. */
export function until(what: string, condition: () => boolean): Promise<void> {
  return within(what, (async () => {
    while (!condition()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })());
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_name, item: unknown) => {
    if (item instanceof ArrayBuffer) {
      return `ArrayBuffer(${item.byteLength}) ${[...new Uint8Array(item, 0, Math.min(32, item.byteLength))].join(" ")}`;
    }
    return item === undefined ? "undefined" : item;
  }) as string | undefined;
  return text === undefined ? String(value) : text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}

/** Whether two values are the same, however deep. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return false;
  }
  if (a instanceof ArrayBuffer || b instanceof ArrayBuffer) {
    if (!(a instanceof ArrayBuffer && b instanceof ArrayBuffer) || a.byteLength !== b.byteLength) {
      return false;
    }
    const left = new Uint8Array(a), right = new Uint8Array(b);
    return left.every((byte, i) => byte === right[i]);
  }
  if (Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const names = Object.keys(a);
  const left = a as Record<string, unknown>, right = b as Record<string, unknown>;
  return names.length === Object.keys(b).length && names.every((name) => name in right && same(left[name], right[name]));
}

export function equal<T>(got: T, want: NoInfer<T>, what = "value"): void {
  if (!same(got, want)) {
    throw new Error(`${what}: got ${show(got)}, want ${show(want)}`);
  }
}

export function ok(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(what);
  }
}

/** What the promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved with ${show(value)} instead of being rejected`);
}

/** Checks that the promise is rejected with a string that has the given parts. */
export async function rejectsWith(promise: Promise<unknown>, ...parts: string[]): Promise<void> {
  const reason = await rejection(promise);
  if (typeof reason !== "string") {
    throw new Error(`rejected with ${show(reason)} (${String(reason)}) instead of a string`);
  }
  for (const part of parts) {
    ok(reason.includes(part), `rejected with ${show(reason)}, which lacks ${show(part)}`);
  }
}

/** Bytes with a pattern, as the app makes them. */
export function pattern(size: number): ArrayBuffer {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    bytes[i] = i % 251;
  }
  return bytes.buffer;
}
