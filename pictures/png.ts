/**
 * Pictures as PNG.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { concat } from "../formats/inflate.ts";
import type { Raster } from "./raster.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A);
const GREY = 0;
const RGB = 2;
/** Rows are stored as the difference to the one above (PNG §9.2). */
const UP = 2;

/**
 * Encodes a picture as PNG, 8 bits a channel.
 *
 * @example
 * ```ts
 * import { encodePng } from "@medvfs/vfs/pictures";
 *
 * const png = await encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
 * console.assert(png[1] === 0x50);
 * ```
 */
export async function encodePng(raster: Raster): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, channels, data } = raster;
  const stride = width * channels;
  const lines = new Uint8Array((stride + 1) * height);
  for (let row = 0, at = 0; row < height; row++) {
    lines[at++] = UP;
    for (let i = row * stride; i < (row + 1) * stride; i++) {
      lines[at++] = data[i]! - (row > 0 ? data[i - stride]! : 0);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 3 ? RGB : GREY], 8);
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream("deflate"));
  const content = new Uint8Array(await new Response(packed).arrayBuffer());
  return concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", content),
    chunk("IEND", new Uint8Array(0)),
  ]) as Uint8Array<ArrayBuffer>;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}
