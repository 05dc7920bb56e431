/**
 * The `xnat:` transport: archives behind XNAT's REST interface.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { FunctionNotSupported, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location.ts";
import { throwIfAborted } from "../../vfs/signals.ts";
import type {
  Capabilities,
  ConnectOptions,
  FetchLike,
  ListOptions,
  Transport,
  TransportDriver,
  TreeOptions,
} from "../../vfs/transport.ts";
import { type Address, addressOf } from "./address.ts";
import { Catalogue } from "./catalogue.ts";
import { XnatClient } from "./client.ts";
import { collectionTypeOf, putCollection } from "./collection.ts";
import { describe } from "./describe.ts";
import { importable, mergeFiles } from "./import.ts";
import { entriesOf } from "./list.ts";
import { isPattern, viewOf } from "./member_view.ts";
import { read } from "./read.ts";
import { readMany, SMALL } from "./read_many.ts";
import { remove } from "./remove.ts";
import { asOfNow, stat } from "./stat.ts";
import { tree } from "./tree.ts";
import { trusting } from "./trust.ts";
import { mkdir, put } from "./write.ts";
import { type CreateOptions, type Writing, writingOf } from "./writing.ts";
import { readZip, ZIP } from "./zip.ts";

export { importDicom, type ImportedSession, type ImportOptions } from "./import.ts";

export type { CreateOptions } from "./writing.ts";

/** Options of {@linkcode xnatTransport}. */
export interface XnatTransportOptions {
  /** Certificates of further authorities to trust, in PEM. Prefer this to `insecure`. */
  readonly caCerts?: readonly string[];
  /**
   * **Dangerous**: believe whatever certificate the server shows, expired, of another host or made by anybody. Then
   * whoever sits on the way can read and change all, the password too. For servers on this machine.
   *
   * @default {false}
   */
  readonly insecure?: boolean;
  /** How long listings are believed, in milliseconds; 0 asks each time. @default {30_000} */
  readonly listingTtlMs?: number;
  /** Types of the objects that `put` makes on the way to a file; `false` makes none. */
  readonly create?: CreateOptions | false;
  /** HTTP client in place of that of the connection; it checks certificates by itself. */
  readonly fetch?: FetchLike;
}

/** The query that makes us ask anew, whatever is remembered of the project. */
const REFRESH = "refresh=true";

const CAPABILITIES: Capabilities = {
  range: true,
  etag: true,
  size: true,
  digests: ["md5"],
  verifiesPut: ["md5"],
  tree: true,
  put: "atomic",
  naming: "path",
  exclusive: false,
  append: false,
  remove: true,
  removeTree: true,
  mkdir: true,
  emptyDirectories: false,
  rename: false,
  copy: false,
  symlinks: false,
  query: true,
  putsTogether: 64,
  getMany: SMALL,
  maxConcurrency: 8,
};

/**
 * Makes a driver for XNAT 1.7 and later.
 *
 * @throws {TypeError} when there is a `fetch`, and what it should believe besides
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
  if (options.fetch && (options.insecure || options.caCerts)) {
    throw new TypeError("Give either a fetch, or what certificates to believe");
  }
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
  const writings = new Map<Catalogue, Writing>();
  const http = trusting(options, options.fetch ?? connect.fetch);
  let disposal: Promise<void> | undefined;

  /** The lists of the server that `at` is on: a host may have one per context path. */
  function enter(
    op: string,
    at: Location,
    signal: AbortSignal,
    query = "",
  ): [Catalogue, Address, Ask] {
    const url = at.href;
    throwIfAborted(signal, op, url);
    if (!["", REFRESH, query].includes(at.query)) {
      const what =
        `the query "${at.query}"; there are "?${REFRESH}", to read "?${ZIP}", and to write "?collection="; a quality goes into the path, ` +
        `"/.quality=usable/PROJECT"`;
      throw new FunctionNotSupported("xnat", op, url, what);
    }
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
    if (at.query === REFRESH) forget(catalogue, address);
    return [catalogue, address, { op, url, signal }];
  }

  /** The same, for an operation that changes something. */
  function change(
    op: string,
    at: Location,
    signal: AbortSignal,
    query?: string,
  ): [Writing, Address, Ask] {
    const [catalogue, address, ask] = enter(op, at, signal, query);
    if (address.quality) {
      const what = "a change in the view of a quality; leave it out of the URL";
      throw new FunctionNotSupported("xnat", op, ask.url, what);
    }
    const writing = writings.get(catalogue) ?? writingOf(catalogue, options.create);
    writings.set(catalogue, writing);
    return [writing, address, ask];
  }

  async function dispose(): Promise<void> {
    const closing = [...catalogues.values()].map(({ client }) => client[Symbol.asyncDispose]());
    await Promise.all(closing);
    http.close();
  }

  return {
    capabilities: CAPABILITIES,
    stat: async (at, { signal }) => {
      if (!isPattern(at)) return await stat(...enter("stat", at, signal));
      const [catalogue, , ask] = enter("stat", at, signal, at.query);
      await viewOf(catalogue, at, ask);
      return { kind: "directory" };
    },
    async *list(at, { signal, refresh }: ListOptions) {
      const [catalogue, address, ask] = enter("list", at, signal, patternOf(at));
      if (refresh) forget(catalogue, address);
      yield isPattern(at)
        ? (await viewOf(catalogue, at, ask))[0]!.entries
        : await asOfNow(catalogue, address, () => entriesOf(catalogue, address, ask));
    },
    async *tree(at, { signal, refresh, skips }: TreeOptions) {
      const [catalogue, address, ask] = enter("list", at, signal, patternOf(at));
      if (refresh) forget(catalogue, address);
      if (isPattern(at)) yield* await viewOf(catalogue, at, ask);
      else yield* tree(catalogue, at, ask, skips);
    },
    describe: async (at, { signal }) =>
      await describe(...enter("describe", at, signal, patternOf(at))),
    get: async (at, o) => {
      const [catalogue, address, ask] = enter("read", at, o.signal, ZIP);
      if (at.query === ZIP) return await readZip(catalogue, address, o, ask);
      return await read(catalogue, address, o, ask);
    },
    async *getMany(locations, { signal }) {
      const places = locations.filter(({ query }) => query === "").map((location) => {
        const [catalogue, address, ask] = enter("read", location, signal);
        return { location, catalogue, address, ask };
      });
      for (const [catalogue, those] of Map.groupBy(places, (each) => each.catalogue)) {
        yield* readMany(catalogue, those, those[0]!.ask);
      }
    },
    put: async (at, source, o) => {
      const type = collectionTypeOf(at.query);
      const [writing, address, ask] = change("write", at, o.signal, type && at.query);
      if (type) return await putCollection(writing, address, type, source, ask);
      return await put(writing, address, source, o, ask);
    },
    importFiles: async (at, files, { signal }) => {
      const [{ catalogue }, address, ask] = change("import into", at, signal);
      const place = { location: at, address: importable(address, ask) };
      try {
        return await mergeFiles(catalogue.client, place, files, ask);
      } finally {
        forget(catalogue, address);
      }
    },
    remove: async (at, o) => {
      const [writing, address, ask] = change("remove", at, o.signal);
      await remove(writing, address, o, ask);
    },
    mkdir: async (at, o) => {
      const [writing, address, ask] = change("mkdir", at, o.signal);
      await mkdir(writing, address, o, ask);
    },
    [Symbol.asyncDispose]: () => disposal ??= dispose(),
  };
}

/** The query of `at`, when it is a pattern. */
function patternOf(at: Location): string | undefined {
  return isPattern(at) ? at.query : undefined;
}

/** Forgets the project of `address`, or all of them. */
function forget({ memo }: Catalogue, { project }: Address): void {
  memo.forget(project === undefined ? [] : [project]);
}
