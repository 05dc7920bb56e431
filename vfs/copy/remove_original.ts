/**
 * What is left of a move once a file is copied.
 *
 * @module
 */

import { differenceOf } from "../bytes/digest.ts";
import type { Resolved } from "../connections.ts";
import { VfsError } from "../errors.ts";
import type { Info } from "../transport.ts";
import type { Copied } from "./copy_file.ts";

/** Removes what was copied, unless it is another version by now, or the destination changed what it stored. */
export async function removeOriginal(
  { transport, location }: Resolved,
  { source, warnings = [] }: Copied,
  signal: AbortSignal,
): Promise<void> {
  const info = await transport.stat(location, { signal });
  const why = warnings.length > 0
    ? `it is stored, but ${warnings.join(", ")}`
    : isOther(source ?? { kind: "file" }, info)
    ? "it changed after it was read"
    : undefined;
  if (why !== undefined) {
    const reason = `${why}, so both are kept`;
    throw new VfsError("ConditionFailed", { op: "move", url: location.href, reason });
  }
  await transport.remove?.(location, { signal });
}

/** Whether two infos are surely of two versions of a file. */
function isOther(a: Info, b: Info): boolean {
  const differ = <T>(a: T | undefined, b: T | undefined) =>
    a !== undefined && b !== undefined && a !== b;
  // That of a member of an archive changes when others are removed.
  const isTimed = a.mtime !== undefined && b.mtime !== undefined;
  return differ(a.size, b.size) || differ(a.mtime?.getTime(), b.mtime?.getTime()) ||
    !isTimed && differ(a.etag, b.etag) || differenceOf(a.digests ?? {}, b.digests) !== undefined;
}
