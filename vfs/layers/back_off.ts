/**
 * When an operation is tried again, and when no more.
 *
 * @module
 */

import { type Clock, sleep, steadyClock, systemClock } from "../concurrency/clock.ts";
import { type ErrorKind, isVfsError, type VfsError } from "../errors.ts";
import { abortedAfter } from "../concurrency/signals.ts";
import { Breaker } from "./breaker.ts";

/** How often, and after which waits, operations are tried. */
export interface RetryOptions {
  /** Tries in all, the first included. @default {4} */
  readonly attempts?: number;
  /** Longest wait before the second try, in milliseconds; it doubles with each further one. @default {200} */
  readonly baseMs?: number;
  /** Longest wait, in milliseconds. A peer that asks for more is not waited for. @default {30000} */
  readonly maxMs?: number;
  /** Time. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter. @default {Math.random} */
  readonly random?: () => number;
}

/** They tell of no answer; all others came from a peer that is there. */
const SILENT: ReadonlySet<ErrorKind> = new Set(["Unavailable", "TimedOut", "Aborted"]);

/** The tries of all operations of one connection, which learn from each other when the peer is gone. */
export class BackOff {
  readonly #attempts: number;
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #breaker = new Breaker();

  /** Takes the peer for present. */
  constructor(options: RetryOptions) {
    const { attempts = 4, baseMs = 200, maxMs = 30_000 } = options;
    this.#attempts = attempts;
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#clock = steadyClock(options.clock ?? systemClock);
    this.#random = options.random ?? Math.random;
  }

  /** The peer answered somebody. */
  answered(): void {
    this.#breaker.answered();
  }

  /** A try failed, by an answer or for want of one. */
  failed(error: VfsError): void {
    if (!SILENT.has(error.kind)) this.answered();
    else if (error.status === "temporary") this.#breaker.failed(this.#clock.now());
  }

  /** Waits before the next try after `failed` failures in a row. @throws `error`, when there is to be none */
  async wait(error: unknown, failed: number, signal: AbortSignal): Promise<void> {
    if (!isVfsError(error)) throw error;
    this.failed(error);
    if (error.status !== "temporary") throw error;
    if (this.isOver(error, failed)) throw error.exhausted(failed);
    await this.pause(error, failed, signal);
  }

  /** Whether there is no further try after `failed` failures in a row, the last of them the temporary `error`, just now. */
  isOver({ retryAfterMs = 0 }: VfsError, failed: number): boolean {
    const now = this.#clock.now();
    if (failed >= this.#attempts) {
      this.#breaker.gaveUp(now);
      return true;
    }
    if (retryAfterMs > this.#maxMs) return true;
    // What is being tried again already has all its tries.
    return failed === 1 && !this.#breaker.allows(now);
  }

  /** Waits with full jitter, and at least what the peer asked for. */
  async pause(
    error: VfsError,
    failed: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { retryAfterMs = 0, op, url } = error;
    const jittered = this.#random() * Math.min(this.#maxMs, this.#baseMs * 2 ** (failed - 1));
    try {
      await sleep(this.#clock, Math.max(retryAfterMs, jittered), signal, op, url);
    } catch (aborted) {
      throw abortedAfter(error, aborted);
    }
  }
}
