// The builtins that a script needs, taken at document start. What a page
// changes later (a method of Map.prototype, JSON, Promise) does not reach the
// calls of the other scripts in it.
//
// Code that relies on this uses no iterator, so no destructuring of arrays,
// no spread and no for-of; neither await nor then; and no method by name.

const { bind, call } = Function.prototype;

/** Turns a method into a function that takes `this` as its first argument. */
export function uncurry(method: unknown): unknown {
  return bind.call(call as (this: unknown) => unknown, method);
}

export const describe = Object.getOwnPropertyDescriptor;

/** The getter of a property of a prototype, as a function of the object. */
export function getter(prototype: object, name: PropertyKey): unknown {
  return uncurry(describe(prototype, name)!.get);
}

export const { create, defineProperty, freeze, getPrototypeOf, prototype: objectPrototype } = Object;
export const { parse, stringify } = JSON;
export const { isArray } = Array;
export const { ownKeys } = Reflect;
export const { isView } = ArrayBuffer;

export const mapGet = uncurry(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined;
export const mapSet = uncurry(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => void;
export const mapHas = uncurry(Map.prototype.has) as <K>(map: Map<K, unknown>, key: K) => boolean;
export const mapDelete = uncurry(Map.prototype.delete) as <K>(map: Map<K, unknown>, key: K) => boolean;
export const mapEach = uncurry(Map.prototype.forEach) as <K, V>(map: Map<K, V>, f: (value: V, key: K) => void) => void;

export const indexOf = uncurry(String.prototype.indexOf) as (text: string, part: string) => number;
export const slice = uncurry(String.prototype.slice) as (text: string, start: number, end?: number) => string;
export const charCodeAt = uncurry(String.prototype.charCodeAt) as (text: string, index: number) => number;

export const listen = uncurry(EventTarget.prototype.addEventListener) as <E extends Event>(
  target: EventTarget, type: string, listener: (event: E) => void) => void;
export const unlisten = uncurry(EventTarget.prototype.removeEventListener) as <E extends Event>(
  target: EventTarget, type: string, listener: (event: E) => void) => void;
export const dispatch = uncurry(EventTarget.prototype.dispatchEvent) as (target: EventTarget, event: Event) => boolean;
