/**
 * The image planes that an instance shows, frame by frame.
 *
 * @module
 */

import type { DicomDataset, DicomHeader } from "../../formats/mod.ts";
import type { Slice } from "./geometry.ts";
import type { Complain } from "./errors.ts";
import { cross, degreesBetween, dot, length, unit, type Vector } from "./vector.ts";

/** One image plane, PS3.3 §C.7.6.2. */
export interface Plane extends Slice {
  /** Direction of a row. */
  readonly row: Vector;
  /** Direction of a column. */
  readonly column: Vector;
  /** From row to row and from column to column: PixelSpacing; mm. */
  readonly spacing: readonly [number, number];
  /** SpacingBetweenSlices; mm. */
  readonly distance: number | undefined;
  /** SliceThickness; mm. */
  readonly thickness: number | undefined;
}

/** Directions that differ by less are the same; degrees. */
const SAME_DIRECTION = 0.01;
/** Pixel spacings that differ by less are the same; mm. */
const SAME_SPACING = 1e-3;

/** The planes that an instance shows: one, or one a frame (PS3.3 §C.7.6.16). */
export function planesOf(header: DicomHeader, complain: Complain): Plane[] {
  const frames = header.sequence("PerFrameFunctionalGroupsSequence");
  const count = header.number("NumberOfFrames") ?? 1;
  if (frames.length === 0) {
    if (count > 1) {
      throw complain("BadSeries", `${count} frames of an image have no places in the patient`);
    }
    return [planeOf(header, () => header, undefined, complain)];
  }
  if (frames.length !== count) {
    throw complain("BadSeries", `an image says where ${frames.length} of its ${count} frames are`);
  }
  const [shared] = header.sequence("SharedFunctionalGroupsSequence");
  return frames.map((frame, index) => {
    const group = (name: string) => frame.sequence(name)[0] ?? shared?.sequence(name)[0];
    return planeOf(header, group, index + 1, complain);
  });
}

function planeOf(
  header: DicomHeader,
  group: (sequence: string) => DicomDataset | undefined,
  frame: number | undefined,
  complain: Complain,
): Plane {
  const numbers = (sequence: string, name: string, count: number): readonly number[] => {
    const values = group(sequence)?.numbers(name) ?? [];
    if (values.length === count && values.every(Number.isFinite)) return values;
    const what = values.length > 0 ? "an unusable" : "no";
    throw complain("BadSeries", `an image has ${what} ${name}`);
  };
  const position = numbers("PlanePositionSequence", "ImagePositionPatient", 3);
  const axes = numbers("PlaneOrientationSequence", "ImageOrientationPatient", 6);
  const [row, column] = [axes.slice(0, 3), axes.slice(3)] as unknown as [Vector, Vector];
  const isOriented = Math.abs(length(row) - 1) < 0.01 && Math.abs(length(column) - 1) < 0.01 &&
    Math.abs(dot(row, column)) < 0.01;
  if (!isOriented) throw complain("BadSeries", "an image has an unusable ImageOrientationPatient");
  const spacing = numbers("PixelMeasuresSequence", "PixelSpacing", 2);
  if (!spacing.every((value) => value > 0)) {
    throw complain("BadSeries", "an image has an unusable PixelSpacing");
  }
  const positive = (name: string): number | undefined => {
    const value = group("PixelMeasuresSequence")?.number(name) ?? 0;
    return value > 0 ? value : undefined;
  };
  return {
    sopClassUID: header.string("SOPClassUID") ?? "",
    sopInstanceUID: header.string("SOPInstanceUID") ?? "",
    frame,
    position: position as unknown as Vector,
    row: unit(row),
    column: unit(column),
    spacing: spacing as [number, number],
    distance: positive("SpacingBetweenSlices"),
    thickness: positive("SliceThickness"),
  };
}

/** Direction from slice to slice that makes a right-handed system with row and column. */
export function normalOf({ row, column }: Pick<Plane, "row" | "column">): Vector {
  return cross(row, column);
}

/**
 * Checks that planes have one orientation and pixels of one size.
 *
 * @throws {SegmentationError} `MixedSeries`
 */
export function checkParallel(planes: readonly Plane[], complain: Complain): void {
  const first = planes[0]!;
  for (const { row, column, spacing } of planes) {
    const angle = Math.max(degreesBetween(row, first.row), degreesBetween(column, first.column));
    if (angle > SAME_DIRECTION) {
      throw complain("MixedSeries", `its images are turned by ${angle.toFixed(2)} degrees`);
    }
    if (spacing.some((value, i) => Math.abs(value - first.spacing[i]!) > SAME_SPACING)) {
      const pair = [first.spacing, spacing].map((each) => each.join("x")).join(" and ");
      throw complain("MixedSeries", `its images have pixels of ${pair} mm`);
    }
  }
}
