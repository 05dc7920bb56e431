/**
 * The `xnat:` transport: archives behind XNAT's REST interface.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location.ts";
import { throwIfAborted } from "../../vfs/signals.ts";
import type {
  CallOptions,
  Capabilities,
  ConnectOptions,
  FetchLike,
  Transport,
  TransportDriver,
} from "../../vfs/transport.ts";
import { type Address, addressOf } from "./address.ts";
import { Catalogue } from "./catalogue.ts";
import { XnatClient } from "./client.ts";
import { entriesOf } from "./list.ts";
import type { Ask } from "./memo.ts";
import { read } from "./read.ts";
import { asOfNow, stat } from "./stat.ts";
import { trusting } from "./trust.ts";

/** Options of {@linkcode xnatTransport}. */
export interface XnatTransportOptions {
  /** Certificates of further authorities to trust, in PEM. */
  readonly caCerts?: readonly string[];
  /** How long listings are believed, in milliseconds; 0 asks each time. @default {30_000} */
  readonly listingTtlMs?: number;
  /** HTTP client in place of that of the connection. */
  readonly fetch?: FetchLike;
}

const CAPABILITIES: Capabilities = {
  range: true,
  etag: true,
  size: true,
  digests: ["md5"],
  tree: false,
  put: "none",
  exclusive: false,
  append: false,
  remove: false,
  removeTree: false,
  mkdir: false,
  emptyDirectories: false,
  rename: false,
  copy: false,
  symlinks: false,
  query: false,
  maxConcurrency: 8,
};

/**
 * Makes a driver for XNAT 1.7 and later.
 *
 * @example
 * ```ts
 * import { xnatTransport } from "./mod.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(xnatTransport({ listingTtlMs: 0 }).schemes, ["xnat", "xnat+http"]);
 * ```
 */
export function xnatTransport(options: XnatTransportOptions = {}): TransportDriver {
  return {
    name: "xnat",
    description: "Archives of XNAT servers",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["xnat", "xnat+http"],
    capabilities: CAPABILITIES,
    permissions: "--allow-net=HOST",
    connect: (connect) => transportOf(options, connect),
  };
}

function transportOf(options: XnatTransportOptions, connect: ConnectOptions): Transport {
  const catalogues = new Map<string, Catalogue>();
  const http = trusting(options.caCerts, options.fetch ?? connect.fetch);
  let disposal: Promise<void> | undefined;

  /** The lists of the server that `at` is on: a host may have one per context path. */
  function enter(op: string, at: Location, signal: AbortSignal): [Catalogue, Address, Ask] {
    const url = at.href;
    throwIfAborted(signal, op, url);
    if (disposal) {
      throw new VfsError("Unavailable", {
        op,
        url,
        reason: "the connection was closed",
        status: "permanent",
      });
    }
    const address = addressOf(at);
    const { context } = address;
    let catalogue = catalogues.get(context);
    if (!catalogue) {
      const { origin, credentials, clock } = connect;
      const client = new XnatClient({ origin, context, credentials, fetch: http.fetch, clock });
      const ttlMs = options.listingTtlMs ?? 30_000;
      catalogue = new Catalogue({ client, clock, ttlMs });
      catalogues.set(context, catalogue);
    }
    return [catalogue, address, { op, url, signal }];
  }

  async function dispose(): Promise<void> {
    const closing = [...catalogues.values()].map(({ client }) => client[Symbol.asyncDispose]());
    await Promise.all(closing);
    http.close();
  }

  return {
    capabilities: CAPABILITIES,
    stat: async (at, { signal }) => await stat(...enter("stat", at, signal)),
    async *list(at, { signal }: CallOptions) {
      const [catalogue, address, ask] = enter("list", at, signal);
      yield await asOfNow(catalogue, address, () => entriesOf(catalogue, address, ask));
    },
    get: async (at, o) => {
      const [catalogue, address, ask] = enter("read", at, o.signal);
      return await read(catalogue, address, o, ask);
    },
    [Symbol.asyncDispose]: () => disposal ??= dispose(),
  };
}
