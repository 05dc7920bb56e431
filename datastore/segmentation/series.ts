/**
 * The geometry of a series, out of the headers of its images.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { type Complain, SegmentationError } from "./errors.ts";
import type { SeriesGeometry } from "./geometry.ts";
import { checkParallel, normalOf, planesOf } from "./planes.ts";
import { stackOf } from "./stack.ts";
import { times } from "./vector.ts";

/** What all images of a series share. */
const SHARED = [
  "SeriesInstanceUID",
  "StudyInstanceUID",
  "PatientID",
  "FrameOfReferenceUID",
  "Rows",
  "Columns",
] as const;

/**
 * Finds how the images of a series are stacked: in any order, single or multi-frame, at any angle, also
 * with a tilted gantry.
 *
 * @throws {SegmentationError} `MixedSeries`, `BadSeries`, `DuplicateSlices`, `MissingSlices` or
 * `UnevenSlices`, with figures, where they are no stack
 *
 * @example
 * ```ts
 * import { geometryOfSeries } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const headers = [];
 * for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
 *   if (path[2] === "2-AXIAL") headers.push(parseDicomHeader(bytes));
 * }
 * const { shape, axes } = geometryOfSeries(headers);
 * assert.deepEqual(shape, [128, 128, 16]);
 * assert.deepEqual(axes, [[2, 0, 0], [0, 2, 0], [0, 0, 8]]);
 * ```
 */
export function geometryOfSeries(headers: readonly DicomHeader[], url = "series"): SeriesGeometry {
  const complain: Complain = (problem, reason) =>
    new SegmentationError(problem, { op: "use the series", url, reason });
  const [header] = headers;
  if (!header) throw complain("BadSeries", "it has no images");
  for (const name of SHARED) {
    const values = new Set(headers.map((each) => each.string(name)));
    if (values.size > 1) throw complain("MixedSeries", `its images have ${values.size} ${name}`);
  }
  const required = (name: string): string => {
    const value = header.string(name);
    if (value === undefined) throw complain("BadSeries", `its images have no ${name}`);
    return value;
  };
  const all = headers.flatMap((each) => planesOf(each, complain));
  const [first] = all;
  checkParallel(all, complain);
  const { planes, step } = stackOf(all, complain);
  const { row, column, spacing } = first!;
  const shape = [Number(required("Columns")), Number(required("Rows")), planes.length] as const;
  if (!(shape[0] > 0 && shape[1] > 0)) throw complain("BadSeries", "its images have no pixels");
  if (planes.some(({ sopClassUID, sopInstanceUID }) => !sopClassUID || !sopInstanceUID)) {
    throw complain("BadSeries", "an image has no SOPInstanceUID or SOPClassUID");
  }
  return {
    shape,
    origin: planes[0]!.position,
    axes: [times(row, spacing[1]), times(column, spacing[0]), step ?? normalOf(first!)],
    slices: planes.map(({ sopClassUID, sopInstanceUID, frame, position }) => ({
      sopClassUID,
      sopInstanceUID,
      frame,
      position,
    })),
    knowsSliceDistance: step !== undefined,
    frameOfReferenceUID: required("FrameOfReferenceUID"),
    studyInstanceUID: required("StudyInstanceUID"),
    seriesInstanceUID: required("SeriesInstanceUID"),
    header,
  };
}
