/**
 * Many files on their way from one transport to another.
 *
 * @module
 */

import { forEachBounded } from "../concurrency/pool.ts";
import type { VfsError } from "../errors.ts";
import { BackOff } from "../layers/back_off.ts";
import type { Transport } from "../transport.ts";
import { type Again, Batch, type Later } from "./batch.ts";
import { groupsToPut, type Pages, putTogether, type ToPut, weightOfGroup } from "./put_together.ts";
import { type Read, readTogether, type ToRead } from "./read_together.ts";
import type { Trial } from "./trial.ts";

/** Files at once, where nobody says how many. */
const USUAL = 8;
/** Passes over what could not be kept for a moment. */
const FAILING = { attempts: 5 };
/** Passes where others change what it was to become a part of: of several who do so at once, one succeeds each time. */
const CONTENDED = { attempts: 20, baseMs: 20, maxMs: 200 };

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
  /** Takes one there, by way of `to`, which may wait for others; gives what is left to do once it is kept there. */
  readonly work: (read: Read<T>, to: Transport) => Promise<Later | void>;
}

/** How many files go from one transport to another at once, unless the caller says. */
export function filesAtOnce(from: Transport, to: Transport): number {
  return Math.min(USUAL, from.capabilities.maxConcurrency, to.capabilities.maxConcurrency);
}

/**
 * Works on all `items`: small files are read together and stored together as far as the transports can, unless one
 * transport copies by itself, so that no bytes go through this process. What others changed
 * meanwhile, or what could not be kept for a moment, is put again.
 */
export async function workOnAll<T>(items: AsyncIterable<T>, flow: Flow<T>): Promise<void> {
  const again = new Map<T, Again>();
  const work: Flow<T>["work"] = (read, to) => {
    again.get(read.item)?.later.undo();
    again.delete(read.item);
    return flow.work(read, to);
  };
  try {
    await workInPasses(items, { ...flow, work }, again);
  } catch (error) {
    for (const { later, reason } of again.values()) {
      try {
        later.failed(reason);
      } catch {
        // It is the end of all already.
      }
    }
    throw error;
  }
}

async function workInPasses<T>(
  items: AsyncIterable<T>,
  flow: Flow<T>,
  again: Map<T, Again>,
): Promise<void> {
  const { from, to, toRead, signal } = flow;
  const source = isPassed(flow) && flow.readsAhead ? from : undefined;
  const { concurrency = filesAtOnce(from, to) } = flow;
  let reads: Pages<Read<T>> = readTogether(
    items,
    { ...flow, source, fileOf: toRead },
  );
  const [failing, contended] = [new BackOff(FAILING), new BackOff(CONTENDED)];
  const backOffFor = ({ kind }: VfsError) => kind === "ConditionFailed" ? contended : failing;
  const mayBeThere = new Set<T>();
  for (let pass = 1;; pass++) {
    const batch = new Batch(concurrency, again, (error) => !backOffFor(error).isOver(error, pass));
    try {
      await workOnce(reads, concurrency, batch, flow);
    } finally {
      await batch.end();
    }
    const { reason } = batch;
    if (!reason) return;
    await backOffFor(reason).pause(reason, pass, signal);
    for (const [item, { reason: { kind } }] of again) {
      if (kind !== "ConditionFailed") mayBeThere.add(item);
    }
    reads = [...again.keys()].map((item) => [{ item, mayBeThere: mayBeThere.has(item) }]);
  }
}

async function workOnce<T>(
  reads: Pages<Read<T>>,
  concurrency: number,
  batch: Batch<T>,
  flow: Flow<T>,
): Promise<void> {
  const { trial, toPut } = flow;
  const to = batch.puttingTo(flow.to);
  const isApart = !isPassed(flow) || flow.concurrency !== undefined;
  const { batches = Infinity } = to.capabilities;
  const work = async (read: Read<T>, target: Transport) => {
    const later = await flow.work(read, target);
    if (later) batch.add(read.item, later);
  };
  await forEachBounded(
    groupsToPut(reads, to, (read) => isApart ? {} : sized(read, toPut(read.item))),
    concurrency,
    async (group) => {
      const rest = await trial.first(group, (read) => work(read, to));
      await putTogether(rest, to, ({ item }) => toPut(item).location, work);
    },
    (group) => {
      const [first] = group;
      const { size = 0 } = group.length === 1 ? sized(first!, toPut(first!.item)) : {};
      // While one is stored the next is begun, and no further one waits for longer than that.
      return size > batches ? concurrency / 2 : weightOfGroup(group, concurrency);
    },
  );
}

/** Whether the bytes go through this process. */
function isPassed({ from, to }: Pick<Flow<unknown>, "from" | "to">): boolean {
  return from !== to || !from.copy;
}

/** Not every listing tells sizes; of what was read the size is known. */
function sized({ got }: Read<unknown>, { location, size = got?.length }: ToPut): ToPut {
  return { location, size };
}
