/**
 * Whether what is to be moved can be removed where it is, asked before it is copied.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { Place } from "../transport.ts";
import { asVfsError } from "./transfer.ts";

/** Nobody need try it to be told the same. */
const REFUSALS: ReadonlySet<string> = new Set(["NotSupported", "PermissionDenied"]);

/** Why what is at a place cannot be removed, as far as its transport tells. */
export async function whyNotRemoved(
  { transport, location }: Place,
  signal: AbortSignal,
): Promise<VfsError | undefined> {
  try {
    await transport.checkRemoval?.(location, { signal });
    return undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return asVfsError(error, "remove", location.href);
  }
}

/** What a move of `url` fails of for a `cause` that {@linkcode whyNotRemoved} gave. */
export function notMoved(url: string, cause: VfsError): VfsError {
  const { kind, status, detail, message } = cause;
  const why = REFUSALS.has(kind)
    ? `it could not be removed (${message}); copy it instead`
    : `nobody knows whether it can be removed (${message})`;
  const reason = `nothing was copied, since ${why}`;
  return new VfsError(kind, { op: "move", url, reason, status, detail, cause });
}
