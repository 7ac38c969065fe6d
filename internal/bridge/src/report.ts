// Tells the Core what goes wrong in the page: errors that nobody caught,
// rejections that nobody handled, what is written with console.error, and what
// the page's policy has blocked. It runs in the page's own world: another
// world sees neither the page's console nor the reasons of its rejections.

import { create, defineProperty, describe, getPrototypeOf, getter, indexOf, isArray, ownKeys, slice, stringify, uncurry } from "./builtins";

/** What the host is told; PageReport in internal/wire. */
interface Report {
  kind: "console" | "error" | "rejection" | "policy";
  message: string;
  source?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
  directive?: string | undefined;
  /** How many before it were dropped. */
  dropped?: number | undefined;
}

/** Where something happened. */
type Place = Pick<Report, "source" | "line" | "column">;

/** The longest text that is sent, in UTF-16 units. */
const maxText = 4096;
/** How many reports are sent within a span of time, in milliseconds. */
const maxReports = 50;
const span = 10_000;

const now = Date.now;
const later = setTimeout.bind(window);
const ProxyOf = Proxy;
const ErrorOf = Error;
const StringOf = String;
const { apply } = Reflect;
const isError = uncurry(Object.prototype.isPrototypeOf) as (prototype: object, value: unknown) => boolean;
const execute = uncurry(RegExp.prototype.exec) as (pattern: RegExp, text: string) => RegExpExecArray | null;
const describeObject = uncurry(Object.prototype.toString) as (value: unknown) => string;
const isPrevented = getter(Event.prototype, "defaultPrevented") as (event: Event) => boolean;

/** getter for a class that an engine may lack: then nothing is read. */
function reader(name: string, property: string): (event: Event) => unknown {
  const prototype = (window as unknown as Record<string, { prototype: object } | undefined>)[name]?.prototype;
  return prototype && describe(prototype, property)?.get ? (getter(prototype, property) as (event: Event) => unknown) : () => undefined;
}

const messageOf = reader("ErrorEvent", "message");
const fileOf = reader("ErrorEvent", "filename");
const lineOf = reader("ErrorEvent", "lineno");
const columnOf = reader("ErrorEvent", "colno");
const reasonOf = reader("PromiseRejectionEvent", "reason");
const directiveOf = reader("SecurityPolicyViolationEvent", "effectiveDirective");
const blockedOf = reader("SecurityPolicyViolationEvent", "blockedURI");
const dispositionOf = reader("SecurityPolicyViolationEvent", "disposition");
const violatorOf = reader("SecurityPolicyViolationEvent", "sourceFile");
const violatingLineOf = reader("SecurityPolicyViolationEvent", "lineNumber");
const violatingColumnOf = reader("SecurityPolicyViolationEvent", "columnNumber");

/** A frame of a stack: @ADDRESS:LINE:COLUMN in WebKit, (ADDRESS:LINE:COLUMN) elsewhere. */
const frame = /(?:@|\(|at )([a-z][a-z0-9+.-]*:\/\/[^\s()]*):(\d+):(\d+)/;

function placeOf(stack: unknown): Place {
  const found = typeof stack === "string" ? execute(frame, slice(stack, 0, 4 * maxText)) : null;
  return found === null ? {} : { source: found[1], line: +found[2]!, column: +found[3]! };
}

/** A value as text, short, and without running the page's code where that can be avoided. */
function show(value: unknown, depth = 0): string {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : stringify(slice(value, 0, 200));
    case "function":
      return "function";
    case "object":
      break;
    default:
      return StringOf(value);
  }
  if (value === null) {
    return "null";
  }
  if (isError(ErrorOf.prototype, value)) {
    return showError(value as Error);
  }
  const list = isArray(value);
  const prototype = getPrototypeOf(value) as object | null;
  if (!list && prototype !== null && getPrototypeOf(prototype) !== null) {
    return describeObject(value); // an element, a map, an object of some class
  }
  if (depth > 2) {
    return list ? "[…]" : "{…}";
  }
  const keys = ownKeys(value);
  let text = "";
  let shown = 0;
  for (let i = 0; i < keys.length && text.length < maxText; i++) {
    const key = keys[i]!;
    if (list && key === "length" || typeof key === "symbol") {
      continue;
    }
    if (shown++ === 20) {
      text += ", …";
      break;
    }
    const property = describe(value, key)!;
    const part = "value" in property ? show(property.value, depth + 1) : "(getter)";
    text += (text && ", ") + (list ? part : `${key}: ${part}`);
  }
  return list ? `[${text}]` : `{${text}}`;
}

/** An error's name and message, where these are data. */
function showError(error: object): string {
  const name = text(error, "name") || "Error";
  const message = text(error, "message");
  return message ? `${name}: ${message}` : name;
}

/** A property of an object, or of what it inherits from, if it is a string. */
function text(object: object | null, name: string): string {
  for (let o = object; o !== null; o = getPrototypeOf(o) as object | null) {
    const property = describe(o, name);
    if (property) {
      return typeof property.value === "string" ? property.value : "";
    }
  }
  return "";
}

/** What the console makes of its arguments, with its %s. */
function format(parts: unknown[]): string {
  let result = "";
  let next = 0;
  if (typeof parts[0] === "string" && indexOf(parts[0], "%") >= 0) {
    const template = slice(parts[0], 0, maxText);
    next = 1;
    for (let i = 0; i < template.length; i++) {
      const letter = template[i] === "%" ? template[i + 1] : undefined;
      if (letter === "%") {
        result += "%";
        i++;
      } else if (letter !== undefined && indexOf("sdifoOc", letter) >= 0 && next < parts.length) {
        result += letter === "c" ? "" : show(parts[next]);
        next++;
        i++;
      } else {
        result += template[i];
      }
    }
  }
  for (; next < parts.length && result.length < maxText; next++) {
    result += (result && " ") + show(parts[next]);
  }
  return result;
}

/** Where the console was called, or where the error in its arguments comes from. */
function placeOfCall(parts: unknown[], stack: unknown): Place {
  for (let i = 0; i < parts.length && i < 10; i++) {
    const part = parts[i];
    if (typeof part === "object" && part !== null && isError(ErrorOf.prototype, part)) {
      const place = placeOf(text(part, "stack"));
      if (place.source !== undefined) {
        return place;
      }
    }
  }
  return placeOf(stack);
}

/** The listeners that the page script adds to its window, by type. */
export type Listeners = Record<string, (event: Event) => void>;

/**
 * What WebKit says where the policy does not allow to compile WebAssembly; it
 * fires no event then (seen with 2.50.6).
 */
const refusedWasm = "Refused to create a WebAssembly object";

/**
 * Begins to watch the page. send gets JSON. With verbose the engine itself
 * writes its console to the log, and only what the policy blocks is told.
 */
export function watch(send: (report: string) => void, verbose: boolean): Listeners {
  let since = 0;
  let sent = 0;
  let dropped = 0;
  let busy = false;

  /** Sends what make returns, unless there was too much of late. */
  function report(make: () => Report): void {
    if (busy) {
      return; // by what make looks at
    }
    const time = now();
    if (time - since >= span || time < since) {
      since = time;
      sent = 0;
    }
    if (sent >= maxReports) {
      dropped++;
      return;
    }
    sent++;
    busy = true;
    try {
      const r = make();
      if (indexOf(r.message, refusedWasm) >= 0) {
        send(stringify({ kind: "policy", message: "wasm-eval", directive: "script-src", source: r.source, line: r.line, column: r.column }));
      }
      if (verbose && r.kind !== "policy") {
        return;
      }
      r.message = slice(r.message, 0, maxText);
      if (r.source !== undefined) {
        r.source = slice(r.source, 0, maxText);
      }
      if (dropped > 0) {
        r.dropped = dropped;
      }
      dropped = 0;
      send(stringify(r));
    } catch {
      dropped++; // the page's own objects can throw anything
    } finally {
      busy = false;
    }
  }

  function onViolation(event: Event): void {
    if (dispositionOf(event) !== "report") {
      report(() => ({
        kind: "policy",
        message: StringOf(blockedOf(event)),
        directive: StringOf(directiveOf(event)),
        source: StringOf(violatorOf(event) ?? ""),
        line: (violatingLineOf(event) as number | undefined) || undefined,
        column: (violatingColumnOf(event) as number | undefined) || undefined,
      }));
    }
  }

  const listeners = create(null) as Listeners;
  listeners.securitypolicyviolation = onViolation;

  /** Reports what the page leaves to the engine: it may still prevent that. */
  function unlessPrevented(event: Event, make: () => Report): void {
    later(() => {
      if (!isPrevented(event)) {
        report(make);
      }
    }, 0);
  }

  listeners.error = (event) => {
    const message = messageOf(event);
    if (typeof message === "string") {
      unlessPrevented(event, () => ({
        kind: "error",
        message,
        source: StringOf(fileOf(event) ?? ""),
        line: (lineOf(event) as number | undefined) || undefined,
        column: (columnOf(event) as number | undefined) || undefined,
      }));
    }
  };
  listeners.unhandledrejection = (event) => {
    unlessPrevented(event, () => {
      const reason = reasonOf(event);
      const made = { kind: "rejection", message: show(reason) } as Report;
      if (typeof reason === "object" && reason !== null) {
        const place = placeOf(text(reason, "stack"));
        made.source = place.source;
        made.line = place.line;
        made.column = place.column;
      }
      return made;
    });
  };

  /** Replaces a method of the console by one that looks the same to the page. */
  function listenIn(name: "error" | "assert"): void {
    const descriptor = describe(console, name);
    if (!descriptor || typeof descriptor.value !== "function") {
      return;
    }
    descriptor.value = new ProxyOf(descriptor.value as (...parts: unknown[]) => void, {
      apply(original, self, parts: unknown[]) {
        const failed = name === "error" || !parts[0];
        if (failed) {
          const { stack } = new ErrorOf();
          report(() => {
            const list: unknown[] = name === "error" ? parts : ["assertion failed:"];
            for (let i = 1; name === "assert" && i < parts.length; i++) {
              list[i] = parts[i];
            }
            const place = placeOfCall(list, stack);
            return { kind: "console", message: format(list), source: place.source, line: place.line, column: place.column };
          });
        }
        return apply(original, self, parts) as unknown;
      },
    });
    defineProperty(console, name, descriptor);
  }
  if (!verbose) {
    listenIn("error");
    listenIn("assert");
  }
  return listeners;
}
