/**
 * Samples as numbers, whatever they are stored in.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";
import type { FrameBytes } from "./read_frame.ts";

/** Samples as they are in memory: whole numbers are not signed yet. */
export type Samples = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** The samples of a frame as numbers of this platform. */
export function samplesOf({ bytes, littleEndian, firstBit, pixels }: FrameBytes): Samples {
  const { bitsAllocated, float } = pixels;
  switch (bitsAllocated) {
    case 1:
      return unpackBits(bytes, firstBit, pixels.rows * pixels.columns);
    case 8:
      return bytes;
    case 16:
      return new Uint16Array(ordered(bytes, 2, littleEndian));
    case 32:
      return float
        ? new Float32Array(ordered(bytes, 4, littleEndian))
        : new Uint32Array(ordered(bytes, 4, littleEndian));
    case 64:
      return new Float64Array(ordered(bytes, 8, littleEndian));
    default:
      throw new FormatError("NotSupported", `Pixels of ${bitsAllocated} bits cannot be shown`);
  }
}

const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The bytes of numbers in this platform's byte order, in a buffer of their own where they must be. */
function ordered(bytes: Uint8Array, width: number, littleEndian: boolean): ArrayBuffer {
  const length = bytes.length - bytes.length % width;
  const swap = littleEndian !== IS_LITTLE;
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  if (!swap && isWhole && length === bytes.length && bytes.buffer instanceof ArrayBuffer) {
    return bytes.buffer;
  }
  const copy = bytes.slice(0, length);
  if (swap) {
    for (let at = 0; at < length; at += width) copy.subarray(at, at + width).reverse();
  }
  return copy.buffer;
}

/** One bit a pixel, the lowest bit of a byte first (PS3.5 §8.1.1). */
function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = firstBit + i;
    values[i] = bytes[bit >> 3]! >> (bit & 7) & 1;
  }
  return values;
}
