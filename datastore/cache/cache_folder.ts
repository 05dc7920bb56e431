/**
 * Folders of files that were fetched or made once: one at a time, taken up again where that broke off, the ones least
 * lately used removed beyond a limit. Several processes may share one cache.
 *
 * @module
 */

import { isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { localPath } from "../local_path.ts";
import { SingleFlight } from "../single_flight.ts";
import { CacheEntry, type Manifest } from "./entry.ts";
import { evict } from "./evict.ts";

/** Options of {@linkcode CacheFolder}. */
export interface CacheFolderOptions {
  /** Reads what is cached, and the cache. */
  readonly vfs: Vfs;
  /** Where the cache is, a `file:` location. */
  readonly root: Location;
  /** Bytes that it may have. */
  readonly maxBytes: number;
  /** How long to wait for another process that fetches the same, in milliseconds. @default {600_000} */
  readonly lockTimeoutMs?: number;
}

/** What a folder is to hold. */
export interface Filling {
  /** Differs when the files do. */
  readonly fingerprint: string;
  /** Puts the files into `folder`, where some of an earlier try may be. */
  fill(folder: Location, options: OpOptions): Promise<Filled>;
}

/** How much was put into a folder. */
export type Filled = Pick<Manifest, "bytes" | "files">;

/** Options of {@linkcode CacheFolder.get}. */
export interface GetFolderOptions extends OpOptions {
  /** What the folder is to hold; asked only when that is not sure. */
  readonly filling: (options: OpOptions) => Promise<Filling>;
  /** What is there is taken as it is. @default {false} */
  readonly isTrusted?: boolean;
}

/** How often a folder is marked as used, at the most. */
const TOUCH_MS = 60_000;

/** A cache on the disk. */
export class CacheFolder {
  readonly #options: CacheFolderOptions;
  readonly #flights = new SingleFlight<string>();
  readonly #touched = new Map<string, number>();
  readonly #held = new Map<string, number>();
  /** Bytes in the cache as far as we know; undefined before the first look. */
  #bytes: number | undefined;

  /** Makes nothing on the disk yet. */
  constructor(options: CacheFolderOptions) {
    this.#options = options;
  }

  /**
   * The path of the folder `key` with all its files, filled if need be. All who ask at the same time share that.
   *
   * @throws `StorageFull` when the disk is, after all else was removed from the cache; nothing of it is left then
   */
  async get(key: readonly string[], { signal, ...wanted }: GetFolderOptions): Promise<string> {
    const at = this.#options.root.join(...key);
    const flight = { signal, op: "fetch", url: at.href };
    return await this.#flights.run(at.href, flight, (signal) => this.#get(at, wanted, signal));
  }

  /** Removes the folder `key`, unless somebody is just changing it. */
  async forget(key: readonly string[], options: OpOptions): Promise<void> {
    const at = this.#options.root.join(...key);
    if (await this.#options.vfs.exists(at, options)) await this.#entry(at).remove(options);
  }

  /** Keeps the folder `key` from being removed until this is disposed, though the cache may grow too large. */
  hold(key: readonly string[]): Disposable {
    const { href } = this.#options.root.join(...key);
    this.#held.set(href, (this.#held.get(href) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = this.#held.get(href)! - 1;
        if (left > 0) this.#held.set(href, left);
        else this.#held.delete(href);
      },
    };
  }

  #entry(at: Location): CacheEntry {
    return new CacheEntry(this.#options.vfs, at);
  }

  async #get(
    at: Location,
    { filling, isTrusted }: Omit<GetFolderOptions, "signal">,
    signal: AbortSignal,
  ): Promise<string> {
    const entry = this.#entry(at);
    const manifest = await entry.manifest({ signal });
    const fresh = manifest && (isTrusted || await this.#isSame(manifest, filling, { signal }));
    if (fresh) {
      await this.#touch(at, entry, { signal });
      return localPath(entry.content);
    }
    const { lockTimeoutMs: timeoutMs = 600_000 } = this.#options;
    await using _ = await entry.lock({ signal, timeoutMs });
    await this.#fill(at, entry, await filling({ signal }), { signal });
    return localPath(entry.content);
  }

  async #isSame(
    { fingerprint }: Manifest,
    filling: GetFolderOptions["filling"],
    options: OpOptions,
  ): Promise<boolean> {
    try {
      return fingerprint === (await filling(options)).fingerprint;
    } catch (error) {
      // What we have is better than nothing while the server is away.
      if (isVfsError(error) && ["Unavailable", "TimedOut"].includes(error.kind)) return true;
      throw error;
    }
  }

  async #fill(
    at: Location,
    entry: CacheEntry,
    filling: Filling,
    options: OpOptions,
  ): Promise<void> {
    const { maxBytes } = this.#options;
    const { fingerprint } = filling;
    // Another process may have done it while we waited for the lock.
    const before = await entry.manifest(options);
    if (before?.fingerprint === fingerprint) return;
    await entry.reclaim(options);
    const filled = await this.#roomFor(at, entry, () => filling.fill(entry.partial, options));
    const { bytes } = filled;
    await entry.publish({ fingerprint, ...filled }, options);
    this.#touched.set(at.href, performance.now());
    if (this.#bytes !== undefined) this.#bytes += bytes - (before?.bytes ?? 0);
    if (this.#bytes === undefined || this.#bytes > maxBytes) {
      await this.#evict(at, maxBytes, options);
    }
  }

  /** Runs `work`, and once more with all else removed when the disk is full. */
  async #roomFor<T>(at: Location, entry: CacheEntry, work: () => Promise<T>): Promise<T> {
    const isFull = (error: unknown) => isVfsError(error) && error.kind === "StorageFull";
    try {
      return await work();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    await this.#evict(at, 0, {});
    try {
      return await work();
    } catch (error) {
      if (isFull(error)) await this.#options.vfs.remove(entry.partial, { recursive: true });
      throw error;
    }
  }

  async #evict(but: Location, maxBytes: number, options: OpOptions): Promise<void> {
    const { vfs, root } = this.#options;
    const keeps = ({ href }: Location) => href === but.href || this.#held.has(href);
    this.#bytes = await evict(vfs, root, maxBytes, keeps, options);
  }

  async #touch(at: Location, entry: CacheEntry, options: OpOptions): Promise<void> {
    const now = performance.now();
    if (now - (this.#touched.get(at.href) ?? -Infinity) < TOUCH_MS) return;
    this.#touched.set(at.href, now);
    await entry.touch(options);
  }
}
