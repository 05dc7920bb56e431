/**
 * The associations of a pool that several use at once.
 *
 * @module
 */

import type { Association } from "./association.ts";
import type { Wanted } from "./pool_idle.ts";

/** Who uses which association, as far as its window has room for more (PS3.7 §D.3.3.3). */
export class SharedAssociations {
  readonly #isFit: (association: Association, wanted: Wanted) => boolean;
  readonly #users = new Map<Association, number>();
  /** How many wait, by the contexts of those that share and for all others together. */
  readonly #waiting = new Map<Wanted["contexts"] | undefined, number>();

  /** None yet; `isFit` tells which association has what is wanted. */
  constructor(isFit: (association: Association, wanted: Wanted) => boolean) {
    this.#isFit = isFit;
  }

  /** Takes the one with the fewest operations that has room for another; none while somebody waits who can share none. */
  join(wanted: Wanted): Association | undefined {
    let best: Association | undefined;
    let fewest = Infinity;
    for (const [association, users] of this.#users) {
      if (users >= Math.min(association.window, fewest)) continue;
      if (!this.#isFit(association, wanted)) continue;
      best = association;
      fewest = users;
    }
    if (!best || this.#hasStrangers) return undefined;
    this.#users.set(best, fewest + 1);
    return best;
  }

  /** Whoever has taken an association lets others join, who have been counted; tells whether there is room for them. */
  begin(association: Association): boolean {
    if (this.#users.has(association)) return false;
    this.#users.set(association, 1);
    return association.window > 1;
  }

  /** Somebody is done; tells whether that was the last who used it. */
  end(association: Association): boolean {
    const left = (this.#users.get(association) ?? 1) - 1;
    if (left > 0) this.#users.set(association, left);
    else this.#users.delete(association);
    return left === 0;
  }

  /** Somebody waits, until what is given is called. */
  wait(wanted: Wanted & { readonly isShared?: boolean }): () => void {
    const contexts = wanted.isShared ? wanted.contexts : undefined;
    const add = (count: number) => {
      const sum = (this.#waiting.get(contexts) ?? 0) + count;
      if (sum > 0) this.#waiting.set(contexts, sum);
      else this.#waiting.delete(contexts);
    };
    add(1);
    return () => add(-1);
  }

  /** Somebody would never have a turn if more and more joined those that are in use. */
  get #hasStrangers(): boolean {
    return this.#waiting.keys().some((contexts) =>
      !contexts ||
      !this.#users.keys().some((each) => this.#isFit(each, { contexts, isExact: true }))
    );
  }
}
