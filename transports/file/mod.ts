/**
 * The `file:` transport: the disks of this machine and the network shares mounted on it.
 *
 * @module
 */

import { resolve } from "@std/path";
import { FOLDERS } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import { nativePath } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type {
  Capabilities,
  ConnectOptions,
  Transport,
  TransportDriver,
} from "../../vfs/transport.ts";
import { CONCURRENCY } from "./concurrent.ts";
import { Confinement } from "./confinement.ts";
import { copy } from "./copy.ts";
import { attempt } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { list } from "./list.ts";
import { mkdir } from "./mkdir.ts";
import { get } from "./read.ts";
import { checkRemoval } from "./removable.ts";
import { remove } from "./remove.ts";
import { rename } from "./rename.ts";
import { Sweeper } from "./sweeper.ts";
import { put, putMany, TOGETHER } from "./write.ts";

export { isTemporaryName, removeTemporariesSync, sweepTemporaries } from "./temporaries.ts";

/** Options of {@linkcode fileTransport}. */
export interface FileTransportOptions {
  /** Native path of a directory above which nothing can be reached, by whatever link. */
  readonly root?: string;
  /** Wait until the disk has what was written. @default {false} */
  readonly fsync?: boolean;
}

const CAPABILITIES: Capabilities = {
  ...FOLDERS,
  // A version that follows another at once is made a little younger, to be told from it.
  keepsTimes: 2,
  putsIfMatch: true,
  foldsNames: Deno.build.os === "windows" || Deno.build.os === "darwin",
  symlinks: true,
  putMany: TOGETHER,
  maxConcurrency: CONCURRENCY,
};

/**
 * Makes a driver for the file system.
 *
 * @example
 * ```ts
 * import { fileTransport } from "./mod.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.deepEqual(fileTransport({ root: "/data" }).schemes, ["file"]);
 * ```
 */
export function fileTransport(
  options: FileTransportOptions = {},
): TransportDriver {
  return {
    name: "file",
    description: "Files on the disks and network shares of this machine",
    authors: "The medvfs authors",
    version: "0.1.0",
    url: "https://jsr.io/@medvfs/vfs",
    schemes: ["file"],
    capabilities: CAPABILITIES,
    permissions: "--allow-read=DIR --allow-write=DIR",
    connect: (connect) => transportOf(options, connect),
  };
}

function transportOf(
  { root, fsync = false }: FileTransportOptions,
  connect: ConnectOptions,
): Transport {
  const roots: string[] = [];
  if (root !== undefined) roots.push(resolve(root));
  if (connect.root) roots.push(resolve(nativePath(connect.root)));
  const confinement = new Confinement(roots);
  const sweeper = new Sweeper();
  let isDisposed = false;

  function enter(op: string, at: Location): Confinement {
    if (!isDisposed) return confinement;
    throw new VfsError("Unavailable", {
      op,
      url: at.href,
      reason: "the connection was closed",
      status: "permanent",
    });
  }

  return {
    capabilities: CAPABILITIES,
    stat: (at, { signal, followSymlinks = true }) =>
      attempt("stat", at, async () => {
        throwIfAborted(signal, "stat", at.href);
        const confinement = enter("stat", at);
        return followSymlinks
          ? infoOfStat(await Deno.stat(await confinement.follow(at, "stat")))
          : infoOfStat(await Deno.lstat(await confinement.entry(at, "stat")));
      }),
    list: (at, o) => list(() => enter("list", at), at, o),
    // The functions are asynchronous so that "closed" is a rejection, too.
    get: async (at, o) => await get(enter("read", at), at, o),
    checkName: (at) => void nativePath(at),
    put: async (at, source, o) =>
      await put(enter("write", at), at, source, { ...o, fsync, sweeper }),
    async *putMany(files, o) {
      const [first] = files;
      if (first) {
        yield* putMany(enter("write", first.location), files, { ...o, fsync, sweeper });
      }
    },
    checkRemoval: async (at, o) => await checkRemoval(enter("remove", at), at, o),
    remove: async (at, o) => await remove(enter("remove", at), at, o),
    mkdir: async (at, o) => await mkdir(enter("mkdir", at), at, o),
    rename: async (from, to, o) => await rename(enter("rename", from), from, to, o),
    copy: async (from, to, o) =>
      await copy(enter("copy", from), from, to, { ...o, fsync, sweeper }),
    [Symbol.asyncDispose]() {
      isDisposed = true;
      return sweeper[Symbol.asyncDispose]();
    },
  };
}
