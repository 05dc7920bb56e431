/**
 * Counts the bytes of requests and answers as they pass.
 *
 * @module
 */

import type { World } from "../world.ts";
import type { Found } from "../routes/router.ts";
import type { Query } from "./query.ts";
import type { OpenEntry } from "./request_log.ts";

const SECRET = /password|secret|csrf|token/i;

/** A log entry for a request that has just come. */
export function logEntry(
  world: World,
  request: Request,
  path: string,
  query: Query,
  found: Found | undefined,
): OpenEntry {
  return {
    time: world.now(),
    method: request.method,
    path: path.replace(/(\/services\/tokens\/[^/]+\/).+/, "$1…"),
    query: query.entries.map(([key, value]) => `${key}=${SECRET.test(key) ? "…" : value}`).join(
      "&",
    ),
    route: found?.route.template ?? "-",
    user: "guest",
    status: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

function counter(count: (bytes: number) => void): TransformStream<
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>
> {
  return new TransformStream({
    transform(piece, controller) {
      count(piece.length);
      controller.enqueue(piece);
    },
  });
}

/** The request, its body counted: as announced, or as it comes where nothing is announced. */
export function countedRequest(request: Request, entry: OpenEntry): Request {
  if (!request.body) return request;
  const announced = request.headers.get("content-length");
  if (announced !== null) {
    entry.bytesIn = Number(announced);
    return request;
  }
  const body = request.body.pipeThrough(counter((bytes) => entry.bytesIn += bytes));
  return new Request(request.url, { method: request.method, headers: request.headers, body });
}

const SMALL = 64 * 1024;

/** The answer, its body counted; a small one as announced, since it leaves at once. */
export function countedBody(response: Response, entry: OpenEntry): Response {
  if (!response.body) return response;
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) <= SMALL) {
    entry.bytesOut = Number(length);
    return response;
  }
  const body = response.body.pipeThrough(counter((bytes) => entry.bytesOut += bytes));
  return new Response(body, { status: response.status, headers: response.headers });
}
