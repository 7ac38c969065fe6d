import { Image, transformImage } from "@tauri-apps/api/image";
import { equal, info, ok, rejection, rejectsWith, test } from "./harness";

const rgba = new Uint8Array([255, 0, 0, 128, 0, 0, 255, 255]);

test("image/Image/new: pixels come back", async () => {
  const image = await Image.new(rgba, 2, 1);
  equal(await image.size(), { width: 2, height: 1 });
  equal([...(await image.rgba())], [...rgba]);
  await image.close();
  equal(await rejection(image.size()), `The resource id ${image.rid} is invalid.`);
});

test("image/Image/new: too few pixels reject", () => rejectsWith(Image.new(rgba, 2, 2), "8 bytes of RGBA, want 16"));

test("image/Image/fromBytes: a PNG", async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 3;
  canvas.height = 2;
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  ok(blob !== null, "no PNG");
  const image = await Image.fromBytes(await (blob as Blob).arrayBuffer());
  equal(await image.size(), { width: 3, height: 2 });
  await image.close();
});

test("image/Image/fromBytes: something else rejects", () => rejectsWith(Image.fromBytes([1, 2, 3]), "neither PNG nor ICO"));

test("image/Image/fromPath: out of scope rejects", async () => rejectsWith(Image.fromPath((await info()).outside), "core:image:allow-from-path"));

test("image/Image/fromPath: a picture within the scope", async () => {
  const image = await Image.fromPath((await info()).inside);
  equal(await image.size(), { width: 3, height: 2 });
  equal([...(await image.rgba())].slice(0, 4), [0, 0, 0, 255]);
  await image.close();
});

test("image/transformImage/every form", async () => {
  const image = await Image.new(rgba, 2, 1);
  equal(transformImage(image), image.rid);
  equal(transformImage("a.png"), "a.png");
  equal(transformImage(null), null);
  await image.close();
});

test("core/Resource/close of one that there is", async () => {
  const image = await Image.new(rgba, 2, 1);
  await image.close();
  equal(await rejection(image.close()), `The resource id ${image.rid} is invalid.`);
});
