/**
 * What is left of a move once a file is copied.
 *
 * @module
 */

import { differenceOf } from "../bytes/digest.ts";
import { forEachBounded } from "../concurrency/pool.ts";
import type { Resolved } from "../connections.ts";
import { VfsError } from "../errors.ts";
import { removeEach } from "../remove_each.ts";
import type { Info, Transport } from "../transport.ts";
import type { Copied } from "./copy_file.ts";
import type { Job } from "./copy_jobs.ts";
import { asVfsError } from "./transfer.ts";

/** What was read of a file, and what became of it. */
type Read = Pick<Copied, "source" | "warnings">;

/** A file that is copied, and is to be removed at the end. */
export interface Original {
  /** Where it is. */
  readonly job: Pick<Job, "from" | "forget">;
  /** What was copied. */
  readonly copied: Read;
  /** Told that it is gone. */
  readonly done: () => void;
  /** Told why it is not; throws where that is the end of all. */
  readonly failed: (error: unknown) => void;
}

/**
 * Removes what was copied, unless it is another version by now, or the destination changed what it stored. What fails then
 * tells that both are kept, as far as anybody knows; gone is gone, whoever did it.
 */
export async function removeOriginal(
  from: Resolved,
  copied: Read,
  signal: AbortSignal,
): Promise<void> {
  const failure = await whyKept(from, copied, signal) ??
    await from.transport.remove?.(from.location, { signal })
      .then(() => undefined, (error: unknown) => notRemoved(from, error));
  if (failure && failure.kind !== "NotFound") throw failure;
}

/** Removes many of `transport` likewise. */
export async function removeOriginals(
  transport: Transport,
  originals: readonly Original[],
  concurrency: number,
  signal: AbortSignal,
): Promise<void> {
  const going: Original[] = [];
  // Each is told, also when the first was the end of all.
  let end: { readonly error: unknown } | undefined;
  const tell = ({ done, failed }: Original, failure: VfsError | undefined) => {
    try {
      if (failure && failure.kind !== "NotFound") failed(failure);
      else done();
    } catch (error) {
      end ??= { error };
    }
  };
  await forEachBounded(originals, concurrency, async (original) => {
    const failure = await whyKept(original.job.from, original.copied, signal);
    original.job.forget?.();
    if (failure) tell(original, failure);
    else going.push(original);
  });
  await removeEach(transport, going, {
    locationOf: ({ job: { from } }) => from.location,
    concurrency,
    signal,
    tell: (original, error) =>
      tell(original, error === undefined ? undefined : notRemoved(original.job.from, error)),
  });
  if (end) throw end.error;
}

/** Why an original stays, if it does; `NotFound` when it is gone. */
async function whyKept(
  from: Resolved,
  { source, warnings = [] }: Read,
  signal: AbortSignal,
): Promise<VfsError | undefined> {
  const kept = (why: string) => {
    const reason = `${why}, so both are kept`;
    return new VfsError("ConditionFailed", { op: "move", url: from.location.href, reason });
  };
  try {
    const info = await from.transport.stat(from.location, { signal });
    if (warnings.length > 0) return kept(`it is stored, but ${warnings.join(", ")}`);
    return isOther(source ?? { kind: "file" }, info)
      ? kept("it changed after it was read")
      : undefined;
  } catch (error) {
    return notRemoved(from, error);
  }
}

function notRemoved({ location: { href: url } }: Resolved, error: unknown): VfsError {
  const cause = asVfsError(error, "remove", url);
  const { kind, status, detail, message } = cause;
  const reason = `it is stored, and the original could not be removed (${message})`;
  return new VfsError(kind, { op: "move", url, reason, status, detail, cause });
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
