/**
 * Room on disk for instances that come before anybody asks for them.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";

/** A temporary file, written at its end and read from its start. */
export interface SpoolFile {
  /** Adds bytes. @throws `StorageFull` */
  write(chunk: Uint8Array): Promise<void>;
  /** The next bytes, of those written so far. */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Frees it. Idempotent. */
  close(): void;
}

/** Options of {@linkcode Spool}. */
export interface SpoolOptions {
  /** Folder for temporary files. @default the system's */
  readonly directory?: string;
  /** Most bytes at once. @default {268_435_456} */
  readonly maxBytes?: number;
}

const READ = 262_144;

/** Temporary files up to a number of bytes. They have no name where the system allows, so that none is left behind. */
export class Spool {
  readonly #directory: string | undefined;
  readonly #maxBytes: number;
  #used = 0;
  readonly #waiting = new Set<() => void>();
  readonly #pending = new Set<Promise<unknown>>();
  #isUsable: boolean | undefined;

  /** Makes nothing yet. */
  constructor({ directory, maxBytes = 268_435_456 }: SpoolOptions = {}) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
  }

  /** Whether files may be made; asks nobody. */
  get isUsable(): boolean {
    return this.#isUsable ??= this.#maxBytes > 0 && mayUse(this.#directory);
  }

  /** Whether `length` more bytes fit in. */
  hasRoom(length: number): boolean {
    return this.#used + length <= this.#maxBytes;
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

  #tracked<T>(promise: Promise<T>): Promise<T> {
    this.#pending.add(promise);
    const settle = () => void this.#pending.delete(promise);
    promise.then(settle, settle);
    return promise;
  }

  async #open(url: string): Promise<SpoolFile> {
    const path = await attempt(
      url,
      () => Deno.makeTempFile({ dir: this.#directory, prefix: "medvfs-", suffix: ".dcm" }),
    );
    let reader: Deno.FsFile | undefined;
    let writer: Deno.FsFile | undefined;
    const remove = () => Deno.removeSync(path);
    const isNameless = Deno.build.os !== "windows";
    try {
      writer = await Deno.open(path, { write: true });
      reader = await Deno.open(path);
      if (isNameless) remove();
    } catch (error) {
      writer?.close();
      reader?.close();
      remove();
      throw error;
    }
    let size = 0;
    let isOpen = true;
    const [from, to] = [reader, writer];
    return {
      write: (chunk) => {
        this.#used += chunk.length;
        size += chunk.length;
        return this.#tracked(writeAll(to, chunk, url));
      },
      async read() {
        const chunk = new Uint8Array(READ);
        const length = await from.read(chunk);
        return length === null ? undefined : chunk.subarray(0, length);
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        from.close();
        to.close();
        if (!isNameless) remove();
        this.#used -= size;
        for (const listener of [...this.#waiting]) listener();
      },
    };
  }
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array, url: string): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += await attempt(url, () => file.write(chunk.subarray(at)));
  }
}

async function attempt<T>(url: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const isFull = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
    const reason = isFull ? "no space left for temporary files" : "cannot make a temporary file";
    throw new VfsError(isFull ? "StorageFull" : "PermissionDenied", {
      op: "read",
      url,
      reason,
      cause,
      detail: isFull ? { os: "ENOSPC" } : undefined,
    });
  }
}

function mayUse(directory: string | undefined): boolean {
  const isGranted = (name: "read" | "write", path?: string) =>
    Deno.permissions.querySync({ name, path }).state === "granted";
  const paths = directory === undefined ? [undefined, temporaryFolder()] : [directory];
  return paths.some((path) => isGranted("read", path) && isGranted("write", path));
}

/** Where the system keeps temporary files, as far as we may know. */
function temporaryFolder(): string {
  const isKnown = Deno.permissions.querySync({ name: "env", variable: "TMPDIR" }).state ===
    "granted";
  return isKnown && Deno.env.get("TMPDIR") || "/tmp";
}
