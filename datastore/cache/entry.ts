/**
 * One folder in the cache: its files, and the small ones beside it that tell what it is.
 *
 * - `content/`: the files, all of them, as soon as `manifest.json` is there
 * - `partial/`: files that are being fetched
 * - `manifest.json`: of which version they are, and how large
 * - `used`: touched when somebody asks for them
 * - `.lock`: held by who changes any of it
 *
 * @module
 */

import { isNotFound, isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { type FileLockOptions, lockFile } from "../file_lock.ts";
import { recordOf } from "../../vfs/json.ts";
import { removeIfThere } from "../remove_if_there.ts";

/** What is told of the files of an entry. */
export interface Manifest {
  /** Differs when the files do. */
  readonly fingerprint: string;
  /** Bytes of all files. */
  readonly bytes: number;
  /** Number of files. */
  readonly files: number;
}

/** A folder in the cache. */
export class CacheEntry {
  /** The files. */
  readonly content: Location;
  /** Files that are being fetched. */
  readonly partial: Location;
  readonly #vfs: Vfs;
  readonly #at: Location;

  /** The entry at `at`, which may not be there yet. */
  constructor(vfs: Vfs, at: Location) {
    this.#vfs = vfs;
    this.#at = at;
    this.content = at.child("content");
    this.partial = at.child("partial");
  }

  /** What is known of its files; undefined unless they are all there. */
  async manifest(options: OpOptions): Promise<Manifest | undefined> {
    try {
      const text = await this.#vfs.readTextFile(this.#at.child("manifest.json"), options);
      const { fingerprint, bytes, files } = recordOf(JSON.parse(text));
      const isWhole = typeof fingerprint === "string" && Number.isSafeInteger(bytes) &&
        Number.isSafeInteger(files) && await this.#vfs.isDirectory(this.content, options);
      return isWhole ? { fingerprint, bytes: Number(bytes), files: Number(files) } : undefined;
    } catch (error) {
      if (isNotFound(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Makes what is in `partial` the content. A crash on the way leaves an entry without manifest. */
  async publish(manifest: Manifest, options: OpOptions): Promise<void> {
    await removeIfThere(this.#vfs, this.#at.child("manifest.json"), options);
    await removeIfThere(this.#vfs, this.content, { ...options, recursive: true });
    await this.#vfs.move(this.partial, this.content, options);
    await this.#vfs.writeFile(this.#at.child("manifest.json"), JSON.stringify(manifest), options);
    await this.touch(options);
  }

  /** What a crash has left as content without manifest is taken for partial, to be looked at again. */
  async reclaim(options: OpOptions): Promise<void> {
    await this.#vfs.mkdir(this.#at, { ...options, recursive: true });
    const isLeft = await this.#vfs.exists(this.content, options) &&
      !await this.#vfs.exists(this.partial, options) && !await this.manifest(options);
    if (isLeft) await this.#vfs.move(this.content, this.partial, options);
    await this.#vfs.mkdir(this.partial, { ...options, recursive: true });
  }

  /** Notes that somebody asked for it. */
  async touch(options: OpOptions): Promise<void> {
    await this.#vfs.writeFile(this.#at.child("used"), "", options);
  }

  /** When somebody asked for it last, in milliseconds. */
  async lastUse(options: OpOptions): Promise<number> {
    try {
      const { mtime } = await this.#vfs.stat(this.#at.child("used"), options);
      return mtime?.getTime() ?? 0;
    } catch (error) {
      if (isNotFound(error)) return 0;
      throw error;
    }
  }

  /** Waits until nobody else changes it. */
  async lock(options: FileLockOptions): Promise<AsyncDisposable> {
    await this.#vfs.mkdir(this.#at, { signal: options.signal, recursive: true });
    return await lockFile(this.#at.child(".lock"), options);
  }

  /** Removes its files. @returns false when somebody is just changing it */
  async remove(options: OpOptions): Promise<boolean> {
    try {
      await using _ = await this.lock({ ...options, timeoutMs: 0 });
      for (const name of ["manifest.json", "used", "content", "partial"]) {
        await removeIfThere(this.#vfs, this.#at.child(name), { ...options, recursive: true });
      }
      return true;
    } catch (error) {
      if (isVfsError(error) && error.kind === "TimedOut") return false;
      throw error;
    }
  }
}
