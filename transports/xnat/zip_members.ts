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
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Extent } from "../../vfs/bytes/range.ts";

/** A member that was wanted. */
export interface StoredMember<T> extends Extent {
  /** What `want` gave for it. */
  readonly wanted: T;
  /** The checksum that the zip has for it; nobody compared it. */
  readonly crc32: number;
}

/** Members that came one after the other. */
export interface StoredMembers<T> {
  /** Where their content lies, and nothing else that is still of use. */
  readonly memory: ArrayBuffer;
  /** In the order of the zip. */
  readonly members: readonly StoredMember<T>[];
  /** Gives the memory back, once nothing in it is of use: new memory costs as much as copying what is read into it. */
  readonly release: (memory: ArrayBuffer) => void;
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
/** Bytes of members that are given together: of those that are hashed eight at once, four of the size of a CT slice. */
const TOGETHER = 2112 * 1024;
/** Most members that are given together: so many, at the most, are lost with a connection that breaks. */
const MOST = 64;

/**
 * Gives the members that are wanted, some at once, where the network has put them; skips the others. The reader is at the
 * directory then, or beyond its beginning.
 *
 * @throws what `cut` and `unreadable` make
 */
export async function* membersOf<T>(
  reader: ChunkReader,
  options: MembersOptions<T>,
): AsyncGenerator<StoredMembers<T>> {
  const input = new Input<T>(reader, options.cut);
  try {
    while (await readMember(input, options)) {
      if (input.isReady) yield* input.given();
    }
  } catch (error) {
    input.give();
    yield* input.given();
    throw error;
  }
  input.give();
  yield* input.given();
}

/** Reads one member; gives whether there was one. */
async function readMember<T>(
  input: Input<T>,
  { want, unreadable }: MembersOptions<T>,
): Promise<boolean> {
  // What is there already is not waited for: of thousands of members a turn for each step would take longer than all else.
  const start = input.here(LOCAL_BYTES) ?? await input.peek(4);
  const signature = viewOf(start).getUint32(0, true);
  if (AFTER.includes(signature)) return false;
  if (signature !== LOCAL) throw unreadable("it is no zip, or a damaged one");
  const header = readLocal(input.here(LOCAL_BYTES) ?? await input.peek(LOCAL_BYTES))!;
  const { flags, method, size, packed, crc, nameBytes, length } = header;
  if (method !== 0 || (flags & (ENCRYPTED | DESCRIBED_AFTER)) !== 0) {
    throw unreadable("its members are not stored plainly");
  }
  if (size === FULL_32 || packed !== size) {
    throw unreadable("it tells the sizes of its members elsewhere");
  }
  const local = input.here(length) ?? await input.peek(length);
  const name = local.subarray(LOCAL_BYTES, LOCAL_BYTES + nameBytes);
  const path = (flags & UTF8 ? UTF_8 : LATIN_1).decode(name);
  input.take(length);
  const wanted = want(path, size);
  if (wanted === undefined) await input.skip(size);
  else {
    if (!input.here(size)) await input.peek(size);
    input.keep(size, wanted, crc);
  }
  return true;
}

const UTF_8 = new TextDecoder();
const LATIN_1 = new TextDecoder("latin1");

/** What comes, in memory that is given away with the members in it. */
class Input<T> {
  readonly #reader: ChunkReader;
  readonly #cut: () => Error;
  #memory = new Uint8Array(TOGETHER);
  /** What is in memory and was not taken yet. */
  #at = 0;
  #end = 0;
  /** What came elsewhere, and waits for room. */
  #rest: Uint8Array = new Uint8Array();
  #members: StoredMember<T>[] = [];
  #given: StoredMembers<T>[] = [];
  readonly #released: ArrayBuffer[] = [];

  constructor(reader: ChunkReader, cut: () => Error) {
    this.#reader = reader;
    this.#cut = cut;
  }

  /** The next `length` bytes where they are there, as {@linkcode Input.peek} gives them. */
  here(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#end - this.#at < length) return undefined;
    return this.#memory.subarray(this.#at, this.#at + length);
  }

  /** The next `length` bytes, which are still to be taken; they are good until something else is asked for. */
  async peek(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#at + length > this.#memory.length) this.#makeRoom(length);
    while (this.#end - this.#at < length) await this.#more();
    return this.#memory.subarray(this.#at, this.#at + length);
  }

  /** Takes the next `length` bytes, which are there. */
  take(length: number): void {
    this.#at += length;
  }

  /** Takes the next `length` bytes, which are there, as a member. */
  keep(length: number, wanted: T, crc32: number): void {
    const start = this.#at;
    this.#at += length;
    this.#members.push({ wanted, crc32, start, end: this.#at });
    if (this.#members.length >= MOST) this.#makeRoom(TOGETHER);
  }

  /** Takes the next `length` bytes for nothing. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#at === this.#end) await this.peek(1);
      const part = Math.min(left, this.#end - this.#at);
      this.#at += part;
      left -= part;
    }
  }

  /** Something was made ready. */
  get isReady(): boolean {
    return this.#given.length > 0;
  }

  /** What is ready. */
  given(): StoredMembers<T>[] {
    return this.#given.splice(0);
  }

  /** Makes ready what was kept; into its memory nothing can be read afterwards. */
  give(): void {
    const { buffer } = this.#memory;
    // A stream that ends, or breaks, keeps the memory that it was given to fill.
    if (this.#members.length === 0 || buffer.detached) return;
    const release = (memory: ArrayBuffer) => void this.#released.push(memory);
    this.#given.push({ memory: buffer, members: this.#members, release });
    this.#members = [];
  }

  /** Room for `length` bytes from where we are, in other memory where members are in this. */
  #makeRoom(length: number): void {
    const rest = this.#memory.subarray(this.#at, this.#end);
    const isFree = this.#members.length === 0 && length <= this.#memory.length;
    const memory = isFree ? this.#memory : this.#memoryFor(Math.max(length, rest.length));
    memory.set(rest);
    this.give();
    this.#memory = memory;
    this.#at = 0;
    this.#end = rest.length;
  }

  /** Memory for `length` bytes. */
  #memoryFor(length: number): Uint8Array<ArrayBuffer> {
    while (this.#released.length > 0) {
      const memory = this.#released.pop()!;
      if (memory.byteLength >= length) return new Uint8Array(memory);
    }
    return new Uint8Array(Math.max(length, TOGETHER));
  }

  async #more(): Promise<void> {
    const { length } = this.#memory;
    const room = this.#memory.subarray(this.#end);
    if (this.#rest.length === 0) {
      const chunk = await this.#reader.read(room);
      if (chunk === undefined) throw this.#cut();
      if (this.#isFilled(chunk, room, length)) {
        this.#memory = new Uint8Array(chunk.buffer);
        this.#end += chunk.length;
        return;
      }
      this.#rest = chunk;
    }
    const part = this.#rest.subarray(0, room.length);
    room.set(part);
    this.#end += part.length;
    this.#rest = this.#rest.subarray(part.length);
  }

  /** Whether a chunk lies in `room`, or in what became of it, in memory of `length` bytes. */
  #isFilled(
    { buffer, byteOffset }: Uint8Array<ArrayBuffer>,
    room: Uint8Array<ArrayBuffer>,
    length: number,
  ): boolean {
    const isThere = byteOffset === this.#end && buffer.byteLength === length;
    if (!room.buffer.detached) return isThere && buffer === room.buffer;
    if (isThere) return true;
    throw this.#cut();
  }
}
