/**
 * The acceptor's side: listening, agreeing, serving.
 *
 * @module
 */

import { type Clock, systemClock } from "../../../vfs/concurrency/clock.ts";
import { coalescedClock } from "../../../vfs/concurrency/coalesced_clock.ts";
import { withDefaults } from "../../../vfs/with_defaults.ts";
import { Association, layerOf } from "./association.ts";
import { AssociationFailed } from "./errors.ts";
import { acceptedContexts, type AcceptPolicy, answerPdu } from "./negotiation.ts";
import type { AssociateRj, AssociateRq, ExtendedNegotiation } from "./pdu.ts";
import { MAX_LENGTH } from "./requestor.ts";
import { dispatcher, type ScpHandlers, type Track } from "./scp.ts";
import { type Listening, type ListenOptions, listenTcp } from "./listen.ts";
import type { Socket } from "./socket.ts";
import type { ServerTls } from "./tls_listener.ts";
import { TIMEOUTS, type Timeouts, watchdog } from "./timeouts.ts";
import {
  APPLICATION_CONTEXT,
  isStorageClass,
  QUERY_RETRIEVE,
  TRANSFER_SYNTAX,
  VERIFICATION,
} from "./uids.ts";

/** How to serve. */
export interface ServerOptions extends ScpHandlers {
  /** Our AE title. */
  readonly aeTitle: string;
  /** Address to listen on; `127.0.0.1`. */
  readonly hostname?: string;
  /** Port; 0 for a free one. */
  readonly port: number;
  /** Reject requests that call another AE title; off. */
  readonly requireCalledAET?: boolean;
  /** Decides about a request; a rejection refuses it. */
  readonly authorize?: (
    request: AssociateRq,
    peer: string,
  ) => Omit<AssociateRj, "type"> | undefined;
  /**
   * Which of the transfer syntaxes offered for a storage class to take, `null` for none; the first. With `isReceiver` the
   * peer offers to take instances of the class, as for a C-GET.
   */
  readonly preferSyntax?: (
    sopClassUID: string,
    offered: readonly string[],
    isReceiver: boolean,
  ) => string | null | undefined;
  /** Grant relational queries and retrievals to whoever asks (PS3.4 §C.5); off. */
  readonly relational?: boolean;
  /** Longest P-DATA-TF that we take, in bytes, 0 for any; 256 KiB. */
  readonly maxLength?: number;
  /** Associations at once; 64. More are rejected as a local limit exceeded. */
  readonly maxAssociations?: number;
  /** Time limits that differ from {@linkcode TIMEOUTS}. */
  readonly timeouts?: Partial<Timeouts>;
  /** Hears of each association that ended, with its error if any; and, without a peer, of failures to accept. */
  readonly onClosed?: (peer: string, error: Error | undefined) => void;
  /** Time; the system's. */
  readonly clock?: Clock;
}

/** A node that listens. */
export interface DicomServer extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** Associations that are open, or being asked for. */
  readonly connections: number;
  /**
   * Stops listening, aborts all associations and frees their sockets; waits a second at most for handlers and sinks to
   * clear up. Idempotent.
   */
  close(): Promise<void>;
}

const MODELS: readonly (readonly [keyof ScpHandlers, readonly string[]])[] = [
  ["find", [QUERY_RETRIEVE.patient.find, QUERY_RETRIEVE.study.find]],
  ["get", [QUERY_RETRIEVE.patient.get, QUERY_RETRIEVE.study.get]],
  ["move", [QUERY_RETRIEVE.patient.move, QUERY_RETRIEVE.study.move]],
];

/**
 * Listens for associations and serves them by the handlers given: C-ECHO always; C-STORE in all classes and
 * transfer syntaxes, the first that the peer offers; C-FIND, C-GET and C-MOVE of both information models.
 *
 * @throws `Deno.errors.AddrInUse` when the port is taken
 */
export function serveDicom(options: ServerOptions): DicomServer {
  const host = new Host(options);
  return host.serve(listenTcp(host));
}

/**
 * The same over TLS, for `dicoms:`.
 *
 * @throws `Error` when the port is taken, or certificate and key do not fit
 */
export async function serveDicoms(
  options: ServerOptions & { readonly tls: ServerTls },
): Promise<DicomServer> {
  const host = new Host(options);
  // Node's TLS takes long to load, and few need it.
  const { listenTls } = await import("./tls_listener.ts");
  const { artimMs } = withDefaults(TIMEOUTS, options.timeouts);
  return host.serve(await listenTls(host, options.tls, artimMs));
}

/** Associations over the limit that are told so; of more, the connection is just closed. */
const TOLD = 64;
/** How long what handlers still do is waited for, in milliseconds. */
const SETTLE_MS = 1_000;

/** The associations of a server. */
class Host implements ListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly clock: Clock;
  readonly #options: ServerOptions;
  readonly #open = new Set<Association>();
  /** What handlers do that may outlive its association. */
  readonly #working = new Set<Promise<unknown>>();
  readonly #most: number;

  constructor(options: ServerOptions) {
    const { hostname = "127.0.0.1", port, maxAssociations = 64 } = options;
    this.hostname = hostname;
    this.port = port;
    this.clock = coalescedClock(options.clock ?? systemClock);
    this.#options = options;
    this.#most = maxAssociations;
  }

  readonly hasRoom = () => this.#open.size < this.#most + TOLD;

  readonly onError = (peer: string, error: Error) => this.#options.onClosed?.(peer, error);

  readonly onSocket = (socket: Socket) => {
    const limit = () => this.#open.size > this.#most ? LOCAL_LIMIT : undefined;
    const association = acceptAssociation(socket, this.#options, this.clock, {
      limit,
      track: (work) => this.#track(work),
    });
    this.#open.add(association);
    association.closed.then((error) => {
      this.#open.delete(association);
      this.#options.onClosed?.(socket.peer, error);
    });
  };

  serve(listening: Listening): DicomServer {
    const open = this.#open;
    let closing: Promise<void> | undefined;
    const abortAll = () => Promise.all([...open].map((association) => association.abort()));
    const end = async () => {
      const closed = listening.close();
      await abortAll();
      await closed;
      // One may have come in the same moment.
      await abortAll();
      await this.#settled();
    };
    const close = () => closing ??= end();
    return {
      port: listening.port,
      get connections() {
        return open.size;
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  #track(work: Promise<unknown>): void {
    const settle = () => void this.#working.delete(work);
    this.#working.add(work);
    work.then(settle, settle);
  }

  async #settled(): Promise<void> {
    let cancel = () => {};
    const late = new Promise((resolve) =>
      cancel = this.clock.schedule(() => resolve(0), SETTLE_MS)
    );
    await Promise.race([Promise.allSettled(this.#working), late]);
    cancel();
  }
}

const LOCAL_LIMIT = { result: 2, source: 3, reason: 2 };

/** Serves one connection; `limit` may refuse whoever comes over it, and `track` hears of what handlers do. */
export function acceptAssociation(
  socket: Socket,
  options: Omit<ServerOptions, "port">,
  clock: Clock,
  { limit, track }: {
    readonly limit?: () => Omit<AssociateRj, "type"> | undefined;
    readonly track?: Track;
  } = {},
): Association {
  const timeouts = withDefaults(TIMEOUTS, options.timeouts);
  const maxLength = options.maxLength ?? MAX_LENGTH;
  const url = `dicom://${socket.peer}/${encodeURIComponent(options.aeTitle)}`;
  const choose: AcceptPolicy["choose"] = (...asked) => chooseSyntax(options, ...asked);

  function onAssociate(request: AssociateRq): void {
    const refusal = limit?.() ?? refusalOf(request, options, socket.peer);
    if (refusal) return layerOf(association).reject({ type: "A-ASSOCIATE-RJ", ...refusal });
    const extended = options.relational ? relationalOf(request) : [];
    const answer = answerPdu(request, { choose, maxLength, extended });
    try {
      const contexts = acceptedContexts(request, answer.contexts);
      association.establish(request, answer, contexts, request.user.maxLength);
    } catch {
      // No data fits into what this peer takes.
      return layerOf(association).reject({
        type: "A-ASSOCIATE-RJ",
        result: 1,
        source: 1,
        reason: 1,
      });
    }
    layerOf(association).accept(answer);
    watchIdle(association, timeouts.idleMs, clock);
  }

  const association: Association = new Association({
    socket,
    role: "acceptor",
    clock,
    url,
    maxLength,
    timeouts,
    onRequest: dispatcher(options, { track }),
    onAssociate,
  });
  layerOf(association).serve();
  return association;
}

function watchIdle(association: Association, limitMs: number, clock: Clock): void {
  const stop = watchdog(clock, limitMs, () => association.lastActivity, () => {
    const reason = `${layerOf(association).stillness} for ${limitMs / 1000} s`;
    const { url } = association;
    association.abort(new AssociationFailed("TimedOut", { op: "serve", url, reason }));
  });
  association.closed.then(stop);
}

function refusalOf(
  request: AssociateRq,
  options: Omit<ServerOptions, "port">,
  peer: string,
): Omit<AssociateRj, "type"> | undefined {
  if ((request.protocolVersion & 1) === 0) return { result: 1, source: 2, reason: 2 };
  if (request.applicationContext !== APPLICATION_CONTEXT) {
    return { result: 1, source: 1, reason: 2 };
  }
  if (options.requireCalledAET && request.calledAET !== options.aeTitle) {
    return { result: 1, source: 1, reason: 7 };
  }
  return options.authorize?.(request, peer);
}

/** Grants relational behaviour in the information models that ask for it, and nothing else. */
function relationalOf({ user }: AssociateRq): ExtendedNegotiation[] {
  const classes = MODELS.flatMap(([, uids]) => uids);
  return user.extended
    .filter(({ sopClassUID, information }) => classes.includes(sopClassUID) && information[0] === 1)
    .map(({ sopClassUID }) => ({ sopClassUID, information: Uint8Array.of(1) }));
}

function chooseSyntax(
  handlers: Omit<ServerOptions, "port">,
  sopClassUID: string,
  offered: readonly string[],
  isReceiver: boolean,
): string | null | undefined {
  const own = [TRANSFER_SYNTAX.explicit, TRANSFER_SYNTAX.implicit];
  const plain = own.find((syntax) => offered.includes(syntax)) ?? null;
  if (sopClassUID === VERIFICATION) return plain;
  for (const [service, classes] of MODELS) {
    if (classes.includes(sopClassUID)) return handlers[service] ? plain : undefined;
  }
  const isServed = handlers.store !== undefined || handlers.get !== undefined;
  if (!isServed || !isStorageClass(sopClassUID)) return undefined;
  const preferred = handlers.preferSyntax?.(sopClassUID, offered, isReceiver);
  return preferred === undefined ? offered[0] ?? null : preferred;
}
