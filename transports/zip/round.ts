/**
 * The puts of batches, stored in one archive as they come.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { toAborted } from "../../vfs/concurrency/signals.ts";
import type { Place, PutBatch } from "../../vfs/transport.ts";
import { type Addition, assembled } from "./assemble.ts";
import { again, takeTurn } from "./contended.ts";
import { type Directory, directoryAt } from "./directory.ts";
import type { ZipLimits } from "./limits.ts";
import { isBatched, type Pending } from "./pending.ts";
import type { Queue } from "./queue.ts";
import type { replaceArchive } from "./replace.ts";
import { Room } from "./room.ts";

/** So long, in milliseconds, an archive is in the making at least before it is kept and another one begun. */
const CHECKPOINT_MS = 30_000;
/** So often one is begun, when others change the old one each time before anything was added: a moment, so that few will do. */
const BEGINNINGS = 5;

/** What a round is made with. */
export interface Making {
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
export class Round {
  readonly #making: Making;
  readonly #clock: Clock;
  readonly #start: number;
  readonly #stop = new AbortController();
  readonly #ask: Ask;
  readonly #batches = new Set<PutBatch>();
  readonly #kept = Promise.withResolvers<void>();
  #taking: Pending | undefined;
  #count = 0;
  #bytes = 0;
  /** How many are taken still, once one of the batches has ended. */
  #left = Infinity;
  #leave = () => {};

  /** `first` waits at the head of the queue. */
  constructor(making: Making, first: Pending & { readonly batch: PutBatch }) {
    this.#making = making;
    this.#clock = steadyClock(making.clock);
    this.#start = this.#clock.now();
    this.#ask = { ...first.ask, signal: this.#stop.signal };
    // Each put has told its caller by then, who waits for it or does not.
    this.#kept.promise.catch(() => {});
    first.batch.ended.then(() => {
      // The old archive need not be read to its end for nothing.
      making.queue.dropAborted();
      if (this.#isUntouched && !making.queue.head) this.#stop.abort();
    });
  }

  /** Stores it; each put is told what becomes of it. */
  async store(): Promise<void> {
    const { find, replace, limits, clock } = this.#making;
    const ask = this.#ask;
    try {
      const place = await find();
      const change = async () => {
        const old = await directoryAt(place, limits, ask);
        const content = () => assembled(place, old, this.#additions(place, old), ask);
        await replace(place, old, { replayable: false, content }, ask);
      };
      const isRepeatable = () => this.#isUntouched;
      await again({ place, change, isRepeatable, tries: BEGINNINGS, clock }, ask);
      this.#kept.resolve();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#leave();
    }
  }

  async *#additions(place: Place, old: Directory | undefined): AsyncGenerator<Addition> {
    const { queue, limits } = this.#making;
    const room = new Room(old, limits);
    while (true) {
      const isOver = [...this.#batches].some((batch) => queue.hasEnded(batch));
      // Of the others more and more may come.
      if (isOver && this.#left === Infinity) this.#left = queue.length;
      const next = queue.head;
      if (next === undefined && !isOver) {
        await queue.changed();
        continue;
      }
      if (!next || !isBatched(next) || this.#left === 0 || this.#isDue(old)) break;
      queue.shift();
      this.#left--;
      this.#batches.add(next.batch);
      const { signal, op, url } = next.ask;
      const error = signal.aborted ? toAborted(signal, op, url) : room.whyNot(next);
      if (error) next.done.reject(error);
      else yield this.#addition(next, room);
    }
    if (this.#count === 0) throw toAborted(AbortSignal.abort(), this.#ask.op, this.#ask.url);
    // An archive in another one has its turn, while it is being stored; who has this one's waits for that.
    if (place.transport.capabilities.batches !== undefined) return;
    this.#leave = await takeTurn(place, this.#ask);
  }

  /** Nothing was added, nor begun. */
  get #isUntouched(): boolean {
    return this.#count === 0 && !this.#taking;
  }

  #isDue(old: Directory | undefined): boolean {
    const isLong = this.#clock.now() - this.#start >= CHECKPOINT_MS;
    return isLong && this.#count > 0 && this.#bytes >= (old?.start ?? 0);
  }

  #addition(pending: Pending, room: Room): Addition {
    this.#taking = pending;
    const end = () => {
      this.#taking = undefined;
      this.#bytes += pending.entry.packed;
    };
    return {
      ...pending,
      onTaken: () => {
        end();
        this.#count++;
        room.take(pending);
        pending.done.resolve({ kept: this.#kept.promise });
      },
      onFailed: (error) => {
        end();
        pending.done.reject(error);
      },
    };
  }

  #fail(error: unknown): void {
    const { queue } = this.#making;
    this.#kept.reject(error);
    this.#taking?.done.reject(error);
    const isStuck = this.#isUntouched && !this.#stop.signal.aborted;
    // What none of them could begin, the next would not either.
    for (let next = queue.head; isStuck && next && isBatched(next); next = queue.head) {
      queue.shift();
      next.done.reject(error);
    }
  }
}
