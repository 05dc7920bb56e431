/**
 * Planes in their order along the normal, evenly spaced.
 *
 * @module
 */

import type { Complain } from "./errors.ts";
import { normalOf, type Plane } from "./planes.ts";
import { dot, length, minus, plus, times, type Vector } from "./vector.ts";

/** Planes sorted along their normal, and the step from one to the next. */
export interface Stack<P extends Plane> {
  /** The planes. */
  readonly planes: readonly P[];
  /** From one to the next; undefined for one of unknown thickness. */
  readonly step: Vector | undefined;
}

/** Places may be off an even line by this part of their distance. */
const UNEVEN = 0.05;
/** Planes closer than this are at one place; mm. */
const SAME_PLACE = 1e-3;

/**
 * Sorts parallel planes along their normal and finds their even distance.
 *
 * @throws {SegmentationError} `DuplicateSlices`, `MissingSlices`, `UnevenSlices`
 */
export function stackOf<P extends Plane>(planes: readonly P[], complain: Complain): Stack<P> {
  const normal = normalOf(planes[0]!);
  const height = (plane: P) => dot(plane.position, normal);
  const sorted = planes.toSorted((a, b) => height(a) - height(b));
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  if (sorted.length === 1) {
    const distance = first.distance ?? first.thickness;
    return { planes: sorted, step: distance === undefined ? undefined : times(normal, distance) };
  }
  const gaps = sorted.slice(1).map((plane, i) => height(plane) - height(sorted[i]!));
  const same = gaps.filter((gap) => gap < SAME_PLACE).length;
  if (same > 0) {
    const reason = `${same} of its ${sorted.length} images are at the place of another, ` +
      "as those of several times or echoes are; choose one of each";
    throw complain("DuplicateSlices", reason);
  }
  const step = times(minus(last.position, first.position), 1 / gaps.length);
  const isEven = sorted.every(({ position }, i) =>
    length(minus(position, plus(first.position, times(step, i)))) <= UNEVEN * length(step)
  );
  if (!isEven) throw uneven(gaps, complain);
  return { planes: sorted, step };
}

function uneven(gaps: readonly number[], complain: Complain) {
  const least = gaps.reduce((a, b) => Math.min(a, b));
  const most = gaps.reduce((a, b) => Math.max(a, b));
  const areMissing = gaps.every((gap) => Math.abs(gap / least - Math.round(gap / least)) <= UNEVEN);
  const missing = gaps.reduce((sum, gap) => sum + Math.round(gap / least) - 1, 0);
  if (areMissing && missing > 0) {
    const at = gaps.findIndex((gap) => gap > 1.5 * least) + 1;
    const reason = `${missing} of its slices are missing, the first after slice ${at} of ` +
      `${gaps.length + 1}`;
    return complain("MissingSlices", reason);
  }
  const range = `${Number(least.toPrecision(4))} to ${Number(most.toPrecision(4))} mm`;
  return complain("UnevenSlices", `its slices are not on a line at even distances (${range})`);
}
