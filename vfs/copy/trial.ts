/**
 * Whether anything can be at a destination at which nothing is.
 *
 * @module
 */

import { Semaphore } from "../concurrency/semaphore.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { fileAround } from "../location/nested_location.ts";
import { isThere } from "../presence.ts";
import type { Place } from "../transport.ts";

/**
 * Lets one go first: what must be there before anything can be stored, such as a project, is missing for all, and told
 * once instead of for each file.
 */
export class Trial {
  /** Something could be stored, or there is nothing to find out. */
  isOver = false;
  readonly #top: Place;
  readonly #turns = new Semaphore(1);
  #failure: VfsError | undefined;

  /** `top` is the destination of all. */
  constructor(top: Place) {
    this.#top = top;
  }

  /** Stores something at `to`, while others wait for what becomes of the first. */
  run<T>(to: Location, signal: AbortSignal, store: () => Promise<T>): Promise<T> {
    return this.isOver && !this.#failure ? store() : this.#try(to, signal, store);
  }

  async #try<T>(to: Location, signal: AbortSignal, store: () => Promise<T>): Promise<T> {
    const leave = this.isOver ? undefined : await this.#turns.acquire(signal, to.href);
    try {
      if (this.#failure) throw this.#failure;
      if (this.isOver) leave?.();
      const stored = await store();
      this.isOver = true;
      return stored;
    } catch (error) {
      if (this.isOver || !isMissing(error, to)) throw error;
      // Storing may have made it, up to what this one needs and others do not.
      if (await this.isThere(signal)) this.isOver = true;
      else this.#failure ??= error;
      throw error;
    } finally {
      leave?.();
    }
  }

  /** Does `work` for `items` one by one while that is not known, and gives the others, which may wait for each other. */
  async first<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<readonly T[]> {
    let count = 0;
    while (!this.isOver && count < items.length) await work(items[count++]!);
    return items.slice(count);
  }

  /** What seemed to be stored at `to` was not kept: an archive finds out at its end what is missing. */
  lost(error: unknown, to: Location): void {
    if (isMissing(error, to)) this.#failure ??= error;
  }

  /** Whether the destination is there, as far as that can be told. */
  async isThere(signal: AbortSignal): Promise<boolean> {
    return await isThere(this.#top, signal).catch(() => true);
  }

  /** @throws `NotFound` when nothing can be stored at the destination */
  check(): void {
    if (!this.#failure) return;
    const { href: url } = this.#top.location;
    const { op, detail } = this.#failure;
    const reason = "nothing can be stored there before it is made";
    throw new VfsError("NotFound", { op, url, reason, detail, cause: this.#failure });
  }
}

/** Whether what must be there before something is stored at `to` is missing: above it, or above the archive that it is in. */
function isMissing(error: unknown, to: Location): error is VfsError {
  if (!isVfsError(error) || error.kind !== "NotFound") return false;
  for (let at: Location | undefined = to; at; at = fileAround(at)) {
    if (error.url === at.href) return true;
  }
  return false;
}
