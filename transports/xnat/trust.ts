/**
 * Which certificates of servers are believed.
 *
 * @module
 */

import type { FetchLike } from "../../vfs/transport.ts";
import { insecureFetch } from "./insecure_fetch.ts";

/** Settings of {@linkcode trusting}. */
export interface Trust {
  /** Certificates of further authorities, in PEM. */
  readonly caCerts?: readonly string[];
  /** Any certificate will do. */
  readonly insecure?: boolean;
}

/** A `fetch` and what must be closed after it. */
export interface Trusting {
  /** The client. */
  readonly fetch: FetchLike;
  /** Frees it. */
  close(): void;
}

/** The client `fetch`; or another one, that believes more. */
export function trusting({ caCerts = [], insecure }: Trust, fetch: FetchLike): Trusting {
  if (insecure) return insecureFetch();
  if (caCerts.length === 0) return { fetch, close: () => {} };
  const client = Deno.createHttpClient({ caCerts: [...caCerts] });
  return {
    fetch: (url, init) => globalThis.fetch(url, { ...init, client }),
    close: () => client.close(),
  };
}
