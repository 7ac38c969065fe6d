// What WebView2 lacks for the bridge script: a message handler whose postMessage has an answer. It runs before all scripts of
// the page, in the page's own world, since there is no other. Neither a message nor an answer is
// worth more than the page itself: who speaks is what the engine says, see message_windows.go.
//
// To the host: "m ID TEXT" is a message, "d ID" says that a delivery was run. From the host:
// "r ID TEXT" and "f ID TEXT" settle a message, "d ID TEXT" is a delivery. An ID begins with
// the random name of the document, so that nothing meant for one that was left arrives here.
(() => {
  "use strict";
  if (window !== window.top || !ORIGINS.test(location.protocol + "//" + location.host)) return;
  const { webview } = window.chrome;
  const post = webview.postMessage.bind(webview);
  const { slice, indexOf } = String.prototype;
  const cut = Function.prototype.call.bind(slice), find = Function.prototype.call.bind(indexOf);
  const name = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
  const waiting = Object.create(null);
  let last = 0;

  const handler = {
    postMessage: (text) => new Promise((resolve, reject) => {
      const id = name + "-" + ++last;
      waiting[id] = { resolve, reject };
      post("m " + id + " " + text);
    }),
  };
  Object.defineProperty(window, "webkit", { value: { messageHandlers: { HANDLER: handler } }, configurable: true });
  BRIDGE
  const deliver = window.DELIVER;
  delete window.webkit;
  delete window.DELIVER;

  webview.addEventListener("message", (event) => {
    const text = event.data;
    if (typeof text !== "string") return;
    const end = find(text, " ", 2), id = cut(text, 2, end), rest = cut(text, end + 1), kind = text[0];
    if (kind === "d") {
      if (deliver) deliver(rest);
      post("d " + id);
      return;
    }
    const call = waiting[id];
    delete waiting[id];
    if (call && kind === "r") call.resolve(rest);
    if (call && kind === "f") call.reject(new Error(rest));
  });
})();
