/**
 * The samples of one frame, compressed or not.
 *
 * @module
 */

import { type ByteSource, type DicomHeader, FormatError } from "../formats/mod.ts";
import { InflateSource } from "../formats/inflate.ts";
import { decodeFrame } from "./codecs.ts";
import { readEncapsulated } from "./encapsulated.ts";
import { frameBits, type ImagePixels } from "./image_pixels.ts";

/** The samples of one frame, as bytes in the byte order and layout told. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** How they are stored, which a decoder can change. */
  readonly pixels: ImagePixels;
  /** Bit of the first byte where the first pixel is, for one bit a pixel. */
  readonly firstBit: number;
}

const MAX_FRAME_BYTES = 2 ** 28;
const MAX_INFLATED = 2 ** 31;
/** GE's own: implicit little endian, but for the pixels. */
const BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2";

/**
 * Reads one frame, counted from 0, and nothing else of the pixel data.
 *
 * @throws {FormatError} `NotSupported` without pixels, and for a compression that has no decoder here;
 * `Corrupt` where the file is cut; `LimitExceeded`
 */
export async function readFrame(
  source: ByteSource,
  header: DicomHeader,
  pixels: ImagePixels,
  frame: number,
): Promise<FrameBytes> {
  const { pixelData, transferSyntaxUID = "" } = header;
  if (!pixelData) throw new FormatError("NotSupported", "There are no pixels in it");
  if (pixelData.length === undefined) {
    const coded = await readEncapsulated(source, header, frame, pixels.frames, MAX_FRAME_BYTES);
    const decoded = await decodeFrame(transferSyntaxUID, coded, pixels);
    return { ...decoded, littleEndian: true, firstBit: 0 };
  }
  const bits = frameBits(pixels);
  if (bits > MAX_FRAME_BYTES * 8) {
    throw new FormatError("LimitExceeded", `A frame has more than ${MAX_FRAME_BYTES} bytes`);
  }
  const littleEndian = (header.encoding?.littleEndian ?? true) &&
    transferSyntaxUID !== BIG_ENDIAN_PIXELS;
  const isSwapped = !littleEndian && pixelData.vr === "OW" && pixels.bitsAllocated <= 8;
  // Words are swapped as a whole.
  const unit = isSwapped ? 16 : 8;
  const start = Math.floor(frame * bits / unit) * unit / 8;
  const end = Math.ceil((frame + 1) * bits / unit) * unit / 8;
  const from = pixelData.valuePosition;
  if (end > pixelData.length) throw tooShort(from);
  const opened = header.deflated ? await inflated(source, header, from + end) : source;
  const bytes = await opened.read(from + start, from + end);
  if (bytes.length < end - start) throw tooShort(from);
  const firstBit = frame * bits - start * 8;
  const ordered = isSwapped ? swapPairs(bytes) : bytes;
  return {
    bytes: pixels.bitsAllocated === 1
      ? ordered
      : ordered.subarray(firstBit / 8, (firstBit + bits) / 8),
    littleEndian,
    firstBit: pixels.bitsAllocated === 1 ? firstBit : 0,
    pixels,
  };
}

function tooShort(position: number): FormatError {
  return new FormatError("Corrupt", "The pixel data is shorter than the image", position);
}

async function inflated(source: ByteSource, header: DicomHeader, end: number): Promise<ByteSource> {
  if (end > MAX_INFLATED) {
    throw new FormatError("LimitExceeded", `Inflated data exceeds ${MAX_INFLATED} bytes`);
  }
  const { datasetPosition } = header;
  // Some writers wrap the deflated data as zlib does (RFC 1950 §2.2).
  const [first = 0, second = 0] = await source.read(datasetPosition, datasetPosition + 2);
  const isWrapped = first === 0x78 && (first * 256 + second) % 31 === 0;
  const compression = isWrapped ? "deflate" : "deflate-raw";
  return await InflateSource.open(source, datasetPosition, compression, end + 1);
}

/** Bytes that were written as words of the other byte order (PS3.5 §8.1.1). */
function swapPairs(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i ^ 1] ?? 0;
  return swapped;
}
