/**
 * What a file is called, out of a path or URL that a client or store gave.
 *
 * @module
 */

import { parseLocation } from "../../vfs/location/location.ts";

/** The last part of a path or URL, decoded. */
export function fileNameOf(uri: string): string {
  return parseLocation(uri).location.segments.at(-1) ?? "";
}
