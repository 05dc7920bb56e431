/**
 * A picture of the file at a place.
 *
 * @module
 */

import { type ByteSource, FormatError } from "../formats/mod.ts";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import { type Location, parseLocation } from "../vfs/location/location.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { Where } from "../vfs/options.ts";
import { type Picture, type PictureOptions, readPicture } from "../pictures/mod.ts";

/** What is needed of a filesystem: a `Vfs`, or the functions of the main module. */
export type Files = Pick<
  Vfs,
  | "entries"
  | "info"
  | "isDirectory"
  | "isFile"
  | "readDicomHeader"
  | "readDir"
  | "readFile"
  | "stat"
  | "walk"
>;

/** Kinds of errors of what is there, and has no picture. */
export const NO_PICTURE: readonly string[] = ["NotSupported", "Corrupt"];

/** Options of {@linkcode pictureAt}. */
export interface PictureAtOptions extends PictureOptions {
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * A picture of one frame of the DICOM file at `where`; only its header and that frame are read.
 *
 * @throws `NotFound`, `NotSupported` where there is no image or no decoder for it, `Corrupt`,
 * `InvalidArgument` for a frame that there is not
 */
export async function pictureAt(
  vfs: Files,
  where: Where,
  { signal, ...options }: PictureAtOptions = {},
): Promise<Picture> {
  try {
    return await readPicture(sourceAt(vfs, where, signal), options);
  } catch (error) {
    throw pictureError(error, parseLocation(where).location);
  }
}

/** The bytes of a file, each range read with one request. */
export function sourceAt(
  vfs: Pick<Files, "readFile">,
  where: Where,
  signal: AbortSignal | undefined,
): ByteSource {
  return {
    async read(start, end) {
      if (end <= start) return new Uint8Array();
      try {
        return await vfs.readFile(where, { range: { start, end }, signal });
      } catch (error) {
        if (isVfsError(error) && error.kind === "RangeNotSatisfiable") return new Uint8Array();
        throw error;
      }
    },
  };
}

/** The error of a picture of what is at a place; one that is neither a format's nor an argument's stays as it is. */
export function pictureError(error: unknown, { href }: Location): unknown {
  const kind = error instanceof TypeError
    ? "InvalidArgument"
    : !(error instanceof FormatError)
    ? undefined
    : error.kind === "NotSupported"
    ? "NotSupported"
    : "Corrupt";
  if (!kind) return error;
  const { message: reason } = error as Error;
  return new VfsError(kind, { op: "show", url: href, reason, cause: error });
}
