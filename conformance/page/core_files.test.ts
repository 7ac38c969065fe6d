import { convertFileSrc, invoke } from "@tauri-apps/api/core";
import { equal, info, ok, test, within } from "./harness";

// Where custom schemes are not addresses of their own, as on Windows, the
// protocol is part of the host's name.
const windows = /Windows/.test(navigator.userAgent);

function address(protocol: string, name: string): string {
  return windows ? `http://${protocol}.localhost/${name}` : `${protocol}://localhost/${name}`;
}

test("core/convertFileSrc/escapes the whole path", () => {
  equal(convertFileSrc("/home/ж/a b/50%/x?y#z&+.png"), address("asset", "%2Fhome%2F%D0%B6%2Fa%20b%2F50%25%2Fx%3Fy%23z%26%2B.png"));
  equal(convertFileSrc("C:\\a\\b"), address("asset", "C%3A%5Ca%5Cb"));
  equal(convertFileSrc(""), address("asset", ""));
});

test("core/convertFileSrc/with another protocol", () => equal(convertFileSrc("/a", "stream"), address("stream", "%2Fa")));

function load(src: string): Promise<HTMLImageElement | null> {
  const image = new Image();
  const loaded = new Promise<HTMLImageElement | null>((resolve) => {
    image.onload = () => resolve(image);
    image.onerror = () => resolve(null);
  });
  image.src = src;
  return within(`image ${src}`, loaded);
}

test("core/convertFileSrc/an image in the scope loads", async () => {
  const image = await load(convertFileSrc((await info()).inside));
  ok(image !== null, "it did not load");
  equal([image!.naturalWidth, image!.naturalHeight], [3, 2], "its size");
});

test("core/convertFileSrc/an image out of the scope does not", async () => {
  ok(await load(convertFileSrc((await info()).outside)) === null, "it loaded");
});

test("core/convertFileSrc/nor by a way round", async () => {
  const { inside, outside } = await info();
  const folder = inside.slice(0, inside.lastIndexOf("/"));
  ok(await load(convertFileSrc(`${folder}/../${outside.slice(outside.lastIndexOf("/") + 1)}`)) === null, "it loaded");
});

test("core/convertFileSrc/a file in the scope can be fetched", async () => {
  const answer = await within("fetch", fetch(convertFileSrc((await info()).inside)));
  const blob = await answer.blob();
  equal([answer.status, blob.type], [200, "image/png"]);
  ok((await load(URL.createObjectURL(blob))) !== null, "the Blob is no picture");
});

test("core/convertFileSrc/a file out of the scope cannot", async () => {
  const outside = convertFileSrc((await info()).outside);
  const ended = await within("fetch", fetch(outside).then((r) => r.ok, () => false));
  ok(!ended, "it was read");
});

test("core/convertFileSrc/an image that is not there does not", async () => {
  ok(await load(convertFileSrc(`${(await info()).inside}.none`)) === null, "it loaded");
});

test("core/convertFileSrc/the page goes on after what was refused", async () => {
  await load(convertFileSrc((await info()).outside));
  equal(await invoke<number>("give", { value: 1 }), 1);
});
