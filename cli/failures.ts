/**
 * The failures of a run, of which no more than a few are named for one reason.
 *
 * @module
 */

import type { VfsError } from "../vfs/errors.ts";
import type { Context } from "./context.ts";
import { exitCodeOf } from "./exit_code.ts";

/** So many are named that failed for one reason. */
const MOST_ALIKE = 10;
/** So many reasons are told apart. */
const MOST_REASONS = 1000;

/** Tells failures and counts them. */
export class Failures {
  readonly #context: Context;
  readonly #namesAll: boolean;
  /** How many failed for each reason. */
  readonly #alike = new Map<string, number>();

  /** With `namesAll`, as `-v` wants it, every one is named. */
  constructor(context: Context, namesAll = false) {
    this.#context = context;
    this.#namesAll = namesAll;
  }

  /** Something failed; `subject` is what it is about, where the message does not tell. */
  tell(error: VfsError, subject: string | undefined): void {
    if (this.#isNamed(error)) this.#context.fail(error, subject);
    else this.#context.count(exitCodeOf(error));
  }

  /** Tells at the end how many were not named. */
  tellOthers(): void {
    const { console, command } = this.#context;
    for (const [reason, count] of this.#alike) {
      const more = count - MOST_ALIKE;
      if (this.#namesAll || more <= 0) continue;
      console.error(`medvfs ${command}: ${more} more, which -v names: ${console.safe(reason)}`);
    }
  }

  #isNamed({ message, url, attempts }: VfsError): boolean {
    // Once a peer is given up, each further file is tried once: that is no other reason.
    const reason = message.replace(`"${url}"`, "…").replace(` (after ${attempts} attempts)`, "");
    const count = this.#alike.get(reason) ?? 0;
    if (count > 0 || this.#alike.size < MOST_REASONS) this.#alike.set(reason, count + 1);
    return this.#namesAll || count < MOST_ALIKE;
  }
}
