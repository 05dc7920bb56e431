/**
 * The content of members: found behind their local headers, inflated, checked.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { Inflate } from "fflate";
import { ENCRYPTED, LOCAL_BYTES, MASKED, MAX_TEXT, readLocal } from "../../formats/zip/records.ts";
import type { Ask } from "../../vfs/ask.ts";
import { type Bytes, type ChunkReader, concat, readerOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { damaged } from "../archive/damage.ts";
import type { InnerFile } from "../archive/inner_file.ts";
import { DEFLATED, STORED, type ZipMember } from "./zip_member.ts";

/** Beginnings are read along with the local header, and thrown away, up to here. */
const NEAR = 64 * 1024;
/** What is inflated in one go makes at most 1032 times as much. */
const PIECE = 4 * 1024;

/** Reads a part of a member, with one request in most cases and never more than two. @throws `Corrupt`, `NotSupported` */
export async function readContent(
  file: InnerFile,
  member: ZipMember,
  extent: Extent,
  ask: Ask,
): Promise<Bytes> {
  checkReadable(member, ask);
  const isStored = member.method === STORED;
  if (isStored && extent.start > NEAR) return await readFar(file, member, extent, ask);
  const wanted = isStored ? extent.end : member.packed;
  const most = member.offset + LOCAL_BYTES + member.nameBytes + MAX_TEXT + wanted;
  const range = { start: member.offset, end: Math.min(most, member.end) };
  const source = new Prefixed(readerOf((await file.open(range, ask)).body), ask);
  try {
    await source.skip(await headerBytes(source, member, ask));
    const packed = source.rest(wanted);
    const content = isStored ? packed : await inflated(packed, member, ask);
    return part(extent.end < member.size ? content : checked(content, member, ask), extent, member);
  } catch (error) {
    await source.close(error);
    throw error;
  }
}

function checkReadable({ kind, flags, method, size, packed }: ZipMember, { op, url }: Ask): void {
  const refused = (reason: string) => new VfsError("NotSupported", { op, url, reason });
  if (flags & (ENCRYPTED | MASKED)) throw refused("it is encrypted");
  if (method !== STORED && method !== DEFLATED) {
    throw refused(`it is compressed by method ${method}, and only stored and deflated can be read`);
  }
  const isImpossible = method === STORED ? size !== packed : size > 1032 * packed + 1032;
  if (kind === "file" && isImpossible) {
    const reason = `${packed} bytes cannot hold the ${size} that they claim`;
    throw new VfsError("Corrupt", { op, url, reason });
  }
}

/** Looks at the header alone, and then begins where the part does. */
async function readFar(
  file: InnerFile,
  member: ZipMember,
  { start, end }: Extent,
  ask: Ask,
): Promise<Bytes> {
  const { offset, nameBytes } = member;
  const bytes = await file.read(offset, offset + LOCAL_BYTES + nameBytes, ask);
  const header = new Prefixed(readerOf(bytes), ask);
  const rest = await headerBytes(header, member, ask);
  const data = offset + LOCAL_BYTES + nameBytes + rest;
  return (await file.open({ start: data + start, end: data + end }, ask)).body;
}

/** Reads the local header up to its name, and tells how many bytes there are before the data. */
async function headerBytes(source: Prefixed, member: ZipMember, ask: Ask): Promise<number> {
  const local = readLocal(await source.take(LOCAL_BYTES));
  const isSame = local !== undefined && local.nameBytes === member.nameBytes &&
    local.method === member.method && ((local.flags ^ member.flags) & ENCRYPTED) === 0 &&
    member.offset + local.length + member.packed <= member.end;
  const name = isSame ? await source.take(local.nameBytes) : undefined;
  const told = member.name;
  if (isSame && name!.every((byte, i) => byte === told[i])) {
    return local.length - LOCAL_BYTES - local.nameBytes;
  }
  throw damaged(ask, "its header is not what the directory of the zip tells");
}

/** Bytes of which some are taken before the rest is read. */
class Prefixed {
  readonly #reader: ChunkReader;
  readonly #ask: Ask;
  #kept: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(reader: ChunkReader, ask: Ask) {
    this.#reader = reader;
    this.#ask = ask;
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#kept.length < length) {
      const chunk = await this.#reader.read();
      if (chunk === undefined) throw damaged(this.#ask, "the zip breaks off");
      this.#kept = this.#kept.length === 0
        ? chunk
        : concat([this.#kept, chunk], this.#kept.length + chunk.length);
    }
    const taken = this.#kept.subarray(0, length);
    this.#kept = this.#kept.subarray(length);
    return taken;
  }

  async skip(length: number): Promise<void> {
    await this.take(length);
  }

  close(reason?: unknown): Promise<void> {
    return this.#reader.close(reason);
  }

  /** The next `length` bytes. */
  rest(length: number): ChunkReader {
    let left = length;
    return {
      read: async () => {
        if (left === 0) return undefined;
        const chunk = this.#kept.length > 0 ? this.#kept : await this.#reader.read();
        this.#kept = new Uint8Array();
        if (chunk === undefined) throw damaged(this.#ask, "the zip breaks off");
        const wanted = chunk.subarray(0, left);
        left -= wanted.length;
        return wanted;
      },
      close: (reason) => this.#reader.close(reason),
    };
  }
}

/** What `packed` inflates to, never more than the member's size. */
async function inflated(packed: ChunkReader, member: ZipMember, ask: Ask): Promise<ChunkReader> {
  const { Inflate } = await import("fflate");
  const out: Uint8Array<ArrayBuffer>[] = [];
  const inflate = new Inflate((chunk) => {
    if (chunk.length > 0) out.push(chunk as Uint8Array<ArrayBuffer>);
  });
  let input: Uint8Array<ArrayBuffer> = new Uint8Array();
  let made = 0;
  let isOver = false;
  return {
    async read() {
      while (out.length === 0 && !isOver) {
        throwIfAborted(ask.signal, ask.op, ask.url);
        if (input.length === 0) input = await packed.read() ?? input;
        isOver = input.length === 0;
        push(inflate, input.subarray(0, PIECE), isOver, ask);
        input = input.subarray(PIECE);
      }
      const chunk = out.shift();
      made += chunk?.length ?? 0;
      if (made > member.size || (chunk === undefined && made < member.size)) {
        throw damaged(ask, `it does not inflate to the ${member.size} bytes that it claims`);
      }
      return chunk;
    },
    close: (reason) => packed.close(reason),
  };
}

function push(inflate: Inflate, piece: Uint8Array<ArrayBuffer>, isLast: boolean, ask: Ask): void {
  try {
    inflate.push(piece, isLast);
  } catch (error) {
    throw damaged(ask, "it cannot be inflated", error);
  }
}

/** Compares the checksum before the last bytes are handed out. */
function checked(content: ChunkReader, { crc, size }: ZipMember, ask: Ask): ChunkReader {
  let sum = 0;
  let read = 0;
  return {
    async read() {
      const chunk = await content.read();
      read += chunk?.length ?? 0;
      if (chunk) sum = crc32(chunk, sum);
      if (read === size && sum !== crc) throw damaged(ask, "its checksum is wrong");
      return chunk;
    },
    close: (reason) => content.close(reason),
  };
}

/** The part of the content that is wanted; what precedes it is read over. */
function part(content: ChunkReader, { start, end }: Extent, { size }: ZipMember): ChunkReader {
  let at = 0;
  let isOver = false;
  const finish = async () => {
    // A whole read goes to the end of the data, so that what is wrong there is seen.
    if (start === 0 && end === size) { while (await content.read() !== undefined); }
    isOver = true;
    await content.close();
  };
  return {
    async read() {
      while (!isOver) {
        if (at >= end) {
          await finish();
          break;
        }
        const chunk = await content.read();
        if (chunk === undefined) {
          await finish();
          break;
        }
        const from = Math.max(0, start - at);
        const wanted = chunk.subarray(from, Math.max(from, end - at));
        at += chunk.length;
        if (wanted.length > 0) return wanted;
      }
      return undefined;
    },
    close: (reason) => content.close(reason),
  };
}
