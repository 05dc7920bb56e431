/**
 * What waits to be done to an archive.
 *
 * @module
 */

import { crc32, deflateRawSync } from "node:zlib";
import type { Ask } from "../../vfs/ask.ts";
import { collect, type Source } from "../../vfs/bytes/bytes.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { PutBatch } from "../../vfs/transport.ts";
import type { Addition } from "./assemble.ts";
import type { Plan, Renaming } from "./changes.ts";
import { DEFLATED, STORED } from "./zip_member.ts";
import type { NewEntry } from "./encode.ts";
import { isWorthDeflating, SAMPLE } from "./worth.ts";

/** Files up to this size are read before anything is stored. */
export const SMALL = 2 ** 20;

/** What becomes of one that waited: it is stored, or will be with those that `kept` is of. */
export interface Done {
  /** Settles with the archive that it is in. */
  readonly kept?: Promise<void>;
}

/** What waits for its turn. */
interface Waiting {
  readonly ask: Ask;
  readonly done: PromiseWithResolvers<Done>;
}

/** A member that waits to be stored. */
export interface Pending extends Addition, Waiting {
  readonly at: Location;
  readonly batch?: PutBatch;
}

/** A change of what is there. */
export interface Change extends Waiting {
  readonly plan: Plan;
}

/** Anything that waits. */
export type Item = Pending | Change | Rename;

/** What waits to get another path. */
export interface Rename extends Waiting, Renaming {
  readonly ask: Ask;
}

/** Whether something is a put of a batch. */
export function isBatched(item: Item): item is Pending & { readonly batch: PutBatch } {
  return "batch" in item && item.batch !== undefined;
}

/** A member that is to be stored; the content of a small one is read first. */
export async function pendingOf(
  at: Location,
  source: Source,
  { mtime, batch }: { readonly mtime: number; readonly batch?: PutBatch },
  ask: Ask,
): Promise<Pending> {
  const base = { path: at.segments.join("/"), mtime, crc: 0, packed: 0, size: 0 };
  const isSmall = source.size !== undefined && source.size <= SMALL;
  const addition = isSmall
    ? packed(await pull(source, ask), base)
    : { entry: { ...base, method: STORED, isDescribedAfter: true }, data: source };
  return { ...addition, at, ask, batch, done: Promise.withResolvers() };
}

async function pull(source: Source, { signal, op, url }: Ask): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await orAborted(source.open(), signal, op, url);
  if (bytes instanceof Uint8Array) return bytes.slice();
  return await collect({
    read: () => orAborted(bytes.read(), signal, op, url),
    close: (reason) => bytes.close(reason),
  });
}

/** Deflated, where that makes it smaller; of what is longer than a sample, where that tells so. */
function packed(
  content: Uint8Array<ArrayBuffer>,
  base: Omit<NewEntry, "method" | "isDescribedAfter">,
): Pick<Pending, "entry" | "data"> {
  const isTried = content.length <= SAMPLE || isWorthDeflating(content.subarray(0, SAMPLE));
  const deflated = isTried ? new Uint8Array(deflateRawSync(content)) : content;
  const isSmaller = deflated.length < content.length;
  const data = isSmaller ? deflated : content;
  const entry = {
    ...base,
    method: isSmaller ? DEFLATED : STORED,
    isDescribedAfter: false,
    crc: crc32(content),
    size: content.length,
    packed: data.length,
  };
  return { entry, data };
}
