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
import { asVfsError } from "./transfer.ts";

/**
 * Removes what was copied, unless it is another version by now, or the destination changed what it stored. What fails then
 * tells that both are kept, as far as anybody knows; gone is gone, whoever did it.
 */
export async function removeOriginal(
  { transport, location }: Resolved,
  { source, warnings = [] }: Copied,
  signal: AbortSignal,
): Promise<void> {
  const url = location.href;
  const failed = (reason: string, error?: VfsError) => {
    const { kind = "ConditionFailed", status, detail } = error ?? {};
    return new VfsError(kind, { op: "move", url, reason, status, detail, cause: error });
  };
  let why: string | undefined;
  try {
    const info = await transport.stat(location, { signal });
    if (warnings.length > 0) why = `it is stored, but ${warnings.join(", ")}`;
    else if (isOther(source ?? { kind: "file" }, info)) why = "it changed after it was read";
    else await transport.remove?.(location, { signal });
  } catch (error) {
    const cause = asVfsError(error, "remove", url);
    if (cause.kind === "NotFound") return;
    throw failed(`it is stored, and the original could not be removed (${cause.message})`, cause);
  }
  if (why !== undefined) throw failed(`${why}, so both are kept`);
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
