/**
 * Removing what may be gone.
 *
 * @module
 */

import { isNotFound } from "../vfs/errors.ts";
import type { Location } from "../vfs/location/location.ts";
import type { RemoveOptions } from "../vfs/remove.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** Removes what is at `at`; that nothing is there is no error. */
export async function removeIfThere(
  vfs: Vfs,
  at: Location,
  options: RemoveOptions = {},
): Promise<void> {
  try {
    await vfs.remove(at, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
