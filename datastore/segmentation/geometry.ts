/**
 * Where the slices of a series lie, and which images show them.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import type { Grid } from "./grid.ts";
import type { Vector } from "./vector.ts";

/** Which image shows a slice. */
export interface SourceImage {
  /** Its SOPClassUID. */
  readonly sopClassUID: string;
  /** Its SOPInstanceUID. */
  readonly sopInstanceUID: string;
  /** Its frame, counted from 1, when it has several. */
  readonly frame?: number;
}

/** One slice of a series. */
export interface Slice extends SourceImage {
  /** Centre of its first pixel: ImagePositionPatient; mm. */
  readonly position: Vector;
}

/**
 * A series of parallel planes at even distances, from the feet side of their normal upwards. The axes
 * of the grid run along a row (to the next column), along a column (to the next row), and to the next
 * slice; the last is not the normal when the gantry was tilted.
 */
export interface SeriesGeometry extends Grid {
  /** The slices, sorted along the normal. */
  readonly slices: readonly Slice[];
  /** False for a series of one slice whose thickness is not known. */
  readonly knowsSliceDistance: boolean;
  /** FrameOfReferenceUID. */
  readonly frameOfReferenceUID: string;
  /** StudyInstanceUID. */
  readonly studyInstanceUID: string;
  /** SeriesInstanceUID. */
  readonly seriesInstanceUID: string;
  /** The header that patient and study are copied from. */
  readonly header: DicomHeader;
}
