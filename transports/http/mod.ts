/**
 * The `http:` and `https:` transport: what any web server has, to read.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { LEAST } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { requireHost } from "../../vfs/location/require_host.ts";
import type {
  CallOptions,
  Capabilities,
  ConnectOptions,
  Transport,
  TransportDriver,
} from "../../vfs/transport.ts";
import { platformClient } from "../web/platform_client.ts";
import { Client } from "./client.ts";
import { readIndex, withDetail } from "./list.ts";
import { type ListedFile, Listing } from "./listing.ts";
import { isFolderUrl, read, stat } from "./read.ts";

export type { ListedFile };

/** Options of {@linkcode httpTransport}. */
export interface HttpOptions {
  /** Files by URL. Where an origin has some of them, they are what its folders hold; no index is asked for. */
  readonly listing?: readonly (string | ListedFile)[];
}

const CAPABILITIES: Capabilities = {
  ...LEAST,
  range: true,
  etag: true,
  size: true,
  query: true,
  maxConcurrency: 8,
};

/**
 * Makes a driver for web servers. Folders are listed where the server shows an index of them, or as `listing` tells.
 *
 * @example
 * ```ts
 * import { createVfs } from "@medvfs/vfs";
 * import { httpTransport } from "@medvfs/vfs/http";
 * import { strict as assert } from "node:assert";
 *
 * await using vfs = createVfs();
 * const listing = ["https://example.org/data/1.dcm", "https://example.org/data/2.dcm"];
 * vfs.register(httpTransport({ listing }), { override: true });
 * const entries = await Array.fromAsync(vfs.readDir("https://example.org/data"));
 * assert.deepEqual(entries.map(({ name }) => name), ["1.dcm", "2.dcm"]);
 * ```
 */
export function httpTransport(options: HttpOptions = {}): TransportDriver {
  return {
    name: "http",
    description: "Files of a web server, to read",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["https", "http"],
    capabilities: CAPABILITIES,
    permissions: "--allow-net=HOST",
    connect: (connect) => transportOf(connect, options),
  };
}

function transportOf(connect: ConnectOptions, { listing = [] }: HttpOptions): Transport {
  requireHost("open", connect.origin);
  const http = platformClient(connect.fetch);
  const client = new Client({ ...connect, fetch: http.fetch });
  const given = new Listing(connect.origin, listing);
  const closing = new AbortController();

  function asked(op: string, { href }: Location, { signal }: CallOptions): Ask {
    if (closing.signal.aborted) {
      const reason = "the connection was closed";
      throw new VfsError("Unavailable", { op, url: href, reason, status: "permanent" });
    }
    return { op, url: href, signal };
  }

  return {
    capabilities: CAPABILITIES,
    async stat(at, options) {
      const ask = asked("stat", at, options);
      if (given.entries(at)) return { kind: "directory" };
      return await stat(client, at, ask);
    },
    async *list(at, options) {
      const ask = asked("list", at, options);
      const entries = given.isEmpty ? await readIndex(client, at, ask) : await listed(at, ask);
      if (options.detail) yield* withDetail(client, at, entries, options);
      else if (entries.length > 0) yield entries;
    },
    async get(at, options) {
      const ask = asked("read", at, options);
      if (given.entries(at) && (at.query === "" || isFolderUrl(at))) {
        throw new VfsError("IsADirectory", ask);
      }
      return await read(client, at, options, ask);
    },
    [Symbol.asyncDispose]() {
      closing.abort();
      http.close();
      return Promise.resolve();
    },
  };

  async function listed(at: Location, ask: Ask) {
    const entries = given.entries(at);
    if (entries) return entries;
    const { kind } = await stat(client, at, ask);
    throw new VfsError(kind === "file" ? "NotADirectory" : "NotFound", ask);
  }
}
