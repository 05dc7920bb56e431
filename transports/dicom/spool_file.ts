/**
 * Temporary files, on disk or in memory.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";

/** A temporary file, written at its end and read from its start. */
export interface SpoolFile {
  /** Adds bytes. @throws `StorageFull` */
  write(chunk: Uint8Array): Promise<void>;
  /** The next bytes, of those written so far; on disk they are read into memory that is given. */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Frees it. Idempotent. */
  close(): void;
}

const READ = 262_144;

/** Makes a file in memory. */
export function memoryFile(): SpoolFile {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: (chunk) => Promise.resolve(void chunks.push(chunk.slice())),
    read: () => Promise.resolve(chunks.shift()),
    close: () => void chunks.splice(0),
  };
}

/** Makes a file on disk, without a name where the system allows, so that none is left behind. */
export async function diskFile(directory: string | undefined, url: string): Promise<SpoolFile> {
  // At one go, since a process that is killed leaves whatever has a name by then.
  const path = await attempt(
    url,
    // deno-lint-ignore require-await -- what it throws is to be a rejection
    async () => Deno.makeTempFileSync({ dir: directory, prefix: "medvfs-", suffix: ".dcm" }),
  );
  let reader: Deno.FsFile | undefined;
  let writer: Deno.FsFile | undefined;
  const remove = () => Deno.removeSync(path);
  const isNameless = Deno.build.os !== "windows";
  try {
    writer = Deno.openSync(path, { write: true });
    reader = Deno.openSync(path);
    if (isNameless) remove();
  } catch (error) {
    writer?.close();
    reader?.close();
    remove();
    throw error;
  }
  let isOpen = true;
  const [from, to] = [reader, writer];
  return {
    write: (chunk) => writeAll(to, chunk, url),
    async read(into) {
      const chunk = into?.length ? into : new Uint8Array(READ);
      const length = await from.read(chunk);
      return length === null ? undefined : chunk.subarray(0, length);
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      from.close();
      to.close();
      if (!isNameless) remove();
    },
  };
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
