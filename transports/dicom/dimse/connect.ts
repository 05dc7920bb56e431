/**
 * Sockets to a peer, with TLS and without.
 *
 * @module
 */

import type { Clock } from "../../../vfs/concurrency/clock.ts";
import { toAborted } from "../../../vfs/concurrency/signals.ts";
import { type CertificateTrouble, certificateTrouble, isNoTls } from "../../../vfs/tls_words.ts";
import { AssociationNotEstablished, NotConnected } from "./errors.ts";
import { type Socket, socketOf } from "./socket.ts";

/** TLS on the requestor's side. */
export interface TlsOptions {
  /** Certificates of authorities to trust besides the system's, in PEM. */
  readonly caCerts?: readonly string[];
  /** Our certificate in PEM, for peers that ask for one. */
  readonly cert?: string;
  /** Its private key in PEM. */
  readonly key?: string;
  /** Name that the peer's certificate must have; the host name. */
  readonly serverName?: string;
  /** Accept any certificate, whoever made it: the peer may be anybody. */
  readonly insecure?: boolean;
}

/** Where to connect to. */
export interface Endpoint {
  /** Name or address. */
  readonly hostname: string;
  /** Port. */
  readonly port: number;
  /** TLS, when given. */
  readonly tls?: TlsOptions;
}

/** The connection was there, but no TLS came about on it. */
export class TlsFailure extends Error {
  /** The connection was lost meanwhile, so that nothing was said about certificates. */
  readonly isLost: boolean;

  /** Keeps what went wrong. */
  constructor(override readonly cause: Error) {
    super(cause.message);
    this.isLost = cause instanceof Deno.errors.ConnectionReset ||
      cause instanceof Deno.errors.UnexpectedEof || "code" in cause && cause.code === "ECONNRESET";
  }
}

/** How long, and for whom. */
export interface ConnectLimit {
  /** Time. */
  readonly clock: Clock;
  /** Most milliseconds. */
  readonly ms: number;
  /** Gives up. */
  readonly signal: AbortSignal;
  /** For errors. */
  readonly url: string;
}

/**
 * Connects without Nagle's delays.
 *
 * @throws `AssociationNotEstablished` with `Unavailable`, `PermissionDenied` or `TimedOut`; `Aborted`
 */
export async function connectSocket(endpoint: Endpoint, limit: ConnectLimit): Promise<Socket> {
  const { clock, ms, signal, url } = limit;
  const op = "associate with";
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(toAborted(signal, op, url));
  signal.addEventListener("abort", onAbort, { once: true });
  const opened: { close(): void }[] = [];
  const connecting = open(endpoint, opened);
  // Connecting goes on meanwhile: the first timer of a process takes milliseconds.
  const cancel = clock.schedule(() => {
    const reason = `no connection within ${ms / 1000} s`;
    reject(new AssociationNotEstablished("TimedOut", { op, url, reason }));
  }, ms);
  try {
    return await Promise.race([connecting, promise]);
  } catch (error) {
    // What is still being opened is closed as soon as it is there.
    for (const each of opened) each.close();
    connecting.then((socket) => socket.close()).catch(() => {});
    if (error instanceof AssociationNotEstablished || signal.aborted) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      const at = `${endpoint.hostname}:${endpoint.port}`;
      const reason = `Deno may not reach the host; run with --allow-net=${at}`;
      throw new AssociationNotEstablished("PermissionDenied", { op, url, reason, cause: error });
    }
    const isTls = error instanceof TlsFailure;
    const reason = isTls ? tlsReason(error) : `cannot connect: ${(error as Error).message}`;
    // A certificate or protocol that does not fit today will not fit at the next attempt either.
    const status = isTls && !error.isLost ? "permanent" : undefined;
    throw new NotConnected("Unavailable", { op, url, reason, status, cause: error });
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

const TROUBLE: Readonly<Partial<Record<CertificateTrouble, string>>> = {
  name: "is for another host",
  expired: "has expired",
  issuer: "is of an unknown issuer, whose certificate has to be given",
  authority: "is that of an authority, and the peer needs one issued by it",
};

function tlsReason({ message, isLost }: TlsFailure): string {
  if (isNoTls(message)) return "TLS failed: the peer does not speak TLS at this port";
  if (isLost) return `TLS failed: ${message}; the peer may not speak TLS at this port`;
  // An alert is what the peer has against ours.
  const trouble = /\balert\b/i.test(message) ? undefined : certificateTrouble(message);
  const why = trouble && TROUBLE[trouble];
  return `TLS failed: ${why ? `the peer's certificate ${why}` : message}`;
}

async function open({ hostname, port, tls }: Endpoint, opened: { close(): void }[]) {
  if (tls && (tls.cert || tls.insecure)) {
    // Node's TLS takes long to load, and few need it.
    const { connectMutualTls } = await import("./tls_socket.ts");
    return await connectMutualTls(hostname, port, tls);
  }
  const connection = await Deno.connect({ hostname, port });
  connection.setNoDelay(true);
  if (!tls) return socketOf(connection);
  const { serverName = hostname, caCerts = [] } = tls;
  const secure = await Deno.startTls(connection, { hostname: serverName, caCerts: [...caCerts] });
  opened.push({ close: () => secure.close() });
  await secure.handshake().catch((error) => {
    throw new TlsFailure(error);
  });
  opened.pop();
  return socketOf(secure);
}
