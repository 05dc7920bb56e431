/**
 * An HTTP client of our own, where certificates of further authorities are to be trusted.
 *
 * @module
 */

import type { FetchLike } from "../../vfs/transport.ts";

/** A `fetch` and what must be closed after it. */
export interface Trusting {
  /** The client. */
  readonly fetch: FetchLike;
  /** Frees it. */
  close(): void;
}

/** The client `fetch`, or the platform's with `caCerts` (PEM) trusted besides the usual. */
export function trusting(caCerts: readonly string[] | undefined, fetch: FetchLike): Trusting {
  if (!caCerts || caCerts.length === 0) return { fetch, close: () => {} };
  const client = Deno.createHttpClient({ caCerts: [...caCerts] });
  return {
    fetch: (url, init) => globalThis.fetch(url, { ...init, client }),
    close: () => client.close(),
  };
}
