/**
 * Records of the members that we add.
 *
 * @module
 */

import { TIMESTAMPS } from "../../formats/zip/entry_text.ts";
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
  const seconds = Math.floor(entry.mtime / 1000);
  return directoryRecord({
    ...fieldsOf(entry),
    madeBy: MADE_BY_UNIX,
    external: REGULAR_FILE,
    offset,
    extra: record([2, TIMESTAMPS], [2, 5], [1, 1], [4, seconds]),
  });
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
