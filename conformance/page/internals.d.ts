// What the framework puts into every page and the package does not declare.
interface Window {
  readonly __TAURI_INTERNALS__: {
    readonly callbacks: Map<number, (data: unknown) => void>;
    runCallback(id: number, data: unknown): void;
    unregisterCallback(id: number): void;
    readonly metadata: { readonly currentWindow: { readonly label: string }; readonly currentWebview: { readonly label: string } };
  };
}
