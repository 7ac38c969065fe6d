// window.Notification for pages that may show notifications: they go to the
// app, which asks the desktop. A page that turns out not to be allowed keeps
// the constructor, with the permission "denied".

import { defineProperty } from "./builtins";

const { invoke } = window.__TAURI_INTERNALS__;
const EventOf = Event;

let permission: NotificationPermission = "default";

function permissionOf(answer: unknown): NotificationPermission {
  return answer === "granted" || answer === "denied" ? answer : "default";
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
    const tell = (type: "show" | "error"): void => {
      const event = new EventOf(type);
      this[`on${type}`]?.(event);
      this.dispatchEvent(event);
    };
    invoke("plugin:notification|notify", { options: { ...options, title: this.title } }).then(
      () => tell("show"),
      (reason: unknown) => {
        console.warn(`mullion: a notification was not shown: ${String(reason)}`);
        tell("error");
      },
    );
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
