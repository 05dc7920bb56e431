/**
 * The `xnat:` transport: archives behind XNAT's REST interface.
 *
 * @module
 */

import { LEAST } from "../../vfs/capabilities.ts";
import type { Location } from "../../vfs/location/location.ts";
import type {
  Capabilities,
  ConnectOptions,
  Info,
  ListOptions,
  Transport,
  TransportDriver,
  TreeOptions,
} from "../../vfs/transport.ts";
import { addressOf } from "./address.ts";
import { collectionTypeOf, putCollection } from "./collection.ts";
import { describe } from "./describe.ts";
import { checkPath } from "./exchange.ts";
import { importable, mergeFiles } from "./import.ts";
import { entriesOf } from "./list.ts";
import { findMissing } from "./missing.ts";
import { isPattern, viewOf } from "./member_view.ts";
import type { XnatTransportOptions } from "./options.ts";
import { read } from "./read.ts";
import { readMany, SMALL } from "./read_many.ts";
import { remove } from "./remove.ts";
import { forget, Servers } from "./servers.ts";
import { locate } from "./resolve.ts";
import { mustBeOwn } from "./shared.ts";
import { asOfNow, stat } from "./stat.ts";
import { tree } from "./tree.ts";
import { TOGETHER } from "./store_many.ts";
import { mkdir, put, putMany, resourceOf } from "./write.ts";
import { readZip, ZIP } from "./zip.ts";

export { importDicom, type ImportedSession, type ImportOptions } from "./import.ts";

export type { XnatTransportOptions } from "./options.ts";
export type { CreateOptions } from "./writing.ts";

const CAPABILITIES: Capabilities = {
  ...LEAST,
  range: true,
  etag: true,
  size: true,
  digests: ["md5"],
  verifiesPut: ["md5"],
  tree: true,
  put: "atomic",
  importFiles: true,
  remove: true,
  removeTree: true,
  removeKeeps: true,
  mkdir: true,
  query: true,
  putMany: TOGETHER,
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
  const servers = new Servers(options, connect);
  return {
    capabilities: CAPABILITIES,
    stat: async (at, { signal }) => {
      if (!isPattern(at)) return await stat(...servers.enter("stat", at, signal));
      const [catalogue, , ask] = servers.enter("stat", at, signal, at.query);
      await viewOf(catalogue, at, ask);
      return { kind: "directory" };
    },
    findMissing: async (locations, { signal }) => {
      const places = locations.filter(({ query }) => query === "").map((location) => {
        const [catalogue, address, ask] = servers.enter("stat", location, signal);
        return { location, catalogue, address, ask };
      });
      return await findMissing(places);
    },
    async *list(at, { signal, refresh }: ListOptions) {
      const [catalogue, address, ask] = servers.enter("list", at, signal, patternOf(at));
      if (refresh) forget(catalogue, address);
      yield isPattern(at)
        ? (await viewOf(catalogue, at, ask))[0]!.entries
        : await asOfNow(catalogue, address, () => entriesOf(catalogue, address, ask));
    },
    async *tree(at, { signal, refresh, skips }: TreeOptions) {
      const [catalogue, address, ask] = servers.enter("list", at, signal, patternOf(at));
      if (refresh) forget(catalogue, address);
      if (isPattern(at)) yield* await viewOf(catalogue, at, ask);
      else yield* tree(catalogue, at, ask, skips);
    },
    describe: async (at, { signal }) =>
      await describe(...servers.enter("describe", at, signal, patternOf(at))),
    get: async (at, o) => {
      const [catalogue, address, ask] = servers.enter("read", at, o.signal, ZIP);
      if (at.query === ZIP) return await readZip(catalogue, address, o, ask);
      return await read(catalogue, address, o, ask);
    },
    async *getMany(locations, { signal }) {
      const plain = locations.filter(({ query }) => query === "");
      const folders = Map.groupBy(plain, ({ segments }) => segments.slice(0, -1).join("\0"));
      const places = [...folders.values()].map((files) => {
        const [catalogue, address, ask] = servers.enter("read", files[0]!, signal);
        return { files, catalogue, address, ask };
      });
      for (const [catalogue, those] of Map.groupBy(places, (each) => each.catalogue)) {
        yield* readMany(catalogue, those, those[0]!.ask);
      }
    },
    checkName: (at) => {
      const { level, path } = addressOf(at);
      if (level === "file") checkPath(path, { op: "write", url: at.href });
    },
    put: async (at, source, o) => {
      const type = collectionTypeOf(at.query);
      const [writing, address, ask] = servers.change("write", at, o.signal, type && at.query);
      if (type) return await putCollection(writing, address, type, source, ask);
      return await put(writing, address, source, o, ask);
    },
    async *putMany(files, { signal }) {
      const places = files.filter(({ location }) => location.query === "").map((file) => {
        const [writing, address, ask] = servers.change("write", file.location, signal);
        return { ...file, writing, address, ask };
      });
      for (const [writing, those] of Map.groupBy(places, (each) => each.writing)) {
        yield* putMany(writing, those, those[0]!.ask);
      }
    },
    importFiles: async (at, files, { signal }) => {
      const [{ catalogue }, address, ask] = servers.change("import into", at, signal);
      const place = { location: at, address: importable(address, ask) };
      if (files.length === 0) return [];
      try {
        return await mergeFiles(catalogue.client, place, files, ask);
      } finally {
        forget(catalogue, address);
      }
    },
    checkRemoval: async (at, { signal }) => {
      const [{ catalogue }, address, ask] = servers.change("remove", at, signal, patternOf(at));
      const place = await locate(catalogue, address, ask);
      await mustBeOwn(catalogue, place, ask);
      if (place.resource) resourceOf(place, ask);
    },
    remove: async (at, o) => {
      const [writing, address, ask] = servers.change("remove", at, o.signal);
      const keeps = o.keeps && ((info: Info) => o.keeps!(at, info));
      await remove(writing, address, { ...o, keeps }, ask);
    },
    mkdir: async (at, o) => {
      const [writing, address, ask] = servers.change("mkdir", at, o.signal);
      await mkdir(writing, address, o, ask);
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  };
}

/** The query of `at`, when it is a pattern. */
function patternOf(at: Location): string | undefined {
  return isPattern(at) ? at.query : undefined;
}
