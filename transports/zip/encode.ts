/**
 * Records of a zip, written (APPNOTE.TXT 6.3.10 §4.3).
 *
 * @module
 */

import { concat } from "../../vfs/bytes.ts";
import type { EndRecord } from "./records.ts";

/** A member to write. */
export interface NewEntry {
  /** Path with slashes. */
  readonly path: string;
  /** Compression method. */
  readonly method: number;
  /** Last change, in milliseconds since 1970. */
  readonly mtime: number;
  /** CRC-32 of the content. */
  crc: number;
  /** Bytes in the archive. */
  packed: number;
  /** Bytes of the content. */
  size: number;
  /** Checksum and sizes are known after the data only. */
  readonly isDescribedAfter: boolean;
}

const FULL_16 = 0xffff;
const FULL_32 = 0xffff_ffff;
const VERSION_64 = 45;
const MADE_BY_UNIX = 3 << 8 | VERSION_64;
const REGULAR_FILE = 0o100644 * 2 ** 16;
const UTF8_NAME = 0x0800;

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** The local header (§4.3.7). */
export function localHeader(entry: NewEntry): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.path);
  const { isDescribedAfter } = entry;
  // With this field present the sizes after the data have eight bytes (§4.3.9.2).
  const extra = isDescribedAfter ? record([2, 1], [2, 16], [8, 0], [8, 0]) : new Uint8Array();
  const sizes = isDescribedAfter ? [0, FULL_32, FULL_32] : [entry.crc, entry.packed, entry.size];
  return join(
    record([4, 0x04034b50], [2, VERSION_64], ...about(entry)),
    record([4, sizes[0]!], [4, sizes[1]!], [4, sizes[2]!], [2, name.length], [2, extra.length]),
    name,
    extra,
  );
}

/** What follows the data of a member whose sizes were not known (§4.3.9). */
export function descriptor({ crc, packed, size }: NewEntry): Uint8Array<ArrayBuffer> {
  return record([4, 0x08074b50], [4, crc], [8, packed], [8, size]);
}

/** The entry in the directory (§4.3.12) for a member whose local header is at `offset`. */
export function centralEntry(entry: NewEntry, offset: number): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.path);
  const sizes = [entry.size, entry.packed, offset];
  const large = sizes.filter((value) => value >= FULL_32);
  const wide = large.length === 0
    ? new Uint8Array()
    : record([2, 1], [2, 8 * large.length], ...large.map((value): Field => [8, value]));
  const seconds = Math.floor(entry.mtime / 1000);
  const extra = join(wide, record([2, 0x5455], [2, 5]), new Uint8Array([1]), record([4, seconds]));
  const [size, packed, at] = sizes.map((value) => Math.min(value, FULL_32));
  return join(
    record([4, 0x02014b50], [2, MADE_BY_UNIX], [2, VERSION_64], ...about(entry)),
    record([4, entry.crc], [4, packed!], [4, size!], [2, name.length], [2, extra.length]),
    record([2, 0], [2, 0], [2, 0], [4, REGULAR_FILE], [4, at!]),
    name,
    extra,
  );
}

/** The last records (§4.3.14 to §4.3.16); `at` is where they begin. */
export function endRecords(
  { count, size, offset }: Pick<EndRecord, "count" | "size" | "offset">,
  at: number,
): Uint8Array<ArrayBuffer> {
  const isLarge = count >= FULL_16 || size >= FULL_32 || offset >= FULL_32;
  const wide = isLarge
    ? join(
      record([4, 0x06064b50], [8, 44], [2, VERSION_64], [2, VERSION_64], [4, 0], [4, 0]),
      record([8, count], [8, count], [8, size], [8, offset]),
      record([4, 0x07064b50], [4, 0], [8, at], [4, 1]),
    )
    : new Uint8Array();
  const few = Math.min(count, FULL_16);
  return join(
    wide,
    record([4, 0x06054b50], [2, 0], [2, 0], [2, few], [2, few]),
    record([4, Math.min(size, FULL_32)], [4, Math.min(offset, FULL_32)], [2, 0]),
  );
}

function about({ method, mtime, isDescribedAfter }: NewEntry): Field[] {
  const at = new Date(mtime);
  const year = Math.min(Math.max(at.getFullYear(), 1980), 2107) - 1980;
  const date = year << 9 | at.getMonth() + 1 << 5 | at.getDate();
  const time = at.getHours() << 11 | at.getMinutes() << 5 | at.getSeconds() >> 1;
  return [[2, UTF8_NAME | (isDescribedAfter ? 8 : 0)], [2, method], [2, time], [2, date]];
}

function record(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(parts, parts.reduce((sum, { length }) => sum + length, 0));
}
