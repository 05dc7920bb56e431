/**
 * The `tar:` transport: what is in a tar or a gzipped tar, wherever it is.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Place, TransportDriver } from "../../vfs/transport.ts";
import { withDefaults } from "../../vfs/with_defaults.ts";
import { archiveTransport, READING } from "../archive/archive_transport.ts";
import { InnerFile } from "../archive/inner_file.ts";
import type { OpenArchive } from "../archive/open_archive.ts";
import { GzipReads } from "./gzip_reads.ts";
import { indexOf, LIMITS, type TarLimits, type TarMember } from "./index_of.ts";
import { contentsOf, gzipSource, inflated, plainSource, readGzip, readPlain } from "./source.ts";

export type { TarLimits };

/** Options of {@linkcode tarTransport}. */
export interface TarOptions {
  /** How much a tar may claim. */
  readonly limits?: TarLimits;
  /**
   * Most bytes of a gzipped tar that are kept inflated in a temporary file, once reading its files one by one has
   * inflated as much; 0 keeps none. @default {8589934592}
   */
  readonly unpackedBytes?: number;
}

const UNPACKED_BYTES = 8 * 2 ** 30;

/** A gzipped tar is inflated from its beginning for each file that is larger. */
const TOGETHER = { getMany: 8 * 1024 * 1024, getManyAcross: true };

/**
 * Makes a driver for tars that other drivers serve: `tar://` and the URL of the tar, percent-encoded, and then the path
 * in it. Whether it is gzipped shows by its content.
 *
 * @example
 * ```ts
 * import { tarTransport } from "@medvfs/vfs/tar";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(tarTransport().schemes, ["tar"]);
 * ```
 */
export function tarTransport(options: TarOptions = {}): TransportDriver {
  const limits = withDefaults(LIMITS, options.limits);
  const { unpackedBytes = UNPACKED_BYTES } = options;
  return {
    name: "tar",
    description: "What is in a tar on any other transport, gzipped or not",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["tar"],
    archives: [".tar", ".tar.gz", ".tgz"],
    capabilities: { ...READING, ...TOGETHER },
    permissions: "",
    connect: (connect) =>
      archiveTransport<TarMember>(
        connect,
        (place, ask) => open(place, limits, unpackedBytes, ask),
        TOGETHER,
      ),
  };
}

async function open(
  place: Place,
  limits: Required<TarLimits>,
  unpackedBytes: number,
  ask: Ask,
): Promise<OpenArchive<TarMember>> {
  const file = new InnerFile(place, await InnerFile.stat(place, ask));
  const magic = await file.read(0, Math.min(2, file.version.size), ask);
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  const begin = async (ask: Ask) =>
    isGzip ? await gzipSource(file, limits.maxTotalBytes, ask) : plainSource(file);
  const source = await begin(ask);
  try {
    const members = await indexOf(source, limits, ask);
    const reads = isGzip && new GzipReads({
      total: source.at,
      inflate: (asked) => inflated(file, asked),
      read: (extent, asked) => readGzip(file, extent, asked),
    }, unpackedBytes);
    return {
      file,
      members,
      etagOf: ({ offset }) => `${offset}-${file.version.etag}`,
      read: ({ offset }, { start, end }, asked) => {
        const extent = { start: offset + start, end: offset + end };
        return reads ? reads.read(extent, asked) : readPlain(file, extent, asked);
      },
      ...(reads && { close: () => reads.close() }),
      readMany: (members, asked) => contentsOf(() => begin(asked), members, asked),
    };
  } finally {
    await source.close();
  }
}
