/**
 * The index of a folder that others may change too: read under the lock, changed in one go, written in place.
 *
 * Python's server watches the file and not its name, so that a new file put in its place would be overlooked and then
 * overwritten.
 *
 * @module
 */

import { isNotFound, isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { callSystem } from "../../vfs/system_errors.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { lockFile } from "../file_lock.ts";
import { localPath } from "../local_path.ts";
import { KeyedLock } from "../single_flight.ts";
import { emptyIndex, type FolderIndex, formatIndex, parseIndex } from "./index_file.ts";

const INDEX_FILE = "datastore_v2.json";
const LOCK_FILE = ".lock";
const LOCK_TIMEOUT_MS = 60_000;

/** Folders that cannot be locked are at least this process's own one at a time. */
const HERE = new KeyedLock();

/** Changes an index, and says whether anything changed. */
export type Change<T> = (
  index: FolderIndex,
) => Promise<{ readonly value: T; readonly isChanged: boolean }>;

/** An index in a folder. */
export class SharedIndex {
  readonly #vfs: Vfs;
  readonly #root: Location;
  readonly #file: Location;
  #known: { readonly version: string; readonly index: FolderIndex } | undefined;

  /** The one in the folder `root`. */
  constructor(vfs: Vfs, root: Location) {
    this.#vfs = vfs;
    this.#root = root;
    this.#file = root.child(INDEX_FILE);
  }

  /** The index as it is now. It must not be changed. */
  async read(options: OpOptions): Promise<FolderIndex> {
    const version = await this.#version(options);
    if (this.#known && version === this.#known.version) return this.#known.index;
    if (version === "") return emptyIndex();
    return await this.#locked(options, true, () => this.#load(options));
  }

  /** Changes the index as it is now, and writes it unless `work` says that nothing changed. */
  async change<T>(options: OpOptions, work: Change<T>): Promise<T> {
    return await this.#locked(options, false, async () => {
      const [value, index] = await this.#worked(options, work);
      if (index) await this.#write(index, options);
      return value;
    });
  }

  /** The same, but for a folder that may not be written: then the change is known here alone. */
  async adapt<T>(options: OpOptions, work: Change<T>): Promise<T> {
    // Who only looks at a folder that is no datastore leaves no lock in it.
    if (await this.#version(options) === "") {
      const { value, isChanged } = await work(structuredClone(this.#known?.index ?? emptyIndex()));
      if (!isChanged) return value;
    }
    return await this.#locked(options, true, async () => {
      const [value, index] = await this.#worked(options, work);
      if (!index) return value;
      try {
        await this.#write(index, options);
      } catch (error) {
        if (!isDenied(error)) throw error;
        this.#known = { version: await this.#version(options), index };
      }
      return value;
    });
  }

  async #worked<T>(
    options: OpOptions,
    work: Change<T>,
  ): Promise<readonly [value: T, changed?: FolderIndex]> {
    const index = structuredClone(await this.#load(options));
    const { value, isChanged } = await work(index);
    return isChanged ? [value, index] : [value];
  }

  async #load(options: OpOptions): Promise<FolderIndex> {
    const version = await this.#version(options);
    if (this.#known?.version === version) return this.#known.index;
    const index = version === ""
      ? emptyIndex()
      : parseIndex(await this.#vfs.readTextFile(this.#file, options), this.#file.href);
    this.#known = { version, index };
    return index;
  }

  async #write(index: FolderIndex, options: OpOptions): Promise<void> {
    const text = formatIndex(index);
    if (this.#file.scheme === "file") await writeInPlace(this.#file, text);
    else await this.#vfs.writeFile(this.#file, text, options);
    this.#known = { version: await this.#version(options), index };
  }

  /** Differs when the file does; empty when there is none. */
  async #version(options: OpOptions): Promise<string> {
    try {
      const { etag, size, mtime } = await this.#vfs.stat(this.#file, options);
      return etag ?? JSON.stringify([size, mtime]);
    } catch (error) {
      if (isNotFound(error)) return "";
      throw error;
    }
  }

  async #locked<T>(
    options: OpOptions,
    mayGoWithout: boolean,
    work: () => Promise<T>,
  ): Promise<T> {
    const { href: url } = this.#root;
    return await HERE.run(url, { ...options, op: "lock", url }, async () => {
      await using _ = this.#root.scheme === "file"
        ? await this.#lock(options, mayGoWithout)
        : undefined;
      return await work();
    });
  }

  /** The lock; nothing in a folder that may not be written, where others may not either. */
  async #lock(options: OpOptions, mayGoWithout: boolean): Promise<AsyncDisposable | undefined> {
    try {
      await this.#vfs.mkdir(this.#root, { ...options, recursive: true });
      const lock = this.#root.child(LOCK_FILE);
      return await lockFile(lock, { ...options, timeoutMs: LOCK_TIMEOUT_MS });
    } catch (error) {
      if (mayGoWithout && isDenied(error)) return undefined;
      throw error;
    }
  }
}

function isDenied(error: unknown): boolean {
  return isVfsError(error) && error.kind === "PermissionDenied";
}

/** Where that fails, what was there is put back: a disk that is full has still room for it. */
async function writeInPlace(at: Location, text: string): Promise<void> {
  await callSystem("write", at, async () => {
    const path = localPath(at);
    const before = await Deno.readFile(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    using file = await Deno.open(path, { write: true, create: true });
    try {
      await overwrite(file, new TextEncoder().encode(text));
    } catch (error) {
      const undoing = before ? overwrite(file, before) : Deno.remove(path);
      // What went wrong first is told.
      await undoing.catch(() => {});
      throw error;
    }
  });
}

async function overwrite(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  // Blanks over the rest of a longer one: whoever is killed before it is cut off leaves JSON.
  const padded = new Uint8Array(Math.max(bytes.length, size)).fill(0x20);
  padded.set(bytes);
  await file.seek(0, Deno.SeekMode.Start);
  for (let done = 0; done < padded.length;) done += await file.write(padded.subarray(done));
  await file.truncate(bytes.length);
}
