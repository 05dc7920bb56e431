/**
 * Many files on their way from one transport to another.
 *
 * @module
 */

import { forEachBounded } from "../concurrency/pool.ts";
import type { Transport } from "../transport.ts";
import { groupsToPut, putTogether, type ToPut, weightOfGroup } from "./put_together.ts";
import { type Read, readTogether, type ToRead } from "./read_together.ts";
import type { Trial } from "./trial.ts";

/** Files at once, where nobody says how many. */
const USUAL = 8;

/** How the files that items stand for go their way. */
export interface Flow<T> {
  /** Where they are. */
  readonly from: Transport;
  /** Where they go. */
  readonly to: Transport;
  /** Files at once, when the caller says so; then none are stored together. @default {8, or what the transports bear} */
  readonly concurrency?: number;
  /** Whether the destination is there. */
  readonly trial: Trial;
  /** Aborts. */
  readonly signal: AbortSignal;
  /** Files may be read, together with others, before `work` gets them. */
  readonly readsAhead: boolean;
  /** Picks those of a directory that need be read, as far as a look tells; without it, all do. */
  readonly pick?: (items: readonly T[]) => Promise<ReadonlySet<T>>;
  /** What is to be read for an item. */
  readonly toRead: (item: T) => ToRead;
  /** What is to be stored for it. */
  readonly toPut: (item: T) => ToPut;
  /** Takes one there, by way of `to`, which may wait for others. */
  readonly work: (read: Read<T>, to: Transport) => Promise<void>;
}

/** How many files go from one transport to another at once, unless the caller says. */
export function filesAtOnce(from: Transport, to: Transport): number {
  return Math.min(USUAL, from.capabilities.maxConcurrency, to.capabilities.maxConcurrency);
}

/**
 * Works on all `items`: small files are read together and stored together as far as the transports can, unless one
 * transport copies by itself, so that no bytes go through this process.
 */
export async function workOnAll<T>(items: AsyncIterable<T>, flow: Flow<T>): Promise<void> {
  const { from, to, trial, toRead, toPut, work } = flow;
  const { concurrency = filesAtOnce(from, to) } = flow;
  const isPassed = from !== to || !from.copy;
  const isApart = !isPassed || flow.concurrency !== undefined;
  const source = isPassed && flow.readsAhead ? from : undefined;
  const reads = readTogether(items, { ...flow, source, fileOf: toRead });
  await forEachBounded(
    groupsToPut(reads, to, (read) => isApart ? {} : sized(read, toPut(read.item))),
    concurrency,
    async (group) => {
      const rest = await trial.first(group, (read) => work(read, to));
      await putTogether(rest, to, ({ item }) => toPut(item).location, work);
    },
    (group) => weightOfGroup(group, concurrency),
  );
}

/** Not every listing tells sizes; of what was read the size is known. */
function sized({ got }: Read<unknown>, { location, size = got?.length }: ToPut): ToPut {
  return { location, size };
}
