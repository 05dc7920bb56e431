/** Series with pixels. */

import { bytesSource, parseDicomHeader } from "../../../formats/mod.ts";
import type { SeriesImage } from "../../../datastore/volume/series_volume.ts";
import type { DatasetInput } from "../../../testing/dicom_writer.ts";
import { seededBytes } from "../../../testing/random.ts";
import { seriesFiles, type SeriesInput } from "../segmentation/_series.ts";

/** How pixels are stored, and what they mean. */
export const STORED: DatasetInput = {
  SamplesPerPixel: 1,
  PhotometricInterpretation: "MONOCHROME2",
  BitsAllocated: 16,
  BitsStored: 16,
  HighBit: 15,
  PixelRepresentation: 0,
};

/** The element of pixel data in explicit VR little endian, which comes last in a file. */
export function withPixels(file: Uint8Array, pixels: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const whole = new Uint8Array(file.length + 12 + bytes.length + bytes.length % 2);
  whole.set(file);
  whole.set([0xE0, 0x7F, 0x10, 0x00, 0x4F, 0x57, 0, 0], file.length);
  new DataView(whole.buffer).setUint32(file.length + 8, whole.length - file.length - 12, true);
  whole.set(bytes, file.length + 12);
  return whole;
}

/** Files of a series whose slices have the pixels that `make` gives. */
export function files(
  input: SeriesInput,
  make: (slice: number) => ArrayBufferView,
): Uint8Array<ArrayBuffer>[] {
  const attributes = { ...STORED, ...input.attributes };
  return seriesFiles({ ...input, attributes }).map((file, i) => withPixels(file, make(i)));
}

/** Random 16-bit pixels of a slice. */
export function noise(slice: number, count = 77): Uint16Array<ArrayBuffer> {
  return new Uint16Array(seededBytes(slice + 1, 2 * count).slice().buffer);
}

/** The files as images, in another order. */
export function images(all: readonly Uint8Array<ArrayBuffer>[]): SeriesImage[] {
  return all.toReversed().map((bytes) => ({
    header: parseDicomHeader(bytes),
    source: bytesSource(bytes),
  }));
}

/** All bytes of a stream. */
export async function whole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of content) parts.push(part.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** What a NIfTI file says of its voxels, and these as numbers with the scale. */
export function voxels(file: Uint8Array<ArrayBuffer>): {
  readonly datatype: number;
  readonly slope: number;
  readonly intercept: number;
  readonly stored: number[];
} {
  const view = new DataView(file.buffer);
  const types = {
    2: Uint8Array,
    4: Int16Array,
    512: Uint16Array,
    8: Int32Array,
    768: Uint32Array,
    16: Float32Array,
    64: Float64Array,
  };
  const datatype = view.getInt16(70, true);
  const Type = types[datatype as keyof typeof types];
  return {
    datatype,
    slope: view.getFloat32(112, true),
    intercept: view.getFloat32(116, true),
    stored: [...new Type(file.slice(352).buffer)],
  };
}
