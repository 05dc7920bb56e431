/**
 * The members of a zip as they come (APPNOTE.TXT 4.3.7), for zips that store them and tell their sizes before.
 *
 * Its directory, which comes last, is not waited for: whoever takes members so compares them with something better.
 *
 * @module
 */

import {
  CENTRAL,
  DESCRIBED_AFTER,
  ENCRYPTED,
  END,
  END64,
  FULL_32,
  LOCAL,
  LOCAL_BYTES,
  readLocal,
  UTF8,
  viewOf,
} from "../../formats/zip/records.ts";
import { type ChunkReader, concat, memoryOf } from "../../vfs/bytes/bytes.ts";

/** A member that was wanted. */
export interface StoredMember<T> {
  /** What `want` gave for it. */
  readonly wanted: T;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The checksum that the zip has for it; nobody compared it. */
  readonly crc32: number;
}

/** How a zip is read. */
export interface MembersOptions<T> {
  /** Tells whether a member of this path and size is wanted; only then its bytes are kept. */
  readonly want: (path: string, size: number) => T | undefined;
  /** Makes the error for a zip that ends early. */
  readonly cut: () => Error;
  /** Makes the error for what is no zip, or one that cannot be read as it comes. */
  readonly unreadable: (reason: string) => Error;
}

/** What follows the members: the directory, or its end where there are none. */
const AFTER: readonly number[] = [CENTRAL, END, END64];
/** Bytes that are asked for at once. */
const AT_ONCE = 256 * 1024;

/**
 * Gives the members that are wanted; skips the others. The reader is at the directory then.
 *
 * @throws what `cut` and `unreadable` make
 */
export async function* membersOf<T>(
  reader: ChunkReader,
  { want, cut, unreadable }: MembersOptions<T>,
): AsyncGenerator<StoredMember<T>> {
  const input = new Input(reader, cut);
  while (true) {
    const start = await input.take(4);
    const signature = viewOf(start).getUint32(0, true);
    if (AFTER.includes(signature)) return;
    if (signature !== LOCAL) throw unreadable("it is no zip, or a damaged one");
    const rest = await input.take(LOCAL_BYTES - start.length);
    const header = readLocal(concat([start, rest], LOCAL_BYTES))!;
    const { flags, method, size, packed, crc, nameBytes, length } = header;
    if (method !== 0 || (flags & (ENCRYPTED | DESCRIBED_AFTER)) !== 0) {
      throw unreadable("its members are not stored plainly");
    }
    if (size === FULL_32 || packed !== size) {
      throw unreadable("it tells the sizes of its members elsewhere");
    }
    const name = await input.take(nameBytes);
    const path = new TextDecoder(flags & UTF8 ? "utf-8" : "latin1").decode(name);
    await input.skip(length - LOCAL_BYTES - nameBytes);
    const wanted = want(path, size);
    if (wanted === undefined) await input.skip(size);
    else yield { wanted, bytes: await input.take(size), crc32: crc };
  }
}

/** Bytes by number, out of chunks. */
class Input {
  readonly #reader: ChunkReader;
  readonly #cut: () => Error;
  #memory = new Uint8Array(AT_ONCE);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(reader: ChunkReader, cut: () => Error) {
    this.#reader = reader;
    this.#cut = cut;
  }

  /** The next `length` bytes, in an array of their own. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const part = await this.#some(length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.#some(left)).length;
  }

  /** Up to `most` of the next bytes. */
  async #some(most: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#rest.length === 0) {
      const chunk = await this.#reader.read(this.#memory);
      if (chunk === undefined) throw this.#cut();
      this.#memory = memoryOf(chunk, this.#memory) ?? this.#memory;
      this.#rest = chunk;
    }
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
