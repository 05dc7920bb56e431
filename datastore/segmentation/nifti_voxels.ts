/**
 * The voxels of a NIfTI file, as labels.
 *
 * @module
 */

import { voxelsOf } from "./grid.ts";
import type { Complain } from "./errors.ts";
import { canBecome, inflated, isGzip } from "./inflated.ts";
import type { NiftiHeader } from "./nifti_header.ts";

/** A label per voxel; the second where a value is above 255. */
export type Labels = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Highest value of a label: SegmentNumber is a US. */
export const HIGHEST_LABEL = 65535;

type Stored = ArrayLike<number>;

interface Voxel {
  readonly bytes: number;
  readonly view: (buffer: ArrayBuffer, count: number) => Stored;
}

/** How voxels are stored, by NIfTI's code. */
const TYPES: Readonly<Record<number, Voxel>> = {
  2: { bytes: 1, view: (buffer, count) => new Uint8Array(buffer, 0, count) },
  4: { bytes: 2, view: (buffer, count) => new Int16Array(buffer, 0, count) },
  8: { bytes: 4, view: (buffer, count) => new Int32Array(buffer, 0, count) },
  16: { bytes: 4, view: (buffer, count) => new Float32Array(buffer, 0, count) },
  64: { bytes: 8, view: (buffer, count) => new Float64Array(buffer, 0, count) },
  256: { bytes: 1, view: (buffer, count) => new Int8Array(buffer, 0, count) },
  512: { bytes: 2, view: (buffer, count) => new Uint16Array(buffer, 0, count) },
  768: { bytes: 4, view: (buffer, count) => new Uint32Array(buffer, 0, count) },
  1024: { bytes: 8, view: (buffer, count) => wide(new BigInt64Array(buffer, 0, count)) },
  1280: { bytes: 8, view: (buffer, count) => wide(new BigUint64Array(buffer, 0, count)) },
};

function wide(values: BigInt64Array | BigUint64Array): Stored {
  return Float64Array.from(values as ArrayLike<bigint>, Number);
}

const PIECE = 256 * 1024;
const LITTLE_HOST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Reads the labels of a mask in the order of the file; all of it is never in memory as stored.
 *
 * @throws {SegmentationError} `NotAMask` for values that are no labels, `TooManyValues` for one above
 * 65535, `Unsupported`, `Truncated`, `Damaged`
 */
export async function readLabels(
  bytes: Uint8Array,
  header: NiftiHeader,
  complain: Complain,
  signal?: AbortSignal,
): Promise<Labels> {
  const type = TYPES[header.datatype];
  if (!type) throw complain("Unsupported", `its voxels have type ${header.datatype}`);
  const count = voxelsOf(header.grid);
  const end = header.voxelOffset + count * type.bytes;
  const packing = isGzip(bytes) ? "gzip" : "none";
  if (!canBecome(bytes, end, packing)) {
    throw complain("Truncated", `its ${bytes.length} bytes cannot be the ${end} of its voxels`);
  }
  const builder = new LabelBuilder(count, header, type, complain);
  let at = 0;
  for await (const chunk of inflated(bytes, end, packing, complain)) {
    signal?.throwIfAborted();
    const skipped = Math.max(0, header.voxelOffset - at);
    if (skipped < chunk.length) builder.push(chunk.subarray(skipped));
    at += chunk.length;
  }
  return builder.labels;
}

/** Turns stored voxels into labels, piece by piece. */
class LabelBuilder {
  labels: Labels;
  readonly #piece: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #at = 0;

  constructor(
    count: number,
    readonly header: NiftiHeader,
    readonly type: Voxel,
    readonly complain: Complain,
  ) {
    this.labels = new Uint8Array(count);
    this.#piece = new Uint8Array(Math.min(PIECE, count * type.bytes));
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#piece.length - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      const left = (this.labels.length - this.#at) * this.type.bytes;
      if (this.#filled === Math.min(this.#piece.length, left)) this.#convert();
    }
  }

  #convert(): void {
    const { bytes, view } = this.type;
    const { slope, intercept, littleEndian } = this.header;
    if (littleEndian !== LITTLE_HOST) swap(this.#piece, bytes);
    const count = this.#filled / bytes;
    const stored = view(this.#piece.buffer, count);
    const isPlain = slope === 1 && intercept === 0;
    if (isPlain && stored instanceof Uint8Array) this.labels.set(stored, this.#at);
    else this.#check(isPlain ? stored : scaled(stored, slope, intercept), count);
    this.#at += count;
    this.#filled = 0;
  }

  #check(values: Stored, count: number): void {
    let highest = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      // Also false for NaN.
      if (!(value >= 0 && value <= HIGHEST_LABEL && value === (value | 0))) {
        throw this.#refusal(value, this.#at + i);
      }
      if (value > highest) highest = value;
    }
    if (highest > 0xFF && this.labels instanceof Uint8Array) {
      this.labels = Uint16Array.from(this.labels);
    }
    this.labels.set(values, this.#at);
  }

  #refusal(value: number, at: number) {
    const [columns, rows] = this.header.grid.shape;
    const where = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
    const what = `it has the value ${value} at voxel ${where.join(", ")}`;
    return value > HIGHEST_LABEL && Number.isInteger(value)
      ? this.complain("TooManyValues", `${what}; a segment's value is ${HIGHEST_LABEL} at most`)
      : this.complain("NotAMask", `${what}, which is no label`);
  }
}

/** The slope is stored with 24 bits, so that whole numbers may come out a little off. */
function scaled(stored: Stored, slope: number, intercept: number): Stored {
  return Float64Array.from(stored, (value) => {
    const exact = value * slope + intercept;
    const whole = Math.round(exact) + 0;
    return Math.abs(exact - whole) < 1e-4 ? whole : exact;
  });
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
