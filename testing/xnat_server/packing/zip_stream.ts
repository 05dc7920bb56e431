/**
 * Reads zip archives from their beginning, as Java's `ZipInputStream` does: by the headers before the members, with no look
 * at the directory at the end.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import type { ByteSource } from "../../../formats/mod.ts";
import {
  DESCRIBED_AFTER,
  extraField,
  FULL_32,
  LOCAL_BYTES,
  readLocal,
  viewOf,
} from "../../../formats/zip/records.ts";
import { ZipError } from "./zip_reader.ts";

/** A file of an archive. */
export interface ZipFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A local header (APPNOTE.TXT §4.3.7). */
interface Local {
  readonly path: string;
  readonly start: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  /** The sums come after the content. */
  readonly isOpen: boolean;
}

const LARGEST_MEMBER = 2 ** 30;
const DESCRIPTOR_BYTES = 16;
/** The extra field with sizes beyond 32 bits (APPNOTE.TXT §4.5.3). */
const ZIP64 = 1;

/**
 * Yields the files of an archive up to where there is none: what is no zip has none. Of a member that is cut it yields what
 * came.
 *
 * @throws {ZipError} at a member that is cut or damaged
 */
export async function* zipFiles(source: ByteSource & { size: number }): AsyncGenerator<ZipFile> {
  for (let at = 0;;) {
    const local = await localAt(source, at);
    if (!local) return;
    const { path } = local;
    const { bytes, end, reason } = local.method === 0
      ? await storedFile(source, local)
      : await deflatedFile(source, local);
    if (!path.endsWith("/")) yield { path, bytes };
    if (reason) throw new ZipError(`"${path}" ${reason}`);
    at = end;
  }
}

async function localAt(
  source: ByteSource & { size: number },
  at: number,
): Promise<Local | undefined> {
  const fixed = await source.read(at, Math.min(at + LOCAL_BYTES, source.size));
  const header = readLocal(fixed);
  if (!header) return;
  const { flags, method, crc, nameBytes, length } = header;
  const start = at + length;
  const rest = await source.read(at + LOCAL_BYTES, Math.min(start, source.size));
  if (rest.length < length - LOCAL_BYTES) throw new ZipError("A header is cut");
  const path = new TextDecoder().decode(rest.subarray(0, nameBytes)).replaceAll("\\", "/");
  const large = extraField(rest.subarray(nameBytes), ZIP64);
  const isLarge = header.packed === FULL_32 && large !== undefined && large.length >= 16;
  const packed = isLarge ? Number(viewOf(large).getBigUint64(8, true)) : header.packed;
  return { path, start, method, crc, packed, isOpen: (flags & DESCRIBED_AFTER) !== 0 };
}

/** Content, where what follows it begins, and what is wrong with it. */
interface Content {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly reason?: string;
}

async function storedFile(
  source: ByteSource & { size: number },
  { start, packed, crc, isOpen }: Local,
): Promise<Content> {
  const none = new Uint8Array(0);
  if (isOpen) return { bytes: none, end: start, reason: "is stored without its size before it" };
  if (packed > LARGEST_MEMBER) return { bytes: none, end: start, reason: "is too large" };
  const bytes = await source.read(start, Math.min(start + packed, source.size));
  const isCut = bytes.length < packed;
  const reason = isCut ? "is cut" : crc32(bytes) === crc ? undefined : "is damaged";
  return { bytes, end: start + packed, reason };
}

async function deflatedFile(
  source: ByteSource & { size: number },
  { start, method, packed, crc, isOpen }: Local,
): Promise<Content> {
  const none = new Uint8Array(0);
  if (method !== 8) return { bytes: none, end: start, reason: `has method ${method}` };
  const most = isOpen ? LARGEST_MEMBER : packed;
  const input = await source.read(start, Math.min(start + most, source.size));
  try {
    const { bytes, used } = inflate(input);
    const end = start + used;
    const expected = isOpen ? await sumAfter(source, end) : crc;
    const reason = crc32(bytes) === expected ? undefined : "is damaged";
    return { bytes, end: isOpen ? end + DESCRIPTOR_BYTES : end, reason };
  } catch {
    return { bytes: none, end: start, reason: "cannot be inflated" };
  }
}

function inflate(input: Uint8Array): { bytes: Uint8Array; used: number } {
  const options = { maxOutputLength: LARGEST_MEMBER, info: true };
  // What `info` gives beside the content is not in the declaration.
  const { buffer, engine } = inflateRawSync(input, options) as unknown as {
    buffer: Uint8Array;
    engine: { bytesWritten: number };
  };
  return { bytes: buffer, used: engine.bytesWritten };
}

async function sumAfter(source: ByteSource, at: number): Promise<number> {
  const bytes = await source.read(at, at + DESCRIPTOR_BYTES);
  return viewOf(bytes).getUint32(4, true);
}
