/**
 * The pixels of a stored segmentation, frame by frame.
 *
 * @module
 */

import {
  bytesSource,
  type DicomHeader,
  FormatError,
  type FormatErrorKind,
} from "../../formats/mod.ts";
import { imagePixels } from "../../pictures/image_pixels.ts";
import { readFrame } from "../../pictures/read_frame.ts";
import type { Complain, SegmentationProblem } from "./errors.ts";

/** The pixels of one frame. */
export interface SegFrame {
  /** Where they are. */
  readonly bytes: Uint8Array;
  /** The bit of the first byte, or of a later one, where they begin. */
  readonly firstBit: number;
}

/** Reads a frame, counted from 0. */
export type ReadSegFrame = (frame: number) => SegFrame | Promise<SegFrame>;

/** Frames that follow each other bit by bit, as uncompressed ones do (PS3.5 §8.2). */
export function storedFrames(pixels: Uint8Array, bitsPerFrame: number): ReadSegFrame {
  return (frame) => {
    const first = frame * bitsPerFrame;
    const byte = Math.floor(first / 8);
    return { bytes: pixels.subarray(byte), firstBit: first - byte * 8 };
  };
}

const PROBLEMS: Readonly<Record<FormatErrorKind, SegmentationProblem>> = {
  Corrupt: "Damaged",
  NotSupported: "Unsupported",
  LimitExceeded: "TooLarge",
};

/** Frames that are compressed each by itself (PS3.5 §A.4). */
export function compressedFrames(
  file: Uint8Array,
  header: DicomHeader,
  complain: Complain,
): ReadSegFrame {
  const source = bytesSource(file);
  return async (frame) => {
    try {
      const pixels = imagePixels(header);
      const { bytes, pixels: decoded } = await readFrame(source, header, pixels, frame);
      if (decoded.bitsAllocated === pixels.bitsAllocated) return { bytes, firstBit: 0 };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw complain(PROBLEMS[error.kind], error.message, error);
    }
    throw complain("Damaged", `frame ${frame + 1} has pixels of another size than is said`);
  };
}
