/**
 * Where the bytes of files are: in memory or in a folder.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { join } from "@std/path";
import { ensureDir } from "@std/fs";

/** Bytes that are kept. */
export interface HeldBlob {
  readonly blob: string;
  readonly size: number;
}

/** Bytes that were stored. */
export interface StoredBlob extends HeldBlob {
  /** MD5 in hex. */
  readonly digest: string;
  /** CRC-32, which zip headers need before the bytes. */
  readonly crc: number;
}

/** A source of bytes, in pieces that nobody changes any more. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Stored bytes by name. */
export interface Blobs {
  /** Stores what `source` yields; nothing remains of a source that fails. */
  write(source: Pieces): Promise<StoredBlob>;
  /** Keeps what `source` yields for a while, as it is. */
  hold(source: Pieces): Promise<HeldBlob>;
  /** Reads bytes `start` to `end` (exclusive) in pieces. */
  read(blob: string, start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  /** Notes one more user of the same bytes. */
  share(stored: StoredBlob): StoredBlob;
  /** One user less; the last one takes the bytes along. */
  release(blob: string): Promise<void>;
}

const PIECE = 256 * 1024;

/** Counts the users of blobs. */
class Users {
  readonly #counts = new Map<string, number>();

  add(blob: string): void {
    this.#counts.set(blob, (this.#counts.get(blob) ?? 0) + 1);
  }

  /** Whether that was the last one. */
  drop(blob: string): boolean {
    const left = (this.#counts.get(blob) ?? 1) - 1;
    if (left > 0) this.#counts.set(blob, left);
    else this.#counts.delete(blob);
    return left <= 0;
  }
}

/** Takes the sums of what passes. */
class Sums {
  readonly #hash = createHash("md5");
  #crc = 0;

  async *of(source: Pieces): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.#hash.update(piece);
      this.#crc = crc32(piece, this.#crc);
      yield piece;
    }
  }

  end(): Pick<StoredBlob, "digest" | "crc"> {
    return { digest: this.#hash.digest("hex"), crc: this.#crc };
  }
}

/** Keeps bytes in memory. */
export class MemoryBlobs implements Blobs {
  readonly #parts = new Map<string, Uint8Array<ArrayBuffer>[]>();
  readonly #users = new Users();
  #count = 0;

  write(source: Pieces): Promise<StoredBlob> {
    return summed(this, source);
  }

  async hold(source: Pieces): Promise<HeldBlob> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const piece of source) {
      parts.push(owned(piece));
      size += piece.length;
    }
    const blob = String(++this.#count);
    this.#parts.set(blob, parts);
    this.#users.add(blob);
    return { blob, size };
  }

  async *read(blob: string, start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let offset = 0;
    for (const part of await Promise.resolve(this.#parts.get(blob) ?? [])) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, part.length);
      if (from < to) yield part.subarray(from, to);
      offset += part.length;
      if (offset >= end) return;
    }
  }

  share(stored: StoredBlob): StoredBlob {
    this.#users.add(stored.blob);
    return stored;
  }

  release(blob: string): Promise<void> {
    if (this.#users.drop(blob)) this.#parts.delete(blob);
    return Promise.resolve();
  }
}

/** Keeps bytes as files of one folder. */
export class FolderBlobs implements Blobs {
  readonly #folder: string;
  readonly #users = new Users();
  #released: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(source: Pieces): Promise<StoredBlob> {
    return summed(this, source);
  }

  async hold(source: Pieces): Promise<HeldBlob> {
    await ensureDir(this.#folder);
    const blob = crypto.randomUUID();
    const path = join(this.#folder, blob);
    let size = 0;
    try {
      using file = await Deno.open(path, { write: true, createNew: true });
      for await (const piece of source) {
        size += piece.length;
        for (let done = 0; done < piece.length;) done += await file.write(piece.subarray(done));
      }
    } catch (error) {
      await Deno.remove(path);
      throw error;
    }
    this.#users.add(blob);
    return { blob, size };
  }

  async *read(blob: string, start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    using file = await Deno.open(join(this.#folder, blob));
    await file.seek(start, Deno.SeekMode.Start);
    for (let left = end - start; left > 0;) {
      const piece = new Uint8Array(Math.min(PIECE, left));
      const count = await file.read(piece);
      if (count === null) return;
      yield piece.subarray(0, count);
      left -= count;
    }
  }

  share(stored: StoredBlob): StoredBlob {
    this.#users.add(stored.blob);
    return stored;
  }

  release(blob: string): Promise<void> {
    // An archive that was written before names it, and is what is left when the process is killed.
    if (this.#users.drop(blob)) this.#released.push(blob);
    return Promise.resolve();
  }

  /** Takes away, when it is called, what nobody uses by now. */
  sweeping(): () => Promise<void> {
    const released = this.#released;
    this.#released = [];
    return async () => {
      for (const blob of released) {
        try {
          await Deno.remove(join(this.#folder, blob));
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
    };
  }
}

async function summed(blobs: Blobs, source: Pieces): Promise<StoredBlob> {
  const sums = new Sums();
  const held = await blobs.hold(sums.of(source));
  return { ...held, ...sums.end() };
}

/** The same bytes, in memory that holds nothing else. */
function owned(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, length } = piece;
  const isAll = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return isAll ? new Uint8Array(buffer) : piece.slice();
}

/** All bytes from `start` to `end` in one piece. */
export async function readWhole(
  blobs: Blobs,
  blob: string,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(Math.max(end - start, 0));
  let filled = 0;
  for await (const piece of blobs.read(blob, start, end)) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole.subarray(0, filled);
}
