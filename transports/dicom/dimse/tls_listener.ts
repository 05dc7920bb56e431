/**
 * Listening for TLS, with certificates asked for.
 *
 * @module
 */

import type { Socket } from "node:net";
import * as tls from "node:tls";
import { listenAt } from "../../../vfs/node_listen.ts";
import type { Listening, ListenOptions } from "./listen.ts";
import { peerOf, tlsSocketOf } from "./tls_socket.ts";

/** TLS on the acceptor's side. */
export interface ServerTls {
  /** Our certificate in PEM, with those between it and its authority. */
  readonly cert: string;
  /** Its private key in PEM. */
  readonly key: string;
  /** Certificates of the authorities that clients' certificates must come from, in PEM; the system's. */
  readonly ca?: readonly string[];
  /** Refuse whoever shows no certificate of these authorities; off. */
  readonly requestClientCertificate?: boolean;
}

/** Handshakes at once; of more, the connection is just closed. */
const MOST_HANDSHAKES = 64;

/** Listens for TLS by `node:tls`, which alone can ask for certificates and turn Nagle's delays off. */
export async function listenTls(
  { hostname, port, hasRoom, onSocket, onError }: ListenOptions,
  { cert, key, ca, requestClientCertificate = false }: ServerTls,
  handshakeMs: number,
): Promise<Listening> {
  const handshakes = new Map<string, Socket>();
  const server = tls.createServer({
    cert,
    key,
    ca: ca && [...ca],
    requestCert: requestClientCertificate,
    rejectUnauthorized: requestClientCertificate,
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMs,
  });
  server.on("connection", (socket: Socket) => {
    if (handshakes.size >= MOST_HANDSHAKES) return socket.destroy();
    const peer = peerOf(socket);
    socket.setNoDelay(true);
    handshakes.set(peer, socket);
    socket.once("close", () => handshakes.delete(peer));
  });
  server.on("secureConnection", (stream) => {
    handshakes.delete(peerOf(stream));
    if (hasRoom()) onSocket(tlsSocketOf(stream));
    else stream.destroy();
  });
  server.on("tlsClientError", (error, stream) => {
    onError(peerOf(stream), error);
    stream.destroy();
  });
  const listening = await listenAt(server, hostname, port);
  server.on("error", (error) => onError("", error));
  return {
    port: listening,
    close: () => {
      for (const each of handshakes.values()) each.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
