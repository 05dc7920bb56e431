/**
 * The directory of a zip: found, checked and made a tree.
 *
 * @module
 */

import { nameOf } from "../../formats/zip/entry_text.ts";
import {
  END64_BYTES,
  END_BYTES,
  type EndRecord,
  findEnd,
  FULL_16,
  LOCAL_BYTES,
  LOCATOR_BYTES,
  MAX_TEXT,
  needsZip64,
  readCentral,
  readEnd64,
  readLocator,
  viewOf,
} from "../../formats/zip/records.ts";
import type { Ask } from "../../vfs/ask.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Place } from "../../vfs/transport.ts";
import { beyond, damaged } from "../archive/damage.ts";
import { InnerFile } from "../archive/inner_file.ts";
import { MemberTree } from "../archive/member_tree.ts";
import { HARMLESS_BYTES, type ZipLimits } from "./limits.ts";
import { ZipMember } from "./zip_member.ts";

/** A zip whose directory was read. */
export interface Directory {
  /** The archive, as it was then. */
  readonly file: InnerFile;
  /** The members as a tree. */
  readonly members: MemberTree<ZipMember>;
  /** The directory as it is. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many entries it has. */
  readonly count: number;
  /** Where it begins. */
  readonly start: number;
  /** Bytes before the archive, which no offset in it counts. */
  readonly shift: number;
  /** The comment of the archive. */
  readonly comment: Uint8Array;
}

/** Enough for the last records and, in most zips, for the whole directory. */
const TAIL = MAX_TEXT + END_BYTES + LOCATOR_BYTES + END64_BYTES;
/** Reads the directory with one request, or with two where it is long. @throws `Corrupt`, `NotSupported`, `NotFound` */
export async function readDirectory(
  place: Place,
  limits: Required<ZipLimits>,
  ask: Ask,
): Promise<Directory> {
  const { file, tail } = await InnerFile.openAtEnd(place, TAIL, ask);
  const window = new TailWindow(file, tail);
  const { end, start, comment } = await locate(window, ask);
  if (end.count > limits.maxMembers) throw beyond(ask, `${end.count} members`);
  if (end.size > limits.maxDirectoryBytes) throw beyond(ask, `a directory of ${end.size} bytes`);
  const bytes = await window.read(start, start + end.size, ask);
  const shift = start - end.offset;
  const members = new MemberTree<ZipMember>(limits.maxMembers);
  const all: ZipMember[] = [];
  let total = 0;
  // To its end, since old writers count from zero again after 65,535, and members that a count hides would be lost.
  for (let at = 0; at < bytes.length && !isSignature(bytes, at);) {
    const entry = readCentral(bytes, at);
    if (entry === undefined) {
      throw damaged(ask, `its directory breaks off at member ${all.length + 1}`);
    }
    const name = nameOf(entry);
    const member = new ZipMember(entry, name, shift, bytes, at);
    at += entry.length;
    total += member.size;
    all.push(member);
    if (all.length > limits.maxMembers) throw beyond(ask, `more than ${limits.maxMembers} members`);
    add(members, name, member, ask);
  }
  const count = all.length;
  if (count !== end.count && (count & FULL_16) !== end.count) {
    throw damaged(ask, `its directory has ${count} members and claims ${end.count}`);
  }
  checkPlaces(all, start, ask);
  const { size } = file.version;
  const isBomb = total > HARMLESS_BYTES && total > limits.maxRatio * size;
  if (isBomb || total > limits.maxTotalBytes) throw beyond(ask, `${total} bytes in ${size}`);
  return { file, members, bytes, count, start, shift, comment };
}

/** The directory of the archive at `place`; `undefined` where there is none. @throws `Corrupt`, `NotSupported` */
export async function directoryAt(
  place: Place,
  limits: Required<ZipLimits>,
  ask: Ask,
): Promise<Directory | undefined> {
  try {
    return await readDirectory(place, limits, ask);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The directory may end with a signature (§4.3.13). */
const SIGNATURE = 0x05054b50;

function isSignature(bytes: Uint8Array, at: number): boolean {
  return at + 4 <= bytes.length && viewOf(bytes).getUint32(at, true) === SIGNATURE;
}

/** Bytes near the end of the archive, of which most are there already. */
class TailWindow {
  readonly #start: number;

  constructor(readonly file: InnerFile, readonly tail: Uint8Array<ArrayBuffer>) {
    this.#start = file.version.size - tail.length;
  }

  position(inTail: number): number {
    return this.#start + inTail;
  }

  async read(start: number, end: number, ask: Ask): Promise<Uint8Array<ArrayBuffer>> {
    if (start < this.#start) return await this.file.read(start, end, ask);
    return this.tail.subarray(start - this.#start, end - this.#start);
  }
}

/** Finds the directory. What stands before the archive, such as a program that unpacks it, shifts all offsets. */
async function locate(
  window: TailWindow,
  ask: Ask,
): Promise<{ end: EndRecord; start: number; comment: Uint8Array }> {
  const last = findEnd(window.tail);
  if (last === undefined) throw damaged(ask, "it is no zip, or it was cut off");
  let end: EndRecord = last;
  let position = window.position(last.at);
  const locatorAt = position - LOCATOR_BYTES;
  const locator = locatorAt < 0
    ? undefined
    : readLocator(await window.read(locatorAt, position, ask));
  if (locator !== undefined || needsZip64(last)) {
    const found = locator === undefined
      ? undefined
      : await readZip64(window, locator, locatorAt, ask);
    if (found) [end, position] = [found, found.at];
    else if (locator !== undefined) throw damaged(ask, "its ZIP64 end record is missing");
  }
  if (!end.isWhole) {
    const reason = "the zip is in several parts";
    throw new VfsError("NotSupported", { op: ask.op, url: ask.url, reason });
  }
  const start = position - end.size;
  if (start < end.offset) throw damaged(ask, "its directory is not where it should be");
  return { end, start, comment: last.comment };
}

/** The record is where it is told to be, or right before the pointer to it when something precedes the archive. */
async function readZip64(
  window: TailWindow,
  told: number,
  before: number,
  ask: Ask,
): Promise<EndRecord | undefined> {
  for (const at of [before - END64_BYTES, told]) {
    if (at < 0 || at + END64_BYTES > before) continue;
    const found = readEnd64(await window.read(at, at + END64_BYTES, ask), at);
    if (found) return found;
  }
  return undefined;
}

function add(
  members: MemberTree<ZipMember>,
  name: string | undefined,
  member: ZipMember,
  ask: Ask,
): void {
  try {
    members.add(name, member);
  } catch (error) {
    if (error instanceof RangeError) throw beyond(ask, error.message);
    throw error;
  }
}

/** No two members share bytes, as those of some bombs do. */
function checkPlaces(members: ZipMember[], directory: number, ask: Ask): void {
  members.sort((a, b) => a.offset - b.offset);
  for (const [i, member] of members.entries()) {
    member.end = members[i + 1]?.offset ?? directory;
    if (member.offset + LOCAL_BYTES + member.nameBytes + member.packed <= member.end) continue;
    throw damaged(ask, "members overlap each other or the directory");
  }
}
