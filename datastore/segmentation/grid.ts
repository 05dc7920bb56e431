/**
 * Regular grids of voxels in the patient.
 *
 * @module
 */

import { plus, times, type Vector } from "./vector.ts";

/** Voxels at regular places in the patient. */
export interface Grid {
  /** Voxels along each axis. */
  readonly shape: readonly [number, number, number];
  /** Centre of the first voxel: left, posterior, head; mm. */
  readonly origin: Vector;
  /** From one voxel to the next along each axis; mm. They need not be at right angles. */
  readonly axes: readonly [Vector, Vector, Vector];
}

/** Number of voxels. */
export function voxelsOf({ shape }: Pick<Grid, "shape">): number {
  return shape[0] * shape[1] * shape[2];
}

/** Centre of the voxel at `index`; mm. */
export function placeOf({ origin, axes }: Grid, index: readonly number[]): Vector {
  return axes.reduce((place, axis, i) => plus(place, times(axis, index[i]!)), origin);
}
