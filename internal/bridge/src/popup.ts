// The features of window.open, such as "width=400,height=300": engines keep
// them to themselves where they open no window themselves.

import { create, defineProperty, slice, stringify } from "./builtins";

const URLOf = URL;
const TextOf = String;
const { apply } = Reflect;

/** The most that is told of the features. */
const maxFeatures = 1000;

/** Has window.open tell with which features it is called for which address. */
export function popups(tell: (text: string) => void): void {
  const original = window.open;
  const descriptor = create(null) as PropertyDescriptor;
  descriptor.configurable = descriptor.enumerable = descriptor.writable = true;
  descriptor.value = function open(this: unknown, url?: unknown, target?: unknown, features?: unknown): unknown {
    if (features === undefined || features === null) {
      return apply(original, this === undefined ? window : this, arguments);
    }
    // Once each: what is told is what is asked for.
    const address = url === undefined ? "" : TextOf(url);
    const text = TextOf(features);
    try {
      tell(stringify([new URLOf(address, document.baseURI).href, slice(text, 0, maxFeatures)]));
    } catch {
      // No address: the engine says so.
    }
    return apply(original, this === undefined ? window : this, [address, target, text]);
  };
  defineProperty(window, "open", descriptor);
}
