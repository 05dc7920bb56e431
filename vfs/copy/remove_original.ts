/**
 * What is left of a move once a file is copied.
 *
 * @module
 */

import { differenceOf } from "../bytes/digest.ts";
import { isNotFound, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { removeEach } from "../remove_each.ts";
import type { Info, Place, Transport } from "../transport.ts";
import type { Copied } from "./copy_file.ts";
import type { Job } from "./copy_jobs.ts";
import { asVfsError } from "./transfer.ts";

/** What was read of a file, and what became of it. */
type Read = Pick<Copied, "source" | "warnings">;

/** A file that is copied, and is to be removed at the end. */
export interface Original {
  /** Where it is. */
  readonly job: Pick<Job, "from">;
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
  from: Place,
  copied: Read,
  signal: AbortSignal,
): Promise<void> {
  const { transport, location } = from;
  const failed = (error: unknown) => {
    throw error;
  };
  if (transport.removeMany) {
    const original = { job: { from }, copied, done: () => {}, failed };
    return await removeOriginals(transport, [original], signal);
  }
  try {
    if (!isToldByListing(transport, copied)) {
      const kept = whyKept(location, copied, await transport.stat(location, { signal }));
      if (kept) throw kept;
    }
    const keeps = (_: Location, now: Info) => whyKept(location, copied, now);
    await transport.remove!(location, { signal, keeps });
  } catch (error) {
    if (!isNotFound(error)) failed(notRemoved(location, error));
  }
}

/** Removes many of a `transport` that has `removeMany` likewise, each as it is when it goes. */
export async function removeOriginals(
  transport: Transport,
  originals: readonly Original[],
  signal: AbortSignal,
): Promise<void> {
  const places = new Map(originals.map((each) => [each.job.from.location, each]));
  await removeEach(transport, [...places], {
    locationOf: ([location]) => location,
    concurrency: 1,
    signal,
    keeps: (location, info) => whyKept(location, places.get(location)!.copied, info),
    tell: ([location, { done, failed }], error) => {
      if (error === undefined || isNotFound(error)) done();
      else failed(notRemoved(location, error));
    },
  });
}

/** The original is to stay. */
class Kept extends VfsError {}

/** Whether the look of `remove` at the original tells as much as a `stat`: listings lack what only that told. */
function isToldByListing(
  { capabilities }: Transport,
  { source = { kind: "file" } }: Read,
): boolean {
  return capabilities.removeKeeps === true && source.mtime === undefined &&
    source.etag === undefined;
}

/** Why an original that is `now` something stays, if it does. */
function whyKept(
  { href: url }: Location,
  { source = { kind: "file" }, warnings = [] }: Read,
  now: Info,
): Kept | undefined {
  const kept = (why: string) =>
    new Kept("ConditionFailed", { op: "move", url, reason: `${why}, so both are kept` });
  if (warnings.length > 0) return kept(`it is stored, but ${warnings.join(", ")}`);
  return isOther(source, now) ? kept("it changed after it was read") : undefined;
}

function notRemoved({ href: url }: Location, error: unknown): VfsError {
  if (error instanceof Kept) return error;
  const cause = asVfsError(error, "remove", url);
  const { kind, status, detail, message } = cause;
  const reason = `it is stored, and the original could not be removed (${message})`;
  return new VfsError(kind, { op: "move", url, reason, status, detail, cause });
}

/** Whether two infos are surely of two versions of a file. */
function isOther(a: Info, b: Info): boolean {
  const differ = <T>(a: T | undefined, b: T | undefined) =>
    a !== undefined && b !== undefined && a !== b;
  return differ(a.size, b.size) || differ(a.mtime?.getTime(), b.mtime?.getTime()) ||
    differ(a.etag, b.etag) || differenceOf(a.digests ?? {}, b.digests) !== undefined;
}
