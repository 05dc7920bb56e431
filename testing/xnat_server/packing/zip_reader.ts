/**
 * Reads zip archives by their directory (APPNOTE.TXT §4.3), bounded in what a member may hold.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import type { ByteSource } from "../../../formats/mod.ts";

/** A member of an archive. */
export interface ZipMember {
  readonly path: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: number;
  readonly crc: number;
  /** Position of its local header. */
  readonly offset: number;
}

/** Tells that bytes are no zip archive that can be read. */
export class ZipError extends Error {}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LIMIT = 0xFFFF_FFFF;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const LARGEST_MEMBER = 2 ** 30;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Lists the members that are files. @throws {ZipError} for what is no zip archive. */
export async function zipMembers(source: ByteSource & { size: number }): Promise<ZipMember[]> {
  const { start, size } = await directoryOf(source);
  if (!(start + size <= source.size)) throw new ZipError("The zip directory is beyond the end");
  const directory = await source.read(start, start + size);
  const members: ZipMember[] = [];
  const header = view(directory);
  for (let offset = 0; offset + 46 <= directory.length;) {
    if (header.getUint32(offset, true) !== DIRECTORY) break;
    const nameEnd = offset + 46 + header.getUint16(offset + 28, true);
    const extraEnd = nameEnd + header.getUint16(offset + 30, true);
    const name = directory.subarray(offset + 46, nameEnd);
    const path = new TextDecoder().decode(name).replaceAll("\\", "/");
    if (!path.endsWith("/")) {
      const large = largeNumbers(directory.subarray(nameEnd, extraEnd));
      const told = (at: number) => {
        const value = header.getUint32(offset + at, true);
        return value === LIMIT ? large() : value;
      };
      // The order is that of the zip64 field.
      const [size, compressedSize, start] = [told(24), told(20), told(42)];
      members.push({
        path,
        method: header.getUint16(offset + 10, true),
        crc: header.getUint32(offset + 16, true),
        compressedSize,
        size,
        offset: start,
      });
    }
    offset = extraEnd + header.getUint16(offset + 32, true);
  }
  return members;
}

/** Where the directory is: by the end of the archive, or by the zip64 one before it (§4.3.14). */
async function directoryOf(
  source: ByteSource & { size: number },
): Promise<{ start: number; size: number }> {
  const tailStart = Math.max(source.size - 65_557, 0);
  const tail = await source.read(tailStart, source.size);
  const end = view(tail);
  let at = tail.length - 22;
  while (at >= 0 && end.getUint32(at, true) !== END) at--;
  if (at < 0) throw new ZipError("The end of the zip directory is missing");
  const isLarge = [end.getUint32(at + 12, true), end.getUint32(at + 16, true)].includes(LIMIT) ||
    end.getUint16(at + 10, true) === 0xFFFF;
  if (!isLarge || at < 20 || end.getUint32(at - 20, true) !== LOCATOR64) {
    return { size: end.getUint32(at + 12, true), start: end.getUint32(at + 16, true) };
  }
  const place = Number(end.getBigUint64(at - 12, true));
  const record = await source.read(place, place + 56);
  if (record.length < 56 || view(record).getUint32(0, true) !== END64) {
    throw new ZipError("The zip64 end of the directory is missing");
  }
  return {
    size: Number(view(record).getBigUint64(40, true)),
    start: Number(view(record).getBigUint64(48, true)),
  };
}

/** Gives the numbers of a zip64 field one after the other (§4.5.3). */
function largeNumbers(extra: Uint8Array): () => number {
  const data = view(extra);
  let [at, end] = [0, 0];
  for (let field = 0; field + 4 <= extra.length;) {
    const size = data.getUint16(field + 2, true);
    if (data.getUint16(field, true) === 1) {
      [at, end] = [field + 4, Math.min(field + 4 + size, extra.length)];
    }
    field += 4 + size;
  }
  return () => {
    if (at + 8 > end) throw new ZipError("A zip64 field is too short");
    at += 8;
    return Number(data.getBigUint64(at - 8, true));
  };
}

/** The bytes of a member. @throws {ZipError} when they cannot be read. */
export async function readMember(source: ByteSource, member: ZipMember): Promise<Uint8Array> {
  const header = await source.read(member.offset, member.offset + 30);
  if (header.length < 30 || view(header).getUint32(0, true) !== LOCAL) {
    throw new ZipError(`The header of "${member.path}" is missing`);
  }
  if (member.size > LARGEST_MEMBER) throw new ZipError(`"${member.path}" is too large`);
  const start = member.offset + 30 + view(header).getUint16(26, true) +
    view(header).getUint16(28, true);
  const packed = await source.read(start, start + member.compressedSize);
  const bytes = inflated(packed, member);
  if (bytes.length !== member.size || crc32(bytes) !== member.crc) {
    throw new ZipError(`"${member.path}" is damaged`);
  }
  return bytes;
}

function inflated(packed: Uint8Array, { path, method, size }: ZipMember): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw new ZipError(`"${path}" has method ${method}`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw new ZipError(`"${path}" cannot be inflated`, { cause });
  }
}
