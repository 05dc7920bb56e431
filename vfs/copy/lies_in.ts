/**
 * Whether a place lies in a directory, whatever that is called on the way.
 *
 * @module
 */

import { isVfsError } from "../errors.ts";
import { nativePath } from "../location/file_path.ts";
import type { Location } from "../location/location.ts";
import { isGranted } from "../platform.ts";
import { infoAt } from "../presence.ts";
import type { Place } from "../transport.ts";

/** Whether a directory above a place is the one of that identity, which is at `other`, by way of a link, a mount or a name. */
export async function liesIn(
  { transport, location }: Place,
  id: string,
  other: Location,
  signal: AbortSignal,
): Promise<boolean> {
  for (let up = location.parent(); up; up = up.parent()) {
    // Unless a link leads up, what it lies in itself is another one.
    if (!transport.capabilities.symlinks && up.contains(other)) return false;
    try {
      if (up.scheme === "file" && !isGranted({ name: "read", path: nativePath(up) })) return false;
      if ((await infoAt({ transport, location: up }, signal))?.id === id) return true;
    } catch (error) {
      // What is further up need not be allowed to be seen, and above a drive of Windows there is nothing.
      const isUnseen = isVfsError(error) && ["PermissionDenied", "InvalidUrl"].includes(error.kind);
      if (!isUnseen) throw error;
    }
  }
  return false;
}
