/**
 * The `zip:` transport: what is in a zip, wherever the zip is.
 *
 * @module
 */

import type { TransportDriver } from "../../vfs/transport.ts";
import { withDefaults } from "../../vfs/with_defaults.ts";
import { archiveTransport, READING } from "../archive/archive_transport.ts";
import { checkName } from "./changes.ts";
import { readContent } from "./content.ts";
import { readDirectory } from "./directory.ts";
import type { ZipMember } from "./zip_member.ts";
import { LIMITS, type ZipLimits } from "./limits.ts";
import { SMALL } from "./pending.ts";
import { ZipWriter } from "./write.ts";

export type { ZipLimits };

/** Options of {@linkcode zipTransport}. */
export interface ZipOptions {
  /** How much a zip may claim. */
  readonly limits?: ZipLimits;
}

const WRITING = {
  put: "atomic",
  batches: SMALL,
  remove: true,
  removeTree: true,
  removeMany: true,
  rename: true,
} as const;

/**
 * Makes a driver for zips that other drivers serve: `zip://` and the URL of the zip, percent-encoded, and then the path
 * in it. A query is a pattern for the members, as in `imagedata`: `?time/time00`, `?*19.dcm`.
 *
 * Only what is needed is read: the directory with one request or two, a member with one.
 *
 * @example
 * ```ts
 * import { zipTransport } from "@medvfs/vfs/zip";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(zipTransport().schemes, ["zip"]);
 * ```
 */
export function zipTransport(options: ZipOptions = {}): TransportDriver {
  const limits = withDefaults(LIMITS, options.limits);
  return {
    name: "zip",
    description: "What is in a zip on any other transport",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["zip"],
    archives: [".zip"],
    capabilities: { ...READING, ...WRITING },
    permissions: "",
    connect: (connect) =>
      archiveTransport<ZipMember>(
        connect,
        async (place, ask) => {
          const { file, members } = await readDirectory(place, limits, ask);
          return {
            file,
            members,
            etagOf: ({ etag }) => etag,
            read: (member, extent, asked) => readContent(file, member, extent, asked),
          };
        },
        {},
        (find, forget) => {
          const writer = new ZipWriter(find, limits, forget, connect.clock);
          return {
            capabilities: WRITING,
            isStoring: () => writer.isStoring,
            operations: {
              checkName: (at) => checkName(at, { op: "write", url: at.href }),
              put: (at, source, o) => writer.put(at, source, o),
              remove: (at, o) => writer.remove(at, o),
              removeMany: (all, o) => writer.removeMany(all, o),
              rename: (from, to, o) => writer.rename(from, to, o),
            },
          };
        },
      ),
  };
}
