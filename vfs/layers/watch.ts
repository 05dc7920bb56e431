/**
 * One operation under watch: what ends it when nothing happens, or when its caller aborts.
 *
 * @module
 */

import type { Clock } from "../concurrency/clock.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { abortedAfter, NEVER, toAborted } from "../concurrency/signals.ts";

const GRACE_MS = 800;
const SLOWEST_BYTES_PER_MS = 50;

/** Aborts an operation when nothing happens for too long, or when the caller aborts. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #onAbort = () => this.abort(toAborted(this.caller, this.op, this.at.href));
  #cancelTimer: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;
  #extraMs = 0;
  #elsewhere = 0;
  #isEnded = false;
  #gaveUp = false;
  #reject: ((error: unknown) => void) | undefined;

  constructor(
    readonly op: string,
    readonly at: Location,
    readonly caller: AbortSignal,
    readonly ms: number,
    readonly clock: Clock,
  ) {
    if (caller === NEVER) return;
    if (caller.aborted) this.#onAbort();
    else caller.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Waits for `promise`. After an abort the driver has {@linkcode GRACE_MS} to clean up and settle by itself;
   * then the wait ends without it. `late` gets a value that comes after the abort. The reason of the abort is
   * what is told, with what the driver knows besides.
   */
  wait<T>(promise: Promise<T>, late?: (value: T) => void): Promise<T> {
    this.restart();
    if (this.#gaveUp) {
      promise.catch(() => {});
      return Promise.reject(this.signal.reason);
    }
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.signal.aborted) this.#startGrace();
      promise.then((value) => {
        this.#reject = undefined;
        if (!late || !this.signal.aborted) return resolve(value);
        late(value);
        reject(this.signal.reason);
      }, (error) => {
        this.#reject = undefined;
        reject(this.signal.aborted ? this.#told(error) : error);
      });
    });
  }

  /** Starts the idle time anew. */
  restart(): void {
    this.pause();
    const isOff = this.ms === Infinity || this.#elsewhere > 0 || this.#isEnded;
    if (isOff || this.signal.aborted) return;
    this.#cancelTimer = this.clock.schedule(() => {
      const seconds = this.ms / 1000;
      this.abort(
        new VfsError("TimedOut", {
          op: this.op,
          url: this.at.href,
          reason: `timed out, no progress for ${seconds} s`,
        }),
      );
    }, this.ms + this.#extraMs);
  }

  /** Stops the idle time while the caller, not the server, is at work. */
  pause(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Stops the idle time while `action`, which is not the server's, is at work. */
  async without<T>(action: () => Promise<T>): Promise<T> {
    this.#elsewhere++;
    this.pause();
    try {
      return await action();
    } finally {
      this.#elsewhere--;
      this.restart();
    }
  }

  /** Lets an operation that moves `bytes` more at once take as long as a slow line needs for them. */
  extend(bytes: number): void {
    this.#extraMs += bytes / SLOWEST_BYTES_PER_MS;
    this.restart();
  }

  abort(reason?: unknown): void {
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    this.pause();
    if (this.#reject) this.#startGrace();
  }

  /** Waits for the driver to clean up, but no longer than {@linkcode GRACE_MS} in all. */
  async settle(promise: Promise<unknown> | undefined): Promise<void> {
    if (promise === undefined) return;
    if (this.#gaveUp) return void promise.catch(() => {});
    let cancel = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = this.clock.schedule(resolve, GRACE_MS);
    });
    await Promise.race([promise.catch(() => {}), limit]);
    cancel();
  }

  end(): void {
    this.#isEnded = true;
    this.pause();
    this.#cancelGrace?.();
    this.caller.removeEventListener("abort", this.#onAbort);
  }

  /** The reason of the abort, or the same with what the driver knows besides, such as that the old file is still there. */
  #told(error: unknown): unknown {
    const { reason } = this.signal;
    if (!isVfsError(error)) return reason;
    return error.kind === reason?.kind ? error : abortedAfter(error, reason);
  }

  #startGrace(): void {
    // One for all that is waited for after the abort.
    this.#cancelGrace ??= this.clock.schedule(() => {
      this.#gaveUp = true;
      this.#reject?.(this.signal.reason);
    }, GRACE_MS);
  }
}
