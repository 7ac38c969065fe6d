// window.Notification for pages that may show notifications: they go to the
// app, which asks the desktop. A page that turns out not to be allowed keeps
// the constructor, with the permission "denied".

import { defineProperty } from "./builtins";
import { Channel } from "./core";

const { invoke, unregisterCallback } = window.__TAURI_INTERNALS__;
const { random: fraction } = Math;

/** A number for a notification that has none from the page. */
function random(): number {
  return Math.floor(fraction() * 2 ** 31);
}
const EventOf = Event;

let permission: NotificationPermission = "default";

function permissionOf(answer: unknown): NotificationPermission {
  return answer === "granted" || answer === "denied" ? answer : "default";
}

/** What the app tells of a notification: "replaced" when another one has taken its place. */
type Told = "click" | "close" | "replaced";

function warn(what: string): (reason: unknown) => void {
  return (reason) => console.warn(`mullion: ${what}: ${String(reason)}`);
}

class PageNotification extends EventTarget {
  readonly title: string;
  readonly body: string;
  readonly icon: string;
  readonly tag: string;
  readonly data: unknown;
  /** Called when the desktop has it. */
  onshow: ((event: Event) => void) | null = null;
  /** Called when it is not shown, whatever the reason. */
  onerror: ((event: Event) => void) | null = null;
  /** Called when the user has clicked it, which brings the window to the front unless preventDefault is called. */
  onclick: ((event: Event) => void) | null = null;
  /** Called when it has gone, whoever took it away. */
  onclose: ((event: Event) => void) | null = null;
  readonly #id: unknown;
  #shown: Promise<boolean>;
  #over = false;

  static get permission(): NotificationPermission {
    return permission;
  }

  static async requestPermission(callback?: (permission: NotificationPermission) => void): Promise<NotificationPermission> {
    permission = permissionOf(await invoke("plugin:notification|request_permission"));
    callback?.(permission);
    return permission;
  }

  constructor(title: string, options: NotificationOptions = {}) {
    super();
    this.title = `${title}`;
    this.body = `${options.body ?? ""}`;
    this.icon = `${options.icon ?? ""}`;
    this.tag = `${options.tag ?? ""}`;
    this.data = options.data ?? null;
    // It needs an id, for close to name it.
    const { id = random() } = options as { id?: unknown };
    this.#id = id;
    /** Returns whether the page leaves the usual to be done. */
    const tell = (type: "show" | "error" | "click" | "close"): boolean => {
      const event = new EventOf(type, { cancelable: type === "click" });
      try {
        this[`on${type}`]?.(event);
      } catch (error) {
        reportError(error); // as with any listener, the others are called all the same
      }
      const prevented = event.defaultPrevented; // to dispatch it may forget that
      return this.dispatchEvent(event) && !prevented;
    };
    const handler = new Channel<Told>((told) => {
      this.#over ||= told !== "click";
      if (told !== "replaced" && tell(told) && told === "click") {
        void invoke("plugin:notification|focus", { id }).catch(warn("a window does not come to the front"));
      }
    });
    this.#shown = invoke("plugin:notification|notify", { options: { ...options, id, title: this.title }, handler }).then(
      () => {
        tell("show");
        return true;
      },
      (reason: unknown) => {
        unregisterCallback(handler.id);
        warn("a notification was not shown")(reason);
        tell("error");
        return false;
      },
    );
  }

  /** Takes it away, as soon as it is shown. */
  close(): void {
    void this.#shown.then(async (shown) => {
      if (shown && !this.#over) {
        await invoke("plugin:notification|remove_active", { notifications: [{ id: this.#id }] });
      }
    }).catch(warn("a notification stays"));
  }
}

defineProperty(PageNotification, "name", { value: "Notification" });
defineProperty(window, "Notification", { value: PageNotification, writable: true, configurable: true });

invoke("plugin:notification|is_permission_granted").then(
  (granted) => {
    permission = granted === null ? "default" : granted === true ? "granted" : "denied";
  },
  () => {
    permission = "denied";
  },
);
