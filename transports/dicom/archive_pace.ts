/**
 * How long an archive lets us wait between instances.
 *
 * @module
 */

import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import type { DatasetSink } from "./dimse/mod.ts";

/** So many waits are looked at. */
const LOOKS = 8;
/** A wait of so many milliseconds is not the archive's work: it is the way there, or Nagle's algorithm. */
const LONG_MS = 15;
/** A longer wait counts as this: one that the archive begins with, or that a busy machine makes, tells nothing of the others. */
const MOST_MS = 30;

/** The pace of the first instances of a retrieval: what passes between the end of one and the beginning of the next. */
export class ArchivePace {
  readonly #clock: Clock;
  #ended: number | undefined;
  #waited = 0;
  #looks = 0;

  /** Nothing has come yet. */
  constructor(clock: Clock) {
    this.#clock = steadyClock(clock);
  }

  /** An instance begins; tells whether the archive is slow, once that is clear. */
  begun(): boolean {
    if (this.#looks === LOOKS || this.#ended === undefined) return false;
    this.#waited += Math.min(this.#clock.now() - this.#ended, MOST_MS);
    this.#ended = undefined;
    return ++this.#looks === LOOKS && this.#waited >= LOOKS * LONG_MS;
  }

  /** Hears when the instance that begins has been taken. */
  timed(sink: DatasetSink): DatasetSink {
    if (this.#looks === LOOKS) return sink;
    return {
      write: (chunk) => sink.write(chunk),
      close: async () => {
        await sink.close();
        this.#ended = this.#clock.now();
      },
      abort: (reason) => sink.abort(reason),
    };
  }
}
