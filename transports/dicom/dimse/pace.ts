/**
 * Peers that are never idle and never finish.
 *
 * @module
 */

/** Least speed of a message that is over its time limit, in bytes a second. */
const LEAST_SPEED = 1024;

/** Notices a peer that sends or takes a byte now and then: it is never idle, and never comes to an end. */
export class Pace {
  readonly #limitMs: number;
  readonly #countsFirst: boolean;
  #isUnderWay = false;
  #waitedMs = 0;
  #bytes = 0;

  /**
   * A peer may keep us waiting `limitMs` for a message, and a second more for each KiB of it. When we read, there is no
   * message to wait for before its first bytes; when we write, the first wait counts as well.
   */
  constructor(limitMs: number, what: "reading" | "writing") {
    this.#limitMs = limitMs;
    this.#countsFirst = what === "writing";
  }

  /** Counts a read or write that took `ms`, and tells whether the peer is fast enough. */
  keeps(ms: number, bytes: number): boolean {
    if (this.#isUnderWay || this.#countsFirst) this.#waitedMs += ms;
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
