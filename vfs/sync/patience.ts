/**
 * Waiting for an importer.
 *
 * @module
 */

/** Longest wait for an importer that takes no more bytes, in milliseconds: large sessions take it minutes. */
const PATIENCE_MS = 10 * 60_000;

/** Ends a wait that has seen no progress for long. */
export class Patience implements Disposable {
  /** Aborts with what was given, or when patience ends. */
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#ended.signal]);
    this.renew();
  }

  /** There was progress. */
  renew(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#ended.abort(new DOMException("The importer does not answer", "TimeoutError"));
    }, PATIENCE_MS);
  }

  /** It is over. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
