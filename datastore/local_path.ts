/**
 * Places on this machine as paths.
 *
 * @module
 */

import { nativePath } from "../vfs/location/file_path.ts";
import type { Location } from "../vfs/location/location.ts";

/** The native path of a `file:` location; the URL of any other. */
export function localPath(location: Location): string {
  return location.scheme === "file" ? nativePath(location) : location.href;
}
