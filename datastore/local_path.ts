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

/** A name for a file about the image `id`, on any system. */
export function fileNameFor(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(-200);
}
