/**
 * A stored DICOM segmentation, opened.
 *
 * @module
 */

import { type DicomHeader, FormatError, readDicomHeader } from "../../formats/mod.ts";
import type { Complain } from "./errors.ts";
import { canBecome, inflated } from "./inflated.ts";
import { SEGMENTATION_STORAGE } from "./seg_dataset.ts";
import { compressedFrames, type ReadSegFrame, storedFrames } from "./seg_frames.ts";

/** A segmentation, its header read and its pixel data found. */
export interface SegFile {
  /** Everything before the pixel data. */
  readonly header: DicomHeader;
  /** How pixels say which segment they belong to. */
  readonly type: "BINARY" | "FRACTIONAL" | "LABELMAP";
  /** Bits a pixel: 1, 8 or 16. */
  readonly bits: number;
  /** Columns and rows. */
  readonly shape: readonly [number, number];
  /** Number of frames. */
  readonly frames: number;
  /** Opens the pixel data. */
  pixels(): Promise<ReadSegFrame>;
}

/** Segmentation Storage and Label Map Segmentation Storage, PS3.4 §B.5. */
export const SEGMENTATION_STORAGES: readonly string[] = [
  SEGMENTATION_STORAGE,
  "1.2.840.10008.5.1.4.1.1.66.7",
];
const BITS: Readonly<Record<SegFile["type"], readonly number[]>> = {
  BINARY: [1],
  FRACTIONAL: [8],
  LABELMAP: [8, 16],
};
/** Thousands of frames have large headers; 1 KB a frame is usual. */
const LIMITS = { maxHeaderBytes: 256 * 1024 * 1024, maxElements: 2_000_000 };
/** Each frame is looked for from the beginning of the pixel data. */
const MOST_COMPRESSED = 2 ** 14;
const UNCOMPRESSED = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"];

/**
 * Reads the header of a segmentation and checks that its pixel data is there.
 *
 * @throws {SegmentationError} `NotSegmentation`, `Unsupported`, `Damaged`, `Truncated`
 */
export async function openSeg(bytes: Uint8Array, complain: Complain): Promise<SegFile> {
  const header = await read(bytes, complain);
  if (!SEGMENTATION_STORAGES.includes(header.string("SOPClassUID") ?? "")) {
    throw complain("NotSegmentation", "it is not a DICOM segmentation");
  }
  if (header.damage) throw complain("Damaged", `it has a damaged header: ${header.damage.code}`);
  const { transferSyntaxUID = "", pixelData } = header;
  const isCompressed = pixelData !== undefined && pixelData.length === undefined;
  if (isCompressed === UNCOMPRESSED.includes(transferSyntaxUID)) {
    throw complain("Unsupported", `its transfer syntax ${transferSyntaxUID} is not read`);
  }
  const type = header.string("SegmentationType") ?? "";
  const bits = header.number("BitsAllocated") ?? 0;
  if (!isType(type) || !BITS[type].includes(bits)) {
    throw complain("Unsupported", `it has type ${JSON.stringify(type)} with ${bits} bits a pixel`);
  }
  const count = (name: string) => {
    const value = header.number(name) ?? 0;
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw complain("Damaged", `it has ${value} ${name}`);
  };
  const shape = [count("Columns"), count("Rows")] as const;
  const frames = count("NumberOfFrames");
  const found = { header, type, bits, shape, frames };
  if (isCompressed) {
    if (bits === 1) throw complain("Unsupported", "its single bits are compressed");
    if (frames > MOST_COMPRESSED) {
      throw complain("TooLarge", `it has ${frames} compressed frames, above ${MOST_COMPRESSED}`);
    }
    return { ...found, pixels: () => Promise.try(compressedFrames, bytes, header, complain) };
  }
  const bitsPerFrame = shape[0] * shape[1] * bits;
  const length = Math.ceil(frames * bitsPerFrame / 8);
  if (!pixelData || (pixelData.length ?? 0) < length) {
    throw complain("Truncated", `it has ${pixelData?.length ?? 0} of ${length} bytes of pixels`);
  }
  const { valuePosition } = pixelData;
  return {
    ...found,
    pixels: async () => {
      const pixels = header.deflated
        ? await inflatedPixels(bytes, header, valuePosition, length, complain)
        : present(bytes, valuePosition, length, complain);
      return storedFrames(pixels, bitsPerFrame);
    },
  };
}

async function read(bytes: Uint8Array, complain: Complain): Promise<DicomHeader> {
  try {
    return await readDicomHeader(bytes, LIMITS);
  } catch (error) {
    if (error instanceof FormatError) {
      throw complain("NotSegmentation", "it is not a DICOM segmentation", error);
    }
    throw error;
  }
}

function isType(type: string): type is SegFile["type"] {
  return Object.hasOwn(BITS, type);
}

function present(bytes: Uint8Array, start: number, length: number, complain: Complain): Uint8Array {
  if (start + length <= bytes.length) return bytes.subarray(start, start + length);
  throw complain("Truncated", `it ends after ${bytes.length} of ${start + length} bytes`);
}

async function inflatedPixels(
  bytes: Uint8Array,
  { meta }: DicomHeader,
  start: number,
  length: number,
  complain: Complain,
): Promise<Uint8Array> {
  // Preamble, magic and the group length itself come before what it counts (PS3.10 §7.1).
  const begin = 144 + (meta.number("FileMetaInformationGroupLength") ?? 0);
  const packed = bytes.subarray(begin);
  const end = start + length;
  if (!canBecome(packed, end, "deflate-raw")) {
    throw complain("Truncated", `its ${packed.length} bytes cannot be the ${end} of its pixels`);
  }
  const pixels = new Uint8Array(length);
  let at = -start;
  for await (const chunk of inflated(packed, end, "deflate-raw", complain)) {
    if (at + chunk.length > 0) pixels.set(chunk.subarray(Math.max(0, -at)), Math.max(0, at));
    at += chunk.length;
  }
  return pixels;
}
