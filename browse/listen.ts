/**
 * HTTP for a function from `Request` to `Response`.
 *
 * Node's server, since it tells when a visitor goes away before he is answered; Deno's own tells that too, but warns on
 * the terminal of everybody who asks.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
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
/** So long is heard out who still sends when he has been answered, in milliseconds. */
const HEAR_OUT_MS = 5000;

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
    return hearOut(message);
  }
  const response = await handle(request);
  const { status, headers, body } = response;
  if (gone.signal.aborted) return void await body?.cancel().catch(() => {});
  reply.writeHead(status, [...headers].flat());
  if (body) await send(body, reply, gone.signal);
  else reply.end();
  hearOut(message);
}

/**
 * Takes what still comes, and drops it, for a while: many clients look at the answer only when they have sent all, and
 * would wait for ever.
 */
function hearOut(message: IncomingMessage): void {
  const { complete, socket } = message;
  if (complete || socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), HEAR_OUT_MS);
  message.once("close", () => clearTimeout(timer));
  message.resume();
}

function requestOf(message: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", headers, url = "" } = message;
  const href = `http://${headers.host}${url}`;
  if (!url.startsWith("/") || !URL.canParse(href)) return undefined;
  const body = method === "GET" || method === "HEAD"
    ? undefined
    // Who leaves it unread shall be answered: that must not end the connection.
    : ReadableStream.from(plain(message.iterator({ destroyOnReturn: false })));
  const known = Object.entries(headers)
    .flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as [string, string]] : []
    );
  return new Request(href, { method, headers: known, body, signal, redirect: "manual" });
}

/** As the platform has bytes: Node's are of a kind of their own. */
async function* plain(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, byteLength } of chunks) {
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
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
