/**
 * Bounds on real time, since a driver may hang.
 *
 * @module
 */

import { strict as assert } from "node:assert";

/** Settles as `promise` does, or fails after `ms` milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new assert.AssertionError({ message: `not over after ${ms} ms` }),
    );
  }, ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
