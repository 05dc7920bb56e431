/**
 * Writes zip archives as a stream (APPNOTE.TXT §4.3): stored, with lengths and sums before the bytes.
 *
 * @module
 */

import { deflateRawSync } from "node:zlib";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file to pack. */
export interface Packed {
  readonly path: string;
  readonly size: number;
  readonly crc: number;
  readonly modified: number;
  read(): AsyncIterable<Bytes>;
}

interface Placed {
  readonly file: Packed;
  readonly name: Bytes;
  readonly method: number;
  readonly compressedSize: number;
  readonly offset: number;
}

const UTF8_NAMES = 0x0800;

/** Yields an archive of files; `level` 1 to 9 compresses them. */
export async function* zip(files: Iterable<Packed>, level = 0): AsyncGenerator<Bytes> {
  const placed: Placed[] = [];
  let offset = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.path);
    const deflated = level > 0 ? deflateRawSync(await whole(file), { level }) : undefined;
    const method = deflated ? 8 : 0;
    const compressedSize = deflated?.length ?? file.size;
    const entry = { file, name, method, compressedSize, offset };
    placed.push(entry);
    const header = localHeader(entry);
    yield header;
    if (deflated) yield new Uint8Array(deflated);
    else yield* file.read();
    offset += header.length + compressedSize;
  }
  const directory = placed.map(directoryHeader);
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield directoryEnd(placed.length, size, offset);
}

async function whole(file: Packed): Promise<Uint8Array> {
  const bytes = new Uint8Array(file.size);
  let filled = 0;
  for await (const piece of file.read()) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

/** MS-DOS date and time, in UTC. */
function dosTime(ms: number): number {
  const date = new Date(Math.max(ms, Date.UTC(1980, 0, 1)));
  const day = (date.getUTCFullYear() - 1980) << 9 | (date.getUTCMonth() + 1) << 5 |
    date.getUTCDate();
  const time = date.getUTCHours() << 11 | date.getUTCMinutes() << 5 | date.getUTCSeconds() >> 1;
  return (day << 16 | time) >>> 0;
}

/** What local and directory headers have in common, from the needed version to the name's length. */
function common(view: DataView, at: number, { file, name, method, compressedSize }: Placed): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF8_NAMES, true);
  view.setUint16(at + 4, method, true);
  view.setUint32(at + 6, dosTime(file.modified), true);
  view.setUint32(at + 10, file.crc, true);
  view.setUint32(at + 14, compressedSize, true);
  view.setUint32(at + 18, file.size, true);
  view.setUint16(at + 22, name.length, true);
}

function localHeader(entry: Placed): Bytes {
  const bytes = new Uint8Array(30 + entry.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  common(view, 4, entry);
  bytes.set(entry.name, 30);
  return bytes;
}

const LIMIT = 0xFFFFFFFF;

/** A directory entry; what lies beyond 4 GiB is told in a zip64 field (§4.5.3). */
function directoryHeader(entry: Placed): Bytes {
  const far = entry.offset >= LIMIT;
  const bytes = new Uint8Array(46 + entry.name.length + (far ? 12 : 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, 20, true);
  common(view, 6, entry);
  view.setUint32(42, Math.min(entry.offset, LIMIT), true);
  bytes.set(entry.name, 46);
  if (far) {
    const at = 46 + entry.name.length;
    view.setUint16(30, 12, true);
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, 8, true);
    view.setBigUint64(at + 4, BigInt(entry.offset), true);
  }
  return bytes;
}

/** The end of the directory, with a zip64 one before it where numbers are too large (§4.3.14). */
function directoryEnd(count: number, size: number, offset: number): Bytes {
  const large = count > 0xFFFE || offset + size >= LIMIT;
  const bytes = new Uint8Array(large ? 98 : 22);
  const view = new DataView(bytes.buffer);
  if (large) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, 44n, true);
    view.setUint16(12, 45, true);
    view.setUint16(14, 45, true);
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(size), true);
    view.setBigUint64(48, BigInt(offset), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(offset + size), true);
    view.setUint32(72, 1, true);
  }
  const at = bytes.length - 22;
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, Math.min(count, 0xFFFF), true);
  view.setUint16(at + 10, Math.min(count, 0xFFFF), true);
  view.setUint32(at + 12, Math.min(size, LIMIT), true);
  view.setUint32(at + 16, Math.min(offset, LIMIT), true);
  return bytes;
}
