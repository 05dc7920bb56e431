/**
 * Vectors in the patient, and what is computed with them.
 *
 * @module
 */

/** A point or a direction in the patient: left, posterior, head; mm (PS3.3 §C.7.6.2.1.1). */
export type Vector = readonly [number, number, number];

/** Sum. */
export function plus(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** Difference. */
export function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** Product with a number. */
export function times(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** Scalar product. */
export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Vector product. */
export function cross(a: Vector, b: Vector): Vector {
  return [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
}

/** Length. */
export function length(a: Vector): number {
  return Math.hypot(...a);
}

/** The vector of length 1 in the same direction. */
export function unit(a: Vector): Vector {
  return times(a, 1 / length(a));
}

/** The angle between two directions, in degrees. */
export function degreesBetween(a: Vector, b: Vector): number {
  // Not by the cosine, which is blind to small angles.
  return Math.atan2(length(cross(a, b)), dot(a, b)) * 180 / Math.PI;
}
