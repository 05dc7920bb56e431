/**
 * Arithmetic of byte ranges (RFC 9110 §14.1.2), the same for every transport.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { ByteRange } from "../transport.ts";

/** A range within an object of known size: `start` inclusive, `end` exclusive. */
export interface Extent {
  /** First byte. */
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

/**
 * Resolves `range` against an object of `size` bytes: the end is clamped, a suffix may be longer than the object.
 *
 * @throws `RangeNotSatisfiable` when it starts at or beyond the end of an object that is not empty, or beyond
 * zero in an empty one; `InvalidArgument` when it is no range
 */
export function resolveRange(
  range: ByteRange | undefined,
  size: number,
  url: string,
): Extent {
  if (range === undefined) return { start: 0, end: size };
  checkRange(range, url);
  if ("suffix" in range) {
    return { start: Math.max(0, size - range.suffix), end: size };
  }
  const { start } = range;
  if (start > 0 && start >= size) {
    throw new VfsError("RangeNotSatisfiable", {
      op: "read",
      url,
      reason: `byte ${start} is beyond the end at ${size}`,
    });
  }
  return { start, end: Math.min(range.end ?? size, size) };
}

/** Checks that `range` has whole numbers in order. @throws `InvalidArgument` */
export function checkRange(range: ByteRange, url: string): void {
  const valid = "suffix" in range ? isOffset(range.suffix) : isOffset(range.start) &&
    (range.end === undefined ||
      isOffset(range.end) && range.end >= range.start);
  if (valid) return;
  throw new VfsError("InvalidArgument", {
    op: "read",
    url,
    reason: `${JSON.stringify(range)} is not a byte range`,
  });
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
