/**
 * The errors of conversions between masks and segmentations.
 *
 * @module
 */

import { type ErrorKind, VfsError } from "../../vfs/errors.ts";

/** What is wrong with a mask, a series or a segmentation. */
export type SegmentationProblem =
  /** Another format. */
  | "NotNifti"
  /** Another format. */
  | "NotSegmentation"
  /** A variant that is not read. */
  | "Unsupported"
  /** Probabilities where no threshold is given. */
  | "Fractional"
  /** More voxels than allowed. */
  | "TooLarge"
  /** Bytes that contradict themselves. */
  | "Damaged"
  /** Bytes that end early. */
  | "Truncated"
  /** A mask that does not say where it lies in the patient. */
  | "NoPosition"
  /** Voxels that are no labels: fractions, negative ones, several volumes. */
  | "NotAMask"
  /** More than 255 values, or one above 65535. */
  | "TooManyValues"
  /** A value of the mask that no segment names. */
  | "UnnamedValue"
  /** Segments that cannot be told apart or cannot be written. */
  | "BadSegments"
  /** A description that cannot be written. */
  | "BadDescription"
  /** Images of several series, orientations or sizes. */
  | "MixedSeries"
  /** Images without a place in the patient. */
  | "BadSeries"
  /** Several images at one place. */
  | "DuplicateSlices"
  /** Gaps between images. */
  | "MissingSlices"
  /** Images at uneven distances. */
  | "UnevenSlices"
  /** A mask whose grid is not that of the series. */
  | "GridMismatch"
  /** Segments that share voxels, which a mask cannot hold. */
  | "Overlap";

const KINDS: Readonly<Record<SegmentationProblem, ErrorKind>> = {
  NotNifti: "NotSupported",
  NotSegmentation: "NotSupported",
  Unsupported: "NotSupported",
  Fractional: "NotSupported",
  TooLarge: "NotSupported",
  Damaged: "Corrupt",
  Truncated: "Incomplete",
  NoPosition: "InvalidArgument",
  NotAMask: "InvalidArgument",
  TooManyValues: "InvalidArgument",
  UnnamedValue: "InvalidArgument",
  BadSegments: "InvalidArgument",
  BadDescription: "InvalidArgument",
  MixedSeries: "InvalidArgument",
  BadSeries: "InvalidArgument",
  DuplicateSlices: "InvalidArgument",
  MissingSlices: "InvalidArgument",
  UnevenSlices: "InvalidArgument",
  GridMismatch: "InvalidArgument",
  Overlap: "InvalidArgument",
};

/**
 * A mask, a series or a segmentation that cannot be converted; {@linkcode problem} says why.
 *
 * @example
 * ```ts
 * import { readNifti, SegmentationError } from "@medvfs/vfs/datastore";
 * import { strict as assert } from "node:assert";
 *
 * const error = await readNifti(new Uint8Array(0)).catch((error) => error);
 * assert(error instanceof SegmentationError);
 * assert.equal(error.problem, "NotNifti");
 * ```
 */
export class SegmentationError extends VfsError {
  /** `SegmentationError`, whatever a bundler makes of the class. */
  override readonly name: string = "SegmentationError";
  /** What is wrong. */
  readonly problem: SegmentationProblem;

  /** Makes the error about `url` for what could not be done; the kind goes with `problem`. */
  constructor(
    problem: SegmentationProblem,
    options: { op: string; url: string; reason: string; cause?: unknown },
  ) {
    super(KINDS[problem], { ...options, status: "permanent" });
    this.problem = problem;
  }
}

/** Makes the error of a task for a problem. */
export type Complain = (
  problem: SegmentationProblem,
  reason: string,
  cause?: unknown,
) => SegmentationError;

/** How a mask's grid differs from that of a series; only what differs is there. */
export interface GridDifferences {
  /** Voxels along columns, rows and slices: of the mask, of the series. */
  readonly shape?: readonly [mask: readonly number[], series: readonly number[]];
  /** Voxel sizes in mm along the same: of the mask, of the series. */
  readonly spacing?: readonly [mask: readonly number[], series: readonly number[]];
  /** Distance in mm between the places of the first voxels. */
  readonly origin?: number;
  /** Largest angle between axes, in degrees. */
  readonly orientation?: number;
}

/** The grid of a mask is not that of the series. */
export class GridMismatch extends SegmentationError {
  /** `GridMismatch`, whatever a bundler makes of the class. */
  override readonly name = "GridMismatch";
  /** The figures. */
  readonly differences: GridDifferences;

  /** Makes the error about the mask at `url`. */
  constructor(url: string, differences: GridDifferences) {
    const op = "convert the mask";
    super("GridMismatch", { op, url, reason: inWords(differences) });
    this.differences = differences;
  }
}

function inWords({ shape, spacing, origin, orientation }: GridDifferences): string {
  const parts = [
    shape && `shape ${shape[0].join("x")} against ${shape[1].join("x")}`,
    spacing && `spacing ${sizes(spacing[0])} against ${sizes(spacing[1])} mm`,
    origin !== undefined && `origin off by ${figure(origin)} mm`,
    orientation !== undefined && `orientation off by ${figure(orientation)} degrees`,
  ];
  return `its grid is not that of the series: ${parts.filter(Boolean).join(", ")}`;
}

function sizes(values: readonly number[]): string {
  return values.map(figure).join("x");
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
