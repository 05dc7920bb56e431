/**
 * Whether a mask lies on the grid of a series, and along which axes.
 *
 * @module
 */

import { type GridDifferences, GridMismatch } from "./errors.ts";
import { type Grid, placeOf } from "./grid.ts";
import { degreesBetween, dot, length, minus, times, unit, type Vector } from "./vector.ts";

/** How a mask's voxels are found by column, row and slice of the series. */
export interface Walk {
  /** Index of the voxel of the first pixel of the first slice. */
  readonly start: number;
  /** From voxel to voxel along columns, rows and slices. */
  readonly strides: readonly [column: number, row: number, slice: number];
}

/** Part of a voxel by which a mask may be off, where nothing else is said. */
export const TOLERANCE = 0.05;

const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;

/**
 * Finds how a mask lies on the grid of a series. Its axes may be in another order or run the other way,
 * as long as its voxels are those of the series; nothing is resampled.
 *
 * @throws {GridMismatch} with figures, when it is another grid
 */
export function fit(mask: Grid, series: Grid, tolerance: number, url: string): Walk {
  const order = nearest(mask, series);
  const isBackward = order.map((axis, i) => dot(mask.axes[axis]!, series.axes[i]!) < 0);
  const first = [0, 0, 0];
  order.forEach((axis, i) => first[axis] = isBackward[i] ? mask.shape[axis]! - 1 : 0);
  const turned: Grid = {
    shape: order.map((axis) => mask.shape[axis]!) as [number, number, number],
    origin: placeOf(mask, first),
    axes: order.map((axis, i) =>
      times(mask.axes[axis]!, isBackward[i] ? -1 : 1)
    ) as unknown as Grid["axes"],
  };
  const differences = compare(turned, series, tolerance);
  if (differences) throw new GridMismatch(url, differences);
  const strides = [1, mask.shape[0], mask.shape[0] * mask.shape[1]];
  return {
    start: first.reduce((sum, index, axis) => sum + index * strides[axis]!, 0),
    strides: order.map((axis, i) => strides[axis]! * (isBackward[i] ? -1 : 1)) as [
      number,
      number,
      number,
    ],
  };
}

/** The mask's axis for each of the series', such that the directions agree most. */
function nearest(mask: Grid, series: Grid): readonly number[] {
  const [a, b] = [mask.axes.map(unit), series.axes.map(unit)];
  const agreement = (order: readonly number[]) =>
    order.reduce((sum, axis, i) => sum + Math.abs(dot(a[axis]!, b[i]!)), 0);
  return ORDERS.toSorted((one, other) => agreement(other) - agreement(one))[0]!;
}

function compare(
  mask: Grid,
  series: Grid,
  tolerance: number,
): GridDifferences | undefined {
  const sizes = series.axes.map(length);
  // What lies between slices means nothing where there is one.
  const allowed = tolerance * Math.min(...sizes.filter((_, i) => i < 2 || series.shape[i]! > 1));
  const extent = (i: number) => (series.shape[i]! - 1) * sizes[i]!;
  const isResized = (axis: Vector, i: number) =>
    Math.abs(length(axis) - sizes[i]!) * (series.shape[i]! - 1) > allowed;
  const angles = mask.axes.map((axis, i) => degreesBetween(axis, series.axes[i]!));
  const isTurned = angles.some((angle, i) => Math.sin(angle * Math.PI / 180) * extent(i) > allowed);
  const origin = length(minus(mask.origin, series.origin));
  const found: GridDifferences = {
    ...(mask.shape.some((n, i) => n !== series.shape[i]) && { shape: [mask.shape, series.shape] }),
    ...(mask.axes.some(isResized) && { spacing: [mask.axes.map(length), sizes] }),
    ...(origin > allowed && { origin }),
    ...(isTurned && { orientation: Math.max(...angles) }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}
