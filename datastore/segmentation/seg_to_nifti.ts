/**
 * From a DICOM segmentation to a mask.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { type Complain, SegmentationError } from "./errors.ts";
import type { Walk } from "./fit.ts";
import { leastOf } from "./fractions.ts";
import type { SeriesGeometry } from "./geometry.ts";
import { voxelsOf } from "./grid.ts";
import { type Mask, MOST_VOXELS, type ReadMaskOptions } from "./nifti.ts";
import { HIGHEST_LABEL, type Labels } from "./nifti_voxels.ts";
import { checkParallel, planesOf } from "./planes.ts";
import { openSeg, type SegFile } from "./read_seg.ts";
import type { ReadSegFrame } from "./seg_frames.ts";
import { gridOfFrames, gridOfSeries, type SegGrid } from "./seg_grid.ts";
import { geometryOfSeries } from "./series.ts";
import { type StoredSegment, storedSegments } from "./stored_segments.ts";
import { Painter } from "./unpack.ts";
import { writeNifti, type WriteNiftiOptions } from "./write_nifti.ts";

/** What becomes a mask. */
export interface SegToNiftiOptions extends ReadMaskOptions, WriteNiftiOptions {
  /** The segmentation, a DICOM file. */
  readonly seg: Uint8Array;
  /** The series that it belongs to, whose grid the mask shall have; without it, that of its own frames. */
  readonly series?: SeriesGeometry | readonly DicomHeader[];
  /** The value of a segment in the mask; its own `value`. */
  readonly maskValue?: (segment: StoredSegment) => number;
  /** Whether a segment is read; all are. Of those that share voxels one can be read at a time. */
  readonly isWanted?: (segment: StoredSegment) => boolean;
  /** From which fraction on, above 0 and up to 1, a voxel of a fractional segment belongs to it. */
  readonly threshold?: number;
}

/**
 * Turns a DICOM segmentation into a mask as NIfTI-1: columns, rows and slices as in the images. Binary
 * segments, label maps, and fractional ones with a `threshold` are read; uncompressed, deflated, and compressed
 * frame by frame. Fractions that are all nothing or the whole need no threshold.
 *
 * Without `series` the mask begins at the lowest frame and ends at the highest one, since empty frames may
 * be left out.
 *
 * @throws {SegmentationError} `Overlap` where segments share voxels, `Fractional` without a threshold, and
 * others; {@linkcode GridMismatch} when it is of another grid than `series`
 *
 * @example
 * ```ts
 * import {
 *   geometryOfSeries,
 *   niftiToSeg,
 *   readNifti,
 *   segToNifti,
 *   writeNifti,
 * } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const { value: image } = await phantomStudy().next();
 * assert.ok(image);
 * const series = geometryOfSeries([parseDicomHeader(image.bytes)]);
 * const mask = await writeNifti({ ...series, labels: new Uint8Array(128 * 128).fill(6, 9, 99) });
 * const segments = [{ value: 6, label: "Liver", algorithm: { type: "MANUAL" } }] as const;
 * const seg = await niftiToSeg({ mask, series, segments });
 *
 * const nii = await segToNifti({ seg, gzip: true, maskValue: ({ label }) => label === "Liver" ? 1 : 2 });
 * const { labels } = await readNifti(nii);
 * assert.deepEqual([labels[8], labels[9], labels[98], labels[99]], [0, 1, 1, 0]);
 * ```
 */
export async function segToNifti(options: SegToNiftiOptions): Promise<Uint8Array<ArrayBuffer>> {
  return await writeNifti(await readSeg(options), options);
}

/**
 * As {@linkcode segToNifti}, in memory.
 *
 * @throws {SegmentationError} as `segToNifti` does
 *
 * @example
 * ```ts
 * import { geometryOfSeries, niftiToSeg, readSeg, writeNifti } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const { value: image } = await phantomStudy().next();
 * assert.ok(image);
 * const series = geometryOfSeries([parseDicomHeader(image.bytes)]);
 * const mask = await writeNifti({ ...series, labels: new Uint8Array(128 * 128).fill(6, 9, 99) });
 * const segments = [{ value: 6, label: "Liver", algorithm: { type: "MANUAL" } }] as const;
 * const seg = await niftiToSeg({ mask, series, segments });
 *
 * const { shape, labels } = await readSeg({ seg, series });
 * assert.deepEqual([shape, labels[9]], [[128, 128, 1], 6]);
 * ```
 */
export async function readSeg(options: SegToNiftiOptions): Promise<Mask> {
  const { seg, url = "segmentation", maxVoxels = MOST_VOXELS } = options;
  const complain: Complain = (problem, reason, cause) =>
    new SegmentationError(problem, { op: "convert the segmentation", url, reason, cause });
  const file = await openSeg(seg, complain);
  const segments = storedSegments(file.header, complain);
  const values = valuesOf(segments, options, complain);
  const grid = gridOf(file, options, url, complain);
  const count = voxelsOf(grid);
  if (count > maxVoxels) {
    throw complain("TooLarge", `it has ${grid.shape.join("x")} voxels, above ${maxVoxels}`);
  }
  const isSmall = Math.max(...values.values()) <= 0xFF;
  const labels = isSmall ? new Uint8Array(count) : new Uint16Array(count);
  const pixels = await file.pixels();
  const least = await leastOf(file, pixels, options, complain);
  await paint(file, pixels, grid, values, least, labels, complain, options.signal);
  const { shape, origin, axes, walk } = grid;
  return { shape, origin, axes, labels: walk ? turned(labels, walk, shape) : labels };
}

/** Labels of frames whose pixels run another way, in the order of the series. */
function turned(labels: Labels, { start, strides }: Walk, shape: Mask["shape"]): Labels {
  const inOrder = labels.slice();
  let at = 0;
  for (let slice = 0; slice < shape[2]; slice++) {
    for (let row = 0; row < shape[1]; row++) {
      let from = start + slice * strides[2] + row * strides[1];
      for (let column = 0; column < shape[0]; column++, from += strides[0]) {
        inOrder[at++] = labels[from]!;
      }
    }
  }
  return inOrder;
}

function gridOf(
  { header, shape }: SegFile,
  { series }: SegToNiftiOptions,
  url: string,
  complain: Complain,
): SegGrid {
  const planes = planesOf(header, complain);
  checkParallel(planes, complain);
  if (!series) return gridOfFrames(planes, shape, complain);
  const geometry = "slices" in series ? series : geometryOfSeries(series);
  if (header.string("FrameOfReferenceUID") !== geometry.frameOfReferenceUID) {
    throw complain("MixedSeries", "it has another frame of reference than the series");
  }
  return gridOfSeries(planes, shape, geometry, url);
}

/** Value by number of the segment, 0 of what is not wanted. */
function valuesOf(
  segments: readonly StoredSegment[],
  { maskValue, isWanted = () => true }: SegToNiftiOptions,
  complain: Complain,
): ReadonlyMap<number, number> {
  const wanted = segments.filter(isWanted);
  const values = new Map(wanted.map((each) => [each.number, maskValue?.(each) ?? each.value]));
  for (const [number, value] of values) {
    if (!Number.isInteger(value) || value < 1 || value > HIGHEST_LABEL) {
      throw complain("BadSegments", `segment ${number} cannot have the value ${value}`);
    }
  }
  if (new Set(values.values()).size < values.size) {
    throw complain("BadSegments", "two of its segments have the same value");
  }
  for (const { number } of segments) if (!values.has(number)) values.set(number, 0);
  return values;
}

async function paint(
  file: SegFile,
  pixels: ReadSegFrame,
  { shape, sliceOf }: SegGrid,
  values: ReadonlyMap<number, number>,
  least: number,
  labels: Labels,
  complain: Complain,
  signal: AbortSignal | undefined,
): Promise<void> {
  const painter = new Painter(labels, complain);
  const count = shape[0] * shape[1];
  const numbers = file.type === "LABELMAP" ? [] : segmentNumbers(file.header);
  for (const [frame, slice] of sliceOf.entries()) {
    signal?.throwIfAborted();
    const target = { start: slice * count, count };
    const { bytes, firstBit } = await pixels(frame);
    if (file.type === "LABELMAP") {
      painter.numbers(labelsIn(bytes, count, file.bits), target, values);
      continue;
    }
    const value = values.get(numbers[frame] ?? -1);
    if (value === undefined) {
      throw complain("BadSegments", `frame ${frame + 1} is of no segment that is described`);
    }
    if (value === 0) continue;
    if (file.type === "BINARY") painter.bits(bytes, firstBit, target, value);
    else painter.fractions(bytes, target, value, least);
  }
}

/** Number of the segment by frame. */
function segmentNumbers(header: DicomHeader): (number | undefined)[] {
  const name = "SegmentIdentificationSequence";
  const [shared] = header.sequence("SharedFunctionalGroupsSequence");
  return header.sequence("PerFrameFunctionalGroupsSequence").map((groups) =>
    (groups.sequence(name)[0] ?? shared?.sequence(name)[0])?.number("ReferencedSegmentNumber")
  );
}

function labelsIn(pixels: Uint8Array, count: number, bits: number): Labels {
  const bytes = pixels.slice(0, count * bits / 8);
  if (bits === 8) return bytes;
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true));
}
