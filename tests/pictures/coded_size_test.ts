import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readPicture } from "../../pictures/mod.ts";
import { jpeg2000Size, jpegSize } from "../../pictures/coded_size.ts";
import { imageFile } from "./images.ts";

/** The start of a JPEG 2000 codestream of one component of 16 bits. */
function codestream(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(100);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xFF4FFF51);
  view.setUint16(4, 41);
  view.setUint32(8, width);
  view.setUint32(12, height);
  view.setUint16(40, 1);
  bytes[42] = 15;
  return bytes;
}

/** The start of a JPEG stream with a comment before its frame header. */
function jpegStart(marker: number, width: number, height: number): Uint8Array<ArrayBuffer> {
  const size = [height >> 8, height & 0xFF, width >> 8, width & 0xFF];
  const start = [0xFF, 0xD8, 0xFF, 0xFE, 0, 4, 1, 2, 0xFF, 0xFF, marker, 0, 11, 8, ...size, 1];
  return Uint8Array.from([...start, 1, 0x11, 0, 0]);
}

Deno.test("jpegSize() and jpeg2000Size() read what a stream claims, and nothing of others", () => {
  const one = { width: 300, height: 200, componentCount: 1 };
  for (const marker of [0xC0, 0xC1, 0xF7]) {
    assert.deepEqual(jpegSize(jpegStart(marker, 300, 200)), { ...one, bitsPerSample: 8 });
  }
  assert.equal(jpegSize(jpegStart(0xDA, 300, 200)), undefined);
  assert.deepEqual(jpeg2000Size(codestream(300, 200)), { ...one, bitsPerSample: 16 });
  const wrapped = Uint8Array.from([...new Uint8Array(85), ...codestream(300, 200)]);
  assert.deepEqual(jpeg2000Size(wrapped), { ...one, bitsPerSample: 16 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    jpegSize(bytes);
    jpeg2000Size(bytes);
  }));
});

Deno.test("readPicture() refuses a stream that claims more than its image, before it is decoded", async () => {
  const streams: [string, Uint8Array][] = [
    ["1.2.840.10008.1.2.4.90", codestream(60000, 60000)],
    ["1.2.840.10008.1.2.4.80", jpegStart(0xF7, 60000, 60000)],
    ["1.2.840.10008.1.2.4.50", jpegStart(0xC0, 60000, 60000)],
  ];
  for (const [syntax, stream] of streams) {
    const file = imageFile({ PixelData: [new Uint8Array(), stream] }, syntax);
    await assert.rejects(readPicture(file), { kind: "Corrupt", message: /60000x60000x1/ });
  }
});
