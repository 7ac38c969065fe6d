// What the page script and the bridge script agree on; see PROTOCOL.md,
// section 2.

export const callEvent = "mullion:call";
export const replyEvent = "mullion:reply";
export const messageEvent = "mullion:message";
export const readyEvent = "mullion:ready";

/** The detail of a call or a reply: text, or text and bytes. */
export type Detail = string | { t: string; b: ArrayBuffer };

/** One message from the Core to the page. */
export type Message =
  | ["e", event: string, payload: unknown, listeners: [eventId: number, handler: number][]]
  | ["c", channel: number, index: number, value: unknown]
  | ["b", channel: number, index: number, base64: string]
  | ["s", channel: number, index: number, stream: number, size: number]
  | ["n"]
  | ["x", channel: number, index: number];

/** The argument of the page script, put after it by Page in bridge.go. */
export interface PageConfig {
  window: string;
  webview: string;
  sep: string;
  delimiter: string;
  media?: string;
  devtools?: boolean;
}
