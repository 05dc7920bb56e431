/**
 * Seeded randomness, so that a failing run can be run again.
 *
 * @module
 */

/**
 * Makes a generator of numbers in [0, 1) that depend on `seed` alone (mulberry32).
 *
 * @example
 * ```ts
 * import { seededRandom } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * assert.equal(seededRandom(7)(), seededRandom(7)());
 * ```
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed out of a base seed and a text (FNV-1a, 32 bit, begun at a place that the seed gives). */
export function seedOf(seed: number, text: string): number {
  let hash = Math.floor(seededRandom(seed)() * 2 ** 32);
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** `size` bytes that depend on `seed` alone; all 256 values occur in every 64 KiB or so. */
export function seededBytes(
  seed: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = (seed >>> 0) || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
