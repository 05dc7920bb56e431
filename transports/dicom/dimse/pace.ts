/** Least speed of a message that is over its time limit, in bytes a second. */
const LEAST_SPEED = 1024;

/** Notices a peer that sends a byte now and then: it is never idle, and never comes to an end. */
export class Pace {
  readonly #limitMs: number;
  #isUnderWay = false;
  #waitedMs = 0;
  #bytes = 0;

  /** A peer may keep us waiting `limitMs` for a message, and a second more for each KiB of it. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Counts a read that took `ms`, and tells whether the peer is fast enough. */
  keeps(ms: number, bytes: number): boolean {
    // Before its first bytes there is no message to wait for.
    if (this.#isUnderWay) this.#waitedMs += ms;
    this.#isUnderWay = true;
    this.#bytes += bytes;
    return this.#waitedMs <= this.#limitMs + 1000 * this.#bytes / LEAST_SPEED;
  }

  /** A message ended. */
  restart(): void {
    this.#isUnderWay = false;
    this.#waitedMs = 0;
    this.#bytes = 0;
  }
}
