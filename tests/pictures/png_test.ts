import { strict as assert } from "node:assert";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import {
  blockPicture,
  contactSheet,
  encodePng,
  evenlySpaced,
  overlayMask,
  textPicture,
} from "../../pictures/mod.ts";
import { resize } from "../../pictures/resize.ts";

const rasters = fc.tuple(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 20 }),
  fc.constantFrom<1 | 3>(1, 3),
).chain(([width, height, channels]) => {
  const length = width * height * channels;
  return fc.uint8Array({ minLength: length, maxLength: length })
    .map((data) => ({ width, height, channels, data: new Uint8Array(data) }));
});

Deno.test("encodePng() keeps every pixel, and its chunks have the right checksums", async () => {
  await fc.assert(
    fc.asyncProperty(rasters, async (raster) => {
      const png = await encodePng(raster);
      const view = new DataView(png.buffer);
      let at = 8;
      const chunks: Record<string, Uint8Array> = {};
      while (at < png.length) {
        const length = view.getUint32(at);
        chunks[String.fromCharCode(...png.subarray(at + 4, at + 8))] = png.subarray(
          at + 8,
          at + 8 + length,
        );
        at += length + 12;
      }
      assert.deepEqual(Object.keys(chunks), ["IHDR", "IDAT", "IEND"]);
      const { width, height, channels } = raster;
      const stride = width * channels;
      const lines = inflateSync(chunks.IDAT!);
      const data: number[] = [];
      for (let row = 0; row < height; row++) {
        assert.equal(lines[row * (stride + 1)], 2);
        for (let i = 0; i < stride; i++) {
          const above = row > 0 ? data[(row - 1) * stride + i]! : 0;
          data.push((lines[row * (stride + 1) + 1 + i]! + above) & 0xFF);
        }
      }
      assert.deepEqual(data, [...raster.data]);
    }),
    { numRuns: 50 },
  );
  // The checksum of an empty IEND is known.
  const png = await encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) });
  assert.deepEqual([...png.subarray(-4)], [0xAE, 0x42, 0x60, 0x82]);
});

Deno.test("resize() keeps an even picture even, and its mean when it shrinks", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 0, max: 255 }),
    (width, height, grey) => {
      const raster = {
        width: 13,
        height: 7,
        channels: 1 as const,
        data: new Uint8Array(91).fill(grey),
      };
      const { data } = resize(raster, width, height);
      assert.equal(data.length, width * height);
      assert.ok(data.every((value) => value === grey));
    },
  ));
  const checks = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i + (i >> 6)) % 2 * 200);
  const { data } = resize({ width: 64, height: 64, channels: 1, data: checks }, 8, 8);
  assert.ok(data.every((value) => Math.abs(value - 100) < 3), `${data}`);
});

Deno.test("contactSheet() puts pictures row by row, each in the middle of its cell", () => {
  const grey = (value: number, width: number, height: number) => ({
    width,
    height,
    channels: 1 as const,
    data: new Uint8Array(width * height).fill(value),
  });
  const red = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(255, 0, 0) };
  const sheet = contactSheet([grey(100, 4, 4), grey(200, 4, 2), red], 4);
  assert.deepEqual([sheet.width, sheet.height, sheet.channels], [10, 10, 3]);
  const at = (
    x: number,
    y: number,
  ) => [...sheet.data.subarray((y * 10 + x) * 3, (y * 10 + x) * 3 + 3)];
  assert.deepEqual(at(0, 0), [100, 100, 100]);
  assert.deepEqual([at(6, 0), at(6, 1), at(9, 2), at(6, 3)], [[0, 0, 0], [200, 200, 200], [
    200,
    200,
    200,
  ], [0, 0, 0]]);
  assert.deepEqual([at(4, 4), at(0, 6), at(6, 6)], [[0, 0, 0], [255, 0, 0], [0, 0, 0]]);
});

Deno.test("overlayMask() colours labels, and refuses a mask of another size", () => {
  const raster = { width: 3, height: 3, channels: 1 as const, data: new Uint8Array(9).fill(100) };
  const { data } = overlayMask(raster, [0, 1, 1, 0, 1, 1, 0, 0, 2]);
  assert.deepEqual([...data.subarray(0, 3)], [100, 100, 100]);
  assert.deepEqual([...data.subarray(3, 6)], [255, 60, 60]);
  assert.deepEqual([...data.subarray(24)], [60, 220, 90]);
  assert.throws(() => overlayMask(raster, [1]), TypeError);
});

Deno.test("evenlySpaced() gives the middles of equal parts, or all", () => {
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  assert.deepEqual(evenlySpaced(numbers, 1), [5]);
  assert.deepEqual(evenlySpaced(numbers, 3), [1, 5, 8]);
  assert.deepEqual(evenlySpaced(numbers, 20), numbers);
});

Deno.test("textPicture() draws bright pixels dense, two columns for a row", () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => i % 8 < 4 ? 0 : 255);
  assert.deepEqual(
    textPicture({ width: 8, height: 8, channels: 1, data }, 8),
    Array(4).fill("    @@@@"),
  );
});

Deno.test("pictures, sheets and masks over them are shown as PNG when a notebook's cell returns them", async () => {
  const picture = { width: 2, height: 1, channels: 1, data: new Uint8Array([0, 255]) } as const;
  for (const shown of [contactSheet([picture], 4), overlayMask(picture, [0, 1])]) {
    const media = await (shown as unknown as Record<symbol, () => Promise<Record<string, string>>>)[
      Symbol.for("Jupyter.display")
    ]!();
    assert.deepEqual(Uint8Array.fromBase64(media["image/png"]!), await encodePng(shown));
    assert.match(media["text/plain"]!, /^a picture of \d+x\d+$/);
  }
});

Deno.test("blockPicture() puts two pixels in a character, in the nearest of 256 colours", () => {
  const data = new Uint8Array([255, 0, 0, 0, 0, 0, 255, 255, 255, 128, 128, 128]);
  const lines = blockPicture({ width: 2, height: 2, channels: 3, data }, 2);
  assert.deepEqual(lines, ["\x1b[38;5;196;48;5;231m▀\x1b[38;5;16;48;5;244m▀\x1b[0m"]);
});
