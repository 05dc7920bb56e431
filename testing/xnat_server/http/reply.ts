/**
 * Answers in the form in which Restlet and Tomcat give them.
 *
 * @module
 */

import type { Refusal } from "./refusal.ts";

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  412: "Precondition Failed",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  422: "Unprocessable Entity",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

const encoder = new TextEncoder();

/** A body of known length. */
export function document(body: string, type: string, status = 200): Response {
  const bytes = encoder.encode(body);
  const headers = { "content-type": type, "content-length": String(bytes.length) };
  return new Response(bytes, { status, headers });
}

/** A value as `/xapi` tells it. */
export function json(value: unknown): Response {
  return document(JSON.stringify(value), "application/json;charset=UTF-8");
}

/** Plain text, as ids come. */
export function text(body: string, status = 200): Response {
  return document(body, "text/plain; charset=ISO-8859-1", status);
}

/** The URL of what POST has made. */
export function madeAt(location: string): Response {
  const response = text(location);
  response.headers.set("location", location);
  return response;
}

/** No body: `Content-Length: 0`. */
export function empty(status = 200): Response {
  return document("", "text/plain", status);
}

/** A body of unknown length: chunked. */
export function streamed(
  body: string | Iterable<string> | AsyncIterable<Uint8Array<ArrayBuffer>>,
  type: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(streamOf(body), { headers: { "content-type": type, ...headers } });
}

/** Turns pieces into a stream, without reading ahead. */
export function streamOf(
  body: string | Iterable<string> | AsyncIterable<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (typeof body !== "string" && Symbol.asyncIterator in body) return ReadableStream.from(body);
  const pieces = typeof body === "string" ? [body] : body;
  return ReadableStream.from(encoded(pieces));
}

/** Joins small pieces, since a chunk per table cell would be slow. */
function* encoded(pieces: Iterable<string>): Generator<Uint8Array<ArrayBuffer>> {
  let joined = "";
  for (const piece of pieces) {
    joined += piece;
    if (joined.length > 64 * 1024) {
      yield encoder.encode(joined);
      joined = "";
    }
  }
  if (joined) yield encoder.encode(joined);
}

/** Restlet's status page. The `<br>` that is never closed is the real one's; clients rely on it. */
export function statusPage(status: number, message: string): Response {
  const shown = message || PHRASES[status] || "";
  return document(
    "<html>\n<head>\n   <title>Status page</title>\n</head>\n<body>\n" +
      `<h3>${shown}</h3><p>You can get technical details <a href="http://www.w3.org/Protocols/` +
      `rfc2616/rfc2616-sec10.html#sec10.${Math.floor(status / 100)}.${
        status % 100 + 1
      }">here</a>.<br>\n` +
      'Please continue your visit at our <a href="/">home page</a>.\n</p>\n</body>\n</html>\n',
    "text/html;charset=ISO-8859-1",
    status,
  );
}

/** The servlet container's error page. */
function tomcatPage(status: number, message: string): Response {
  const phrase = PHRASES[status] ?? "";
  return document(
    `<!doctype html><html lang="en"><head><title>HTTP Status ${status} – ${phrase}</title></head>` +
      `<body><h1>HTTP Status ${status} – ${phrase}</h1><hr class="line" /><p><b>Message</b> ` +
      `${message || phrase}</p></body></html>`,
    "text/html;charset=utf-8",
    status,
  );
}

/** The answer to a refused request. */
export function refusalReply(refusal: Refusal): Response {
  const { status, message, voice } = refusal;
  if (voice === "empty") return empty(status);
  if (voice === "text") return document(message, "text/plain;charset=UTF-8", status);
  return voice === "tomcat" ? tomcatPage(status, message) : statusPage(status, message);
}
