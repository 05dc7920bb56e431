/**
 * The `dicom:` transport: archives that speak DIMSE (PS3.4 §C, PS3.7, PS3.8).
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { LEAST } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type {
  Capabilities,
  ConnectOptions,
  Transport,
  TransportDriver,
} from "../../vfs/transport.ts";
import { type Address, addressOf } from "./address.ts";
import { Archive } from "./archive.ts";
import { type DicomFilters, Filters } from "./filters.ts";
import { entriesOf } from "./list.ts";
import type { ListenOptions } from "./receiver.ts";
import type { SpoolOptions } from "./spool.ts";
import type { StoreOptions } from "./store.ts";
import { describe, stat } from "./stat.ts";
import type { TlsOptions } from "./dimse/connect.ts";
import type { Timeouts } from "./dimse/timeouts.ts";
import { archiveOptions, type PeerOptions, POOL_SIZE } from "./settings.ts";
import { putInstance } from "./write.ts";
import type { SplitOptions } from "./whole.ts";

export type { DateRange, DicomFilters } from "./filters.ts";
export type { ListenOptions } from "./receiver.ts";
export type { SpoolOptions } from "./spool.ts";
export type { StoreOptions } from "./store.ts";
export { echo, type EchoAnswer, type EchoOptions } from "./echo.ts";
export {
  optionsOfProfiles,
  type PeerProfile,
  peersFile,
  type ProfileSources,
  readPeerProfiles,
} from "./profiles.ts";
export type { PeerOptions } from "./settings.ts";
export { readTls, type TlsFiles } from "./tls_files.ts";
export type { SplitOptions } from "./whole.ts";
export type { TlsOptions } from "./dimse/connect.ts";
export type { Timeouts } from "./dimse/timeouts.ts";

/** Options of {@linkcode dicomTransport}. */
export interface DicomTransportOptions {
  /** Our AE title, when the URL gives none before its `@`. @default {"MEDVFS"} */
  readonly callingAET?: string;
  /** Associations at once with one archive, 1 to 16. @default {4} */
  readonly poolSize?: number;
  /** Time limits that differ from those of the DIMSE library. */
  readonly timeouts?: Partial<Timeouts>;
  /** Certificates, for `dicoms:`; or what reads them when they are needed. */
  readonly tls?: TlsOptions | (() => Promise<TlsOptions>);
  /** A receiver for C-MOVE, for archives without C-GET. */
  readonly listen?: ListenOptions;
  /** Room on disk for instances of a series that come before they are asked for. */
  readonly spool?: SpoolOptions;
  /** What is done with instances that cannot be sent just as they are. */
  readonly store?: StoreOptions;
  /** Settings of single peers by URL, such as `dicom://pacs.example.org:104/ARCHIVE`; they count more than these. */
  readonly peers?: Readonly<Record<string, PeerOptions>>;
  /** What to list; a URL's query adds to it. */
  readonly filters?: DicomFilters;
  /** How results that an archive limits are split. */
  readonly split?: SplitOptions;
  /** How long answers are believed, in milliseconds; 0 asks each time. @default {5_000} */
  readonly listingTtlMs?: number;
  /** First year that `.by-date` lists. @default {1990} */
  readonly firstYear?: number;
}

const CAPABILITIES: Capabilities = {
  ...LEAST,
  naming: "content",
  put: "atomic",
  looksFirst: true,
  query: true,
  // No list tells how large they are, only their arrival does.
  getMany: Infinity,
  // The pool of associations queues. Whoever has one, with an open listing or body, must be able to go on while others
  // wait, so that these are not to be kept from each other by a lower number.
  maxConcurrency: 256,
};

/**
 * Makes a driver for archives that speak DIMSE.
 *
 * @example
 * ```ts
 * import { dicomTransport } from "./mod.ts";
 * import { strict as assert } from "node:assert";
 *
 * const driver = dicomTransport({ callingAET: "WS1", filters: { Modality: "MR" } });
 * assert.deepEqual(driver.schemes, ["dicom", "dicoms"]);
 * ```
 */
export function dicomTransport(options: DicomTransportOptions = {}): TransportDriver {
  const filters = Filters.of(options.filters ?? {});
  return {
    name: "dicom",
    description: "Archives that speak DICOM's own protocol",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["dicom", "dicoms"],
    capabilities: capabilitiesOf(options),
    permissions: "--allow-net=HOST:PORT",
    connect: (connect) => transportOf(options, filters, connect),
  };
}

/** What archives can do. Of the associations with each, one is left for queries. */
function capabilitiesOf({ poolSize, peers = {} }: DicomTransportOptions): Capabilities {
  const sizes = [{ poolSize }, ...Object.values(peers)].map((each) => each.poolSize ?? POOL_SIZE);
  return { ...CAPABILITIES, getManyAtOnce: Math.max(1, Math.min(...sizes) - 1) };
}

function transportOf(
  options: DicomTransportOptions,
  filters: Filters,
  connect: ConnectOptions,
): Transport {
  const archives = new Map<string, Promise<Archive>>();
  let disposal: Promise<void> | undefined;

  /** The archive that `at` is in: a host may have several. */
  async function enter(
    op: string,
    at: Location,
    signal: AbortSignal,
  ): Promise<[Archive, Address, Ask, Filters]> {
    const url = at.href;
    throwIfAborted(signal, op, url);
    if (disposal) {
      const reason = "the connection was closed";
      throw new VfsError("Unavailable", { op, url, reason, status: "permanent" });
    }
    const address = addressOf(at);
    const wanted = filters.with(at, op);
    const { called } = address;
    let archive = archives.get(called);
    if (!archive) {
      archive = open(called);
      archives.set(called, archive);
      archive.catch(() => archives.delete(called));
    }
    return [await archive, address, { op, url, signal }, wanted];
  }

  async function open(calledAET: string): Promise<Archive> {
    return new Archive(await archiveOptions(options, connect, calledAET));
  }

  async function dispose(): Promise<void> {
    const opened = await Promise.allSettled(archives.values());
    await Promise.all(
      opened.map((each) => each.status === "fulfilled" && each.value[Symbol.asyncDispose]()),
    );
  }

  return {
    capabilities: capabilitiesOf(options),
    async stat(at, { signal }) {
      const [{ catalogue }, address, ask] = await enter("stat", at, signal);
      return await stat(catalogue, address, ask);
    },
    async *list(at, { signal }) {
      const [{ catalogue }, address, ask, filters] = await enter("list", at, signal);
      const years = { from: options.firstYear ?? 1990, now: connect.clock.now() };
      yield* entriesOf(catalogue, address, { filters, query: at.query, years }, ask);
    },
    async get(at, { signal }) {
      const [{ reader }, address, ask] = await enter("read", at, signal);
      return await reader.get(address, ask);
    },
    async *getMany(locations, { signal }) {
      const folderOf = ({ segments }: Location) => segments.slice(0, -1).join("\0");
      for (const group of Map.groupBy(locations, folderOf).values()) {
        const [{ reader }, address, ask] = await enter("read", group[0]!, signal);
        const files = new Map(group.map((at) => [addressOf(at).instance, at]));
        yield* reader.getMany(address, files, ask);
      }
    },
    async put(at, source, { signal, mode }) {
      const [archive, address] = await enter("write", at, signal);
      try {
        return await putInstance(archive, address, at, source, { signal, mode });
      } finally {
        archive.catalogue.forget();
      }
    },
    async describe(at, { signal }) {
      const [{ catalogue }, address, ask] = await enter("describe", at, signal);
      return await describe(catalogue, address, ask);
    },
    [Symbol.asyncDispose]: () => disposal ??= dispose(),
  };
}
