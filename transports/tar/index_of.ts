/**
 * The members of a tar, found by going through it once.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { beyond, damaged } from "../archive/damage.ts";
import type { Member } from "../archive/member.ts";
import { MemberTree } from "../archive/member_tree.ts";
import { BLOCK, isEnd, readHeader, readPax, SPARSE, type TarHeader, textOf } from "./header.ts";
import type { TarSource } from "./source.ts";

/** A member of a tar. */
export interface TarMember extends Member {
  /** Where its content begins. */
  readonly offset: number;
}

/** Limits of what a tar may claim; what goes beyond them is refused as `NotSupported`. */
export interface TarLimits {
  /** Most files and directories. @default {1000000} */
  readonly maxMembers?: number;
  /** Longest header of pax or GNU, in bytes. @default {1048576} */
  readonly maxHeaderBytes?: number;
  /** Most bytes that a compressed tar may be once it is unpacked. @default {1099511627776} */
  readonly maxTotalBytes?: number;
}

/** The limits that are used unless others are given. */
export const LIMITS: Required<TarLimits> = {
  maxMembers: 1_000_000,
  maxHeaderBytes: 2 ** 20,
  maxTotalBytes: 2 ** 40,
};

type Records = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** What headers before a member's own tell of it. */
interface Before {
  pax: Records;
  name?: Uint8Array<ArrayBuffer>;
  linkName?: Uint8Array<ArrayBuffer>;
}

const FILES = ["0", "7"];
const LINK = "1";
const DIRECTORY = "5";
const NONE: Records = new Map();

/** Reads all headers. @throws `Corrupt`, `NotSupported` */
export async function indexOf(
  source: TarSource,
  limits: Required<TarLimits>,
  ask: Ask,
): Promise<MemberTree<TarMember>> {
  const members = new MemberTree<TarMember>(limits.maxMembers);
  let globals: Records = NONE;
  let before: Before = { pax: NONE };
  let count = 0;
  for (let at = 0;;) {
    const block = await source.read(at, BLOCK, ask);
    if (block.length === 0 && at > 0) break;
    if (block.length < BLOCK) throw damaged(ask, at === 0 ? "it is no tar" : "it breaks off");
    if (isEnd(block)) break;
    const header = readHeader(block);
    if (header === undefined) {
      throw damaged(ask, at === 0 ? "it is no tar" : `no header at byte ${at}`);
    }
    at += BLOCK;
    const { type } = header;
    if ("xgLK".includes(type)) {
      if (header.size > limits.maxHeaderBytes) {
        throw beyond(ask, `a header of ${header.size} bytes`);
      }
      const bytes = await source.read(at, header.size, ask);
      if (bytes.length < header.size) throw damaged(ask, "it breaks off");
      if (type === "L") before.name = bytes;
      else if (type === "K") before.linkName = bytes;
      else {
        const records = readPax(bytes);
        if (records === undefined) throw damaged(ask, `malformed pax records at byte ${at}`);
        if (type === "x") before.pax = records;
        else globals = new Map([...globals, ...records]);
      }
      at = after(at, header.size);
      continue;
    }
    if (++count > limits.maxMembers) throw beyond(ask, `more than ${limits.maxMembers} members`);
    const pax = before.pax === NONE ? globals : new Map([...globals, ...before.pax]);
    const size = sizeOf(header, pax, ask);
    add(members, header, { ...before, pax }, size, at, ask);
    before = { pax: NONE };
    at = after(at, size);
    if (!Number.isSafeInteger(at)) throw damaged(ask, "a size is impossible");
    await source.checkEnd(at, ask);
  }
  await source.finish(ask);
  return members;
}

function after(at: number, size: number): number {
  return at + Math.ceil(size / BLOCK) * BLOCK;
}

/** Links and folders have no content, whatever their headers say. */
function sizeOf({ type, size }: TarHeader, pax: Records, ask: Ask): number {
  if ("123456".includes(type)) return 0;
  const told = pax.get("size");
  if (told === undefined) return size;
  const text = textOf(told) ?? "";
  const wide = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(wide)) throw damaged(ask, "a size is malformed");
  return wide;
}

function add(
  members: MemberTree<TarMember>,
  header: TarHeader,
  before: Before,
  size: number,
  offset: number,
  ask: Ask,
): void {
  const { pax } = before;
  const name = told(pax.get("path"), before.name, header.name);
  const mtime = mtimeOf(pax) ?? header.mtime * 1000;
  const isSparse = header.type === "S" || pax.has(SPARSE);
  const base = { mtime, offset };
  try {
    if (isSparse) {
      const attributes = { sparse: true };
      members.add(name, { ...base, kind: "other", attributes });
    } else if (header.type === DIRECTORY) members.add(name, { ...base, kind: "directory" });
    else if (FILES.includes(header.type)) {
      const isFolder = name?.endsWith("/") && size === 0;
      members.add(name, { ...base, kind: isFolder ? "directory" : "file", size });
    } else {
      const target = told(pax.get("linkpath"), before.linkName, header.linkName);
      const linked = header.type === LINK ? fileAt(members, target) : undefined;
      const attributes = { type: header.type, ...(target && { target }) };
      members.add(name, linked ?? { ...base, kind: "other", attributes });
    }
  } catch (error) {
    if (error instanceof RangeError) throw beyond(ask, error.message);
    throw error;
  }
}

/** What a hard link is: the file that came before it. */
function fileAt(members: MemberTree<TarMember>, name: string | undefined): TarMember | undefined {
  const path = name?.split("/").filter((segment) => segment !== "" && segment !== ".");
  const node = path && members.find(path);
  return node?.kind === "leaf" && node.member.kind === "file" ? node.member : undefined;
}

function told(
  pax: Uint8Array<ArrayBuffer> | undefined,
  gnu: Uint8Array<ArrayBuffer> | undefined,
  own: string | undefined,
): string | undefined {
  const long = pax ?? gnu;
  return long === undefined ? own : textOf(long);
}

function mtimeOf(pax: Records): number | undefined {
  const bytes = pax.get("mtime");
  const text = bytes && textOf(bytes)?.trim();
  return text ? Math.floor(Number(text) * 1000) : undefined;
}
