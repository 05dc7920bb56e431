/**
 * The values of a frame as they are stored (PS3.5 §8.1), and what types can hold them.
 *
 * @module
 */

import type { ImagePixels } from "../../pictures/image_pixels.ts";
import type { FrameBytes } from "../../pictures/read_frame.ts";
import { samplesOf } from "../../pictures/samples.ts";
import type { Scale } from "./scale.ts";

/** Voxels in memory. */
export type Voxels =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A type of voxels. */
export interface VoxelType {
  /** NIfTI's code. */
  readonly datatype: number;
  /** Bits of a voxel. */
  readonly bits: number;
  /** Least and greatest whole number that it holds. */
  readonly range: readonly [number, number];
  /** Makes room for `count` voxels. */
  readonly make: (count: number) => Voxels;
}

/** What voxels become where they are scaled slice by slice. */
export const FLOAT32: VoxelType = {
  datatype: 16,
  bits: 32,
  range: [-(2 ** 24), 2 ** 24],
  make: (count) => new Float32Array(count),
};

const FLOAT64: VoxelType = {
  datatype: 64,
  bits: 64,
  range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  make: (count) => new Float64Array(count),
};

/** The smaller ones first; of two of a size, the one that more programs read. */
const WHOLE: readonly VoxelType[] = [
  { datatype: 2, bits: 8, range: [0, 255], make: (count) => new Uint8Array(count) },
  { datatype: 4, bits: 16, range: [-32768, 32767], make: (count) => new Int16Array(count) },
  { datatype: 512, bits: 16, range: [0, 65535], make: (count) => new Uint16Array(count) },
  {
    datatype: 8,
    bits: 32,
    range: [-(2 ** 31), 2 ** 31 - 1],
    make: (count) => new Int32Array(count),
  },
  { datatype: 768, bits: 32, range: [0, 2 ** 32 - 1], make: (count) => new Uint32Array(count) },
  FLOAT64,
];

/** The smallest type that holds the stored values of all images. */
export function typeFor(images: readonly ImagePixels[]): VoxelType {
  if (images.some(({ float }) => float)) {
    return images.every(({ bitsAllocated }) => bitsAllocated === 32) ? FLOAT32 : FLOAT64;
  }
  return WHOLE.find((type) => images.every((pixels) => holds(type, pixels)))!;
}

/** Whether a type holds all values that pixels can have. */
export function holds({ range, datatype }: VoxelType, pixels: ImagePixels): boolean {
  const { bitsStored, signed, float } = pixels;
  if (float) {
    return datatype === FLOAT64.datatype || (datatype === FLOAT32.datatype && bitsStored < 64);
  }
  const [least, most] = signed
    ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1]
    : [0, 2 ** bitsStored - 1];
  return range[0] <= least && most <= range[1];
}

/** Writes the stored values of a frame to `into`, scaled. */
export function writeValues(frame: FrameBytes, into: Voxels, { slope, intercept }: Scale): void {
  const samples = samplesOf(frame);
  const { bitsStored, highBit, signed, float } = frame.pixels;
  const [left, right] = [31 - highBit, 32 - bitsStored];
  for (let i = 0; i < into.length; i++) {
    const code = samples[i]!;
    const value = float ? code : signed ? code << left >> right : (code << left) >>> right;
    into[i] = value * slope + intercept;
  }
}
