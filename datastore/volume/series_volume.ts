/**
 * A series of DICOM images as one NIfTI volume.
 *
 * @module
 */

import { type ByteSource, type DicomHeader, FormatError } from "../../formats/mod.ts";
import { type ImagePixels, imagePixels } from "../../pictures/image_pixels.ts";
import { readFrame } from "../../pictures/read_frame.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { NEVER, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import {
  type Complain,
  SegmentationError,
  type SegmentationProblem,
} from "../segmentation/errors.ts";
import type { SeriesGeometry } from "../segmentation/geometry.ts";
import { voxelsOf } from "../segmentation/grid.ts";
import { MOST_VOXELS } from "../segmentation/nifti.ts";
import { niftiStart } from "../segmentation/nifti_start.ts";
import { geometryOfSeries } from "../segmentation/series.ts";
import { AS_STORED, type Scale, scaleOf, sharedScale } from "./scale.ts";
import { FLOAT32, holds, typeFor, type VoxelType, writeValues } from "./stored_values.ts";

/** An image of a series. */
export interface SeriesImage {
  /** Its header. */
  readonly header: DicomHeader;
  /** The file that the header is of. */
  readonly source: ByteSource;
}

/** Options of {@linkcode seriesVolume}. */
export interface SeriesVolumeOptions extends OpOptions {
  /** Most voxels. @default {536870912, as many as a mask may have} */
  readonly maxVoxels?: number;
  /** URL or name of the series, for errors. @default {"series"} */
  readonly url?: string;
}

/** A series that can be read as a volume. */
export interface SeriesVolume {
  /** Where its voxels lie. A mask on this grid is one on the series. */
  readonly geometry: SeriesGeometry;
  /** NIfTI's code of their type. */
  readonly datatype: number;
  /**
   * The NIfTI-1 file, a slice at a time, of which one is in memory. May be read once more.
   *
   * @throws {SegmentationError} `Damaged`, `Unsupported` for pixels that cannot be read, before they are given
   */
  content(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;
}

/** A plane to be read. */
interface Slice extends SeriesImage, Scale {
  /** Frame, counted from 0. */
  readonly frame: number;
  readonly pixels: ImagePixels;
}

/**
 * Finds out how the images of a series, in any order, make one volume: grey images at even distances, single or
 * multi-frame, at any angle, also with a tilted gantry.
 *
 * Voxels are the stored values, in the smallest type that holds them, with RescaleSlope and RescaleIntercept in the
 * header; where slices differ in these, they are the scaled values as float32. Padding is left as it is.
 *
 * @throws {SegmentationError} says by its `problem` why it is no volume
 *
 * @example
 * ```ts
 * import { seriesVolume } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const images = [];
 * for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
 *   if (path[2] !== "2-AXIAL") continue;
 *   const read = (start: number, end: number) => Promise.resolve(bytes.subarray(start, end));
 *   images.push({ header: parseDicomHeader(bytes), source: { read } });
 * }
 * const volume = seriesVolume(images);
 * assert.deepEqual(volume.geometry.shape, [128, 128, 16]);
 * let length = 0;
 * for await (const part of volume.content()) length += part.length;
 * assert.equal(length, 352 + 128 * 128 * 16 * 2);
 * ```
 */
export function seriesVolume(
  images: readonly SeriesImage[],
  options: SeriesVolumeOptions = {},
): SeriesVolume {
  const { url = "series", maxVoxels = MOST_VOXELS, signal = NEVER } = options;
  const op = "read the volume";
  const complain: Complain = (problem, reason, cause) =>
    new SegmentationError(problem, { op, url, reason, cause });
  const geometry = geometryOfSeries(images.map(({ header }) => header), url);
  const count = voxelsOf(geometry);
  if (count > maxVoxels) {
    throw complain("TooLarge", `it has ${geometry.shape.join("x")} voxels, above ${maxVoxels}`);
  }
  const slices = slicesOf(images, geometry, complain);
  const shared = sharedScale(slices);
  const type = shared ? typeFor(slices.map(({ pixels }) => pixels)) : FLOAT32;
  return {
    geometry,
    datatype: type.datatype,
    async *content() {
      yield await niftiStart(geometry, { ...type, ...shared });
      for (const slice of slices) {
        throwIfAborted(signal, op, url);
        yield await voxelsIn(slice, type, shared !== undefined, complain);
      }
    },
  };
}

function slicesOf(
  images: readonly SeriesImage[],
  geometry: SeriesGeometry,
  complain: Complain,
): Slice[] {
  const byUid = new Map<string, Omit<Slice, "frame" | keyof Scale>>();
  for (const { header, source } of images) {
    const pixels = pixelsOf(header, complain);
    byUid.set(header.string("SOPInstanceUID")!, { header, source, pixels });
  }
  if (byUid.size < images.length) {
    throw complain("BadSeries", "several of its images have one SOPInstanceUID");
  }
  return geometry.slices.map(({ sopInstanceUID, frame: number = 1 }) => {
    const image = byUid.get(sopInstanceUID)!;
    const frame = number - 1;
    return { ...image, frame, ...scaleOf(image.header, frame, complain) };
  });
}

function pixelsOf(header: DicomHeader, complain: Complain): ImagePixels {
  if (!header.pixelData) throw complain("BadSeries", "an image has no pixels");
  let pixels;
  try {
    pixels = imagePixels(header);
  } catch (error) {
    throw asProblem(error, complain);
  }
  if (pixels.samples === 1 && pixels.photometric.startsWith("MONOCHROME")) return pixels;
  throw complain("Unsupported", "its images are in colour");
}

async function voxelsIn(
  { source, header, frame, pixels, slope, intercept }: Slice,
  type: VoxelType,
  isStored: boolean,
  complain: Complain,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFrame(source, header, pixels, frame)
    .catch((error) => Promise.reject(asProblem(error, complain)));
  const { rows, columns, samples, bitsAllocated } = bytes.pixels;
  const isSame = rows === pixels.rows && columns === pixels.columns && samples === 1 &&
    8 * bytes.bytes.length >= rows * columns * bitsAllocated;
  if (!isSame || (isStored && !holds(type, bytes.pixels))) {
    throw complain("Damaged", "an image is not what its header says");
  }
  const voxels = type.make(rows * columns);
  writeValues(bytes, voxels, isStored ? AS_STORED : { slope, intercept });
  return new Uint8Array(voxels.buffer);
}

const PROBLEMS: Readonly<Record<FormatError["kind"], SegmentationProblem>> = {
  Corrupt: "Damaged",
  NotSupported: "Unsupported",
  LimitExceeded: "TooLarge",
};

function asProblem(error: unknown, complain: Complain): unknown {
  if (!(error instanceof FormatError)) return error;
  return complain(PROBLEMS[error.kind], `an image cannot be read: ${error.message}`, error);
}
