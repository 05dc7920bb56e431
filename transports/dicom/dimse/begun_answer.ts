/**
 * An answer of which the beginning is sent before the rest is known.
 *
 * @module
 */

import { encodePdu } from "./pdu_encode.ts";

/** What every command set begins with: the tag of its group length, and how long that is (PS3.7 §6.3.1, §E.1). */
const BEGINNING = Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0);
/** The least that a fragment has, since it must be even. */
const FRAGMENT = 2;

/**
 * The answer to a request that is still on its way, begun with what all answers have in common: by PDUs that are whole, so
 * that an A-ABORT can follow each, and a peer that reads one does not wait for its rest.
 */
export class BegunAnswer {
  /** Presentation context of the request and its answer. */
  readonly contextId: number;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  /** It is complete, or will not be. */
  readonly end: () => void;
  #sent = 0;

  /** Nothing of it is sent yet. */
  constructor(contextId: number) {
    this.contextId = contextId;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.end = resolve;
  }

  /** A P-DATA-TF with the next fragment; undefined when no more is known. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#sent === BEGINNING.length) return undefined;
    const data = BEGINNING.subarray(this.#sent, this.#sent += FRAGMENT);
    const { contextId } = this;
    return encodePdu({
      type: "P-DATA-TF",
      pdvs: [{ contextId, isCommand: true, isLast: false, data }],
    });
  }

  /** What is left of its command set. */
  rest(command: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return command.subarray(this.#sent);
  }
}
