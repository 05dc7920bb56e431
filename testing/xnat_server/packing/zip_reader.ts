/**
 * Reads zip archives by their directory (APPNOTE.TXT §4.3), bounded in what a member may hold.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import type { ByteSource } from "../../../formats/mod.ts";
import { readEnd } from "../../../formats/zip/read_end.ts";
import {
  type CentralEntry,
  LOCAL_BYTES,
  readCentral,
  readLocal,
} from "../../../formats/zip/records.ts";

/** A member of an archive. */
export interface ZipMember extends Pick<CentralEntry, "size" | "packed" | "method" | "crc"> {
  readonly path: string;
  /** Position of its local header. */
  readonly offset: number;
}

/** Tells that bytes are no zip archive that can be read. */
export class ZipError extends Error {}

const LARGEST_MEMBER = 2 ** 30;

/** Lists the members that are files. @throws {ZipError} for what is no zip archive. */
export async function zipMembers(source: ByteSource & { size: number }): Promise<ZipMember[]> {
  const end = await readEnd(source, source.size);
  if (!end) throw new ZipError("The end of the zip directory is missing");
  const { offset: start, size, count } = end;
  if (start + size > source.size) throw new ZipError("The zip directory is beyond the end");
  const directory = await source.read(start, start + size);
  const members: ZipMember[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    const entry = readCentral(directory, at);
    if (!entry) throw new ZipError("The zip directory is damaged");
    at += entry.length;
    const { size, packed, method, crc, offset } = entry;
    const path = new TextDecoder().decode(entry.name).replaceAll("\\", "/");
    if (!path.endsWith("/")) members.push({ path, size, packed, method, crc, offset });
  }
  return members;
}

/** The bytes of a member. @throws {ZipError} when they cannot be read. */
export async function readMember(source: ByteSource, member: ZipMember): Promise<Uint8Array> {
  const { offset, size, packed, crc, path } = member;
  const header = readLocal(await source.read(offset, offset + LOCAL_BYTES));
  if (!header) throw new ZipError(`The header of "${path}" is missing`);
  if (size > LARGEST_MEMBER) throw new ZipError(`"${path}" is too large`);
  const start = offset + header.length;
  const bytes = inflated(await source.read(start, start + packed), member);
  if (bytes.length !== size || crc32(bytes) !== crc) throw new ZipError(`"${path}" is damaged`);
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
