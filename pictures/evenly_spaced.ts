/**
 * A few of many.
 *
 * @module
 */

/** `count` of `things` in their order, evenly spaced: the middles of `count` equal parts. */
export function evenlySpaced<T>(things: readonly T[], count: number): T[] {
  if (things.length <= count) return [...things];
  return Array.from(
    { length: count },
    (_, i) => things[Math.floor((i + 0.5) * things.length / count)]!,
  );
}
