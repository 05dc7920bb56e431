/**
 * Ports, listened on until they are closed.
 *
 * @module
 */

import { type Clock, sleep } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { type Socket, socketOf } from "./socket.ts";

/** Where to listen, and who hears of what comes. */
export interface ListenOptions {
  /** Address to listen on. */
  readonly hostname: string;
  /** Port; 0 for a free one. */
  readonly port: number;
  /** Time. */
  readonly clock: Clock;
  /** Whether one more connection is welcome; it is just closed otherwise. */
  readonly hasRoom: () => boolean;
  /** A connection that can be used. */
  readonly onSocket: (socket: Socket) => void;
  /** A connection that could not be accepted; `peer` is empty when it is not known. */
  readonly onError: (peer: string, error: Error) => void;
}

/** A port that is listened on. */
export interface Listening {
  /** The port. */
  readonly port: number;
  /** Stops; connections that were handed over stay. */
  close(): Promise<void>;
}

const ACCEPT_PAUSE_MS = 50;

/** Listens for plain TCP. @throws `Deno.errors.AddrInUse` when the port is taken */
export function listenTcp(options: ListenOptions): Listening {
  const { hostname, port, clock } = options;
  const listener = Deno.listen({ hostname, port });
  let isClosing = false;
  const served = listen();

  async function listen(): Promise<void> {
    while (true) {
      let connection: Deno.TcpConn;
      try {
        connection = await listener.accept();
      } catch (error) {
        if (isClosing) return;
        // Out of file descriptors, or a peer that is gone already: the listener lives on.
        options.onError("", error as Error);
        await sleep(clock, ACCEPT_PAUSE_MS, NEVER);
        continue;
      }
      if (!options.hasRoom()) {
        connection.close();
        continue;
      }
      connection.setNoDelay(true);
      options.onSocket(socketOf(connection));
    }
  }

  return {
    port: (listener.addr as Deno.NetAddr).port,
    async close() {
      isClosing = true;
      listener.close();
      await served;
    },
  };
}
