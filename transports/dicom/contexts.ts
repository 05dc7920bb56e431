/**
 * Presentation contexts for queries and retrievals.
 *
 * @module
 */

import {
  type ContextProposal,
  MAX_CONTEXTS,
  type PoolRequest,
  QUERY_RETRIEVE,
  TRANSFER_SYNTAX,
} from "./dimse/mod.ts";
import { STORAGE_CLASSES, TRANSFER_SYNTAXES, usualClasses } from "./storage_classes.ts";

const PLAIN = [TRANSFER_SYNTAX.explicit, TRANSFER_SYNTAX.implicit];

const forModels = (service: "find" | "get" | "move") =>
  [QUERY_RETRIEVE.patient[service], QUERY_RETRIEVE.study[service]]
    .map((sopClassUID) => ({ sopClassUID, transferSyntaxUIDs: PLAIN }));

/** What C-FIND needs. */
export const FIND_CONTEXTS: PoolRequest["contexts"] = forModels("find");

/** What C-MOVE needs. */
export const MOVE_CONTEXTS: PoolRequest["contexts"] = forModels("move");

/**
 * What C-GET needs for instances of `classes`: a context for each class with each transfer syntax, as far as there is
 * room, and us in the role of the SCP (PS3.7 §D.3.3.4). When the classes are not known, those that are usual for the
 * Modality of the series have half of the room, and others are uncompressed. What C-FIND needs is there, too: a copy of
 * many series asks and retrieves in turns.
 */
export function getRequest(
  classes: readonly string[],
  modality = "",
  syntaxes: readonly string[] = TRANSFER_SYNTAXES,
): PoolRequest {
  const models = forModels("get");
  const room = MAX_CONTEXTS - models.length - FIND_CONTEXTS.length;
  const isKnown = classes.length > 0;
  const likely = isKnown ? classes.slice(0, room) : usualClasses(modality);
  const contexts = contextsFor(likely, syntaxes, isKnown ? room : room / 2);
  if (!isKnown) {
    const left = room - contexts.length;
    const others = STORAGE_CLASSES.filter((uid) => !likely.includes(uid)).slice(0, left);
    contexts.push(...contextsFor(others, syntaxes, left));
  }
  const expected = new Set(contexts.map(({ sopClassUID }) => sopClassUID));
  return {
    contexts: [...models, ...FIND_CONTEXTS, ...contexts],
    roles: [...expected].map((sopClassUID) => ({ sopClassUID, scu: false, scp: true })),
  };
}

/** So many contexts at most, for classes that are no more than these. */
function contextsFor(
  classes: readonly string[],
  syntaxes: readonly string[],
  room: number,
): ContextProposal[] {
  const each = Math.min(syntaxes.length, Math.floor(room / classes.length));
  // With room for one context only, the peer picks the syntax.
  return classes.flatMap((sopClassUID) =>
    each < Math.min(2, syntaxes.length)
      ? [{ sopClassUID, transferSyntaxUIDs: PLAIN }]
      : syntaxes.slice(0, each)
        .map((syntax) => ({ sopClassUID, transferSyntaxUIDs: [syntax] }))
  );
}
