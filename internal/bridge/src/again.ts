// What a page has of one Core and asks the next one for again: its listeners,
// and the states that it follows. The page notices nothing: what it was told
// goes on under the same numbers. See PROTOCOL.md, 2.5.

import { mapDelete, mapEach, mapGet, mapHas, mapSet, parse, indexOf, slice } from "./builtins";
import { encodeArgs } from "./encode";

type Callback = (data: unknown) => void;
/** Calls a command. */
type Begin = (cmd: string, args: unknown, resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void;

const MapOf = Map;
const { max } = Math;
const channelMark = "__CHANNEL__:";

/** The event that tells a page that another Core has taken over. */
const replacedEvent = "mullion://core-replaced";

const subscribeCommand = "plugin:state|subscribe";
const unsubscribeCommand = "plugin:state|unsubscribe";

/** A subscription to a state, by the number that the page knows. */
interface Subscription {
  args: object;
  channel: number;
}

/** The count of the messages of a channel, through all Cores. */
interface Count {
  next: number;
  offset: number;
}

const subscriptions = new MapOf<number, Subscription>();
const counts = new MapOf<number, Count>();

/**
 * Notes a call that begins or ends a subscription. What it returns runs before
 * the call settles, with its value or undefined; null is for all other calls.
 */
export function noteCall(
  cmd: string, args: unknown, callbacks: Map<number, Callback>,
): ((value: unknown) => void) | null {
  if (cmd === unsubscribeCommand) {
    const { id } = args as { id?: unknown };
    return () => mapDelete(subscriptions, id as number);
  }
  if (cmd !== subscribeCommand) {
    return null;
  }
  const copy = parse(encodeArgs(args)) as { onChange?: unknown };
  const { onChange } = copy;
  if (typeof onChange !== "string" || indexOf(onChange, channelMark) !== 0) {
    return null;
  }
  const channel = +slice(onChange, channelMark.length);
  count(channel, callbacks);
  return (id) => {
    if (typeof id === "number" && !mapHas(subscriptions, id)) {
      mapSet(subscriptions, id, { args: copy, channel });
    }
  };
}

/** Has the callback of a channel see one row of indexes, whatever Core sends. */
function count(channel: number, callbacks: Map<number, Callback>): void {
  const callback = mapGet(callbacks, channel);
  if (callback === undefined || mapHas(counts, channel)) {
    return;
  }
  const seen: Count = { next: 0, offset: 0 };
  mapSet(counts, channel, seen);
  mapSet(callbacks, channel, (data) => {
    const message = data as { index: number; end?: boolean };
    message.index += seen.offset;
    seen.next = max(seen.next, message.index + 1);
    if (message.end) {
      mapDelete(counts, channel);
    }
    callback(message);
  });
}

/** A listener as the page script keeps it. */
export interface Listener {
  event: string;
  handler: number;
  /** The target as JSON; empty until the Core has said yes. */
  target: string;
}

/** Asks another Core for all that this page has, and tells the page then. */
export function again(
  handlers: Map<number, Listener>, begin: Begin, deliver: (id: number, data: unknown) => void, logError: (text: string, reason: unknown) => void,
): void {
  let open = 1;
  const settled = (): void => {
    if (--open > 0) {
      return;
    }
    mapEach(handlers, ({ event, handler }, id) => {
      if (event === replacedEvent) {
        deliver(handler, { event, id, payload: null });
      }
    });
  };
  mapEach(handlers, ({ event, handler, target }, id) => {
    if (target === "") {
      return;
    }
    open++;
    begin("plugin:event|listen", { event, handler, target: parse(target), again: id }, settled, (reason) => {
      logError(`mullion: the listener of ${event} is lost:`, reason);
      settled();
    });
  });
  mapEach(subscriptions, ({ args, channel }, id) => {
    const seen = mapGet(counts, channel);
    if (seen !== undefined) {
      seen.offset = seen.next;
    }
    open++;
    begin(subscribeCommand, { ...args, again: id }, settled, (reason) => {
      logError("mullion: a subscription is lost:", reason);
      settled();
    });
  });
  settled();
}
