/**
 * What is wrong with an archive, as an error.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";

/** The archive, or a member of it, is not what it should be: `Corrupt`. */
export function damaged({ op, url }: Ask, reason: string, cause?: unknown): VfsError {
  return new VfsError("Corrupt", { op, url, reason, cause });
}

/** It claims more than its limits allow: `NotSupported`. */
export function beyond({ op, url }: Ask, what: string): VfsError {
  const reason = `the archive claims ${what}, which is more than is allowed`;
  return new VfsError("NotSupported", { op, url, reason });
}
