/**
 * From a NIfTI mask to a DICOM segmentation.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { DatasetWriter } from "./dcmjs.ts";
import { type Complain, SegmentationError } from "./errors.ts";
import { fit, TOLERANCE } from "./fit.ts";
import { type Frame, type Occurrence, occurrence, packedLength, packFrames } from "./frames.ts";
import type { SeriesGeometry } from "./geometry.ts";
import { openNifti, type ReadMaskOptions } from "./nifti.ts";
import { frameGroups, segDataset, type SegDescription } from "./seg_dataset.ts";
import { isWritable, segFile } from "./seg_file.ts";
import type { Segment } from "./segment.ts";
import { checkDescription, checkSegments } from "./segments.ts";
import { geometryOfSeries } from "./series.ts";

/** What becomes a segmentation. */
export interface NiftiToSegOptions extends ReadMaskOptions, SegDescription {
  /** The mask, `.nii` or `.nii.gz`. */
  readonly mask: Uint8Array;
  /** The series that it was drawn on: the headers of all of its images, or what is known of them. */
  readonly series: SeriesGeometry | readonly DicomHeader[];
  /** What the values of the mask mean. Those that do not occur are kept, without a frame. */
  readonly segments: readonly Segment[];
  /** Names a value that `segments` has not; without it, such a value is an error. */
  readonly nameValue?: (value: number) => Segment;
  /** Store also the frames where a segment has no voxel; off. */
  readonly emptyFrames?: boolean;
  /** Part of a voxel by which the mask's grid may be off; 0.05. */
  readonly tolerance?: number;
  /** Makes UIDs; random ones below `2.25` (PS3.5 §B.2). */
  readonly uid?: () => string;
  /** When it is made; now. */
  readonly now?: Date;
}

/**
 * Turns a mask into a DICOM segmentation of binary segments: a whole Part 10 file, in explicit VR little
 * endian (PS3.3 §A.51).
 *
 * Segments are numbered in the order of `segments` and named by the mask's values, never by position.
 * Frames without a voxel are left out. DICOM has no segmentation without a frame: a mask without a voxel
 * becomes one empty frame per segment, on the first slice.
 *
 * The mask's axes may be in another order than the series' or run the other way, but its voxels must be
 * the series' own: nothing is resampled.
 *
 * @throws {SegmentationError} says by its `problem` what does not fit, {@linkcode GridMismatch} with
 * figures
 *
 * @example
 * ```ts
 * import { geometryOfSeries, niftiToSeg, segToNifti, writeNifti } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const headers = [];
 * for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
 *   if (path[2] === "2-AXIAL") headers.push(parseDicomHeader(bytes));
 * }
 * const series = geometryOfSeries(headers);
 * const labels = new Uint8Array(128 * 128 * 16);
 * labels.fill(6, 128 * 128 * 4 + 5000, 128 * 128 * 4 + 5040);
 * const mask = await writeNifti({ ...series, labels });
 *
 * const seg = await niftiToSeg({
 *   mask,
 *   series,
 *   segments: [{ value: 6, label: "Liver", algorithm: { type: "AUTOMATIC", name: "liver-net 2" } }],
 * });
 * assert.deepEqual(await segToNifti({ seg, series }), mask);
 * ```
 */
export async function niftiToSeg(options: NiftiToSegOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { segments: named, url = "mask", tolerance = TOLERANCE } = options;
  const complain: Complain = (problem, reason) =>
    new SegmentationError(problem, { op: "convert the mask", url, reason });
  const series = "slices" in options.series ? options.series : geometryOfSeries(options.series);
  checkDescription(options, complain);
  checkSegments(named, complain);
  const file = await openNifti(options.mask, options);
  const walk = fit(file.grid, series, tolerance, url);
  const labels = await file.labels();
  const values = occurrence(labels, walk, series);
  const segments = [...named, ...unnamed(values, options, complain)];
  checkSegments(segments, complain);
  if (segments.length === 0) throw complain("BadSegments", "it needs at least one segment");
  const frames = framesOf(segments, values, options.emptyFrames ?? false);
  const pixelLength = packedLength(frames.length, series.shape);
  if (!isWritable(pixelLength)) {
    throw complain("TooLarge", `its ${frames.length} frames need ${pixelLength} bytes`);
  }
  const writer = await DatasetWriter.load(complain);
  const dataset = segDataset({
    ...options,
    series,
    segments,
    frames,
    uid: options.uid ?? randomUID,
    now: options.now ?? new Date(),
    cielab: (rgb) => writer.cielab(rgb),
  });
  const groups = frames.map((frame) => frameGroups(frame, series));
  return segFile(writer, dataset, groups, pixelLength, (pixels) => {
    packFrames(labels, walk, series, segments.map(({ value }) => value), frames, pixels);
  });
}

/** Segments for the values that have none. */
function unnamed(
  values: Occurrence,
  { segments, nameValue }: NiftiToSegOptions,
  complain: Complain,
): Segment[] {
  const all = values.reduce<ReadonlySet<number>>((sum, here) => sum.union(here), new Set());
  const rest = [...all].filter((value) => !segments.some((segment) => segment.value === value));
  rest.sort((a, b) => a - b);
  if (rest.length === 0 || nameValue) return rest.map((value) => ({ ...nameValue!(value), value }));
  const some = rest.slice(0, 10).join(", ") + (rest.length > 10 ? ", …" : "");
  throw complain("UnnamedValue", `no segment names its ${rest.length} values ${some}`);
}

function framesOf(segments: readonly Segment[], values: Occurrence, all: boolean): Frame[] {
  const isEmpty = values.every(({ size }) => size === 0);
  return segments.flatMap(({ value }, segment) =>
    values.flatMap((here, slice) =>
      all || here.has(value) || (isEmpty && slice === 0) ? [{ segment, slice }] : []
    )
  );
}

function randomUID(): string {
  return `2.25.${BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)}`;
}
