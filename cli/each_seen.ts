/**
 * Places that are looked at before something is done with each.
 *
 * @module
 */

import type { Info } from "../vfs/transport.ts";
import type { Context } from "./context.ts";
import type { Operand } from "./operand.ts";

/**
 * Works on each place in turn with what is there, as far as a listing tells: of many files in one folder of a server one
 * listing does.
 */
export async function eachSeen(
  context: Context,
  places: readonly string[],
  work: (operand: Operand, info: Info) => Promise<void>,
): Promise<void> {
  for (const [part] of partsOf(places)) {
    const infos = await context.vfs.statEach(part, context);
    await context.each(part, (operand, at) => work(operand, foundIn(infos, at)));
  }
}

/** So many places are one transfer, or looked at at once: what is known of each is remembered until its end. */
const MOST = 10_000;

/** Places in parts; tells of each whether it is the last. */
export function* partsOf(places: readonly string[]): Generator<readonly [string[], boolean]> {
  for (let end = MOST, isLast = false; !isLast; end += MOST) {
    isLast = end >= places.length;
    yield [places.slice(end - MOST, end), isLast];
  }
}

/** What was found at the `at`th of the places. @throws what kept one from finding out */
export function foundIn<T>(settled: readonly PromiseSettledResult<T>[], at: number): T {
  const one = settled[at]!;
  if (one.status === "rejected") throw one.reason;
  return one.value;
}
