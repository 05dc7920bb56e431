/**
 * Whether anything can be at a destination at which nothing is.
 *
 * @module
 */

import { Semaphore } from "../concurrency/semaphore.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";

/**
 * Lets one go first: what must be there before anything can be stored, such as a project, is missing for all, and told
 * once instead of for each file.
 */
export class Trial {
  /** Something could be stored, or there is nothing to find out. */
  isOver = false;
  readonly #turns = new Semaphore(1);
  #failure: VfsError | undefined;

  /** Stores something at `to`, while others wait for what becomes of the first. */
  async run<T>(to: Location, signal: AbortSignal, store: () => Promise<T>): Promise<T> {
    const leave = this.isOver ? undefined : await this.#turns.acquire(signal, to.href);
    try {
      if (this.#failure) throw this.#failure;
      if (this.isOver) leave?.();
      const stored = await store();
      this.isOver = true;
      return stored;
    } catch (error) {
      const isMissing = isVfsError(error) && error.kind === "NotFound" && error.url === to.href;
      if (isMissing && !this.isOver) this.#failure ??= error;
      throw error;
    } finally {
      leave?.();
    }
  }

  /** @throws `NotFound` when nothing can be stored at `top` */
  check({ href: url }: Location): void {
    if (!this.#failure) return;
    const { op, detail } = this.#failure;
    const reason = "nothing can be stored there before it is made";
    throw new VfsError("NotFound", { op, url, reason, detail, cause: this.#failure });
  }
}
