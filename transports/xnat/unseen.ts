/**
 * Files that were sent, of which nobody has seen since whether they are there. When a later try fails before it sends
 * anything, that says nothing of what the earlier one has done.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { retold } from "./errors.ts";

/** So many are remembered. */
const MAX = 10_000;

/** Such files, by their URLs. */
export class Unseen {
  readonly #urls = new Set<string>();

  /** A file is about to be sent. Tells whether an earlier try of it was not looked for. */
  sent(url: string): boolean {
    if (this.#urls.has(url)) return true;
    const [first] = this.#urls;
    if (this.#urls.size >= MAX) this.#urls.delete(first!);
    this.#urls.add(url);
    return false;
  }

  /** It is known what is there. */
  seen(url: string): void {
    this.#urls.delete(url);
  }

  /** `error`, for a file to which nothing was sent now. */
  unsent(error: unknown, ask: Ask): unknown {
    const isUnseen = this.#urls.has(ask.url);
    return retold(error, ask, isUnseen ? "it is not known what is there now" : "nothing was sent");
  }
}
