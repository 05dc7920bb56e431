/**
 * RLE Lossless.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";

const HEADER = 64;
const MAX_SEGMENTS = 15;

/**
 * Expands a frame of RLE Lossless (PS3.5 Annex G): a segment per byte of each sample, the highest
 * byte first. Gives samples plane by plane, little endian.
 *
 * @param count pixels of the frame
 * @param samples samples a pixel
 * @param width bytes of a sample
 * @throws {FormatError} `Corrupt`
 */
export function expandRle(
  coded: Uint8Array,
  count: number,
  samples: number,
  width: number,
): Uint8Array {
  if (coded.length < HEADER) throw new FormatError("Corrupt", "An RLE frame has no header");
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== samples * width || segments > MAX_SEGMENTS) {
    throw new FormatError("Corrupt", `An RLE frame has ${segments} segments`);
  }
  const plane = count * width;
  const out = new Uint8Array(plane * samples);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + segment * 4, true);
    const next = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : coded.length;
    if (start < HEADER || next < start || next > coded.length) {
      throw new FormatError("Corrupt", "An RLE segment lies outside of its frame");
    }
    const sample = Math.floor(segment / width);
    const byte = width - 1 - segment % width;
    expandSegment(coded.subarray(start, next), out, sample * plane + byte, width, count);
  }
  return out;
}

/** Writes `count` bytes to `out`, from `first` on with a `stride` (PackBits, PS3.5 §G.3). */
function expandSegment(
  coded: Uint8Array,
  out: Uint8Array,
  first: number,
  stride: number,
  count: number,
): void {
  let from = 0;
  let done = 0;
  while (done < count) {
    const code = coded[from++];
    if (code === undefined) throw new FormatError("Corrupt", "An RLE segment ends too early");
    if (code === 128) continue;
    const isRun = code > 128;
    const length = Math.min(isRun ? 257 - code : code + 1, count - done);
    for (let i = 0; i < length; i++) {
      out[first + (done + i) * stride] = coded[isRun ? from : from + i]!;
    }
    if (from + (isRun ? 1 : length) > coded.length) {
      throw new FormatError("Corrupt", "An RLE segment ends too early");
    }
    from += isRun ? 1 : code + 1;
    done += length;
  }
}
