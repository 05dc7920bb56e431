/**
 * The end of a journal, where lines are added.
 *
 * @module
 */

import { sourceOfBytes } from "../bytes/bytes.ts";
import { NEVER } from "../concurrency/signals.ts";
import { CANCEL } from "./journal_lines.ts";
import type { Place } from "../transport.ts";

/** Writes lines behind what is there, one piece after the other. */
export class JournalAppender {
  readonly #at: Place;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #isTorn = false;

  constructor(at: Place) {
    this.#at = at;
  }

  /** What kept lines from being written. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Tells what is there: whether it ends within a line, and a header that it needs first. */
  begin(isTorn: boolean, header?: string): void {
    this.#isTorn = isTorn;
    if (header !== undefined) this.#pending.push(header);
  }

  /** Writes a line soon, and at the latest by {@linkcode JournalAppender.close}. */
  add(line: string): void {
    this.#pending.push(line);
    this.#write();
  }

  /** Waits until all is written, or cannot be. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Writes what has come together. */
  #write(): void {
    if (this.#writing || this.#failure || this.#pending.length === 0) return;
    const start = this.#isTorn ? `${CANCEL}\n` : "";
    this.#isTorn = false;
    const bytes = new TextEncoder().encode(`${start}${this.#pending.join("\n")}\n`);
    this.#pending = [];
    const { transport, location } = this.#at;
    // Also what was done before an abort is remembered.
    const how = { mode: "append", signal: NEVER } as const;
    this.#writing = transport.put!(location, sourceOfBytes(bytes), how)
      .then(() => {}, (error) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#writing = undefined;
        this.#write();
      });
  }
}
