/**
 * Files of one instance that differ: XNAT keeps the last that comes, without a word.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { Ask } from "../../vfs/ask.ts";
import { type Bytes, concat } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { parseDicomHeader } from "../../formats/dicom/read_header.ts";
import type { ZipMember } from "./stored_zip.ts";

/** Where the UIDs of a file are, as a rule; one that has them elsewhere is compared with none. */
const HEAD = 64 * 1024;

/** A file that went by. */
interface Seen {
  readonly member: ZipMember;
  readonly length: number;
  readonly crc: number;
}

/** Looks at the files of an import as they are read, so that none is read for that alone. */
export class Instances {
  readonly #ask: Ask;
  readonly #seen = new Map<string, Seen>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /**
   * The same file, which throws `InvalidArgument` at its end when another one of its instance went by that differs.
   */
  watched(member: ZipMember): ZipMember {
    return { ...member, open: async () => this.#watch(member, await member.open()) };
  }

  #watch(member: ZipMember, bytes: Bytes): Bytes {
    if (bytes instanceof Uint8Array) {
      this.#note(bytes.subarray(0, HEAD), { member, length: bytes.length, crc: crc32(bytes) });
      return bytes;
    }
    let head = new Uint8Array();
    let length = 0;
    let crc = 0;
    return {
      read: async () => {
        const chunk = await bytes.read();
        if (chunk === undefined) {
          this.#note(head, { member, length, crc });
          return undefined;
        }
        const more = chunk.subarray(0, HEAD - head.length);
        if (more.length > 0) head = concat([head, more], head.length + more.length);
        length += chunk.length;
        crc = crc32(chunk, crc);
        return chunk;
      },
      close: (reason) => bytes.close(reason),
    };
  }

  #note(head: Uint8Array, file: Seen): void {
    const instance = instanceIn(head);
    if (instance === undefined) return;
    const before = this.#seen.get(instance);
    if (before === undefined) this.#seen.set(instance, file);
    // Large files are read twice; one that changes meanwhile is told by who reads it.
    if (before === undefined || before.member === file.member) return;
    if (before.length === file.length && before.crc === file.crc) return;
    const [one, other] = [before, file].map(({ member }) => JSON.stringify(member.path));
    const reason = `${one} and ${other} are of one instance and differ, and XNAT would keep the ` +
      "last alone; give the one that is meant";
    const { op, url } = this.#ask;
    throw new VfsError("InvalidArgument", { op, url, reason });
  }
}

/**
 * What is one file to XNAT: it lays the files of a study into folders by scan, and in one of these knows them by their UIDs
 * (`GradualDicomImporter`, `MergeCatCatalog`). Copies of an instance in other series are kept.
 */
function instanceIn(head: Uint8Array): string | undefined {
  try {
    const header = parseDicomHeader(head, { until: "SeriesNumber" });
    const uid = header.string("SOPInstanceUID");
    const study = header.string("StudyInstanceUID");
    if (uid === undefined || study === undefined) return undefined;
    const scan = header.string("SeriesNumber") || header.string("SeriesInstanceUID");
    return JSON.stringify([study, scan, uid]);
  } catch {
    // The server says what it thinks of such a file.
    return undefined;
  }
}
