/**
 * What the two sides agree on: AE titles, presentation contexts, roles (PS3.8 §7.1, PS3.7 §D.3).
 *
 * @module
 */

import { VfsError } from "../../../vfs/errors.ts";
import type {
  AnsweredContext,
  AssociateAc,
  AssociateRq,
  AsyncWindow,
  ExtendedNegotiation,
  RoleSelection,
  UserIdentity,
} from "./pdu.ts";
import {
  APPLICATION_CONTEXT,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "./uids.ts";

/** A SOP class with the transfer syntaxes to offer in one presentation context. */
export interface ContextProposal {
  /** SOP class. */
  readonly sopClassUID: string;
  /** One, unless any of them will do: the peer picks. */
  readonly transferSyntaxUIDs: readonly string[];
}

/** A presentation context that both sides agreed on. */
export interface AcceptedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  /** SOP class. */
  readonly sopClassUID: string;
  /** Transfer syntax of all datasets in it. */
  readonly transferSyntaxUID: string;
}

/** What a requestor asks for. */
export interface Request {
  /** AE title of the peer. */
  readonly calledAET: string;
  /** Our AE title. */
  readonly callingAET: string;
  /** 128 at most. */
  readonly contexts: readonly ContextProposal[];
  /** Roles, for C-GET. */
  readonly roles?: readonly RoleSelection[];
  /** Extended negotiation, as for relational queries. */
  readonly extended?: readonly ExtendedNegotiation[];
  /** Asynchronous operations window to ask for. */
  readonly asyncWindow?: AsyncWindow;
  /** Who asks. */
  readonly userIdentity?: UserIdentity;
}

/** Presentation contexts that one association can have (PS3.8 §9.3.2.2). */
export const MAX_CONTEXTS = 128;

/** Checks an AE title. @throws `InvalidArgument` unless `title` is an AE title (PS3.5 §6.2) */
export function checkAETitle(title: string, url: string): void {
  if (/^[\x20-\x5B\x5D-\x7E]{1,16}$/.test(title) && title.trim() !== "") return;
  throw new VfsError("InvalidArgument", {
    op: "associate with",
    url,
    reason: `"${title}" is not an AE title of 1 to 16 characters without backslash`,
  });
}

/**
 * One proposal for each pair of SOP class and transfer syntax, in as many lists as associations are needed.
 *
 * @example
 * ```ts
 * import { contextsOf } from "./negotiation.ts";
 * import { strict as assert } from "node:assert";
 *
 * const pairs = Array.from({ length: 200 }, (_, i) => [`1.2.${i}`, "1.2.840.10008.1.2"] as const);
 * assert.deepEqual(contextsOf(pairs).map((list) => list.length), [128, 72]);
 * ```
 */
export function contextsOf(
  pairs: Iterable<readonly [sopClassUID: string, transferSyntaxUID: string]>,
): ContextProposal[][] {
  const seen = new Set<string>();
  const lists: ContextProposal[][] = [];
  for (const [sopClassUID, transferSyntaxUID] of pairs) {
    const key = `${sopClassUID} ${transferSyntaxUID}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if ((lists.at(-1)?.length ?? MAX_CONTEXTS) === MAX_CONTEXTS) lists.push([]);
    lists.at(-1)!.push({ sopClassUID, transferSyntaxUIDs: [transferSyntaxUID] });
  }
  return lists;
}

/** The A-ASSOCIATE-RQ for a request. @throws `InvalidArgument` for a bad AE title or too many contexts */
export function requestPdu(request: Request, maxLength: number, url: string): AssociateRq {
  checkAETitle(request.calledAET, url);
  checkAETitle(request.callingAET, url);
  const { contexts } = request;
  if (contexts.length === 0 || contexts.length > MAX_CONTEXTS) {
    throw new VfsError("InvalidArgument", {
      op: "associate with",
      url,
      reason:
        `an association has 1 to ${MAX_CONTEXTS} presentation contexts, not ${contexts.length}`,
    });
  }
  return {
    type: "A-ASSOCIATE-RQ",
    protocolVersion: 1,
    calledAET: request.calledAET,
    callingAET: request.callingAET,
    applicationContext: APPLICATION_CONTEXT,
    contexts: contexts.map(({ sopClassUID, transferSyntaxUIDs }, i) => ({
      id: 2 * i + 1,
      abstractSyntax: sopClassUID,
      transferSyntaxes: transferSyntaxUIDs,
    })),
    user: {
      maxLength,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      asyncWindow: request.asyncWindow,
      roles: request.roles ?? [],
      extended: request.extended ?? [],
      commonExtended: [],
      userIdentity: request.userIdentity,
    },
  };
}

/** The contexts that an answer accepts, of those that were proposed. */
export function acceptedContexts(
  request: AssociateRq,
  answers: readonly AnsweredContext[],
): Map<number, AcceptedContext> {
  const accepted = new Map<number, AcceptedContext>();
  for (const { id, result, transferSyntax } of answers) {
    const proposal = request.contexts.find((context) => context.id === id);
    if (result !== 0 || !proposal || transferSyntax === undefined) continue;
    if (!proposal.transferSyntaxes.includes(transferSyntax)) continue;
    const sopClassUID = proposal.abstractSyntax;
    accepted.set(id, { id, sopClassUID, transferSyntaxUID: transferSyntax });
  }
  return accepted;
}

/** What an acceptor takes. */
export interface AcceptPolicy {
  /**
   * The transfer syntax for a SOP class, of those offered; undefined when the class is not served, `null` when
   * none of the syntaxes is. With `isReceiver` the requestor offers to take instances of the class (PS3.7 §D.3.3.4).
   */
  choose(
    sopClassUID: string,
    offered: readonly string[],
    isReceiver: boolean,
  ): string | null | undefined;
  /** Longest P-DATA-TF that we take. */
  readonly maxLength: number;
  /** What is granted of extended negotiation; nothing. */
  readonly extended?: readonly ExtendedNegotiation[];
}

/** Operations of a peer that are under way at once on an association: those of the window that we grant. */
export const MAX_WINDOW = 16;

/**
 * The A-ASSOCIATE-AC to a request: roles as asked for, up to {@linkcode MAX_WINDOW} operations of the requestor at
 * once (PS3.7 §D.3.3.3), ours one at a time.
 */
export function answerPdu(request: AssociateRq, policy: AcceptPolicy): AssociateAc {
  const { userIdentity, roles, asyncWindow } = request.user;
  const received = new Set(roles.filter(({ scp }) => scp).map(({ sopClassUID }) => sopClassUID));
  const contexts = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    const chosen = policy.choose(abstractSyntax, transferSyntaxes, received.has(abstractSyntax));
    const [first = ""] = transferSyntaxes;
    if (chosen === undefined) return { id, result: 3, transferSyntax: first };
    if (chosen === null) return { id, result: 4, transferSyntax: first };
    return { id, result: 0, transferSyntax: chosen };
  });
  return {
    type: "A-ASSOCIATE-AC",
    protocolVersion: 1,
    calledAET: request.calledAET,
    callingAET: request.callingAET,
    applicationContext: APPLICATION_CONTEXT,
    contexts,
    user: {
      maxLength: policy.maxLength,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      asyncWindow: asyncWindow &&
        { invoked: Math.min(asyncWindow.invoked || MAX_WINDOW, MAX_WINDOW), performed: 1 },
      roles,
      extended: policy.extended ?? [],
      commonExtended: [],
      userIdentityResponse: userIdentity?.responseRequested ? new Uint8Array(0) : undefined,
    },
  };
}
