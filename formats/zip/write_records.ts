/**
 * The records of a zip, written (APPNOTE.TXT 6.3.10 §4.3). What does not fit goes into ZIP64 fields and records.
 *
 * @module
 */

import {
  CENTRAL,
  type CentralEntry,
  DESCRIPTOR,
  END,
  END64,
  END64_BYTES,
  type EndRecord,
  FULL_16,
  FULL_32,
  LOCAL,
  LOCATOR,
} from "./records.ts";

/** What the local header and the directory both tell of a member. */
export interface MemberRecord
  extends Pick<CentralEntry, "flags" | "method" | "time" | "crc" | "packed" | "size" | "name"> {
  /** Version of the format that it takes to read it (§4.4.3). */
  readonly version: number;
  /** Extra fields. */
  readonly extra?: Uint8Array;
}

/** What the directory tells besides. */
export interface DirectoryRecord
  extends MemberRecord, Pick<CentralEntry, "madeBy" | "external" | "offset"> {
  /** Attributes that no system has (§4.4.14). @default {0} */
  readonly internal?: number;
  /** Comment. */
  readonly comment?: Uint8Array;
}

/** Version 4.5, the first with ZIP64 (§4.4.3.2). */
export const VERSION_64 = 45;

/** The local header (§4.3.7); sizes must fit. */
export function localRecord(member: MemberRecord): Uint8Array<ArrayBuffer> {
  const { crc, packed, size, name, extra = NONE } = member;
  const sizes: Field[] = [[4, crc], [4, packed], [4, size]];
  const lengths: Field[] = [[2, name.length], [2, extra.length]];
  return join(record([4, LOCAL], ...about(member), ...sizes, ...lengths), name, extra);
}

/** The entry in the directory (§4.3.12). */
export function directoryRecord(member: DirectoryRecord): Uint8Array<ArrayBuffer> {
  const { madeBy, version, crc, packed, size, offset, external, name } = member;
  const { internal = 0, comment = NONE } = member;
  // In the order of the ZIP64 field (§4.5.3).
  const large = [size, packed, offset].filter((value) => value >= FULL_32);
  const wide = large.length === 0
    ? NONE
    : record([2, 1], [2, 8 * large.length], ...large.map((value): Field => [8, value]));
  const extra = join(wide, member.extra ?? NONE);
  const fit = (value: number): Field => [4, Math.min(value, FULL_32)];
  const needed = { ...member, version: Math.max(version, large.length === 0 ? 0 : VERSION_64) };
  return join(
    record([4, CENTRAL], [2, madeBy], ...about(needed), [4, crc], fit(packed), fit(size)),
    record([2, name.length], [2, extra.length], [2, comment.length], [2, 0], [2, internal]),
    record([4, external], fit(offset)),
    name,
    extra,
    comment,
  );
}

/** What follows the data of a member whose sizes were not known before, in its ZIP64 form (§4.3.9.2). */
export function descriptorRecord(
  { crc, packed, size }: Pick<MemberRecord, "crc" | "packed" | "size">,
): Uint8Array<ArrayBuffer> {
  return record([4, DESCRIPTOR], [4, crc], [8, packed], [8, size]);
}

/** The last records (§4.3.14 to §4.3.16); `at` is where they begin. */
export function endRecords(
  { count, size, offset }: Pick<EndRecord, "count" | "size" | "offset">,
  at: number = offset + size,
  comment: Uint8Array = NONE,
): Uint8Array<ArrayBuffer> {
  const isLarge = count >= FULL_16 || size >= FULL_32 || offset >= FULL_32;
  const versions: Field[] = [[2, VERSION_64], [2, VERSION_64]];
  const wide = isLarge
    ? join(
      record([4, END64], [8, END64_BYTES - 12], ...versions, [4, 0], [4, 0]),
      record([8, count], [8, count], [8, size], [8, offset]),
      record([4, LOCATOR], [4, 0], [8, at], [4, 1]),
    )
    : NONE;
  const few = Math.min(count, FULL_16);
  return join(
    wide,
    record([4, END], [2, 0], [2, 0], [2, few], [2, few]),
    record([4, Math.min(size, FULL_32)], [4, Math.min(offset, FULL_32)], [2, comment.length]),
    comment,
  );
}

/** Local time and date as MS-DOS writes them, from 1980 to 2107. */
export function dosTime(ms: number): number {
  const at = new Date(ms);
  const year = Math.min(Math.max(at.getFullYear(), 1980), 2107) - 1980;
  const date = year << 9 | at.getMonth() + 1 << 5 | at.getDate();
  const time = at.getHours() << 11 | at.getMinutes() << 5 | at.getSeconds() >> 1;
  return (date << 16 | time) >>> 0;
}

/** A number, little-endian, in so many bytes. */
export type Field = readonly [bytes: 1 | 2 | 4 | 8, value: number];

/** Numbers one after the other. */
export function record(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

const NONE = new Uint8Array();

function about({ version, flags, method, time }: MemberRecord): Field[] {
  return [[2, version], [2, flags], [2, method], [4, time]];
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
