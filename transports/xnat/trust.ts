/**
 * Which certificates of servers are believed.
 *
 * @module
 */

import type { FetchLike } from "../../vfs/transport.ts";
import { type HttpClient, platformClient } from "../web/platform_client.ts";
import { insecureFetch } from "./insecure_fetch.ts";

/** Settings of {@linkcode trusting}. */
export interface Trust {
  /** Certificates of further authorities, in PEM. */
  readonly caCerts?: readonly string[];
  /** Any certificate will do. */
  readonly insecure?: boolean;
}

/** The client `fetch`; or another one, that believes more. */
export function trusting({ caCerts, insecure }: Trust, fetch: FetchLike): HttpClient {
  return insecure ? insecureFetch() : platformClient(fetch, caCerts);
}
