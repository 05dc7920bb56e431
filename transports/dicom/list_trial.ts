/**
 * Whether an archive sends the instances of a list.
 *
 * @module
 */

import type { RetrieveProgress } from "./dimse/mod.ts";

/**
 * A list of SOP instance UIDs that an archive is asked for (PS3.4 §C.2.2.2.2). Some refuse lists, send nothing or the
 * first alone, or all of the series.
 */
export class ListTrial {
  readonly #list: ReadonlySet<string>;
  readonly #come = new Set<string>();
  #hasOthers = false;
  #isCounted = false;

  /** Nothing has come yet. */
  constructor(list: readonly string[]) {
    this.#list = new Set(list);
  }

  /** Hears of an instance that comes. */
  came(sopInstanceUID: string): void {
    if (this.#list.has(sopInstanceUID)) this.#come.add(sopInstanceUID);
    else this.#hasOthers = true;
  }

  /** Hears how many the archive means to send. */
  told({ remaining, completed = 0, failed = 0, warning = 0 }: RetrieveProgress): void {
    const isAll = remaining !== undefined &&
      remaining + completed + failed + warning === this.#list.size;
    this.#isCounted ||= isAll;
  }

  /** Nothing of it has come. */
  get isEmpty(): boolean {
    return this.#come.size === 0;
  }

  /** Whether the archive takes lists; undefined as long as that cannot be told. */
  get isTaken(): boolean | undefined {
    if (this.#list.size < 2) return undefined;
    if (this.#hasOthers) return false;
    return this.#isCounted && this.#come.size > 0 ? true : undefined;
  }

  /** … once the archive has said that it is done, or cannot do it. */
  get wasTaken(): boolean | undefined {
    if (this.#list.size < 2) return undefined;
    return !this.#hasOthers && this.#come.size > 1;
  }
}
