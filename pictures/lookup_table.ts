/**
 * Lookup tables of the header.
 *
 * @module
 */

import { type DicomDataset, type DicomElement, FormatError } from "../formats/mod.ts";

/** A table from stored or modality values to others (PS3.3 §C.11.1.1). */
export interface LookupTable {
  /** The value that the first entry is for. */
  readonly first: number;
  /** The entries, 65536 at most. */
  readonly entries: Uint16Array;
  /** Bits of an entry that count: 8 to 16. */
  readonly bits: number;
}

/** Reads the table of an item of a LUT sequence. @throws {FormatError} `Corrupt` */
export function readLookupTable(item: DicomDataset): LookupTable {
  return lookupTable(item.numbers("LUTDescriptor"), item.element("LUTData"));
}

/** Makes a table of its descriptor and its data. @throws {FormatError} `Corrupt` */
export function lookupTable(
  descriptor: readonly number[],
  data: DicomElement | undefined,
): LookupTable {
  const { count, first, bits } = describeTable(descriptor);
  if (!data?.bytes) throw new FormatError("Corrupt", "A lookup table has no entries");
  const { bytes, littleEndian } = data;
  const isPacked = bytes.length < count * 2 && bytes.length >= count;
  const entries = isPacked
    ? packedEntries(bytes, data.vr, littleEndian)
    : words(bytes, littleEndian);
  if (entries.length < count) {
    throw new FormatError("Corrupt", "A lookup table has too few entries");
  }
  return { first, bits: isPacked ? 8 : bits, entries: entries.subarray(0, count) };
}

/** Number of entries, first value mapped, and bits of an entry, of a descriptor. @throws {FormatError} */
export function describeTable(
  descriptor: readonly number[],
): { readonly count: number; readonly first: number; readonly bits: number } {
  const [length, first, bits] = descriptor;
  if (
    length === undefined || first === undefined || bits === undefined || !(bits >= 8 && bits <= 16)
  ) {
    throw new FormatError("Corrupt", "A lookup table is not described");
  }
  // 65536 is written as 0; a signed image makes the word negative.
  return { count: (length & 0xFFFF) || 0x10000, first, bits };
}

/** The entry for `value`; what lies outside has the outermost one. */
export function lookUp({ first, entries }: LookupTable, value: number): number {
  const index = Math.round(value) - first;
  return entries[Math.min(Math.max(index, 0), entries.length - 1)]!;
}

/** Words in the byte order of the file. */
export function words(bytes: Uint8Array, littleEndian: boolean): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from(
    { length: bytes.length >> 1 },
    (_, i) => view.getUint16(i * 2, littleEndian),
  );
}

function packedEntries(bytes: Uint8Array, vr: string, littleEndian: boolean): Uint16Array {
  const swap = !littleEndian && vr !== "OB" ? 1 : 0;
  return Uint16Array.from({ length: bytes.length }, (_, i) => bytes[i ^ swap] ?? 0);
}
