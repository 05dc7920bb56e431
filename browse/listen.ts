/**
 * HTTP for a function from `Request` to `Response`.
 *
 * Node's server, since it tells when a visitor goes away before he is answered; Deno's own tells that too, but warns on
 * the terminal of everybody who asks.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { listenAt } from "../vfs/node_listen.ts";

/** A server that listens. */
export interface Listening {
  /** Its port. */
  readonly port: number;
  /** Drops all connections, and resolves when all handlers are done. */
  close(): Promise<void>;
}

/** Headers come at once or never; an upload may take its time. */
const WAITS = { headersTimeout: 20_000, requestTimeout: 0 };

/**
 * Listens. `handle` must not reject; the request's signal fires when its visitor goes away.
 *
 * @throws {Deno.errors.NotCapable}
 */
export async function listen(
  hostname: string,
  port: number,
  handle: (request: Request) => Promise<Response>,
): Promise<Listening> {
  const running = new Set<Promise<void>>();
  const server = createServer(WAITS, (message, reply) => {
    const one = exchange(message, reply, handle).finally(() => running.delete(one));
    running.add(one);
  });
  return {
    port: await listenAt(server, hostname, port),
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
      await Promise.all(running);
    },
  };
}

async function exchange(
  message: IncomingMessage,
  reply: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  const gone = new AbortController();
  reply.once("close", () => gone.abort());
  // What a broken connection complains about; `close` follows.
  reply.on("error", () => {});
  message.on("error", () => {});
  const request = requestOf(message, gone.signal);
  if (!request) {
    reply.writeHead(400).end();
    return;
  }
  const response = await handle(request);
  const { status, headers, body } = response;
  if (gone.signal.aborted) return void await body?.cancel().catch(() => {});
  reply.writeHead(status, [...headers].flat());
  if (body) await send(body, reply, gone.signal);
  else reply.end();
}

function requestOf(message: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", headers, url = "" } = message;
  const href = `http://${headers.host}${url}`;
  if (!url.startsWith("/") || !URL.canParse(href)) return undefined;
  const body = method === "GET" || method === "HEAD"
    ? undefined
    : Readable.toWeb(message) as ReadableStream<Uint8Array>;
  const known = Object.entries(headers)
    .flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as [string, string]] : []
    );
  return new Request(href, { method, headers: known, body, signal, redirect: "manual" });
}

/** Sends a body at the pace of the visitor. A body that fails ends the connection: what came is not all. */
async function send(
  body: ReadableStream<Uint8Array>,
  reply: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const left = new Promise<"gone">((resolve) => {
    if (gone.aborted) resolve("gone");
    else gone.addEventListener("abort", () => resolve("gone"), { once: true });
  });
  try {
    while (true) {
      const step = await Promise.race([reader.read(), left]);
      if (step === "gone") return await reader.cancel();
      if (step.done) return void reply.end();
      if (reply.write(step.value)) continue;
      const drained = new Promise<void>((resolve) => reply.once("drain", resolve));
      await Promise.race([drained, left]);
    }
  } catch {
    reply.destroy();
  }
}
