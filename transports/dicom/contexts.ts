/**
 * Presentation contexts for C-GET and C-MOVE.
 *
 * @module
 */

import { MAX_CONTEXTS, type PoolRequest, QUERY_RETRIEVE, TRANSFER_SYNTAX } from "./dimse/mod.ts";
import { STORAGE_CLASSES, TRANSFER_SYNTAXES } from "./storage_classes.ts";

const PLAIN = [TRANSFER_SYNTAX.explicit, TRANSFER_SYNTAX.implicit];

const forModels = (service: "get" | "move") =>
  [QUERY_RETRIEVE.patient[service], QUERY_RETRIEVE.study[service]]
    .map((sopClassUID) => ({ sopClassUID, transferSyntaxUIDs: PLAIN }));

/** What C-MOVE needs. */
export const MOVE_CONTEXTS: PoolRequest["contexts"] = forModels("move");

/**
 * What C-GET needs for instances of `classes`: a context for each class with each transfer syntax, as far as there is
 * room, and us in the role of the SCP (PS3.7 §D.3.3.4). When the classes are not known, the usual ones uncompressed.
 */
export function getRequest(classes: readonly string[]): PoolRequest {
  const models = forModels("get");
  const room = MAX_CONTEXTS - models.length;
  const known = classes.length === 0 ? STORAGE_CLASSES : classes.slice(0, room);
  const each = Math.min(TRANSFER_SYNTAXES.length, Math.floor(room / known.length));
  // With room for one context only, the peer picks the syntax.
  const storage = known.flatMap((sopClassUID) =>
    each < 2 ? [{ sopClassUID, transferSyntaxUIDs: PLAIN }] : TRANSFER_SYNTAXES.slice(0, each)
      .map((syntax) => ({ sopClassUID, transferSyntaxUIDs: [syntax] }))
  );
  return {
    contexts: [...models, ...storage],
    roles: known.map((sopClassUID) => ({ sopClassUID, scu: false, scp: true })),
  };
}
