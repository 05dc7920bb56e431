/**
 * Records of the members that we add.
 *
 * @module
 */

import { NTFS, NTFS_EPOCH, TIMESTAMPS } from "../../formats/zip/entry_text.ts";
import { DESCRIBED_AFTER, FULL_32, UTF8 } from "../../formats/zip/records.ts";
import {
  directoryRecord,
  dosTime,
  localRecord,
  type MemberRecord,
  record,
  VERSION_64,
} from "../../formats/zip/write_records.ts";

/** A member to write. */
export interface NewEntry {
  /** Path with slashes. */
  readonly path: string;
  /** Compression method. */
  method: number;
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

const MADE_BY_UNIX = 3 << 8 | VERSION_64;
const REGULAR_FILE = 0o100644 * 2 ** 16;

/** The local header. */
export function localHeader(entry: NewEntry): Uint8Array<ArrayBuffer> {
  const fields = fieldsOf(entry);
  if (!entry.isDescribedAfter) return localRecord(fields);
  // With this field present the sizes after the data have eight bytes (§4.3.9.2).
  const extra = record([2, 1], [2, 16], [8, 0], [8, 0]);
  return localRecord({ ...fields, crc: 0, packed: FULL_32, size: FULL_32, extra });
}

/** The entry in the directory for a member whose local header is at `offset`. */
export function centralEntry(entry: NewEntry, offset: number): Uint8Array<ArrayBuffer> {
  return directoryRecord({
    ...fieldsOf(entry),
    madeBy: MADE_BY_UNIX,
    external: REGULAR_FILE,
    offset,
    extra: timeField(entry.mtime),
  });
}

/** The time of the last change; what Unix's four bytes cannot hold, as before 1902 and after 2038, goes into Windows' eight. */
function timeField(mtime: number): Uint8Array<ArrayBuffer> {
  const seconds = Math.floor(mtime / 1000);
  if (seconds === (seconds | 0)) return record([2, TIMESTAMPS], [2, 5], [1, 1], [4, seconds]);
  const since1601 = (BigInt(Math.floor(mtime) || 0) + NTFS_EPOCH) * 10_000n;
  const ticks = BigInt.asUintN(64, since1601 < 0n ? 0n : since1601);
  const time = [[4, Number(ticks & 0xffff_ffffn)], [4, Number(ticks >> 32n)]] as const;
  return record([2, NTFS], [2, 32], [4, 0], [2, 1], [2, 24], ...time, ...time, ...time);
}

function fieldsOf({ path, isDescribedAfter, mtime, ...rest }: NewEntry): MemberRecord {
  return {
    ...rest,
    version: VERSION_64,
    flags: UTF8 | (isDescribedAfter ? DESCRIBED_AFTER : 0),
    time: dosTime(mtime),
    name: new TextEncoder().encode(path),
  };
}
