/**
 * An association of a pool for as long as something is under way on it.
 *
 * @module
 */

import type { Association, AssociationPool, PoolRequest } from "./dimse/mod.ts";

/** An association that is ours until we give it back. */
export interface Lease {
  /** The association. */
  readonly association: Association;
  /** Gives it back, and resolves when it is. Idempotent. */
  end(): Promise<void>;
}

/** Takes an association out of `pool`. @throws the errors of {@linkcode AssociationPool.run} */
export async function lease(pool: AssociationPool, request: PoolRequest): Promise<Lease> {
  const taken = Promise.withResolvers<Association>();
  const ended = Promise.withResolvers<void>();
  const running = pool.run(request, (association) => {
    taken.resolve(association);
    return ended.promise;
  });
  running.catch(taken.reject);
  const association = await taken.promise;
  return {
    association,
    end() {
      ended.resolve();
      return running;
    },
  };
}
