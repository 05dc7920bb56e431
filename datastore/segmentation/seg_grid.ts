/**
 * The grid that the frames of a stored segmentation lie on.
 *
 * @module
 */

import { type Complain, GridMismatch } from "./errors.ts";
import { fit, type Walk } from "./fit.ts";
import type { SeriesGeometry } from "./geometry.ts";
import { type Grid, placeOf } from "./grid.ts";
import { normalOf, type Plane } from "./planes.ts";
import { dot, length, minus, plus, times, type Vector } from "./vector.ts";

/** Where the frames of a segmentation lie. */
export interface SegGrid extends Grid {
  /** Index of the slice by frame. */
  readonly sliceOf: readonly number[];
  /** How the pixels of frames are found by column, row and slice, where they run another way. */
  readonly walk?: Walk;
}

/** Frames may be off a slice by this part of a voxel. */
const OFF = 0.05;
const SAME_PLACE = 1e-3;

/**
 * Places frames on the slices of the series that they were drawn on. Their rows and columns may run the other way, as
 * in what is made of a turned mask, as long as their pixels are those of the series.
 *
 * @throws {GridMismatch} with figures, when a frame lies elsewhere
 */
export function gridOfSeries(
  planes: readonly Plane[],
  [columns, rows]: readonly [number, number],
  series: SeriesGeometry,
  url: string,
): SegGrid {
  const { axes, slices, shape, origin } = series;
  const first = planes[0]!;
  const normal = normalOf(first);
  const indexOf = ({ position }: Plane) => {
    const steps = dot(minus(position, origin), normal) / dot(axes[2], normal);
    return Math.min(slices.length - 1, Math.max(0, Math.round(steps)));
  };
  const own: Grid = {
    shape: [columns, rows, slices.length],
    origin: plus(origin, minus(first.position, slices[indexOf(first)]!.position)),
    axes: [...inPlane(first), axes[2]],
  };
  const walk = fit(own, series, OFF, url);
  // Where a frame begins on a slice, which begins elsewhere if its rows or columns run the other way.
  const corner = [0, 1].reduce<Vector>(
    (sum, i) => walk.strides[i]! < 0 ? plus(sum, times(axes[i]!, shape[i]! - 1)) : sum,
    [0, 0, 0],
  );
  const allowed = OFF * Math.min(...axes.map(length));
  const sliceOf = planes.map((plane) => {
    const index = indexOf(plane);
    const off = length(minus(plane.position, plus(slices[index]!.position, corner)));
    if (off > allowed) throw new GridMismatch(url, { origin: off });
    return index;
  });
  const isAligned = walk.start === 0 && walk.strides[0] === 1;
  return { shape, origin, axes, sliceOf, ...!isAligned && { walk } };
}

/**
 * Finds the grid of frames by themselves, from the lowest one to the highest one.
 *
 * @throws {SegmentationError} `UnevenSlices`
 */
export function gridOfFrames(
  planes: readonly Plane[],
  [columns, rows]: readonly [number, number],
  complain: Complain,
): SegGrid {
  const [any] = planes;
  const normal = normalOf(any!);
  const height = ({ position }: Plane) => dot(position, normal);
  const sorted = planes.toSorted((a, b) => height(a) - height(b));
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const gaps = sorted.slice(1).map((plane, i) => height(plane) - height(sorted[i]!))
    .filter((gap) => gap > SAME_PLACE);
  const span = height(high) - height(low);
  const isDistance = (distance: number | undefined): distance is number =>
    distance !== undefined &&
    sorted.every((plane) => isWhole((height(plane) - height(low)) / distance));
  const distance = gaps.length === 0
    ? any!.distance ?? any!.thickness ?? 1
    : [any!.distance, gaps.reduce((least, gap) => Math.min(least, gap))].find(isDistance);
  if (distance === undefined) throw complain("UnevenSlices", "its frames are at uneven distances");
  const steps = Math.round(span / distance);
  const step: Vector = steps === 0
    ? times(normal, distance)
    : times(minus(high.position, low.position), 1 / steps);
  const grid: Grid = {
    shape: [columns, rows, steps + 1],
    origin: low.position,
    axes: [...inPlane(any!), step],
  };
  const sliceOf = planes.map((plane) => Math.round((height(plane) - height(low)) / distance));
  const isOff = planes.some(({ position }, i) =>
    length(minus(position, placeOf(grid, [0, 0, sliceOf[i]!]))) > OFF * length(step)
  );
  if (isOff) throw complain("UnevenSlices", "its frames are not on a line");
  return { ...grid, sliceOf };
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= OFF;
}

function inPlane({ row, column, spacing }: Plane): [Vector, Vector] {
  return [times(row, spacing[1]), times(column, spacing[0])];
}
