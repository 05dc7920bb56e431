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
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const LARGEST_MEMBER = 2 ** 30;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Lists the members that are files. @throws {ZipError} for what is no zip archive. */
export async function zipMembers(source: ByteSource & { size: number }): Promise<ZipMember[]> {
  const tailStart = Math.max(source.size - 65_557, 0);
  const tail = await source.read(tailStart, source.size);
  let at = tail.length - 22;
  while (at >= 0 && view(tail).getUint32(at, true) !== END) at--;
  if (at < 0) throw new ZipError("The end of the zip directory is missing");
  const end = view(tail);
  const size = end.getUint32(at + 12, true);
  const start = end.getUint32(at + 16, true);
  if (start + size > source.size) throw new ZipError("The zip directory is beyond the end");
  const directory = await source.read(start, start + size);
  const members: ZipMember[] = [];
  for (let offset = 0; offset + 46 <= directory.length;) {
    const header = view(directory);
    if (header.getUint32(offset, true) !== DIRECTORY) break;
    const nameLength = header.getUint16(offset + 28, true);
    const name = directory.subarray(offset + 46, offset + 46 + nameLength);
    const path = new TextDecoder().decode(name).replaceAll("\\", "/");
    if (!path.endsWith("/")) {
      members.push({
        path,
        method: header.getUint16(offset + 10, true),
        crc: header.getUint32(offset + 16, true),
        compressedSize: header.getUint32(offset + 20, true),
        size: header.getUint32(offset + 24, true),
        offset: header.getUint32(offset + 42, true),
      });
    }
    offset += 46 + nameLength + header.getUint16(offset + 30, true) +
      header.getUint16(offset + 32, true);
  }
  return members;
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
