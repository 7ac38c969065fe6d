// What a page of these libraries must find working. It is bundled for
// production, where the libraries write styles as they do for users.
import { Button } from "@mui/material";
import { zlib, unzlib } from "fflate";
import { md5 } from "hash-wasm";
import { createRoot } from "react-dom/client";
import styled from "styled-components";

const Green = styled.div`
  color: rgb(0, 128, 0);
`;

const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(
  <>
    <Green id="styled" style={{ paddingLeft: 7 }}>styled</Green>
    <Button id="mui" variant="contained">MUI</Button>
  </>,
);

/** Settles with what f returns once that is not null. */
async function until(f) {
  for (;;) {
    const value = f();
    if (value !== null) {
      return value;
    }
    await new Promise((done) => requestAnimationFrame(done));
  }
}

const attempt = (promise) => promise.catch((error) => {
  console.error(error); // as a page would
  return `${error.name}: ${error.message}`;
});
const computed = (id, name) => until(() => document.getElementById(id)).then((e) => getComputedStyle(e)[name]);

/** fflate works in a worker that it makes of a blob. */
const zipped = new Promise((done, fail) => {
  zlib(new TextEncoder().encode("zip".repeat(1000)), (error, data) => error ? fail(error) : unzlib(data, (e, text) => e ? fail(e) : done(text.length)));
});

/** What an element loads: "load" or "error". */
function loads(element, src) {
  return new Promise((done) => {
    element.onload = element.onloadedmetadata = () => done("load");
    element.onerror = () => done("error");
    element.src = src;
  });
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const bytes = Uint8Array.from(atob(pixel), (c) => c.charCodeAt(0));

async function run() {
  return {
    styled: await computed("styled", "color"),
    inStyleAttribute: await computed("styled", "paddingLeft"),
    mui: await computed("mui", "backgroundColor"),
    wasm: await attempt(md5("abc")),
    worker: await attempt(zipped),
    blobImage: await loads(new Image(), URL.createObjectURL(new Blob([bytes], { type: "image/png" }))),
    dataImage: await loads(new Image(), `data:image/png;base64,${pixel}`),
    dataFetch: await attempt(fetch("data:text/plain,abc").then((r) => r.text())),
    blobFetch: await attempt(fetch(URL.createObjectURL(new Blob(["abc"]))).then((r) => r.text())),
  };
}

window.results = run();
