// What the framework puts into every page and the package does not declare.
interface Window {
  /** Only where the configuration wants it. */
  __TAURI__?: {
    app: typeof import("@tauri-apps/api/app");
    core: typeof import("@tauri-apps/api/core");
    dpi: typeof import("@tauri-apps/api/dpi");
    event: typeof import("@tauri-apps/api/event");
    image: typeof import("@tauri-apps/api/image");
    menu: typeof import("@tauri-apps/api/menu");
    mocks: typeof import("@tauri-apps/api/mocks");
    path: typeof import("@tauri-apps/api/path");
    tray: typeof import("@tauri-apps/api/tray");
    webview: typeof import("@tauri-apps/api/webview");
    webviewWindow: typeof import("@tauri-apps/api/webviewWindow");
    window: typeof import("@tauri-apps/api/window");
    /** Of the plugin whose package is installed. */
    notification: typeof import("@tauri-apps/plugin-notification");
  };
  readonly __TAURI_INTERNALS__: {
    readonly callbacks: Map<number, (data: unknown) => void>;
    runCallback(id: number, data: unknown): void;
    unregisterCallback(id: number): void;
    readonly metadata: { readonly currentWindow: { readonly label: string }; readonly currentWebview: { readonly label: string } };
  };
}
