/**
 * The records of a zip, read (APPNOTE.TXT 6.3.10 §4.3).
 *
 * @module
 */

/** Bytes of a local header before its name (§4.3.7). */
export const LOCAL_BYTES = 30;
/** Bytes of a directory entry before its name (§4.3.12). */
export const CENTRAL_BYTES = 46;
/** Bytes of the last record before its comment (§4.3.16). */
export const END_BYTES = 22;
/** Bytes of the pointer to the ZIP64 end record (§4.3.15). */
export const LOCATOR_BYTES = 20;
/** Bytes of the ZIP64 end record without what may follow in it (§4.3.14). */
export const END64_BYTES = 56;
/** Longest name, extra field or comment. */
export const MAX_TEXT = 0xffff;

/** Bit 0 of the flags: encrypted (§4.4.4). */
export const ENCRYPTED = 0x0001;
/** Bit 3: sizes and checksum follow the data. */
export const DESCRIBED_AFTER = 0x0008;
/** Bit 11: the name is UTF-8. */
export const UTF8 = 0x0800;
/** Bit 13: what the local header tells is masked. */
export const MASKED = 0x2000;

/** Begins a local header (§4.3.7). */
export const LOCAL = 0x04034b50;
/** Begins what follows the data (§4.3.9.3). */
export const DESCRIPTOR = 0x08074b50;
/** Begins a directory entry (§4.3.12). */
export const CENTRAL = 0x02014b50;
/** Begins the last record (§4.3.16). */
export const END = 0x06054b50;
/** Begins the pointer to the ZIP64 end record (§4.3.15). */
export const LOCATOR = 0x07064b50;
/** Begins the ZIP64 end record (§4.3.14). */
export const END64 = 0x06064b50;
/** Stands for a number that does not fit into two bytes (§4.4.1.4). */
export const FULL_16 = 0xffff;
/** Stands for a number that does not fit into four bytes. */
export const FULL_32 = 0xffff_ffff;

/** Where the directory is, as the last record tells. */
export interface EndRecord {
  /** Where in the bytes the record begins. */
  readonly at: number;
  /** Members. */
  readonly count: number;
  /** Bytes of the directory. */
  readonly size: number;
  /** Where it begins. */
  readonly offset: number;
  /** The archive is one file. */
  readonly isWhole: boolean;
}

/** The end record that closes an archive, and the archive's comment behind it (§4.3.16). */
export interface LastRecord extends EndRecord {
  /** The comment of the archive. */
  readonly comment: Uint8Array;
}

/** An entry of the directory (§4.3.12). */
export interface CentralEntry {
  /** Version of the format, and in the high byte whose attributes there are (§4.4.2). */
  readonly madeBy: number;
  /** Version of the format that it takes to read it (§4.4.3). */
  readonly version: number;
  /** Bits (§4.4.4). */
  readonly flags: number;
  /** Compression method (§4.4.5). */
  readonly method: number;
  /** Time and date of MS-DOS, local. */
  readonly time: number;
  /** CRC-32 of the content. */
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the content. */
  readonly size: number;
  /** The name as it is encoded. */
  readonly name: Uint8Array;
  /** Extra fields. */
  readonly extra: Uint8Array;
  /** Attributes that no system has, such as that it seems to be text (§4.4.14). */
  readonly internal: number;
  /** Attributes of the system that made it. */
  readonly external: number;
  /** Where the local header is, as told. */
  readonly offset: number;
  /** All bytes of the entry. */
  readonly length: number;
}

/** A view of bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Finds the last record: the last one whose comment ends where the file does. */
export function findEnd(tail: Uint8Array): LastRecord | undefined {
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    const [disk, start, here, count] = [4, 6, 8, 10].map((i) => view.getUint16(at + i, true));
    return {
      at,
      count: count!,
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
      isWhole: disk === start && here === count && (disk === 0 || disk === FULL_16),
      comment: tail.slice(at + END_BYTES),
    };
  }
  return undefined;
}

/** Whether the ZIP64 end record counts instead: some value did not fit (§4.4.1.4). */
export function needsZip64({ count, size, offset }: EndRecord): boolean {
  return count === FULL_16 || size === FULL_32 || offset === FULL_32;
}

/** Where the ZIP64 end record is, as the pointer before the last record tells. */
export function readLocator(bytes: Uint8Array): number | undefined {
  if (bytes.length < LOCATOR_BYTES) return undefined;
  const view = viewOf(bytes);
  return view.getUint32(0, true) === LOCATOR ? number64(view, 8) : undefined;
}

/** The ZIP64 end record (§4.3.14). */
export function readEnd64(bytes: Uint8Array, at: number): EndRecord | undefined {
  if (bytes.length < END64_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== END64) return undefined;
  const [here, count, size, offset] = [24, 32, 40, 48].map((i) => number64(view, i));
  if (count === undefined || size === undefined || offset === undefined) return undefined;
  const isWhole = view.getUint32(16, true) === view.getUint32(20, true) && here === count;
  return { at, count, size, offset, isWhole };
}

/** The entry at `at`, or `undefined` when there is none, or not all of it. */
export function readCentral(bytes: Uint8Array, at: number): CentralEntry | undefined {
  if (at + CENTRAL_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  if (view.getUint32(0, true) !== CENTRAL) return undefined;
  const nameEnd = CENTRAL_BYTES + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const length = extraEnd + view.getUint16(32, true);
  if (at + length > bytes.length) return undefined;
  const extra = bytes.subarray(at + nameEnd, at + extraEnd);
  const sizes = [24, 20, 42].map((i) => view.getUint32(i, true));
  const [size, packed, offset] = wide(sizes, extra) ?? [];
  if (size === undefined || packed === undefined || offset === undefined) return undefined;
  return {
    madeBy: view.getUint16(4, true),
    version: view.getUint16(6, true),
    flags: view.getUint16(8, true),
    method: view.getUint16(10, true),
    time: view.getUint32(12, true),
    crc: view.getUint32(16, true),
    packed,
    size,
    name: bytes.subarray(at + CENTRAL_BYTES, at + nameEnd),
    extra,
    internal: view.getUint16(36, true),
    external: view.getUint32(38, true),
    offset,
    length,
  };
}

/** What a local header tells that the directory tells too, as far as it does, and where the data begins. */
export interface LocalHeader {
  /** Bits (§4.4.4). */
  readonly flags: number;
  /** Compression method (§4.4.5). */
  readonly method: number;
  /** CRC-32 of the content. */
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes of the name. */
  readonly nameBytes: number;
  /** Bytes from the header's beginning to the data. */
  readonly length: number;
}

/** The fixed part of a local header (§4.3.7), or `undefined` when it is none. */
export function readLocal(bytes: Uint8Array): LocalHeader | undefined {
  if (bytes.length < LOCAL_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== LOCAL) return undefined;
  const nameBytes = view.getUint16(26, true);
  return {
    flags: view.getUint16(6, true),
    method: view.getUint16(8, true),
    crc: view.getUint32(14, true),
    packed: view.getUint32(18, true),
    size: view.getUint32(22, true),
    nameBytes,
    length: LOCAL_BYTES + nameBytes + view.getUint16(28, true),
  };
}

/** The extra field of this id (§4.5.1). */
export function extraField(
  extra: Uint8Array,
  id: number,
): Uint8Array | undefined {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > extra.length) return undefined;
    if (view.getUint16(at, true) === id) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

/** Those of `values` that did not fit, from the ZIP64 field (§4.5.3), which has them in this order. */
function wide(values: number[], extra: Uint8Array): number[] | undefined {
  if (!values.includes(FULL_32)) return values;
  const field = extraField(extra, 0x0001);
  // Old writers used the largest value for itself.
  if (field === undefined) return values;
  const view = viewOf(field);
  let at = 0;
  const all: number[] = [];
  for (const value of values) {
    const actual = value !== FULL_32
      ? value
      : at + 8 <= field.length
      ? number64(view, (at += 8) - 8)
      : undefined;
    if (actual === undefined) return undefined;
    all.push(actual);
  }
  return all;
}

function number64(view: DataView, at: number): number | undefined {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
