/**
 * What the upper layer needs of a socket.
 *
 * @module
 */

import type { ByteInput } from "./pdu_reader.ts";
import type { ByteOutput } from "./pdu_writer.ts";

/** A connection, as the upper layer needs it: the seam to Deno and to `node:tls`. */
export interface Socket extends ByteInput, ByteOutput {
  /** `HOST:PORT` of the peer. */
  readonly peer: string;
  /** A batch takes several writes, with room for others' work in between. */
  readonly writesInPieces?: boolean;
  /** Tells the peer that no more bytes come. */
  closeWrite(): Promise<void>;
  /** Whether reading from the peer keeps the process running; it does unless told otherwise. */
  hold?(isHeld: boolean): void;
  /** Frees the connection at once; a read under way ends with `null`, a write fails. Idempotent. */
  close(): void;
}

/** Bytes that are given to Deno's TLS at once, as many as it buffers; more take a sixth more of the processor. */
const TLS_WRITE = 64 * 1024;

const ENDED = Promise.resolve(null);

/** A socket over a connection of Deno. */
export function socketOf(connection: Deno.TcpConn | Deno.TlsConn): Socket {
  const { hostname, port } = connection.remoteAddr as Deno.NetAddr;
  const writesInPieces = "handshake" in connection;
  const atOnce = writesInPieces ? TLS_WRITE : Infinity;
  let isClosed = false;
  const onFailedRead = (error: unknown) => {
    if (isClosed) return null;
    throw error;
  };
  return {
    peer: hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`,
    writesInPieces,
    read: (buffer) => isClosed ? ENDED : connection.read(buffer).catch(onFailedRead),
    write: (bytes) => connection.write(bytes.length > atOnce ? bytes.subarray(0, atOnce) : bytes),
    closeWrite: () => connection.closeWrite(),
    hold(isHeld) {
      if (!("unref" in connection)) return;
      if (isHeld) connection.ref();
      else connection.unref();
    },
    close() {
      if (!isClosed) connection.close();
      isClosed = true;
    },
  };
}
