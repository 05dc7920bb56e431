/**
 * What is kept of a member: there may be a million of them.
 *
 * @module
 */

import { mtimeOf } from "../../formats/zip/entry_text.ts";
import { CENTRAL_BYTES, type CentralEntry, ENCRYPTED, MASKED } from "../../formats/zip/records.ts";
import type { Member } from "../archive/member.ts";

/** Method "stored" (§4.4.5). */
export const STORED = 0;
/** Method "deflated". */
export const DEFLATED = 8;

const FILE_TYPE = 0xf000;
const REGULAR = 0x8000;
const DIRECTORY = 0x4000;

const METHODS: Readonly<Record<number, string>> = {
  [STORED]: "stored",
  [DEFLATED]: "deflated",
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
  95: "xz",
};

/** A member of a zip. */
export class ZipMember implements Member {
  readonly kind: Member["kind"];
  /** Bytes of the content. */
  readonly size: number;
  readonly mtime: number | undefined;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Compression method (APPNOTE.TXT §4.4.5). */
  readonly method: number;
  /** Bits (§4.4.4). */
  readonly flags: number;
  /** CRC-32 of the content. */
  readonly crc: number;
  /** Bytes of the name. */
  readonly nameBytes: number;
  /** Where its local header is. */
  readonly offset: number;
  /** Where what comes next begins. */
  end = 0;
  readonly #directory: Uint8Array;
  readonly #at: number;

  /** Of the entry `at` a place in the directory, in an archive that begins behind `shift` bytes. */
  constructor(
    entry: CentralEntry,
    name: string | undefined,
    shift: number,
    directory: Uint8Array,
    at: number,
  ) {
    const type = entry.external >>> 16 & FILE_TYPE;
    const isDirectory = name?.endsWith("/") || type === DIRECTORY;
    this.kind = isDirectory ? "directory" : type === 0 || type === REGULAR ? "file" : "other";
    this.size = entry.size;
    this.mtime = mtimeOf(entry);
    this.packed = entry.packed;
    this.method = entry.method;
    this.flags = entry.flags;
    this.crc = entry.crc;
    this.nameBytes = entry.name.length;
    this.offset = entry.offset + shift;
    this.#directory = directory;
    this.#at = at + CENTRAL_BYTES;
  }

  /** The name as it is encoded. */
  get name(): Uint8Array {
    return this.#directory.subarray(this.#at, this.#at + this.nameBytes);
  }

  /** The same for the same content, whatever becomes of the other members: who reads it need not care for these. */
  get etag(): string {
    return `"${this.crc.toString(16)}-${this.size}-${this.mtime ?? ""}"`;
  }

  /** The format's own words. */
  get attributes(): Readonly<Record<string, unknown>> {
    return {
      packed: this.packed,
      method: METHODS[this.method] ?? this.method,
      crc32: this.crc.toString(16).padStart(8, "0"),
      ...(this.flags & (ENCRYPTED | MASKED) && { encrypted: true }),
    };
  }
}
