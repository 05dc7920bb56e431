/**
 * Long instances that are on their way into the folder: of two with one UID the second waits for the first, which it can
 * be compared with once that is stored.
 *
 * @module
 */

import { type Clock, sleep } from "../../vfs/concurrency/clock.ts";

/** How long one that is under way may receive nothing while another waits for it, in milliseconds. */
const STALL_MS = 1_000;
/** How often another waits so long: its peer must not take us for dead. */
const MAX_WAITS = 10;

/** One that is under way. */
interface Sender {
  /** Bytes that have come. */
  readonly length: () => number;
  /** Resolves when it is stored, or given up. */
  readonly end: Promise<void>;
}

/** Which instances are under way, by SOP Instance UID. */
export class UnderWay {
  readonly #senders = new Map<string, Sender>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until no other is under way, or the other stalls, and gives what ends the turn. Rejects when `signal` is
   * aborted.
   */
  async enter(uid: string, length: () => number, signal: AbortSignal): Promise<() => void> {
    for (let waits = 0; waits < MAX_WAITS; waits++) {
      const other = this.#senders.get(uid);
      if (!other) break;
      const before = other.length();
      await this.#endOf(other, signal);
      if (this.#senders.get(uid) === other && other.length() === before) break;
    }
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const sender = { length, end };
    this.#senders.set(uid, sender);
    return () => {
      if (this.#senders.get(uid) === sender) this.#senders.delete(uid);
      resolve();
    };
  }

  /** Runs `action` when those are done with the same UID that were asked for before. */
  async inTurn<T>(uid: string, action: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(uid);
    const { promise: end, resolve } = Promise.withResolvers<void>();
    this.#turns.set(uid, end);
    try {
      await before;
      return await action();
    } finally {
      if (this.#turns.get(uid) === end) this.#turns.delete(uid);
      resolve();
    }
  }

  async #endOf({ end }: Sender, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const waited = sleep(this.#clock, STALL_MS, until).catch(() => {});
    await Promise.race([end, waited]);
    over.abort();
    signal.throwIfAborted();
  }
}
