/**
 * Many small files of a resource by one request: the zip of the resource, its members compared with the catalog.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { isNotFound, isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { GotOne } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { route } from "./escape.ts";
import { fileAt } from "./list.ts";
import { check, type Wanted } from "./member_check.ts";
import type { File } from "./model.ts";
import { findFile, type FoundFile } from "./stat.ts";
import { membersOf } from "./zip_members.ts";

/** Largest file that is read with others, in bytes; larger ones can be resumed when they are read alone. */
export const SMALL = 1024 * 1024;

/** What stands before a file's own path in a member's. */
const FILES = "/files/";

/** Statuses of servers that make no zips. */
const NO_ZIPS: readonly unknown[] = [400, 405, 406, 415, 501];

/** Servers whose zips are of no use. */
const refusing = new WeakSet<Catalogue>();

/** Most that comes after the members: the names of all files, and some numbers. */
const MAX_DIRECTORY = 64 * 1024 * 1024;

/** Files of a directory, whose URLs differ in the last name alone. */
interface Folder {
  readonly files: readonly Location[];
  /** What the URL of the first says. */
  readonly address: Address;
}

/** Implements `getMany`. */
export async function* readMany(
  catalogue: Catalogue,
  folders: readonly Folder[],
  ask: Ask,
): AsyncGenerator<readonly GotOne[]> {
  if (refusing.has(catalogue)) return;
  for (const of of await byResource(catalogue, folders, ask)) {
    const { files, wanted } = of;
    if (!isWorthwhile(wanted.map(({ file }) => file), files)) continue;
    try {
      yield* readZip(catalogue, of, ask);
    } catch (error) {
      if (isVfsError(error) && isRefusal(error)) refusing.add(catalogue);
      throw error;
    }
  }
}

/** What is wanted of a resource. */
interface FromResource {
  /** One of its files. */
  readonly found: FoundFile;
  /** All of its files. */
  readonly files: readonly File[];
  readonly wanted: Wanted[];
}

/** Finds the files, by the list of each resource; those that are not there are left out. */
async function byResource(
  catalogue: Catalogue,
  folders: readonly Folder[],
  ask: Ask,
): Promise<Iterable<FromResource>> {
  const resources = new Map<string, FromResource>();
  for (const folder of folders) {
    const found = await findAny(catalogue, folder, ask);
    if (!found) continue;
    const key = JSON.stringify(found.list.key);
    const files = await found.list.ask(ask);
    const resource = resources.get(key) ?? { found, files, wanted: [] };
    resources.set(key, resource);
    for (const location of folder.files) {
      const file = fileAt(files, pathOf(folder, location));
      if (file && file !== "directory") resource.wanted.push({ location, file });
    }
  }
  return resources.values();
}

/** Names of a file below its resource. */
function pathOf({ address: { path } }: Folder, { name }: Location): string[] {
  return path.with(-1, name);
}

/** The first of the files in a folder that is there. */
async function findAny(
  catalogue: Catalogue,
  folder: Folder,
  ask: Ask,
): Promise<FoundFile | undefined> {
  const { address, files } = folder;
  if (address.level !== "file") return undefined;
  for (const location of files) {
    const at = { ...address, path: pathOf(folder, location) };
    const found = await findFile(catalogue, at, ask).catch((error) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (found && found !== "directory") return found;
  }
}

/** XNAT packs a resource as a whole: no more than half of it may be for nothing. */
function isWorthwhile(wanted: readonly File[], all: readonly File[]): boolean {
  return wanted.length > 1 && sizeOf(wanted) * 2 >= sizeOf(all);
}

function sizeOf(files: readonly File[]): number {
  return files.reduce((sum, { size = Infinity }) => sum + size, 0);
}

function isRefusal({ kind, detail }: VfsError): boolean {
  return kind === "Protocol" || NO_ZIPS.includes(detail?.http);
}

async function* readZip(
  catalogue: Catalogue,
  { found: { owner, file }, files, wanted }: FromResource,
  ask: Ask,
): AsyncGenerator<readonly GotOne[]> {
  const { op, url } = ask;
  const path = `${owner.path}${route("resources", file.place.resource)}/files`;
  const answer = await catalogue.client.request("GET", path, {
    ...ask,
    query: { format: "zip" },
    headers: { "accept-encoding": "identity" },
    accept: "zip",
  });
  try {
    const { mediaType } = answer;
    if (!/zip|octet-stream/.test(mediaType)) {
      throw broken(ask, `expected a zip, got "${mediaType}"`);
    }
    const members = membersOf(answer.body, {
      want: wanting(wanted, files),
      cut: () => new VfsError("Incomplete", { op, url, reason: "the zip is cut off" }),
      unreadable: (reason) => broken(ask, `the zip cannot be read as it comes: ${reason}`),
    });
    for await (const some of members) yield await check(catalogue.client.base, some);
    await drain(answer.body);
  } finally {
    await answer.body.close();
  }
}

/** Reads the rest of an answer, after which its connection serves again. */
async function drain(reader: ChunkReader): Promise<void> {
  for (let left = MAX_DIRECTORY; left > 0;) {
    const chunk = await reader.read();
    if (chunk === undefined) return;
    left -= chunk.length;
  }
}

/**
 * Finds the file that a member is, once: its path ends like the file's. Folders in it may be renamed, and folders of that
 * name may be anywhere, so that where it could be two of the resource's files, wanted or not, it is none.
 */
function wanting(
  wanted: readonly Wanted[],
  files: readonly File[],
): (path: string, size: number) => Wanted | undefined {
  const byPath = new Map<string, Wanted | undefined>(
    files.map((file) => [file.path.join("/"), undefined]),
  );
  for (const each of wanted) byPath.set(each.file.path.join("/"), each);
  return (path, size) => {
    const ends: string[] = [];
    for (let at = path.indexOf(FILES); at >= 0; at = path.indexOf(FILES, at + 1)) {
      const end = path.slice(at + FILES.length);
      if (byPath.has(end)) ends.push(end);
    }
    const only = ends.length === 1 ? byPath.get(ends[0]!) : undefined;
    if (only?.file.size !== size) return undefined;
    byPath.set(ends[0]!, undefined);
    return only;
  };
}
