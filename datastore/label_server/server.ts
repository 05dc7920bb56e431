/**
 * Starts and stops a label server.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { isLoopback } from "../../serving/access.ts";
import { labelHandler } from "./handler.ts";
import type { LabelServerOptions } from "./options.ts";

/** A running label server. */
export interface LabelServer extends AsyncDisposable {
  /** Where it is, without a slash at the end: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Port on which it listens. */
  readonly port: number;
  /** Stops listening, drops what is under way and writes what is left to write. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Serves a datastore as MONAI Label's server does, so that 3D Slicer, OHIF and the Python client can annotate what
 * is in it. Models, training and sessions are not part of it.
 *
 * @throws `InvalidArgument` for an address that others reach without a `token`
 * @throws {Deno.errors.AddrInUse} when the port is taken
 */
export function startLabelServer(options: LabelServerOptions): LabelServer {
  const { hostname = "127.0.0.1", port = 8000, token } = options;
  if (!isLoopback(hostname) && !token) {
    throw new VfsError("InvalidArgument", {
      op: "serve",
      url: `http://${hostname}:${port}`,
      reason: "others can reach this address: a token is needed",
    });
  }
  const abort = new AbortController();
  const { signal } = abort;
  const allowedHosts = [hostname, ...options.allowedHosts ?? []];
  const handler = labelHandler({ ...options, allowedHosts, signal });
  const server = Deno.serve(
    { hostname, port, signal, onListen: () => {} },
    (request) => handler.handle(request),
  );
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  let closing: Promise<void> | undefined;
  const stop = async () => {
    // Clients that keep idle connections would hold up a polite shutdown.
    abort.abort();
    await server.finished;
    await handler.settled();
  };
  const close = () => closing ??= stop();
  return {
    url: `http://${host}:${server.addr.port}`,
    port: server.addr.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}
