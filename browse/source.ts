/**
 * Files by ranges.
 *
 * @module
 */

import type { ByteSource } from "../formats/mod.ts";
import { isVfsError } from "../vfs/errors.ts";
import type { Location } from "../vfs/location.ts";
import type { PictureFiles } from "./picture_files.ts";

/** The bytes of the file at `place`, by way of what is kept. */
export function sourceOf(
  files: PictureFiles,
  place: Location,
  signal: AbortSignal,
): ByteSource {
  return {
    async read(start, end) {
      if (end <= start) return new Uint8Array();
      try {
        return await files.readFile(place, { range: { start, end }, signal });
      } catch (error) {
        if (isVfsError(error) && error.kind === "RangeNotSatisfiable") return new Uint8Array();
        throw error;
      }
    },
  };
}
