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
import type { StoredMember } from "./zip_members.ts";

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
export class Checker implements Disposable {
  private constructor(
    readonly hashes: typeof import("node:crypto"),
    readonly sums: typeof import("node:zlib"),
    readonly thread: HashWorker | undefined,
  ) {}

  /** Makes one for these files. */
  static async for(wanted: readonly Wanted[]): Promise<Checker> {
    const hashed = wanted.reduce((sum, { file }) => sum + (file.md5 ? file.size ?? 0 : 0), 0);
    return new Checker(
      await import("node:crypto"),
      await import("node:zlib"),
      hashed >= MANY ? await startHashWorker(["md5"]) : undefined,
    );
  }

  /**
   * The file that a member is; `undefined` when it was replaced since it was listed, or is damaged: which of the two
   * shows when it is read alone. Its MD5 must be that of the catalog; without one, its CRC-32 that of the zip.
   */
  async check({ wanted, bytes, crc32 }: StoredMember<Wanted>): Promise<GotOne | undefined> {
    const { location, file } = wanted;
    const { md5 } = file;
    const { content, isSame } = md5 === undefined
      ? { content: bytes, isSame: this.sums.crc32(bytes) === crc32 }
      : await this.#compare(bytes, md5);
    if (!isSame) return undefined;
    const verified = md5 === undefined ? [] : ["md5"] as const;
    const info = { ...infoOfFile(file), ...idOfFile(file) };
    const got = { info, offset: 0, length: content.length, verified, body: content };
    return { location, got };
  }

  async #compare(bytes: Uint8Array<ArrayBuffer>, md5: string) {
    if (!this.thread) {
      const own = this.hashes.createHash("md5").update(bytes).digest("hex");
      return { content: bytes, isSame: own === md5 };
    }
    const { buffer, byteOffset: start, length } = bytes;
    const { memory, digests } = await this.thread.digestsOf(buffer, [
      { start, end: start + length },
    ]);
    return { content: new Uint8Array(memory, start, length), isSame: digests[0]?.md5 === md5 };
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.thread?.[Symbol.dispose]();
  }
}
