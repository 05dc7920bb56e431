/**
 * A zip of stored members whose length is known before the first byte is read (APPNOTE.TXT 6.3.10).
 *
 * Libraries that write zips as a stream put a member's size after its bytes. Java, and so XNAT, refuses that for stored
 * members, and the length of the whole would not be known.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { CENTRAL_BYTES, END_BYTES, LOCAL_BYTES, UTF8 } from "../../formats/zip/records.ts";
import {
  type DirectoryRecord,
  directoryRecord,
  endRecords,
  localRecord,
  type MemberRecord,
} from "../../formats/zip/write_records.ts";
import { type Bytes, chunksOf, collect } from "../../vfs/bytes/bytes.ts";

/** A file in a zip. */
export interface ZipMember {
  /** Path with slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Starts from the first byte; twice where there are more than {@linkcode AT_ONCE}. */
  readonly open: () => Bytes | Promise<Bytes>;
}

/** Up to so many bytes are kept while their checksum is taken, which comes before them. */
const AT_ONCE = 16 * 1024 * 1024;

/** Version 2.0 (§4.4.3). */
const VERSION = 20;
/** 1980-01-01, the first day that there is. */
const TIME = 0x21 << 16;
const MAX_BYTES = 0xffff_ffff;
/** One more would mean that a ZIP64 record counts (§4.4.1.4). */
const MAX_MEMBERS = 0xfffe;

/** Bytes of the zip of `members`. @throws {RangeError} above 4 GiB or 65,534 members */
export function zipSize(members: readonly Pick<ZipMember, "path" | "size">[]): number {
  const size = members.reduce(
    (sum, { path, size }) => sum + LOCAL_BYTES + CENTRAL_BYTES + 2 * encode(path).length + size,
    END_BYTES,
  );
  if (size > MAX_BYTES) throw new RangeError("it makes more than 4 GiB");
  if (members.length > MAX_MEMBERS) throw new RangeError("it has more than 65,534 files");
  return size;
}

/** The zip of `members`. @throws {RangeError} when one has another size than told */
export async function* storedZip(
  members: readonly ZipMember[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const member of members) {
    const { path, size } = member;
    const bytes = size > AT_ONCE ? undefined : await collect(member.open());
    const crc = bytes ? crcOf(bytes, member) : await crcFirst(member);
    const { header, entry } = storedRecords({ path, size, crc, offset });
    directory.push(entry);
    yield header;
    if (bytes === undefined) yield* again(member, crc);
    else if (size > 0) yield bytes;
    offset += header.length + size;
  }
  yield* directory;
  const length = directory.reduce((sum, { length }) => sum + length, 0);
  yield endRecords({ count: members.length, size: length, offset });
}

/** What stands before a stored member, which is at `offset`, and its entry in the directory. */
export function storedRecords(
  { path, size, crc, offset }: Omit<ZipMember, "open"> & Pick<DirectoryRecord, "crc" | "offset">,
): { readonly header: Uint8Array<ArrayBuffer>; readonly entry: Uint8Array<ArrayBuffer> } {
  const fields: MemberRecord = {
    version: VERSION,
    flags: UTF8,
    method: 0,
    time: TIME,
    crc,
    packed: size,
    size,
    name: encode(path),
  };
  const entry = directoryRecord({ ...fields, madeBy: VERSION, external: 0, offset });
  return { header: localRecord(fields), entry };
}

function crcOf(bytes: Uint8Array<ArrayBuffer>, member: ZipMember): number {
  checkSize(bytes.length, member);
  return crc32(bytes);
}

async function crcFirst(member: ZipMember): Promise<number> {
  let crc = 0;
  let size = 0;
  for await (const chunk of chunksOf(await member.open())) {
    crc = crc32(chunk, crc);
    size += chunk.length;
  }
  checkSize(size, member);
  return crc;
}

async function* again(
  member: ZipMember,
  expected: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let crc = 0;
  for await (const chunk of chunksOf(await member.open())) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (crc !== expected) throw new RangeError(`${JSON.stringify(member.path)} changed meanwhile`);
}

function checkSize(actual: number, { path, size }: ZipMember): void {
  if (actual === size) return;
  throw new RangeError(`${JSON.stringify(path)} has ${actual} bytes, not ${size}`);
}

function encode(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(path);
}
