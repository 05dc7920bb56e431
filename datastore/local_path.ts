/**
 * Places on this machine as paths.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import type { Location } from "../vfs/location.ts";

/** The native path of a `file:` location; the URL of any other. */
export function localPath(location: Location): string {
  return location.scheme === "file" ? fromFileUrl(location.href) : location.href;
}
