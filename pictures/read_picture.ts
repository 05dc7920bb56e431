/**
 * From a DICOM file to a picture.
 *
 * @module
 */

import { type ByteSource, bytesSource, type DicomHeader, readDicomHeader } from "../formats/mod.ts";
import { colourOf } from "./colour.ts";
import { groupOf } from "./frame_attributes.ts";
import { greyOf } from "./grey.ts";
import { imagePixels } from "./image_pixels.ts";
import type { Picture, PictureOptions } from "./options.ts";
import { paletteOf } from "./palette.ts";
import type { Raster } from "./raster.ts";
import { readFrame } from "./read_frame.ts";
import { resize, shownSize } from "./resize.ts";
import { samplesOf } from "./samples.ts";
import { shown } from "./shown.ts";

/** Longest value of a header: a table of 65536 words. */
const LONGEST_TABLE = 2 ** 17;
const LARGEST_SIDE = 8192;
const MAX_ASPECT = 16;

/**
 * Reads the header of a DICOM file and one of its frames, and makes a picture of it.
 *
 * @throws {FormatError} `NotSupported` where there is no image, or it is compressed in a way that has
 * no decoder here; `Corrupt`; `LimitExceeded`
 *
 * @example
 * ```ts
 * import { encodePng, readPicture } from "@medvfs/vfs/pictures";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * for await (const { bytes } of phantomStudy({ modalities: ["CT"] })) {
 *   const picture = await readPicture(bytes, { window: { center: 40, width: 400 }, size: 64 });
 *   assert.deepEqual([picture.width, picture.height], [64, 64]);
 *   assert.equal((await encodePng(picture))[1], 0x50);
 *   break;
 * }
 * ```
 */
export async function readPicture(
  source: ByteSource | Uint8Array,
  options: PictureOptions = {},
): Promise<Picture> {
  const bytes = source instanceof Uint8Array ? bytesSource(source) : source;
  const header = await readDicomHeader(bytes, { maxValueLength: LONGEST_TABLE });
  return shown(await pictureOf(header, bytes, options));
}

async function pictureOf(
  header: DicomHeader,
  source: ByteSource,
  options: PictureOptions,
): Promise<Picture> {
  const { size, window, maxPixels } = options;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= LARGEST_SIDE)) {
    throw new TypeError(`A size is a whole number of 1 to ${LARGEST_SIDE}`);
  }
  if (window && !(window.width > 0 && Number.isFinite(window.center + window.width))) {
    throw new TypeError("A window has a center, and a width above 0");
  }
  const stored = imagePixels(header, maxPixels);
  const { frames, rows, columns } = stored;
  const number = options.frame ?? (frames >> 1) + 1;
  if (!Number.isInteger(number) || number < 1 || number > frames) {
    throw new TypeError(`There is no frame ${number}: the image has ${frames}`);
  }
  const frame = number - 1;
  const read = await readFrame(source, header, stored, frame);
  const { pixels } = read;
  const samples = samplesOf(read);
  let channels: Raster["channels"] = 3;
  let data: Uint8Array<ArrayBuffer>;
  let shown: Picture["window"];
  if (pixels.samples === 3) data = colourOf(pixels, samples);
  else if (pixels.photometric === "PALETTE COLOR") data = paletteOf(header, pixels, samples);
  else {
    ({ data, window: shown } = greyOf(header, pixels, samples, frame, window));
    channels = 1;
  }
  const raster = { width: columns, height: rows, channels, data };
  const [width, height] = shownSize(raster, aspectOf(header, frame), size);
  return { ...resize(raster, width, height), frame: number, frames, rows, columns, window: shown };
}

/** Height of a pixel by its width. */
function aspectOf(header: DicomHeader, frame: number): number {
  const measures = groupOf(header, "PixelMeasuresSequence", frame);
  const [vertical, horizontal] = [
    measures.numbers("PixelSpacing"),
    header.numbers("ImagerPixelSpacing"),
    header.numbers("NominalScannedPixelSpacing"),
    header.numbers("PixelAspectRatio"),
  ].find(({ length }) => length === 2) ?? [];
  const aspect = vertical! / horizontal!;
  return aspect >= 1 / MAX_ASPECT && aspect <= MAX_ASPECT ? aspect : 1;
}
