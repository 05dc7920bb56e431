/**
 * The platform's HTTP client, for large bodies.
 *
 * @module
 */

import type { FetchLike } from "../../vfs/fetch_like.ts";

/** A `fetch` and what must be closed after it. */
export interface HttpClient {
  /** The client. */
  readonly fetch: FetchLike;
  /** Frees its connections. */
  close(): void;
}

/**
 * `fetch` as it was given; the platform's own has authorities to trust besides, in PEM, and speaks HTTP/1.1 only. Over
 * HTTP/2 all that is under way to a server shares one connection, and a large body takes twice the time.
 */
export function platformClient(fetch: FetchLike, caCerts: readonly string[] = []): HttpClient {
  if (fetch !== globalThis.fetch) return { fetch, close: () => {} };
  const make = () => Deno.createHttpClient({ caCerts: [...caCerts], http2: false });
  let client = caCerts.length > 0 ? make() : undefined;
  return {
    fetch: (url, init) => {
      // Without TLS it is HTTP/1.1 anyway, and nothing is held that must be closed.
      if (url.startsWith("https:")) client ??= make();
      return globalThis.fetch(url, { ...init, ...(client && { client }) });
    },
    close: () => client?.close(),
  };
}
