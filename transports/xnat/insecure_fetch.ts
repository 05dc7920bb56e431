/**
 * An HTTP client that takes whatever certificate a server shows. Deno's own cannot be told so for one server, but only by
 * a flag for the whole process (`--unsafely-ignore-certificate-errors`), so this one is made of `node:https`.
 *
 * @module
 */

import type { Agent, RequestOptions } from "node:https";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { FetchLike } from "../../vfs/transport.ts";
import type { HttpClient } from "../web/platform_client.ts";

/** Without a list of authorities Deno would look for the system's, which takes a permission. */
const UNCHECKED = { rejectUnauthorized: false, ca: [] };

type Init = NonNullable<Parameters<FetchLike>[1]>;

/**
 * Makes a client that encrypts and checks nothing: whoever sits on the way can read and change all, the password too.
 * Redirects are never followed.
 */
export function insecureFetch(): HttpClient {
  let agent: Agent | undefined;
  return {
    async fetch(url, init = {}) {
      // Loaded only where it is used.
      const { Agent, request } = await import("node:https");
      init.signal?.throwIfAborted();
      agent ??= new Agent({ keepAlive: true, ...UNCHECKED });
      const options: RequestOptions = {
        method: init.method ?? "GET",
        headers: headersOf(init),
        agent,
        ...UNCHECKED,
      };
      return await exchange(request(url, options), init);
    },
    close: () => agent?.destroy(),
  };
}

function headersOf({ headers, body, method }: Init): Record<string, string> {
  const size = typeof body === "string"
    ? new TextEncoder().encode(body).length
    : body instanceof Blob
    ? body.size
    : body?.byteLength;
  const hasBody = size !== undefined || ["PUT", "POST", "DELETE"].includes(method ?? "");
  return { ...headers, ...(hasBody && { "content-length": String(size ?? 0) }) };
}

async function exchange(request: ClientRequest, { body, signal }: Init): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (error: unknown) => {
    reject(error);
    request.destroy();
  };
  const onAbort = () => fail(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const release = () => signal?.removeEventListener("abort", onAbort);
  request.on("response", resolve);
  request.on("error", reject);
  send(request, body).catch(fail);
  try {
    return responseOf(await promise, signal, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function send(request: ClientRequest, body: Init["body"]): Promise<void> {
  if (body instanceof Blob) {
    const gone = new Promise<void>((resolve) => request.once("close", resolve));
    for await (const chunk of body.stream()) {
      if (request.destroyed) return;
      if (request.write(chunk)) continue;
      await Promise.race([gone, new Promise<void>((resolve) => request.once("drain", resolve))]);
    }
  } else if (body) request.write(body);
  request.end();
}

function responseOf(
  message: IncomingMessage,
  signal: AbortSignal | undefined,
  release: () => void,
): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!);
  }
  const status = message.statusCode ?? 0;
  const iterator = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        // A body that is cut short ends as if all were well.
        if (done && !message.complete) throw new TypeError("The connection broke off");
        if (!done) return controller.enqueue(new Uint8Array(value));
        release();
        controller.close();
      } catch (error) {
        release();
        controller.error(signal?.aborted ? signal.reason : error);
      }
    },
    async cancel() {
      release();
      message.destroy();
      await iterator.return?.();
    },
  });
  const isEmpty = [101, 204, 205, 304].includes(status);
  if (isEmpty) {
    message.resume();
    release();
  }
  return new Response(isEmpty ? null : stream, { status, headers });
}
