/**
 * Which decoder takes which transfer syntax.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";
import { decodeJpeg, decodeJpeg2000, decodeJpegLs } from "./cornerstone_codecs.ts";
import type { ImagePixels } from "./image_pixels.ts";
import { decodeJpegLossless } from "./jpeg_lossless.ts";
import { expandRle } from "./rle.ts";

/** What a decoder makes of a frame: samples of 8 bits, or of 16 little endian. */
export interface DecodedFrame {
  readonly bytes: Uint8Array;
  readonly pixels: ImagePixels;
}

/** Decodes a frame. @throws {FormatError} `Corrupt` */
export type FrameDecoder = (
  coded: Uint8Array,
  pixels: ImagePixels,
) => DecodedFrame | Promise<DecodedFrame>;

/** How frames are compressed (PS3.6 Annex A), by transfer syntax. */
const SYNTAXES: Readonly<Record<string, readonly [name: string, decode?: FrameDecoder]>> = {
  "1.2.840.10008.1.2.5": ["RLE Lossless", decodeRle],
  "1.2.840.10008.1.2.4.50": ["JPEG Baseline", decodeJpeg],
  "1.2.840.10008.1.2.4.51": ["JPEG Extended", decodeJpeg],
  "1.2.840.10008.1.2.4.57": ["JPEG Lossless", decodeJpegLossless],
  "1.2.840.10008.1.2.4.70": ["JPEG Lossless SV1", decodeJpegLossless],
  "1.2.840.10008.1.2.4.80": ["JPEG-LS Lossless", decodeJpegLs],
  "1.2.840.10008.1.2.4.81": ["JPEG-LS Near Lossless", decodeJpegLs],
  "1.2.840.10008.1.2.4.90": ["JPEG 2000 Lossless", decodeJpeg2000],
  "1.2.840.10008.1.2.4.91": ["JPEG 2000", decodeJpeg2000],
  "1.2.840.10008.1.2.4.92": ["JPEG 2000 Part 2 Lossless"],
  "1.2.840.10008.1.2.4.93": ["JPEG 2000 Part 2"],
  "1.2.840.10008.1.2.4.100": ["MPEG2 Main Profile"],
  "1.2.840.10008.1.2.4.102": ["MPEG-4 AVC/H.264"],
  "1.2.840.10008.1.2.4.107": ["HEVC/H.265"],
  "1.2.840.10008.1.2.4.110": ["JPEG XL Lossless"],
  "1.2.840.10008.1.2.4.111": ["JPEG XL Recompression"],
  "1.2.840.10008.1.2.4.112": ["JPEG XL"],
  "1.2.840.10008.1.2.4.201": ["High-Throughput JPEG 2000 Lossless"],
  "1.2.840.10008.1.2.4.202": ["High-Throughput JPEG 2000 RPCL Lossless"],
  "1.2.840.10008.1.2.4.203": ["High-Throughput JPEG 2000"],
};

/**
 * Decodes a compressed frame.
 *
 * @throws {FormatError} `NotSupported`, with the name of the compression, where there is no decoder; `Corrupt`
 */
export async function decodeFrame(
  transferSyntaxUID: string,
  coded: Uint8Array,
  pixels: ImagePixels,
): Promise<DecodedFrame> {
  const [name = `transfer syntax ${transferSyntaxUID.slice(0, 64)}`, decode] =
    SYNTAXES[transferSyntaxUID] ?? [];
  if (!decode) {
    throw new FormatError("NotSupported", `Pixels compressed as ${name} cannot be decoded here`);
  }
  return await decode(coded, pixels);
}

function decodeRle(coded: Uint8Array, pixels: ImagePixels): DecodedFrame {
  const { rows, columns, samples, bitsAllocated } = pixels;
  const bytes = expandRle(coded, rows * columns, samples, Math.ceil(bitsAllocated / 8));
  return { bytes, pixels: { ...pixels, planar: samples === 3 } };
}
