/**
 * Whether anything is at a place.
 *
 * @module
 */

import { isNotFound } from "./errors.ts";
import type { Info, Place } from "./transport.ts";

/** What is at a place; `undefined` when nothing is. Throws what kept it from finding out. */
export async function infoAt(
  { transport, location }: Place,
  signal: AbortSignal,
): Promise<Info | undefined> {
  try {
    return await transport.stat(location, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether anything is at a place. Throws what kept it from finding out. */
export async function isThere(place: Place, signal: AbortSignal): Promise<boolean> {
  const { transport, location } = place;
  const missing = await transport.findMissing?.([location], { signal });
  return !missing?.has(location) && await infoAt(place, signal) !== undefined;
}
