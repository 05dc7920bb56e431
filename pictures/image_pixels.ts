/**
 * The Image Pixel module, checked.
 *
 * @module
 */

import { type DicomHeader, FormatError } from "../formats/mod.ts";

/** How the pixels of an instance are stored (PS3.3 §C.7.6.3). */
export interface ImagePixels {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  /** `MONOCHROME2`, `RGB`, … */
  readonly photometric: string;
  /** Bits of a sample in memory: 1, 8, 16, 32 or 64. */
  readonly bitsAllocated: number;
  /** Bits of it that count. */
  readonly bitsStored: number;
  /** Where they end, from 0. */
  readonly highBit: number;
  readonly signed: boolean;
  /** Whether values are floating-point numbers. */
  readonly float: boolean;
  /** All red, then all green, then all blue. */
  readonly planar: boolean;
}

const MAX_PIXELS = 2 ** 26;
const FLOAT_PIXEL_DATA = 0x7FE00008;
const DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009;

/** Reads how pixels are stored. @throws {FormatError} for what contradicts itself or is too large */
export function imagePixels(header: DicomHeader, maxPixels: number = MAX_PIXELS): ImagePixels {
  const rows = required(header, "Rows");
  const columns = required(header, "Columns");
  if (rows * columns > maxPixels) {
    throw new FormatError("LimitExceeded", `An image of ${columns}x${rows} pixels is too large`);
  }
  const tag = header.pixelData?.tagNumber;
  const float = tag === FLOAT_PIXEL_DATA || tag === DOUBLE_FLOAT_PIXEL_DATA;
  const allocated = tag === FLOAT_PIXEL_DATA
    ? 32
    : tag === DOUBLE_FLOAT_PIXEL_DATA
    ? 64
    : undefined;
  const bitsAllocated = allocated ?? header.number("BitsAllocated") ?? 8;
  if (![1, 8, 16, 32].includes(bitsAllocated) && !float) {
    throw new FormatError("NotSupported", `Pixels of ${bitsAllocated} bits cannot be shown`);
  }
  const bitsStored = float ? bitsAllocated : header.number("BitsStored") ?? bitsAllocated;
  const highBit = float ? bitsAllocated - 1 : header.number("HighBit") ?? bitsStored - 1;
  if (!(bitsStored >= 1 && highBit < bitsAllocated && highBit + 1 >= bitsStored)) {
    throw new FormatError(
      "Corrupt",
      `${bitsStored} bits below bit ${highBit} do not fit ${bitsAllocated}`,
    );
  }
  const samples = header.number("SamplesPerPixel") ?? 1;
  if (!(samples === 1 || (samples === 3 && bitsAllocated >= 8 && !float))) {
    throw new FormatError("NotSupported", `${samples} samples a pixel cannot be shown`);
  }
  const frames = header.number("NumberOfFrames") || 1;
  if (!Number.isInteger(frames) || frames < 1) {
    throw new FormatError("Corrupt", "The number of frames is none");
  }
  return {
    rows,
    columns,
    frames,
    samples,
    photometric: header.string("PhotometricInterpretation") ?? "MONOCHROME2",
    bitsAllocated,
    bitsStored,
    highBit,
    signed: header.number("PixelRepresentation") === 1,
    float,
    planar: samples === 3 && header.number("PlanarConfiguration") === 1,
  };
}

function required(header: DicomHeader, name: "Rows" | "Columns"): number {
  const value = header.number(name);
  if (value !== undefined && value > 0) return value;
  throw new FormatError("NotSupported", "There is no image: it has no rows or columns");
}

/** Whether two chroma samples serve two pixels, in memory (PS3.3 §C.7.6.3.1.2). */
export function isSubsampled({ photometric, samples, bitsAllocated }: ImagePixels): boolean {
  return photometric === "YBR_FULL_422" && samples === 3 && bitsAllocated === 8;
}

/** Length in bits of a frame that is not compressed. */
export function frameBits(pixels: ImagePixels): number {
  const { rows, columns, samples, bitsAllocated } = pixels;
  return rows * columns * (isSubsampled(pixels) ? 16 : samples * bitsAllocated);
}
