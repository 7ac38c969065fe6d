// What the tests compare with.

/** What a command of a kind takes: a value to check and give back. */
export type Kind<T> = (args: { value?: T | null; zero?: boolean }) => Promise<T>;

export function show(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (v instanceof Uint8Array ? `bytes ${v.join()}` : v)) ?? "undefined";
}

export function equal(got: unknown, want: unknown, what: string): void {
  if (!same(got, want)) {
    throw new Error(`${what}: got ${show(got)}, want ${show(want)}`);
  }
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && a.join() === b.join();
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b);
  }
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key as keyof typeof a], b[key as keyof typeof b]))
  );
}

/** The sample and the zero value arrive as they are, and go back. */
export async function kind<T>(name: string, call: Kind<T>, sample: T, zero: T): Promise<void> {
  equal(await call({}), sample, name);
  equal(await call({ zero: true }), zero, `zero ${name}`);
  equal(await call({ value: sample }), sample, `${name} as an argument`);
  if (zero !== null) {
    equal(await call({ value: zero }), zero, `zero ${name} as an argument`);
  }
}

export const bytes = (...values: number[]) => Uint8Array.from(values);

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

/** A promise for what a function is called with first. */
export function first<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
