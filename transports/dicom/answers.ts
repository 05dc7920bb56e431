/**
 * Answers between an archive and whoever wants them.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";

/** Answers that are read ahead of the consumer. */
const AHEAD = 2_000;
/** The same while others wait for an association. */
const MOST_AHEAD = 200_000;

/**
 * Answers that wait to be taken. They are read ahead, so that a slow consumer keeps no association from others that
 * it may itself be waiting for.
 */
export class Answers {
  readonly #isWanted: () => boolean;
  #rows: DicomHeader[] = [];
  #isLeft = false;
  #end: { readonly error?: unknown } | undefined;
  #wakeConsumer: () => void = () => {};
  #wakeProducer: () => void = () => {};

  /** `isWanted` tells whether others wait for the association. */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted;
  }

  /** Nobody takes them any more. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Adds one; settles when there is room for another. */
  async push(row: DicomHeader): Promise<void> {
    this.#rows.push(row);
    this.#wakeConsumer();
    const isFull = () => this.#rows.length >= (this.#isWanted() ? MOST_AHEAD : AHEAD);
    while (isFull() && !this.#isLeft) {
      await new Promise<void>((resolve) => this.#wakeProducer = resolve);
    }
  }

  /** No more come; the consumer gets `error` after those that are there. */
  end(error?: unknown): void {
    this.#end = { error };
    this.#wakeConsumer();
  }

  /** All that are there, at least one; undefined at the end. */
  async take(): Promise<DicomHeader[] | undefined> {
    while (this.#rows.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => this.#wakeConsumer = resolve);
    }
    const rows = this.#rows;
    this.#rows = [];
    this.#wakeProducer();
    return rows;
  }

  /** Looks again whether others wait. */
  look(): void {
    this.#wakeProducer();
  }

  /** No more are taken. */
  leave(): void {
    this.#isLeft = true;
    this.#rows = [];
    this.#wakeProducer();
  }
}
