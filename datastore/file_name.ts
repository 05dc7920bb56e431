/**
 * Names of files: made of images, and out of what clients and stores give.
 *
 * @module
 */

import { parseLocation } from "../vfs/location/location.ts";

/** A name for a file about the image `id`, on any system. */
export function fileNameFor(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(-200);
}

/** The last part of a path or URL, decoded. */
export function fileNameOf(uri: string): string {
  return parseLocation(uri).location.segments.at(-1) ?? "";
}
