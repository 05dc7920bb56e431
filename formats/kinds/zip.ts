import type { ByteSource } from "../byte_source.ts";
import { byteSize, counted } from "../text.ts";

// APPNOTE.TXT 4.3.16: 22 bytes and a comment of up to 65,535.
const END_RECORD = 22;
const LONGEST_TAIL = END_RECORD + 0xFFFF;
const FIRST_TAIL = 1024;

/** Describes a zip file by the record at its end, read without the members. */
export async function describeZip(source: ByteSource): Promise<string> {
  const { size } = source;
  if (size === undefined) return "zip";
  const entries = await zipEntryCount(source, size);
  return entries === undefined
    ? `zip, ${byteSize(size)} (truncated)`
    : `zip, ${counted(entries, "entry", "entries")}, ${byteSize(size)}`;
}

/** Number of members of a zip or zip64 file; undefined when its end is missing. */
export async function zipEntryCount(
  source: ByteSource,
  size: number,
): Promise<number | undefined> {
  for (const tail of [FIRST_TAIL, LONGEST_TAIL]) {
    const start = Math.max(0, size - tail);
    const bytes = await source.read(start, size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = findEndRecord(view);
    if (at === undefined) continue;
    const entries = view.getUint16(at + 10, true);
    return entries === 0xFFFF ? await zip64EntryCount(source, start + at) ?? entries : entries;
  }
  return undefined;
}

function findEndRecord(view: DataView): number | undefined {
  for (let at = view.byteLength - END_RECORD; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054B50) continue;
    const comment = view.getUint16(at + 20, true);
    if (at + END_RECORD + comment === view.byteLength) return at;
  }
  return undefined;
}

async function zip64EntryCount(
  source: ByteSource,
  endRecord: number,
): Promise<number | undefined> {
  if (endRecord < 20) return undefined;
  const locator = await readView(source, endRecord - 20, 20);
  if (locator?.getUint32(0, true) !== 0x07064B50) return undefined;
  const position = Number(locator.getBigUint64(8, true));
  const record = await readView(source, position, 56);
  if (record?.getUint32(0, true) !== 0x06064B50) return undefined;
  return Number(record.getBigUint64(32, true));
}

async function readView(
  source: ByteSource,
  start: number,
  length: number,
): Promise<DataView | undefined> {
  if (start + length > (source.size ?? 0)) return undefined;
  const bytes = await source.read(start, start + length);
  return bytes.length < length
    ? undefined
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
