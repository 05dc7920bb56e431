/**
 * The puts of batches, stored in one archive as they come.
 *
 * @module
 */

import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { toAborted } from "../../vfs/concurrency/signals.ts";
import type { Place, PutBatch } from "../../vfs/transport.ts";
import { type Addition, assembled } from "./assemble.ts";
import { takeTurn } from "./contended.ts";
import { directoryAt } from "./directory.ts";
import type { ZipLimits } from "./limits.ts";
import { isBatched, type Pending } from "./pending.ts";
import type { Queue } from "./queue.ts";
import type { replaceArchive } from "./replace.ts";
import { Room } from "./room.ts";

/** So long, in milliseconds, an archive is in the making at least before it is kept and another one begun. */
const CHECKPOINT_MS = 30_000;

/** What a round is made with. */
export interface Round {
  /** What waits; first a put of a batch. */
  readonly queue: Queue;
  /** Finds the archive. */
  readonly find: () => Promise<Place>;
  /** Stores an archive in its place. */
  readonly replace: typeof replaceArchive;
  /** How much may be in it. */
  readonly limits: Required<ZipLimits>;
  /** Time. */
  readonly clock: Clock;
}

/**
 * Stores what comes of batches in one archive. It takes the old one's place when one of the batches has ended, when
 * something waits that is of none, and after a while: then as much must have been added as was there before, so that all the
 * archives that a copy makes are no longer than a few times the last.
 */
export async function storeRound(
  { queue, find, replace, limits, clock }: Round,
  first: Pending,
): Promise<void> {
  const { now } = steadyClock(clock);
  const start = now();
  const stop = new AbortController();
  const ask = { ...first.ask, signal: stop.signal };
  const batches = new Set<PutBatch>();
  const kept = Promise.withResolvers<void>();
  // Each put has told its caller by then, who waits for it or does not.
  kept.promise.catch(() => {});
  let taking: Pending | undefined;
  let count = 0;
  let bytes = 0;
  let leave = () => {};

  first.batch?.ended.then(() => {
    // The old archive need not be read to its end for nothing.
    queue.dropAborted();
    if (count === 0 && !taking && !queue.head) stop.abort();
  });

  try {
    const place = await find();
    const old = await directoryAt(place, limits, ask);
    const room = new Room(old, limits);
    const isDue = () => now() - start >= CHECKPOINT_MS && bytes >= (old?.start ?? 0);

    async function* additions(): AsyncGenerator<Addition> {
      while (true) {
        const next = queue.head;
        if (next === undefined) {
          if ([...batches].some((batch) => queue.hasEnded(batch))) break;
          await queue.changed();
          continue;
        }
        if (!isBatched(next) || count > 0 && isDue()) break;
        queue.shift();
        batches.add(next.batch);
        const { signal, op, url } = next.ask;
        const error = signal.aborted ? toAborted(signal, op, url) : room.whyNot(next);
        if (error) next.done.reject(error);
        else yield addition(next, room);
      }
      if (count === 0) throw toAborted(AbortSignal.abort(), ask.op, ask.url);
      leave = await takeTurn(place, ask);
    }

    function addition(pending: Pending, room: Room): Addition {
      taking = pending;
      return {
        ...pending,
        onTaken: () => {
          taking = undefined;
          count++;
          bytes += pending.entry.packed;
          room.take(pending);
          pending.done.resolve({ kept: kept.promise });
        },
        onFailed: (error) => {
          taking = undefined;
          bytes += pending.entry.packed;
          pending.done.reject(error);
        },
      };
    }

    const content = () => assembled(place, old, additions(), ask);
    await replace(place, old, { replayable: false, content }, ask);
    kept.resolve();
  } catch (error) {
    kept.reject(error);
    taking?.done.reject(error);
    const isStuck = count === 0 && !taking && !stop.signal.aborted;
    // What none of them could begin, the next would not either.
    for (let next = queue.head; isStuck && next && isBatched(next); next = queue.head) {
      queue.shift();
      next.done.reject(error);
    }
  } finally {
    leave();
  }
}
