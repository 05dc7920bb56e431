/**
 * Associations with a peer that may be gone.
 *
 * @module
 */

import { type Clock, steadyClock, systemClock } from "../../vfs/concurrency/clock.ts";
import {
  type Association,
  AssociationNotEstablished,
  AssociationPool,
  type PoolOptions,
  type PoolRequest,
} from "./dimse/mod.ts";

/** For so long, in milliseconds, a peer that cannot be reached may just be starting again. */
const RESTART_MS = 3_000;
/** After so long, in milliseconds, without a try nothing is known of it any more; longer than a try takes. */
const FORGOTTEN_MS = 60_000;

/**
 * A pool that no longer asks for another try once its peer could not be reached for a while: of a thousand files that
 * are on their way to it each would wait for it anew.
 */
export class PeerPool extends AssociationPool {
  readonly #clock: Clock;
  /** When it was first, and last, not reached, since an association was there. */
  #gone: { readonly since: number; readonly last: number } | undefined;

  /** Opens nothing yet. @throws `RangeError` for a size outside of 1 to 16 */
  constructor(options: PoolOptions) {
    super(options);
    this.#clock = steadyClock(options.clock ?? systemClock);
  }

  /** Runs `action` with an association of its own. @throws as {@linkcode AssociationPool.run} */
  override async run<T>(
    request: PoolRequest,
    action: (association: Association) => Promise<T>,
  ): Promise<T> {
    let isThere = false;
    try {
      return await super.run(request, (association) => {
        isThere = true;
        this.#gone = undefined;
        return action(association);
      });
    } catch (error) {
      if (isThere || !(error instanceof AssociationNotEstablished)) throw error;
      if (error.status !== "temporary") throw error;
      const now = this.#clock.now();
      const isNew = this.#gone === undefined || now - this.#gone.last > FORGOTTEN_MS;
      const since = isNew ? now : this.#gone!.since;
      this.#gone = { since, last: now };
      throw now - since < RESTART_MS ? error : error.exhausted(1);
    }
  }
}
