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
 * A circuit breaker for the tries after the first. It opens when an operation is given up after all its tries,
 * and the peer has answered none for 3 seconds. Then an operation is tried once, which is enough to notice
 * that the peer is back; every 10 seconds one has all its tries. Any answer, a refusal too, closes it.
 */
export class Breaker {
  /** When the first and the last try failed since the last answer. */
  #silence: { readonly first: number; readonly last: number } | undefined;
  #probeAt: number | undefined;

  /** The peer answered somebody. */
  answered(): void {
    this.#silence = this.#probeAt = undefined;
  }

  /** A try got no answer; it is now `now`, in milliseconds. */
  failed(now: number): void {
    if (this.#silence && now - this.#silence.last > FORGOTTEN_MS) this.answered();
    this.#silence = { first: this.#silence?.first ?? now, last: now };
  }

  /** The last of all its tries failed for an operation. */
  gaveUp(now: number): void {
    const { first = now } = this.#silence ?? {};
    if (now - first >= RESTART_MS) this.#probeAt ??= now + PROBE_MS;
  }

  /** Whether an operation whose first try failed is tried again. */
  allows(now: number): boolean {
    if (this.#probeAt === undefined) return true;
    if (now < this.#probeAt) return false;
    this.#probeAt = now + PROBE_MS;
    return true;
  }
}
