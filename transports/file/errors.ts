/**
 * Operations whose errors of the system become ours.
 *
 * @module
 */

import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NATIVE, nativePath } from "../../vfs/location/file_path.ts";
import { isMissing, type Side, sideOf, toVfsError } from "../../vfs/system_errors.ts";
import { lstatIfThere } from "./target.ts";
import { findUndecodable } from "./undecodable.ts";

/** Runs `action`; what it throws becomes the error of `op` at `location`. */
export async function attempt<T>(
  op: string,
  location: Location,
  action: () => Promise<T>,
  side?: Side,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const isTarget = (side ?? sideOf(op)) === "target";
    const told = isTarget && await isBelowFile(error, location)
      ? new Deno.errors.NotADirectory("", { cause: error })
      : error;
    throw await explainError(told, op, location, side);
  }
}

/** Windows says of what cannot be made below a file that it is missing, or that a folder of it is there already. */
async function isBelowFile(error: unknown, location: Location): Promise<boolean> {
  const isOpen = isMissing(error) || error instanceof Deno.errors.AlreadyExists;
  if (NATIVE !== "windows" || !isOpen) return false;
  for (let at = location.parent(); at && at.segments.length > 0; at = at.parent()) {
    const stat = await lstatIfThere(nativePath(at));
    if (stat) return stat.isFile;
  }
  return false;
}

/** As {@linkcode toVfsError}, and looks for the reason where the system tells none that helps. */
export async function explainError(
  error: unknown,
  op: string,
  location: Location,
  side?: Side,
): Promise<VfsError> {
  if (isVfsError(error)) return error;
  if (isMissing(error) && await findUndecodable(location)) {
    return new VfsError("NotSupported", {
      op,
      url: location.href,
      reason: "the name on disk is not UTF-8",
      cause: error,
    });
  }
  return toVfsError(error, op, location, side);
}
