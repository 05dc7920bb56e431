/**
 * The requestor's side: connecting and agreeing.
 *
 * @module
 */

import { type Clock, systemClock } from "../../../vfs/concurrency/clock.ts";
import { coalescedClock } from "../../../vfs/concurrency/coalesced_clock.ts";
import { NEVER, throwIfAborted, toAborted } from "../../../vfs/concurrency/signals.ts";
import { Association, layerOf } from "./association.ts";
import { connectSocket, type TlsOptions } from "./connect.ts";
import { AssociationNotEstablished, AssociationRejected } from "./errors.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { withDefaults } from "../../../vfs/with_defaults.ts";
import {
  acceptedContexts,
  type ContextProposal,
  MAX_CONTEXTS,
  type Request,
  requestPdu,
} from "./negotiation.ts";
import type { AssociateAc } from "./pdu.ts";
import { dispatcher } from "./scp.ts";
import { TIMEOUTS, type Timeouts } from "./timeouts.ts";
import { TRANSFER_SYNTAX, VERIFICATION } from "./uids.ts";

/** Longest P-DATA-TF that we announce. */
export const MAX_LENGTH: number = 256 * 1024;

/** Whom to ask for an association, and for what. */
export interface AssociationOptions extends Omit<Request, "callingAET"> {
  /** Name or address of the peer. */
  readonly hostname: string;
  /** Port of the peer. */
  readonly port: number;
  /** Our AE title; `MEDVFS`. */
  readonly callingAET?: string;
  /** Longest P-DATA-TF that we take, in bytes, 0 for any; 256 KiB. */
  readonly maxLength?: number;
  /** Time limits that differ from {@linkcode TIMEOUTS}. */
  readonly timeouts?: Partial<Timeouts>;
  /** TLS, when this is given. */
  readonly tls?: TlsOptions;
  /** Gives up asking. */
  readonly signal?: AbortSignal;
  /** Time; the system's. */
  readonly clock?: Clock;
}

/**
 * Connects to a peer and agrees on an association.
 *
 * @throws `AssociationRejected` when the peer refuses; `AssociationNotEstablished` with `Unavailable` when
 * nothing listens, `TimedOut`, `Protocol` for what is no DICOM peer, `NotSupported` when no context was accepted;
 * `InvalidArgument` for a bad AE title
 *
 * @example
 * ```ts
 * import { cEcho, requestAssociation, serveDicom, VERIFICATION } from "./mod.ts";
 *
 * await using server = serveDicom({ aeTitle: "NODE", hostname: "127.0.0.1", port: 0 });
 * await using association = await requestAssociation({
 *   hostname: "127.0.0.1",
 *   port: server.port,
 *   calledAET: "NODE",
 *   contexts: [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: ["1.2.840.10008.1.2"] }],
 * });
 * await cEcho(association);
 * ```
 */
export async function requestAssociation(options: AssociationOptions): Promise<Association> {
  const { hostname, port, calledAET, signal = NEVER, callingAET = "MEDVFS" } = options;
  const clock = coalescedClock(options.clock ?? systemClock);
  const timeouts = withDefaults(TIMEOUTS, options.timeouts);
  const maxLength = options.maxLength ?? MAX_LENGTH;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const scheme = options.tls ? "dicoms" : "dicom";
  const url = `${scheme}://${host}:${port}/${encodeURIComponent(calledAET)}`;
  const contexts = withVerification(options.contexts);
  const request = requestPdu({ ...options, contexts, callingAET }, maxLength, url);
  throwIfAborted(signal, "associate with", url);
  const { hostname: name, port: number, tls } = options;
  const limit = { clock, ms: timeouts.connectMs, signal, url };
  const socket = await connectSocket({ hostname: name, port: number, tls }, limit);
  if (signal.aborted) {
    socket.close();
    throw toAborted(signal, "associate with", url);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const association: Association = new Association({
    socket,
    role: "requestor",
    clock,
    url,
    maxLength,
    timeouts,
    onRequest: dispatcher({}),
    onAccepted(answer: AssociateAc) {
      const contexts = acceptedContexts(request, answer.contexts);
      try {
        association.establish(request, answer, contexts, answer.user.maxLength);
        resolve();
      } catch (cause) {
        const { message: reason } = cause as Error;
        const op = "associate with";
        association.abort(new AssociationNotEstablished("Protocol", { op, url, reason, cause }));
      }
    },
  });
  association.closed.then((error) => reject(tls ? aboutCertificates(error, tls) : error));
  const onAbort = () => void association.abort(toAborted(signal, "associate with", url));
  signal.addEventListener("abort", onAbort, { once: true });
  const cancel = clock.schedule(() => {
    const reason = `the peer did not answer the request within ${timeouts.requestMs / 1000} s`;
    const op = "associate with";
    association.abort(new AssociationNotEstablished("TimedOut", { op, url, reason }));
  }, timeouts.requestMs);
  try {
    layerOf(association).request(request);
    await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
  await requireContexts(association, options.contexts);
  return association;
}

/** With what all peers take, so that whatever was begun can be made a message (see {@linkcode Association.release}). */
function withVerification(contexts: readonly ContextProposal[]): readonly ContextProposal[] {
  const has = contexts.some(({ sopClassUID }) => sopClassUID === VERIFICATION);
  if (has || contexts.length === 0 || contexts.length >= MAX_CONTEXTS) return contexts;
  return [...contexts, {
    sopClassUID: VERIFICATION,
    transferSyntaxUIDs: [TRANSFER_SYNTAX.implicit],
  }];
}

/** A peer that dislikes our certificate says so after the handshake, if at all: by TLS 1.3 it comes last. */
function aboutCertificates(error: VfsError | undefined, tls: TlsOptions): VfsError | undefined {
  if (!(error instanceof AssociationNotEstablished) || error.kind !== "Unavailable") return error;
  if (error instanceof AssociationRejected) return error;
  const { op, url, cause } = error;
  const said = cause instanceof Error ? ` (${cause.message})` : "";
  const hint = tls.cert ? "it may not accept our certificate" : "it may want a client certificate";
  const reason = `the peer ended the connection after the TLS handshake${said}; ${hint}`;
  return new AssociationNotEstablished("Unavailable", { op, url, reason, cause });
}

/** DCMTK and Orthanc accept an association of which they accept no context. */
async function requireContexts(
  association: Association,
  wanted: readonly ContextProposal[],
): Promise<void> {
  const classes = new Set(wanted.map(({ sopClassUID }) => sopClassUID));
  const accepted = association.contexts.values();
  if (accepted.some(({ sopClassUID }) => classes.has(sopClassUID))) return;
  await association.release();
  throw new AssociationNotEstablished("NotSupported", {
    op: "associate with",
    url: association.url,
    reason: `the peer accepted none of the presentation contexts (${[...classes].join(", ")})`,
  });
}
