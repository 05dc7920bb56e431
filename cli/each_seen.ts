/**
 * Places that are looked at before something is done with each.
 *
 * @module
 */

import type { Info } from "../vfs/transport.ts";
import type { Context } from "./context.ts";
import type { Operand } from "./operand.ts";

/** So many places are looked at before the first is told of, where each takes a request. */
const FEW = 100;

/**
 * Works on each place in turn with what is there: with `detail` all that is known, otherwise as far as a listing tells, one
 * of which does for many files in one folder of a server.
 */
export async function eachSeen(
  context: Context,
  places: readonly string[],
  work: (operand: Operand, info: Info) => Promise<void> | void,
  detail = false,
): Promise<void> {
  const { vfs, signal } = context;
  for (const [part] of partsOf(places, detail ? FEW : MOST)) {
    const infos = await vfs.statEach(part, { signal, detail });
    await context.each(part, async (operand, at) => await work(operand, foundIn(infos, at)));
  }
}

/** So many places are one transfer, or looked at at once: what is known of each is remembered until its end. */
const MOST = 10_000;

/** Places in parts; tells of each whether it is the last. */
export function* partsOf(
  places: readonly string[],
  most = MOST,
): Generator<readonly [string[], boolean]> {
  for (let end = most, isLast = false; !isLast; end += most) {
    isLast = end >= places.length;
    yield [places.slice(end - most, end), isLast];
  }
}

/** What was found at the `at`th of the places. @throws what kept one from finding out */
export function foundIn<T>(settled: readonly PromiseSettledResult<T>[], at: number): T {
  const one = settled[at]!;
  if (one.status === "rejected") throw one.reason;
  return one.value;
}
