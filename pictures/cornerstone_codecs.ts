/**
 * Decoders of the JPEG family: the C libraries of the field compiled to JavaScript by the Cornerstone project.
 * Its builds without WebAssembly are taken, since they read no file and so need no permission.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";
import type { DecodedFrame } from "./codecs.ts";
import type { ImagePixels } from "./image_pixels.ts";
import { type CodedSize, jpeg2000Size, jpegSize } from "./coded_size.ts";

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): CodedSize;
  getDecodedBuffer(): Uint8Array;
  /** How JPEG-LS has several components: 0 is one after the other. */
  getInterleaveMode?(): number;
}

/** Makes a library with a heap of its own, so that damage by one frame harms no other. */
type Load = (output: {
  readonly print: () => void;
  readonly printErr: () => void;
}) => Promise<Readonly<Record<string, new () => Decoder>>>;

/** JPEG of 8 bits: baseline and extended. */
export async function decodeJpeg(coded: Uint8Array, pixels: ImagePixels): Promise<DecodedFrame> {
  checkSize(jpegSize(coded), pixels);
  const { default: load } = await import("@cornerstonejs/codec-libjpeg-turbo-8bit/decode");
  const marked = pixels.photometric === "RGB" ? withoutTransform(coded) : coded;
  const decoded = await decode(load as Load, "JPEGDecoder", marked, pixels);
  // The library makes RGB of YCbCr, which is what PhotometricInterpretation speaks of.
  const photometric = pixels.samples === 3 ? "RGB" : pixels.photometric;
  return { ...decoded, pixels: { ...decoded.pixels, photometric } };
}

/** Adobe's marker APP14, which says that colours were not transformed. */
const NO_TRANSFORM = [0xFF, 0xEE, 0, 14, 0x41, 0x64, 0x6F, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];

/** A stream that says it is RGB, as the image does; otherwise the library takes it for YCbCr. */
function withoutTransform(coded: Uint8Array): Uint8Array {
  const marked = new Uint8Array(coded.length + NO_TRANSFORM.length);
  marked.set(coded.subarray(0, 2));
  marked.set(NO_TRANSFORM, 2);
  marked.set(coded.subarray(2), 2 + NO_TRANSFORM.length);
  return marked;
}

/** JPEG-LS, lossless and near lossless. */
export async function decodeJpegLs(coded: Uint8Array, pixels: ImagePixels): Promise<DecodedFrame> {
  checkSize(jpegSize(coded), pixels);
  const { default: load } = await import("@cornerstonejs/codec-charls/decode");
  return await decode(load as Load, "JpegLSDecoder", coded, pixels);
}

/** JPEG 2000, which can have a colour transformation that the decoder undoes. */
export async function decodeJpeg2000(
  coded: Uint8Array,
  pixels: ImagePixels,
): Promise<DecodedFrame> {
  checkSize(jpeg2000Size(coded), pixels);
  const { default: load } = await import("@cornerstonejs/codec-openjpeg/decode");
  return await decode(load as Load, "J2KDecoder", coded, pixels);
}

async function decode(
  load: Load,
  name: string,
  coded: Uint8Array,
  pixels: ImagePixels,
): Promise<DecodedFrame> {
  const silent = { print: () => {}, printErr: () => {} };
  const library = await load(silent);
  let info: CodedSize;
  let bytes: Uint8Array;
  let planar: boolean;
  try {
    const decoder = new library[name]!();
    decoder.getEncodedBuffer(coded.length).set(coded);
    decoder.decode();
    info = decoder.getFrameInfo();
    bytes = decoder.getDecodedBuffer().slice();
    planar = info.componentCount === 3 && decoder.getInterleaveMode?.() === 0;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    // The library throws the address of an exception.
    throw damaged(cause);
  }
  checkSize(info, pixels);
  const bitsAllocated = info.bitsPerSample > 8 ? 16 : 8;
  const length = pixels.rows * pixels.columns * pixels.samples * bitsAllocated / 8;
  if (bytes.length < length) throw damaged();
  const bitsStored = Math.min(pixels.bitsStored, bitsAllocated);
  return {
    bytes: bytes.subarray(0, length),
    pixels: { ...pixels, bitsAllocated, bitsStored, highBit: bitsStored - 1, planar },
  };
}

/** Also before decoding, since room is made for what a stream claims. */
function checkSize(size: CodedSize | undefined, pixels: ImagePixels): void {
  if (!size) throw damaged();
  const { width, height, bitsPerSample, componentCount } = size;
  const { rows, columns, samples } = pixels;
  if (width === columns && height === rows && componentCount === samples && bitsPerSample <= 16) {
    return;
  }
  throw new FormatError(
    "Corrupt",
    `A compressed frame of ${width}x${height}x${componentCount} is not of ${columns}x${rows}x${samples}`,
  );
}

function damaged(cause?: unknown): FormatError {
  return new FormatError("Corrupt", "A compressed frame is damaged", undefined, { cause });
}
