/**
 * Knows when a peer is gone.
 *
 * @module
 */

/** For so long, in milliseconds, a peer that answers nobody may just be starting again. */
const RESTART_MS = 3_000;
/** So often, in milliseconds, one operation is tried as if the peer were there. */
const PROBE_MS = 10_000;
/** After so long, in milliseconds, nothing is known of a peer any more; longer than the tries of one operation take. */
const FORGOTTEN_MS = 600_000;

/**
 * A circuit breaker for the tries after the first. It opens when operations were given up, each after all its tries,
 * for 3 seconds in which the peer answered none. Then an operation is tried once, which is enough to notice
 * that the peer is back; every 10 seconds one has all its tries. Any answer, a refusal too, closes it.
 */
export class Breaker {
  /** When the first and the last operation was given up since the last answer. */
  #silence: { readonly first: number; readonly last: number } | undefined;
  #probeAt: number | undefined;

  /** The peer answered somebody. */
  answered(): void {
    this.#silence = this.#probeAt = undefined;
  }

  /** An operation got no answer in all its tries; it is now `now`, in milliseconds. */
  gaveUp(now: number): void {
    this.#forget(now);
    const first = this.#silence?.first ?? now;
    this.#silence = { first, last: now };
    if (now - first >= RESTART_MS) this.#probeAt ??= now + PROBE_MS;
  }

  /** Whether an operation whose first try got no answer is tried again. */
  allows(now: number): boolean {
    this.#forget(now);
    if (this.#probeAt === undefined) return true;
    if (now < this.#probeAt) return false;
    this.#probeAt = now + PROBE_MS;
    return true;
  }

  #forget(now: number): void {
    if (this.#silence && now - this.#silence.last > FORGOTTEN_MS) this.answered();
  }
}
