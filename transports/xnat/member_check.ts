/**
 * Comparing members of a zip with the catalog, beside the main thread where there are many.
 *
 * @module
 */

import type { Location } from "../../vfs/location/location.ts";
import { type HashWorker, startHashWorker } from "../../vfs/bytes/hash_worker.ts";
import type { GotOne } from "../../vfs/transport.ts";
import { idOfFile, infoOfFile } from "./list.ts";
import type { File } from "./model.ts";
import type { StoredMembers } from "./zip_members.ts";

/** A file that is wanted. */
export interface Wanted {
  /** Where. */
  readonly location: Location;
  /** What the catalog tells. */
  readonly file: File;
}

/** From so many bytes on hashing takes much longer than it takes to start a thread for it. */
const MANY = 64 * 1024 * 1024;

/** Compares members with the catalog. */
export class Checker implements AsyncDisposable {
  readonly #thread: Promise<HashWorker | undefined>;

  /** Makes one for these files; its thread starts meanwhile. */
  constructor(wanted: readonly Wanted[]) {
    const hashed = wanted.reduce((sum, { file }) => sum + (file.md5 ? file.size ?? 0 : 0), 0);
    this.#thread = hashed >= MANY ? startHashWorker(["md5"]) : Promise.resolve(undefined);
  }

  /**
   * The files that members are, but for those that were replaced since they were listed, or are damaged: which of the two
   * shows when they are read alone. Its MD5 must be that of the catalog; without one, its CRC-32 that of the zip.
   */
  async check({ memory, members, release }: StoredMembers<Wanted>): Promise<readonly GotOne[]> {
    const thread = await this.#thread;
    const hashed = await thread?.digestsOf(memory, members);
    const found = hashed?.memory ?? memory;
    const same: GotOne[] = [];
    const held = new Set<number>();
    for (const [i, { wanted: { location, file }, start, end, crc32 }] of members.entries()) {
      const { md5 } = file;
      const body = new Uint8Array(found, start, end - start);
      const isSame = md5 === undefined
        ? await crc32Of(body) === crc32
        : md5 === (hashed ? hashed.digests[i]?.md5 : await md5Of(body));
      if (!isSame) continue;
      const verified = md5 === undefined ? [] : ["md5"] as const;
      const info = { ...infoOfFile(file), ...idOfFile(file) };
      held.add(i);
      const leave = () => {
        if (held.delete(i) && held.size === 0) release(found);
      };
      const got = { info, offset: 0, length: body.length, verified, body, release: leave };
      same.push({ location, got });
    }
    return same;
  }

  /** Ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#thread)?.[Symbol.dispose]();
  }
}

async function md5Of(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("md5").update(bytes).digest("hex");
}

async function crc32Of(bytes: Uint8Array): Promise<number> {
  const { crc32 } = await import("node:zlib");
  return crc32(bytes);
}
