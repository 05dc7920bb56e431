/**
 * Operations whose errors of the system become ours.
 *
 * @module
 */

import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { isMissing, type Side, toVfsError } from "../../vfs/system_errors.ts";
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
    throw await explainError(error, op, location, side);
  }
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
