/**
 * What is at a place: by the lists, and for a file by its headers as well.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound, isVfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Answer } from "./answer.ts";
import type { Catalogue } from "./catalogue.ts";
import { experimentOwner, filesKey, labelKey, partOwner } from "./owners.ts";
import type { ResourceOwner } from "./owners.ts";
import { contentNames, route } from "./escape.ts";
import { idOfFile, idOfPlace } from "./identity.ts";
import { fileAt, infoOfFile, infoOfObject } from "./list.ts";
import type { Key } from "./memo.ts";
import type { File } from "./model.ts";
import { scansAt } from "./quality.ts";
import { missing } from "./names.ts";
import { experimentAt, locate } from "./resolve.ts";

/** A file in its resource. */
export interface FoundFile {
  /** What the list of files tells. */
  readonly file: File;
  /** What its resource hangs on. */
  readonly owner: ResourceOwner;
  /** The list that it is from. */
  readonly list: FileList;
}

/** A list of files: where it is kept, and how it is asked for. */
interface FileList {
  readonly key: Key;
  readonly ask: (ask: Ask) => Promise<File[]>;
}

/** What is believed without asking again that something is missing, in milliseconds. */
const MISSING_MS = 1_000;

/** How often to look at a file that changes all the time. */
export const MAX_TRIES = 3;

/** Does `action`; when it finds nothing because of lists that others may have made old, does it once more. */
export async function asOfNow<T>(
  catalogue: Catalogue,
  address: Address,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isNotFound(error) || !forgetOld(catalogue, address)) throw error;
    return await action();
  }
}

/** Forgets lists that may not tell what others have stored since; tells whether there were any. */
export function forgetOld({ memo, clock }: Catalogue, { project }: Address): boolean {
  return memo.forgetBefore(project === undefined ? [] : [project], clock.now() - MISSING_MS);
}

/** Finds a file, or tells that a directory is there. @throws `NotFound` */
export async function findFile(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<FoundFile | "directory"> {
  const direct = await findDirectly(catalogue, address, ask);
  if (direct) return direct;
  const { owner, resource, path } = await locate(catalogue, address, ask);
  if (!owner || !resource || path.length === 0) return "directory";
  const list = {
    key: filesKey(owner, resource.id),
    ask: (ask: Ask) => catalogue.files(owner, resource.id, ask),
  };
  const file = fileAt(await list.ask(ask), path);
  if (file === undefined) throw missing(ask);
  return file === "directory" ? file : { file, owner, list };
}

/**
 * Finds a file of a scan by one list, trusting that the URL names scan and resource plainly. The rows tell whether
 * that was so; if not, they tell nothing.
 */
async function findDirectly(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<FoundFile | undefined> {
  const { level, project = "", scan = "", resource = "", path } = address;
  const isPlain = level === "file" && /^[A-Za-z0-9_-]+$/.test(scan) &&
    /^[A-Za-z_][\w.-]*$/.test(resource) && !/^(all|null)$/i.test(`${scan}`);
  if (!isPlain) return undefined;
  const { id } = await experimentAt(catalogue, address, ask);
  // What is known better needs no guess.
  if (catalogue.memo.peek([project, "E", id, "all resources"])) return undefined;
  if (address.quality) {
    const shown = await scansAt(catalogue, address, id, ask);
    if (!shown.some((each) => each.id === scan)) return undefined;
  }
  const owner = partOwner(experimentOwner(project, id), "scans", scan);
  try {
    const list = {
      key: labelKey(owner, resource),
      ask: (ask: Ask) => catalogue.filesByLabel(owner, resource, ask),
    };
    const files = await list.ask(ask);
    const numbers = new Set(files.map(({ place }) => place.resource));
    const isSure = numbers.size === 1 && files.every(({ place }) => place.scan === scan);
    const file = isSure ? fileAt(files, path) : undefined;
    if (file === undefined || file === "directory") return undefined;
    return { file, owner, list };
  } catch (error) {
    // A scan that is missing or meant otherwise is refused in several ways; the lists will tell.
    if (isVfsError(error) && [404, 500].includes(error.detail?.http ?? 0)) return undefined;
    throw error;
  }
}

/** Path of the requests for a file's content. */
export function contentPath({ owner, file }: FoundFile): string {
  const resource = route("resources", file.place.resource);
  return `${owner.path}${resource}/files/${contentNames(file.path)}`;
}

/** Implements `stat`. */
export async function stat(catalogue: Catalogue, address: Address, ask: Ask): Promise<Info> {
  if (address.level === "root") return { kind: "directory" };
  return await asOfNow(catalogue, address, async () => {
    if (address.level !== "file" && address.level !== "resource") {
      return await statObject(catalogue, address, ask);
    }
    let found = await findFile(catalogue, address, ask);
    if (found === "directory") return await statObject(catalogue, address, ask);
    for (let tries = 1;; tries++) {
      const answer = await catalogue.client.request("HEAD", contentPath(found), {
        ...ask,
        accept: "file",
        headers: { "accept-encoding": "identity" },
      });
      await answer.body.close();
      const settled = await settle(catalogue, found, answer, ask);
      if (settled.isSteady || tries >= MAX_TRIES) return settled.info;
      found = settled.found;
    }
  });
}

async function statObject(catalogue: Catalogue, address: Address, ask: Ask): Promise<Info> {
  const place = await locate(catalogue, address, ask);
  const { subject, experiment, part, resource, path } = place;
  const id = idOfPlace(catalogue.client.base, place);
  if (address.level === "file" || path.length > 0) return { kind: "directory", ...id };
  const object = resource ?? (isOnlyPlace(address) ? undefined : part ?? experiment);
  const found = object ?? (address.level === "subject" ? subject : undefined);
  return { ...(found ? infoOfObject(found) : { kind: "directory" }), ...id };
}

/** Whether a place is no object of its own. */
function isOnlyPlace({ level }: Address): boolean {
  return ["resources", "inputs", "assessors", "reconstructions"].includes(level);
}

/** A file, and what the server tells of it now. */
export interface Settled {
  /** The file. */
  readonly found: FoundFile;
  /** What is known. */
  readonly info: Info;
  /** The list and the answer are surely of the same version; otherwise it is worth another try. */
  readonly isSteady: boolean;
}

/**
 * Joins the list of files with the headers of an answer. The list is asked again when the file has changed since, or
 * may have: times are told in whole seconds.
 *
 * XNAT has no ETag. Size, MD5 and time of change together make one, and only together: the time alone is too coarse,
 * and the MD5 is what the catalog was told once.
 */
export async function settle(
  catalogue: Catalogue,
  before: FoundFile,
  answer: Answer,
  ask: Ask,
  size = answer.length,
): Promise<Settled> {
  const changed = Date.parse(answer.headers.get("last-modified") ?? "");
  const found = await current(catalogue, before, changed, answer, size, ask);
  const { file } = found;
  const isSteady = file === before.file ||
    (file.md5 === before.file.md5 && file.size === before.file.size);
  const known = size ?? file.size;
  const info: Info = {
    ...infoOfFile(file),
    ...idOfFile(catalogue.client.base, file),
    ...(known !== undefined && { size: known }),
    ...(!Number.isNaN(changed) && { mtime: new Date(changed) }),
  };
  const hasAll = !Number.isNaN(changed) && file.md5 !== undefined && file.size === known;
  if (!hasAll || !isSteady) return { found, info, isSteady };
  return { found, info: { ...info, etag: `"${known}-${file.md5}-${changed / 1000}"` }, isSteady };
}

async function current(
  catalogue: Catalogue,
  found: FoundFile,
  changed: number,
  answer: Answer,
  size: number | undefined,
  ask: Ask,
): Promise<FoundFile> {
  const { list: { key, ask: list }, file } = found;
  const now = catalogue.clock.now();
  const asked = catalogue.memo.askedAt(key);
  const there = Date.parse(answer.headers.get("date") ?? "");
  const age = there - changed;
  // Without either time nobody knows, and the list is asked again.
  const isOld = asked === undefined || Number.isNaN(age) || age <= now - asked + 2_000;
  const differs = size !== undefined && file.size !== undefined && size !== file.size;
  if (!isOld && !differs) return found;
  catalogue.memo.forget(key);
  const latest = fileAt(await list(ask), file.path);
  return latest === undefined || latest === "directory" ? found : { ...found, file: latest };
}
