/**
 * Content that was inflated once, in a temporary file.
 *
 * @module
 */

import type { Bytes, ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import { isGranted } from "../../vfs/platform.ts";

const PIECE = 256 * 1024;

/** Bytes that can be read from anywhere, by several readers at once. */
export class Unpacked {
  readonly #file: Deno.FsFile;
  readonly #remove: () => void;
  #readers = 0;
  #isClosing = false;
  #isClosed = false;
  /** The file has one position, which readers use in turn. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: Deno.FsFile, remove: () => void) {
    this.#file = file;
    this.#remove = remove;
  }

  /** Takes all of `content`; `undefined` where there is no place for it. */
  static async from(content: ChunkReader): Promise<Unpacked | undefined> {
    const unpacked = attempt(() => Unpacked.#make());
    if (!unpacked) return undefined;
    try {
      for (let chunk = await content.read(); chunk; chunk = await content.read()) {
        if (await unpacked.#write(chunk)) continue;
        unpacked.close();
        return undefined;
      }
      return unpacked;
    } catch (error) {
      unpacked.close();
      throw error;
    }
  }

  static #make(): Unpacked | undefined {
    // Whoever may not write is not asked whether he wants to.
    if (!isGranted({ name: "write" })) return undefined;
    // At one go, and without a name where the system allows: a process that is killed leaves whatever has one.
    const path = Deno.makeTempFileSync({ prefix: "medvfs-", suffix: ".tar" });
    const isNameless = Deno.build.os !== "windows";
    try {
      const file = Deno.openSync(path, { read: true, write: true });
      return new Unpacked(file, isNameless ? () => {} : () => Deno.removeSync(path));
    } finally {
      if (isNameless) Deno.removeSync(path);
    }
  }

  async #write(chunk: Uint8Array): Promise<boolean> {
    try {
      for (let at = 0; at < chunk.length;) at += await this.#file.write(chunk.subarray(at));
      return true;
    } catch {
      // The disk is full, most likely. The content can be had without.
      return false;
    }
  }

  /** The bytes of a part. */
  open({ start, end }: Extent): Bytes {
    this.#readers++;
    let at = start;
    let isOpen = true;
    const leave = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#readers--;
      if (this.#isClosing) this.close();
    };
    return {
      read: async () => {
        const length = Math.min(PIECE, end - at);
        const chunk = isOpen && length > 0 ? await this.#readAt(at, length) : undefined;
        at += chunk?.length ?? 0;
        if (at >= end) leave();
        return chunk;
      },
      close: () => Promise.resolve(leave()),
    };
  }

  #readAt(at: number, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const reading = this.#turn.then(async () => {
      await this.#file.seek(at, Deno.SeekMode.Start);
      const chunk = new Uint8Array(length);
      const count = await this.#file.read(chunk);
      return count === null ? undefined : chunk.subarray(0, count);
    });
    this.#turn = reading.catch(() => {});
    return reading;
  }

  /** Frees the file once nobody reads it any more. Idempotent. */
  close(): void {
    this.#isClosing = true;
    if (this.#readers > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
    this.#remove();
  }
}

function attempt<T>(make: () => T | undefined): T | undefined {
  try {
    return make();
  } catch {
    // No permission, or no folder for temporary files.
    return undefined;
  }
}
