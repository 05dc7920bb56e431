/**
 * TLS with a client certificate.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Socket as NetSocket } from "node:net";
import * as tls from "node:tls";
import { TlsFailure, type TlsOptions } from "./connect.ts";
import type { Socket } from "./socket.ts";

/** Connects by `node:tls`, which alone can show a client certificate on a connection without Nagle's delays. */
export function connectMutualTls(
  hostname: string,
  port: number,
  options: TlsOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const connection = tls.connect({
      host: hostname,
      port,
      servername: /[a-z]/i.test(options.serverName ?? hostname)
        ? options.serverName ?? hostname
        : undefined,
      ca: options.caCerts && [...options.caCerts],
      cert: options.cert,
      key: options.key,
      rejectUnauthorized: !options.insecure,
    });
    connection.setNoDelay(true);
    let isConnected = false;
    const fail = (error: Error) => reject(isConnected ? new TlsFailure(error) : error);
    connection.once("connect", () => isConnected = true);
    connection.once("error", fail);
    connection.once("secureConnect", () => {
      connection.removeListener("error", fail);
      resolve(tlsSocketOf(connection));
    });
  });
}

/** A socket over a TLS stream of Node; it is paused unless somebody reads. */
export function tlsSocketOf(stream: tls.TLSSocket): Socket {
  let failure: Error | undefined;
  let isEnded = false;
  let wake: () => void = () => {};
  const notify = () => wake();
  stream.on("readable", notify);
  stream.on("end", () => {
    isEnded = true;
    notify();
  });
  stream.on("close", () => {
    isEnded = true;
    notify();
  });
  stream.on("error", (error) => {
    failure = error;
    notify();
  });
  let rest: Uint8Array = new Uint8Array(0);
  return {
    peer: peerOf(stream),
    async read(buffer) {
      while (rest.length === 0) {
        const chunk: Buffer | null = stream.read();
        if (chunk !== null) rest = chunk;
        else if (failure) throw failure;
        else if (isEnded) return null;
        else await new Promise<void>((resolve) => wake = resolve);
      }
      const length = Math.min(buffer.length, rest.length);
      buffer.set(rest.subarray(0, length));
      rest = rest.subarray(length);
      return length;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // The caller fills its buffer again as soon as this settles.
        stream.write(Buffer.from(bytes), (error) => {
          if (error) reject(error);
          else resolve(bytes.length);
        });
      }),
    closeWrite: () => new Promise((resolve) => stream.end(() => resolve())),
    close() {
      isEnded = true;
      stream.destroy();
      notify();
    },
  };
}

/** `HOST:PORT`; empty once the connection is gone. */
export function peerOf({ remoteAddress, remotePort }: NetSocket): string {
  if (remoteAddress === undefined) return "";
  return remoteAddress.includes(":")
    ? `[${remoteAddress}]:${remotePort}`
    : `${remoteAddress}:${remotePort}`;
}
