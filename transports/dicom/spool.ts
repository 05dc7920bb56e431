/**
 * Room for instances that come before anybody asks for them.
 *
 * @module
 */

import { isGranted, permittedEnv } from "../../vfs/platform.ts";
import { diskFile, memoryFile, type SpoolFile } from "./spool_file.ts";

/** Options of {@linkcode Spool}. */
export interface SpoolOptions {
  /** Folder for temporary files; `false` keeps them in memory. @default the system's, if we may use it */
  readonly directory?: string | false;
  /** Most bytes at once; in memory no more than 33,554,432. @default {268_435_456} */
  readonly maxBytes?: number;
}

const IN_MEMORY = 33_554_432;
/** Most bytes of small instances that wait in memory though there is a disk: a file for each costs more than itself. */
const SMALL_ONES = 4_194_304;
/** Memory for a chunk as it comes from the network, in bytes, and how much of it is kept to be used again. */
const BLOCK = 131_072;
const MOST_BLOCKS = 32;

/** Temporary files up to a number of bytes: on disk, or fewer in memory where the disk may not be used. */
export class Spool {
  readonly #options: SpoolOptions;
  #room: { readonly isOnDisk: boolean; readonly maxBytes: number } | undefined;
  #used = 0;
  #kept = 0;
  readonly #blocks: ArrayBuffer[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #pending = new Set<Promise<unknown>>();

  /** Makes nothing yet. */
  constructor(options: SpoolOptions = {}) {
    this.#options = options;
  }

  /** Whether there is any room. */
  get isUsable(): boolean {
    return this.#limits().maxBytes > 0;
  }

  /** Whether `length` more bytes fit in. */
  hasRoom(length: number): boolean {
    return this.#used + length <= this.#limits().maxBytes;
  }

  /** Takes room in memory for `length` bytes of a small instance; false when there is none. */
  keep(length: number): boolean {
    if (!this.hasRoom(length) || this.#kept + length > SMALL_ONES) return false;
    this.#kept += length;
    this.#used += length;
    return true;
  }

  /** Frees room that {@linkcode keep} took. */
  free(length: number): void {
    this.#kept -= length;
    this.#release(length);
  }

  #release(length: number): void {
    if (length === 0) return;
    this.#used -= length;
    for (const listener of [...this.#waiting]) listener();
  }

  /** Copies a chunk that was lent, into memory that was used before where it is a large one. */
  copyOf(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
    if (chunk.length < BLOCK / 2 || chunk.length > BLOCK) return chunk.slice();
    const copy = new Uint8Array(this.#blocks.pop() ?? new ArrayBuffer(BLOCK), 0, chunk.length);
    copy.set(chunk);
    return copy;
  }

  /** Takes the memory of a copy back, which nobody reads any more. */
  takeBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    const isBlock = buffer.byteLength === BLOCK;
    if (isBlock && this.#blocks.length < MOST_BLOCKS) this.#blocks.push(buffer);
  }

  /** Calls `listener` when something is freed, until the function returned is called. */
  onFreed(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** Makes a file. @throws `StorageFull`, `PermissionDenied` */
  open(url: string): Promise<SpoolFile> {
    return this.#tracked(this.#open(url));
  }

  /** Settles when the system is done with all that it was asked for. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  async #open(url: string): Promise<SpoolFile> {
    const { directory } = this.#options;
    const file = this.#limits().isOnDisk
      ? await diskFile(directory || undefined, url)
      : memoryFile();
    let size = 0;
    return {
      write: (chunk) => {
        this.#used += chunk.length;
        size += chunk.length;
        return this.#tracked(file.write(chunk));
      },
      read: (into) => file.read(into),
      close: () => {
        file.close();
        this.#release(size);
        size = 0;
      },
    };
  }

  #tracked<T>(promise: Promise<T>): Promise<T> {
    this.#pending.add(promise);
    const settle = () => void this.#pending.delete(promise);
    promise.then(settle, settle);
    return promise;
  }

  /** Where the room is; asks nobody for permission. */
  #limits(): { readonly isOnDisk: boolean; readonly maxBytes: number } {
    if (this.#room) return this.#room;
    const { directory, maxBytes = 268_435_456 } = this.#options;
    const isOnDisk = directory !== false && mayUse(directory);
    return this.#room = {
      isOnDisk,
      maxBytes: isOnDisk ? maxBytes : Math.min(maxBytes, IN_MEMORY),
    };
  }
}

function mayUse(directory: string | undefined): boolean {
  const paths = directory === undefined ? [undefined, temporaryFolder()] : [directory];
  return paths.some((path) =>
    isGranted({ name: "read", path }) && isGranted({ name: "write", path })
  );
}

/** Where the system keeps temporary files, as far as we may know. */
function temporaryFolder(): string {
  return permittedEnv("TMPDIR") ?? "/tmp";
}
