/**
 * Removing what may be gone.
 *
 * @module
 */

import { isNotFound, isVfsError } from "../vfs/errors.ts";
import type { Location } from "../vfs/location/location.ts";
import type { RemoveOptions } from "../vfs/remove.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** Removes what is at `at`, also where it is another's that is shared; that nothing is there is no error. */
export async function removeIfThere(
  vfs: Vfs,
  at: Location,
  options: RemoveOptions = {},
): Promise<void> {
  try {
    await vfs.remove(at, options);
  } catch (error) {
    const instead = isVfsError(error) ? error.detail?.instead : undefined;
    if (instead === undefined) return unlessMissing(error);
    // Once: who tells a third place is not followed.
    await vfs.remove(instead, options).catch(unlessMissing);
  }
}

function unlessMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
